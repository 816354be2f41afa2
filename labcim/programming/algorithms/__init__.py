"""The algorithms of a write-verify: one file each, which says a cell's next pulse.

What they share stands in ``steps``: hearing a reading, accepting, turning round, giving up. Each
has ``advance(state, active, readings, good, laws, sums, numbers, amplitudes)``, a compiled loop
over the active cells: state, CELL, shape (cells,); active, readings (S), good and amplitudes (V),
shape (active,). It leaves each cell's next amplitude in ``amplitudes``, 0 for none.
"""

from collections.abc import Callable
from importlib import import_module
from typing import Any

from labcim.programming.pulse_schedule import Algorithm


def advance_of(algorithm: Algorithm) -> Callable[..., None]:
    """Return an algorithm's loop. Numba takes long to import, and only runs need it."""
    found: Any = import_module(f"{__name__}.{algorithm}")
    loop: Callable[..., None] = found.advance
    return loop
