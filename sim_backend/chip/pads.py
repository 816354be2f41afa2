"""Names of pads and terminals, and ranges of them.

A pad is ``row.3``, ``column.0`` or ``gate.12``, counted from 0. A terminal is named by its
instrument: ``smu.hi``, ``matrix.slot1.column1``. ``NAME[1:16]`` stands for sixteen of them.
"""

import re
from typing import Literal

from labcim.errors import RecipeError

Family = Literal["row", "column", "gate"]
FAMILIES: tuple[Family, ...] = ("row", "column", "gate")
GROUND = "ground"

_RANGE = re.compile(r"^(?P<stem>.+)\[(?P<first>\d+):(?P<last>\d+)\]$")
_PAD = re.compile(r"^(?P<family>row|column|gate)\.(?P<index>\d+)$")


def expand(name: str) -> list[str]:
    """Return the names that ``name`` stands for: ``row[0:2]`` is row.0, row.1 and row.2.

    Both ends of a range belong to it. Raises RecipeError if it counts downwards.
    """
    found = _RANGE.match(name)
    if found is None:
        return [name]
    first, last = int(found["first"]), int(found["last"])
    if not first <= last <= first + 2**20:
        raise RecipeError(f"range {name!r}: accepts first <= last, and at most 1048576 names")
    dot = "." if found["stem"] in FAMILIES else ""
    return [f"{found['stem']}{dot}{index}" for index in range(first, last + 1)]


def pair(left: str, right: str) -> list[tuple[str, str]]:
    """Return which names are tied: one to one, or many to one where one side is a single name."""
    a, b = expand(left), expand(right)
    if len(a) == len(b):
        return list(zip(a, b, strict=True))
    if len(a) == 1 or len(b) == 1:
        return [(x, y) for x in a for y in b]
    raise RecipeError(f"wiring {left!r} = {right!r}: {len(a)} names cannot be tied to {len(b)}")


def pad(name: str) -> tuple[Family, int] | None:
    """Return (family, index) of a pad, or None for any other name."""
    found = _PAD.match(name)
    if found is None:
        return None
    family: Family = found["family"]  # type: ignore[assignment]
    return family, int(found["index"])
