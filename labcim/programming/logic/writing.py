"""Bits written and removed line by line, also where no transistor inhibits anything."""

from labcim.capabilities import LineState

from .gate_lines import GateLines


def write_one(
    at: GateLines, stations: tuple[int, ...], voltage: float, gate: float, duration: float
) -> LineState:
    """Return the state that SETs the cells at ``stations`` of every line with ``voltage`` V."""
    levels = dict.fromkeys(stations, voltage)
    return at.state(levels, gate, duration, shared=0.0, others=voltage)


def write_zero(
    at: GateLines, stations: tuple[int, ...], voltage: float, gate: float, duration: float
) -> LineState:
    """Return the state that RESETs the cells at ``stations`` of every line: FALSE.

    voltage: V, a magnitude.
    """
    return at.state(dict.fromkeys(stations, 0.0), gate, duration, shared=voltage, others=0.0)
