"""Parallel updates on a crossbar board: checks before a byte is sent, messages, answers."""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from labcim.capabilities import Floats, Overlap, Topology, Updated
from labcim.errors import RangeError
from labcim.limits import TerminalLimits

from . import _board_blocks as blocks
from . import _board_checks as checks
from ._board_vectors import Side, VectorVerbs, checked_inputs, other

MOST_SLOTS = 31
_LONGEST = 1.0
_HEAD_BYTES = 8 + 8 + 4  # begin, end, half


class UpdateVerbs(VectorVerbs):
    """`labcim.capabilities.ParallelUpdate`."""

    def update(self, rows: Floats, columns: Floats, overlap: Overlap) -> Updated:
        """Pulse rows and columns, -1 to 1 of the slots, (samples, lines); signs multiply.

        Raises RangeError before anything is sent.
        """
        self.require("updates")
        chip, able = self.topology, self.rules.capability
        given = checked_inputs(rows, chip.rows, "rows")
        across = checked_inputs(columns, chip.columns, "columns")
        if len(given) != len(across):
            raise RangeError(
                f"rows have {len(given)} samples, columns {len(across)}: accepts as many; "
                "nothing was sent"
            )
        checks.check_between("cells of a line", max(chip.rows, chip.columns), 1, able.parallel, "")
        check_overlap(overlap, chip, self.rules.windows, able.shortest_pulse)
        currents = self.rules.current_settings(self.rules.line_current)
        each = max(1, able.cells_in_message // max(chip.rows, chip.columns))
        found = []
        for start in range(0, len(given), each):
            part = slice(start, start + each)
            later = replace(overlap, first=overlap.first + start)
            self._ensure({**currents, **update_settings(later)})
            arrays = (blocks.float_block(given[part]), blocks.float_block(across[part]))
            payload = self._request(b":UPD:APPL? " + b",".join(arrays))
            found.append(read_update(payload, chip))
        return found[0] if len(found) == 1 else summed(found)


def check_overlap(
    overlap: Overlap, chip: Topology, windows: Mapping[str, TerminalLimits], shortest: float
) -> None:
    """Raise RangeError for what chip or board do not stand. shortest: s, of a pulse."""
    check, whole = checks.check_between, checks.check_whole
    check("up", overlap.up, 1e-3, 10.0, "V")
    check("down", overlap.down, -10.0, -1e-3, "V")
    check("width of a slot", overlap.width, shortest, _LONGEST, "s")
    for window in windows.values():
        window.check_width("width of a slot", overlap.width)
    whole("slots", overlap.slots, 1, MOST_SLOTS)
    whole("seed", overlap.seed, 0, 2**31 - 1)
    whole("number of the first sample", overlap.first, 0, 2**40)
    for gate in (overlap.gate_up, overlap.gate_down):
        windows["gate"].check_voltage("gate", gate)
    for volts in (overlap.up, overlap.down):
        for side, level in levels(chip, volts, windows):
            windows[side].check_voltage(f"update by {volts:g} V: {side}", level)


def levels(
    chip: Topology, volts: float, windows: Mapping[str, TerminalLimits]
) -> list[tuple[Side, float]]:
    """Return what lines are driven to, beside 0 V, so that cells see ``volts`` from both.

    Behind transistors the lines across the gates pulse, from or to 0 V; the raised ones stand where
    they are not those. Without them both families give half, around 0 V or half the voltage.
    """
    raised: Side = chip.set_terminal if volts > 0.0 else other(chip.set_terminal)
    size = abs(volts)
    if chip.kind == "1T1R":
        pulsing: Side = "column" if chip.gate_along == "row" else "row"
        return [(raised, size)] if raised == pulsing else [("row", size), ("column", size)]
    if max(windows["row"].low, windows["column"].low) <= -0.5 * size:
        return [(raised, 0.5 * size), (other(raised), -0.5 * size)]
    return [(raised, size), (other(raised), 0.5 * size)]


def update_settings(overlap: Overlap) -> dict[str, str]:
    """Return the settings of UPDate."""
    return {
        "UPD:VOLT": f"{float(overlap.up)!r},{float(overlap.down)!r}",
        "UPD:GATE": f"{float(overlap.gate_up)!r},{float(overlap.gate_down)!r}",
        "UPD:WIDT": repr(float(overlap.width)),
        "UPD:SLOT": str(int(overlap.slots)),
        "UPD:DET": str(int(overlap.deterministic)),
        "UPD:SEED": str(int(overlap.seed)),
        "UPD:FIRS": str(int(overlap.first)),
    }


def read_update(payload: bytes, chip: Topology) -> Updated:
    """Return what a block says. Raises TransportError if the length is not its own."""
    blocks.check_length(payload, _HEAD_BYTES + 8 * chip.size)
    began, ended = np.frombuffer(payload, "<f8", 2).tolist()
    half = float(np.frombuffer(payload, "<f4", 1, 16)[0])
    counts = np.frombuffer(payload, "<u4", 2 * chip.size, _HEAD_BYTES).astype(np.uint32)
    up, down = counts.reshape(2, chip.rows, chip.columns)
    return Updated(up, down, began, ended, half)


def summed(parts: list[Updated]) -> Updated:
    """Return the updates of several messages as one."""
    up, down = (np.sum([getattr(x, name) for x in parts], axis=0) for name in ("up", "down"))
    half = max(part.half for part in parts)
    return Updated(
        up.astype(np.uint32), down.astype(np.uint32), parts[0].began, parts[-1].ended, half
    )
