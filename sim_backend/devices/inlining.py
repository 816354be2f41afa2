"""Functions that are compiled into the loop over cells that calls them.

A cell's arithmetic is one chain of divisions, roots and logarithms, which each wait for the last. A
processor fills the waits with the next cell, if that comes close enough behind: without calls, and
without the arguments that each of them would write to memory, it does.
"""

from collections.abc import Callable
from typing import Any, TypeVar

from numba import njit

Function = TypeVar("Function", bound=Callable[..., Any])
_njit: Any = njit  # its stub does not know all options
_compile = _njit(cache=True, nogil=True, error_model="numpy", forceinline=True)


def inlined(function: Function) -> Function:
    """Compile ``function`` into the loop that calls it."""
    compiled: Function = _compile(function)
    return compiled
