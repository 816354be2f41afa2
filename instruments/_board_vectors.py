"""Products of vectors on a crossbar board: checks before a byte is sent, messages, answers."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from labcim.capabilities import Coding, Floats, Products, Topology
from labcim.errors import InstrumentError, RangeError, TransportError
from labcim.limits import TerminalLimits

from . import _board_blocks as blocks
from . import _board_checks as checks
from ._board_talk import BoardTalk

Side = Literal["row", "column"]

_CODINGS = {"amplitude": "AMPL", "width": "WIDT", "bits": "BITS"}
_SIGNS = {"phases": "PHAS", "shift": "SHIF", "bipolar": "BIP"}
_OPERATIONS = {
    "VECT": "vectors",
    "UPD": "updates",
    "FEED": "feedback",
    "BITS": "bits",
    "SUMS": "sums",
}
_LONGEST = 1.0
_VALUE_BYTES = 4 + 4 + 1  # current, range, flag of each product


@dataclass(frozen=True, slots=True)
class VectorCapability:
    """What the board's converters can: bits, A, lines that share an ADC, s, s.

    input_bits: of a DAC; pulse_bits: of an input that is a time, or a pulse for each bit.
    """

    input_bits: int
    output_bits: int
    narrowest: float
    widest: float
    lines_each: int
    conversion: float
    settle: float
    retries: int
    pulse_bits: int


class VectorVerbs(BoardTalk):
    """`labcim.capabilities.Vectors`."""

    _vectors: VectorCapability | None = None
    _operations: frozenset[str] | None = None

    @property
    def offers(self) -> frozenset[str]:
        """Return what of `Offering` the board offers on this chip."""
        if self._operations is None:
            words = self.ask(":SYST:CAP:OPER?").strip().split(",")
            self._operations = frozenset(_OPERATIONS[word] for word in words if word in _OPERATIONS)
        return self._operations

    @property
    def vector_capability(self) -> VectorCapability:
        """Return what the converters for products can."""
        if self._vectors is None:
            self._vectors = parse_vector_capability(self.ask(":SYST:CAP:VECT?"))
        return self._vectors

    def multiply(self, inputs: Floats, coding: Coding) -> Products:
        """Drive the rows, sense the columns. inputs: -1 to 1 of full scale, (batch, rows).

        Raises RangeError before anything is sent.
        """
        return self._multiplied(inputs, coding, "row")

    def multiply_transposed(self, inputs: Floats, coding: Coding) -> Products:
        """Drive the columns, sense the rows. inputs: -1 to 1 of full scale, (batch, columns)."""
        return self._multiplied(inputs, coding, "column")

    def require(self, operation: str) -> None:
        """Raise RangeError unless the board offers that on this chip."""
        if operation not in self.offers:
            raise RangeError(
                f"{operation}: this board offers {', '.join(sorted(self.offers)) or 'none'} on "
                f"{self.topology.describe()}; nothing was sent"
            )

    def _multiplied(self, inputs: Floats, coding: Coding, side: Side) -> Products:
        self.require("vectors")
        chip, able = self.topology, self.rules.capability
        vectors = checked_inputs(inputs, lines(chip, side))
        checks.check_between("cells of a line", max(chip.rows, chip.columns), 1, able.parallel, "")
        settings = vector_settings(
            coding, side, self.rules.windows, self.vector_capability, able.shortest_pulse
        )
        self._ensure({**self.rules.current_settings(self.rules.line_current), **settings})
        head = b":VECT:MULT? " if side == "row" else b":VECT:MULT:TRAN? "
        each = max(1, able.cells_in_message // max(chip.rows, chip.columns))
        parts = []
        for start in range(0, len(vectors), each):
            part = vectors[start : start + each]
            payload = self._request(head + blocks.float_block(part))
            parts.append(read_products(payload, len(part), lines(chip, other(side))))
        return parts[0] if len(parts) == 1 else joined(parts)


def parse_vector_capability(answer: str) -> VectorCapability:
    """Return what SYST:CAP:VECT? says. Raises InstrumentError."""
    try:
        one, other, narrowest, widest, each, conversion, settle, retries, most = answer.split(",")
        return VectorCapability(
            int(one), int(other), float(narrowest), float(widest), int(each),
            float(conversion), float(settle), int(retries), int(most),
        )  # fmt: skip
    except ValueError as trouble:
        said = f"crossbar board: {answer[:80]!r} says nothing of products"
        raise InstrumentError(said) from trouble


def lines(chip: Topology, side: Side) -> int:
    """Return how many lines a family has."""
    return chip.rows if side == "row" else chip.columns


def other(side: Side) -> Side:
    """Return the family across."""
    return "column" if side == "row" else "row"


def checked_inputs(inputs: Floats, count: int, name: str = "inputs") -> checks.Volts:
    """Return -1 to 1 as float32, (batch, count). Raises RangeError."""
    given = np.asarray(inputs)
    if given.dtype.kind not in "biuf":
        raise RangeError(f"{name} of type {given.dtype}: accepts real numbers; nothing was sent")
    if given.ndim != 2 or given.shape[1] != count or not given.size:
        raise RangeError(
            f"{name} of shape {given.shape}: accepts (batch, {count}); nothing was sent"
        )
    largest = float(np.abs(given.astype(np.float64)).max())
    if not largest <= 1.0:  # false for NaN as well
        raise RangeError(f"{name} = {largest}: accepts -1 to 1; nothing was sent")
    return np.ascontiguousarray(given, np.float32)


def vector_settings(
    coding: Coding,
    side: Side,
    windows: Mapping[str, TerminalLimits],
    able: VectorCapability,
    shortest: float,
) -> dict[str, str]:
    """Return the settings of VECTor. Raises RangeError for what chip or board do not stand.

    windows: of row, column, gate.  shortest: s, of a pulse.
    """
    _check_words(coding)
    check, whole = checks.check_between, checks.check_whole
    check("voltage of a full-scale input", coding.voltage, 1e-3, 10.0, "V")
    most = able.input_bits if coding.coding == "amplitude" else able.pulse_bits
    whole("bits of an input", coding.bits, 1, most)
    check("pulse of an input", coding.pulse, shortest, _LONGEST, "s")
    whole("bits of a product", coding.output_bits, 2, able.output_bits)
    whole("stretch of vectors", coding.stretch, 0, 1)
    whole("retries", coding.retries, 0, able.retries)
    checks.check_real("gate", coding.gate)
    widest = _check_range(coding, windows[other(side)], able)
    low = -coding.voltage if coding.signs == "bipolar" else 0.0
    level = coding.voltage if coding.signs == "shift" else 0.0
    for volts in (low, coding.voltage + level):
        windows[side].check_voltage(f"inputs by {coding.signs}: {side}", volts)
    windows[other(side)].check_voltage(f"level of sensed lines: {other(side)}", level)
    windows["gate"].check_voltage("gate", coding.gate)
    # By every one of the signs, a full-scale input is this far from the sensed lines.
    checks.check_read("voltage of a full-scale input", coding.voltage, windows)
    return {
        "VECT:VOLT": repr(float(coding.voltage)),
        "VECT:COD": _CODINGS[coding.coding],
        "VECT:BITS": str(int(coding.bits)),
        "VECT:PULS": repr(float(coding.pulse)),
        "VECT:SIGN": _SIGNS[coding.signs],
        "VECT:GATE": repr(float(coding.gate)),
        "VECT:OUTP:BITS": str(int(coding.output_bits)),
        "VECT:OUTP:RANG": repr(float(coding.output_range)),
        "VECT:OUTP:RANG:ULIM": repr(float(widest)),
        "VECT:STRE": str(int(coding.stretch)),
        "VECT:RETR": str(int(coding.retries)),
    }


def _check_words(coding: Coding) -> None:
    for name, word, known in (
        ("coding", coding.coding, _CODINGS),
        ("signs", coding.signs, _SIGNS),
    ):
        if word not in known:
            raise RangeError(f"{name} = {word!r}: accepts {', '.join(known)}; nothing was sent")


def _check_range(coding: Coding, sensed: TerminalLimits, able: VectorCapability) -> float:
    """Return the widest range in A that a channel may have: no more than its line stands."""
    widest = min(able.widest, sensed.current)
    checks.check_between("widest range of a product", widest, able.narrowest, able.widest, "A")
    checks.check_real("range of a product", coding.output_range)
    if coding.output_range != 0.0:
        checks.check_between("range of a product", coding.output_range, 1e-12, widest, "A")
    return widest


def read_products(payload: bytes, batch: int, outputs: int) -> Products:
    """Return products from a block. Raises TransportError if the length is not theirs."""
    values = batch * outputs
    blocks.check_length(payload, 8 * batch + _VALUE_BYTES * values)
    time = np.frombuffer(payload, "<f8", batch)
    found = np.frombuffer(payload, "<f4", 2 * values, 8 * batch).astype(np.float64)
    flags = np.frombuffer(payload, "u1", values, 8 * batch + 8 * values)
    shape = (batch, outputs)
    if not np.isfinite(found).all():
        raise TransportError("crossbar board: a product is no number")
    current, span = found[:values].reshape(shape), found[values:].reshape(shape)
    return Products(current, flags.reshape(shape).copy(), time.astype(np.float64), span)


def joined(parts: list[Products]) -> Products:
    """Return the products of several messages as one."""

    def all_of(name: str) -> NDArray[np.generic]:
        return np.concatenate([getattr(part, name) for part in parts])

    return Products(*(all_of(name) for name in ("current", "flags", "time", "current_range")))  # type: ignore[arg-type]
