"""Bits written line by line, as sequences can: on gates that lie side by side.

Without transistors all other lines are held half way: cells that are not meant see half or nothing.
"""

from labcim.capabilities import LineState

from .gate_lines import FLOAT, GateLines


def write_one(
    at: GateLines, stations: tuple[int, ...], voltage: float, gate: float, duration: float
) -> LineState:
    """Return the state that SETs the cells at ``stations`` of every line with ``voltage`` V."""
    return _write(at, stations, voltage, 0.0, gate, duration)


def write_zero(
    at: GateLines, stations: tuple[int, ...], voltage: float, gate: float, duration: float
) -> LineState:
    """Return the state that RESETs the cells at ``stations`` of every line: FALSE.

    voltage: V, a magnitude.
    """
    return _write(at, stations, 0.0, voltage, gate, duration)


def _write(
    at: GateLines,
    stations: tuple[int, ...],
    level: float,
    shared: float,
    gate: float,
    duration: float,
) -> LineState:
    levels = dict.fromkeys(stations, level)
    if at.topology.kind == "1T1R":
        return at.state(levels, gate, duration, shared=shared, others=level, unused=FLOAT)
    half = 0.5 * (level + shared)
    return at.state(levels, gate, duration, shared=shared, others=half, unused=half)
