"""MAGIC: NOR and NOT by cells that divide a voltage (Kvatinsky et al., IEEE TCAS-II 61:895, 2014).

The output cell holds 1 before; the shared line floats. The inputs are driven, the output is at
0 V: as long as any input conducts, the output sees half of the drive or more and is RESET. The
inputs see their share in the direction of SET, so that V_SET must be well above twice V_RESET.
"""

from labcim.capabilities import LineState
from labcim.errors import RangeError

from .gate_lines import GateLines
from .thresholds import Thresholds, Window


def drive_window(cells: Thresholds, inputs: int, on_off: float) -> Window:
    """Return the drives in V with which a NOR of ``inputs`` inputs is right.

    on_off: conductance of a 1 over that of a 0. One conducting input must RESET the output. With
    none, all of the drive stands over the inputs, which must not be SET, and the output sees what
    leaks through them.
    """
    _check(inputs, on_off)
    leak = inputs / on_off  # of all inputs that are 0, in conductances of the output
    one = 1.0 + (inputs - 1) / on_off  # of one input that is 1 and the rest
    low = (cells.reset_voltage + cells.margin) * (1.0 + one) / one
    sets = cells.set_voltage - cells.margin  # also on lines that take no part
    stays = (cells.reset_voltage - cells.margin) * (1.0 + leak) / leak  # over the output
    high, why = min(
        (sets, f"below V_SET {cells.set_voltage:g} V over an input of 0"),
        (stays, f"below V_RESET {cells.reset_voltage:g} V over an output that stays"),
    )
    return Window(low, high, f"twice V_RESET {cells.reset_voltage:g} V and the margin", why)


def check_drive(cells: Thresholds, inputs: int, on_off: float, drive: float) -> None:
    """Raise RangeError unless a NOR works with ``drive`` V; says what the cells would need."""
    window = drive_window(cells, inputs, on_off)
    if not window.is_open:
        raise RangeError(
            f"MAGIC needs V_SET well above 2 V_RESET: V_SET {cells.set_voltage:g} V is not above "
            f"2 x {cells.reset_voltage:g} V with a margin of {cells.margin:g} V; {window}; "
            "nothing was sent"
        )
    window.check("MAGIC drive", drive)


def nor(
    at: GateLines,
    inputs: tuple[int, ...],
    output: int,
    *,
    drive: float,
    gate: float,
    duration: float,
) -> LineState:
    """Return the state in which output = NOR(inputs) on every line. The outputs hold 1 before.

    inputs, output: stations.  drive: V.  gate: V on all transistors.  Raises RangeError.
    """
    if output in inputs:
        raise RangeError(f"MAGIC: output {output} is an input as well; nothing was sent")
    if not inputs:
        raise RangeError("MAGIC: no input is given; nothing was sent")
    stations = {**dict.fromkeys(inputs, drive), output: 0.0}
    if len(stations) != len(inputs) + 1:
        raise RangeError(f"MAGIC: inputs {list(inputs)}: one is given twice; nothing was sent")
    # Lines that take no part stay with the output: their inputs see the drive, which SETs nothing.
    return at.state(stations, gate, duration, others=0.0)


def _check(inputs: int, on_off: float) -> None:
    if inputs < 1:
        raise RangeError(f"MAGIC: {inputs} inputs: accepts 1 and more")
    if not on_off > 1.0:
        raise RangeError(f"MAGIC: on/off {on_off:g}: accepts more than 1")
