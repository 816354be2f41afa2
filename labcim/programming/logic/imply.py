"""Material implication: q becomes (not p) or q (Borghetti et al., Nature 464:873, 2010).

P is held at V_cond and Q at V_set while their line floats on a load to 0 V. A P that conducts lifts
the line, so that Q is not SET. The load is one cell of the same line, or several side by side: the
board has no resistor to switch in. It sees the line's voltage in the direction of RESET, which
nothing but its own threshold stands against if it holds 1. Filaments need a load of 1, and Q's own
transistor to limit what Q ends with; two-state cells whose 0 conducts well enough, as magnetic
junctions, take a load of 0 (Mahmoudi et al., Solid-State Electron. 84:191, 2013, with a resistor).
"""

import math
from dataclasses import dataclass

from labcim.capabilities import LineState
from labcim.errors import RangeError

from .gate_lines import GateLines
from .thresholds import Thresholds, Window


@dataclass(frozen=True, slots=True)
class ImplyDrive:
    """Voltages in V. limit, drop: A that Q's transistor lets through with ``q_gate``, V over it."""

    cond: float
    set_voltage: float
    gate: float
    q_gate: float
    limit: float
    drop: float = 0.0


def imply(
    at: GateLines, p: int, q: int, loads: tuple[int, ...], drive: ImplyDrive, duration: float
) -> LineState:
    """Return the state in which q = p IMP q on every line. p, q, loads: stations.

    Raises RangeError where the array has one gate for all cells of the line.
    """
    if len({p, q, *loads}) != 2 + len(loads) or not loads:
        raise RangeError(f"IMPLY: P {p}, Q {q}, loads {list(loads)}: accepts different stations")
    if at.topology.kind == "1T1R" and not at.gates_cross:
        raise RangeError(
            f"IMPLY along a {at.along}: its cells share one gate line, but Q needs a gate voltage "
            f"of its own; accepts gates along the {at.crossing}s or of each cell; nothing was sent"
        )
    stations = {p: drive.cond, q: drive.set_voltage, **dict.fromkeys(loads, 0.0)}
    gates = {**dict.fromkeys((p, *loads), drive.gate), q: drive.q_gate}
    # On lines that take no part Q sees V_cond, which P must stand anyway.
    return at.state(stations, gates, duration, others=drive.set_voltage - drive.cond)


def cond_window(
    cells: Thresholds,
    drive: ImplyDrive,
    *,
    p_one: float,
    load: float,
    q_zero: float,
    load_one: bool = True,
) -> Window:
    """Return the V_cond in V for which an implication is right.

    p_one, load, q_zero: S, of a P that is 1, of all loads together, and of a Q that is 0. Low end:
    the line rises until Q is not SET. High end: neither is P SET beside a line at rest, nor a load
    of 1 RESET when P and Q both conduct.
    """
    needed = drive.set_voltage - (cells.set_voltage - cells.margin)  # V that the line must reach
    low = (needed * (p_one + load + q_zero) - drive.set_voltage * q_zero) / p_one
    most = cells.reset_voltage - cells.margin
    resets = (most * (p_one + load) - drive.limit) / p_one if load_one else math.inf
    high, why = min(
        (cells.set_voltage - cells.margin, f"P is SET from {cells.set_voltage:g} V"),
        (resets, f"the load is RESET from {cells.reset_voltage:g} V"),
    )
    return Window(max(low, 0.0), high, "a P of 1 must keep Q from SET", why)


def set_window(cells: Thresholds, drive: ImplyDrive, *, load: float) -> Window:
    """Return the V_set in V with which a Q is SET beside a P of 0, all the way to its limit.

    load: S, of all loads together.
    """
    low = cells.set_voltage + cells.margin + drive.limit / load + drive.drop
    high = drive.cond + cells.reset_voltage - cells.margin
    return Window(low, high, "Q is SET through the load", "loads of other lines are not RESET")


def check_imply(
    cells: Thresholds,
    drive: ImplyDrive,
    *,
    p_one: float,
    load: float,
    q_zero: float,
    load_one: bool = True,
) -> None:
    """Raise RangeError unless both voltages fit the cells; says what they would need."""
    window = cond_window(cells, drive, p_one=p_one, load=load, q_zero=q_zero, load_one=load_one)
    window.check("IMPLY V_cond", drive.cond)
    set_window(cells, drive, load=load).check("IMPLY V_set", drive.set_voltage)
