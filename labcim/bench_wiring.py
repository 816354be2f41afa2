"""The wiring of a bench file: names of terminals and pads that are tied to each other."""

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping

from .errors import RecipeError
from .limits import Family

_FAMILIES: tuple[Family, ...] = ("row", "column", "gate")
_RANGE = re.compile(r"^(?P<stem>.*)\[(?P<first>\d+):(?P<last>\d+)\]$")


def expand_wiring(wiring: dict[str, str]) -> dict[str, str]:
    """Return the wiring with ranges written out: ``a.column[1:3] = row[0:2]`` becomes three.

    A range names both its ends and becomes ``a.column1``, ``row.0`` and so on for pads.
    """
    return dict(pair for ends in wiring.items() for pair in _pairs(*ends))


def _pairs(left: str, right: str) -> Iterator[tuple[str, str]]:
    a, b = _RANGE.match(left), _RANGE.match(right)
    if a is None and b is None:
        yield left, right
        return
    if a is None or b is None:
        raise RecipeError(f"wiring {left!r} = {right!r}: both sides must be ranges, or neither")
    first, last = int(a["first"]), int(a["last"])
    shift = int(b["first"]) - first
    if int(b["last"]) - int(b["first"]) != last - first or last < first:
        raise RecipeError(f"wiring {left!r} = {right!r}: the ranges differ in length")
    for index in range(first, last + 1):
        yield f"{a['stem']}{index}", f"{b['stem']}.{index + shift}"


_SWITCH = re.compile(r"^(?P<role>[^.]+)\.(slot\d+\.)?(row|column)\d+$")
_PAD = re.compile(r"^(?P<family>row|column|gate)\.\d+$")


def families_reached(wiring: Mapping[str, str], role: str) -> dict[str, tuple[Family, ...]]:
    """Return the families of lines that each wired terminal of an instrument can reach.

    wiring: with ranges written out.  What is on a switch matrix may be joined with all that is on
    it, so that a terminal there reaches every line there.
    """
    ties: defaultdict[str, set[str]] = defaultdict(set)
    for left, right in wiring.items():
        ties[left].add(right)
        ties[right].add(left)
    for name in list(ties):
        on_switch = _SWITCH.match(name)
        if on_switch:
            ties[name].add(on_switch["role"])
            ties[on_switch["role"]].add(name)
    own = [name for name in ties if name.startswith(f"{role}.") and not _SWITCH.match(name)]
    found = {name.removeprefix(f"{role}."): _families(_net(ties, name)) for name in sorted(own)}
    return {terminal: families for terminal, families in found.items() if families}


def _net(ties: Mapping[str, set[str]], start: str) -> set[str]:
    net, waiting = {start}, [start]
    while waiting:
        for name in ties[waiting.pop()] - net:
            net.add(name)
            waiting.append(name)
    return net


def _families(net: set[str]) -> tuple[Family, ...]:
    pads = {found["family"] for name in net if (found := _PAD.match(name))}
    return tuple(family for family in _FAMILIES if family in pads)
