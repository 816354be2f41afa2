"""Feedback loops on a crossbar board: checks before a byte is sent, messages, answers."""

import numpy as np

from labcim.capabilities import CellIndices, Floats, Loop, Settled, Topology
from labcim.errors import RangeError, TransportError

from . import _board_blocks as blocks
from . import _board_checks as checks
from ._board_updates import UpdateVerbs

_ENDINGS = ("settled", "saturated", "not settled", "dead")
_HEAD_BYTES = 8 + 8 + 1  # begin, settling time, ending
_LARGEST_INPUT = 10.0


class FeedbackVerbs(UpdateVerbs):
    """`labcim.capabilities.Feedback`."""

    def solve(self, inputs: Floats, loop: Loop) -> Settled:
        """Return v of (G+ - G-) v = conductance * inputs. inputs: V, (n,).

        Raises RangeError before anything is sent. Rows are virtual grounds: at 0 V, or at ``limit``
        V where the columns' window does not reach as far below 0 V.
        """
        lines = self._prepare(loop, inputs)
        message = (
            b":FEED:SOLV? " + lines + b"," + blocks.float_block(np.asarray(inputs, np.float32))
        )
        return read_settled(self._request(message), len(loop.rows))

    def eigenvector(self, loop: Loop) -> Settled:
        """Return v along the principal eigenvector of G+ - G-, as large as the limit allows.

        conductance: S, a few per cent below the largest eigenvalue.
        """
        message = b":FEED:EIG? " + self._prepare(loop)
        return read_settled(self._request(message), len(loop.rows))

    def _check_inputs(self, inputs: Floats, loop: Loop) -> None:
        """Raise RangeError unless every input is a number that its row stands."""
        count = len(loop.rows)
        if np.shape(inputs) != (count,):
            said = f"inputs of shape {np.shape(inputs)}: accepts ({count},); nothing was sent"
            raise RangeError(said)
        given = checks.spread("inputs", np.asarray(inputs, np.float64), count)
        largest = float(np.abs(given).max())
        checks.check_between("input", largest, 0.0, _LARGEST_INPUT, "V")
        current = largest * loop.conductance
        checks.check_between("current of an input", current, 0.0, self.rules.line_current, "A")

    def _prepare(self, loop: Loop, inputs: Floats | None = None) -> bytes:
        """Check a loop and its inputs, send its settings, and return its lines for a message."""
        self.require("feedback")
        chip, windows = self.topology, self.rules.windows
        parts = checked_loop(loop, chip, self.rules.capability.parallel)
        check = checks.check_between
        check("conductance of a loop", loop.conductance, 1e-9, 1.0, "S")
        check("limit of a loop", loop.limit, 1e-3, 10.0, "V")
        check("patience", loop.patience, 1e-9, 1e3, "s")
        level = 0.0 if windows["column"].low <= -loop.limit else float(loop.limit)
        windows["row"].check_voltage("level of a loop: row", level)
        for volts in (level - loop.limit, level + loop.limit):
            windows["column"].check_voltage("output of a loop: column", volts)
        windows["gate"].check_voltage("gate", loop.gate)
        checks.check_read("limit of a loop", loop.limit, windows)
        if inputs is not None:
            self._check_inputs(inputs, loop)
        self._ensure(
            {
                **self.rules.current_settings(self.rules.line_current),
                "FEED:COND": repr(float(loop.conductance)),
                "FEED:GATE": repr(float(loop.gate)),
                "FEED:LIM": repr(float(loop.limit)),
                "FEED:LEV": repr(level),
                "FEED:PAT": repr(float(loop.patience)),
            }
        )
        return b",".join(blocks.cells_block(part) for part in parts)


def checked_loop(
    loop: Loop, chip: Topology, parallel: int
) -> tuple[CellIndices, CellIndices, CellIndices]:
    """Return rows, positive and negative columns as uint32. Raises RangeError."""
    none = np.zeros(0, np.uint32)
    rows = _lines("rows", loop.rows, chip.rows)
    positive = _lines("positive columns", loop.positive, chip.columns)
    negative = none
    if loop.negative is not None:
        negative = _lines("negative columns", loop.negative, chip.columns)
    if len(positive) != len(rows) or len(negative) not in (0, len(rows)):
        raise RangeError(
            f"{len(rows)} rows, {len(positive)} positive and {len(negative)} negative columns: "
            "accepts as many of each, or none negative; nothing was sent"
        )
    if np.intersect1d(positive, negative).size:
        raise RangeError("a column is both positive and negative; nothing was sent")
    checks.check_between("rows of a loop", len(rows), 1, parallel, "")
    return rows, positive, negative


def _lines(name: str, lines: CellIndices, count: int) -> CellIndices:
    given = np.asarray(lines)
    if given.ndim != 1 or given.dtype.kind not in "ui" or not given.size:
        raise RangeError(f"{name}: accepts whole numbers, shape (n,); nothing was sent")
    if given.min() < 0 or given.max() >= count:
        wrong = int(given.min() if given.min() < 0 else given.max())
        raise RangeError(f"{name}: {wrong}: accepts 0 to {count - 1}; nothing was sent")
    if len(np.unique(given)) != len(given):
        raise RangeError(f"{name}: one is given twice; nothing was sent")
    return np.ascontiguousarray(given, np.uint32)


def read_settled(payload: bytes, count: int) -> Settled:
    """Return how a loop ended. Raises TransportError for a block that does not say it."""
    blocks.check_length(payload, _HEAD_BYTES + 4 * count)
    began, settling = np.frombuffer(payload, "<f8", 2).tolist()
    ending, volts = payload[16], np.frombuffer(payload, "<f4", count, _HEAD_BYTES)
    if ending >= len(_ENDINGS):
        raise TransportError(f"crossbar board: ending {ending} of a loop is none")
    return Settled(volts.astype(np.float64), _ENDINGS[ending], settling, began)
