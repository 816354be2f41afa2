"""What a thing on the bench can do, as typing Protocols; and what it says when it has done it.

Protocols (the experiments) ask for these and never name an instrument. Cells are flat indices,
row-major: ``cell = row * columns + column``. Positive amplitude is SET, negative is RESET, and
V = row - column is the law. Those of single instruments are in `instrument_capabilities`.
"""

from dataclasses import dataclass, field
from enum import IntFlag
from typing import Literal, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from .cell_results import CellReadings as CellReadings
from .cell_results import Cycled as Cycled
from .cell_results import Delays as Delays
from .cell_results import Delivered as Delivered
from .cell_results import SweepReadings as SweepReadings

Floats = NDArray[np.float64]
CellIndices = NDArray[np.uint32]


class Flag(IntFlag):
    """Why a reading is not data, or a pulse was not as asked. Zero is good."""

    GOOD = 0
    IN_COMPLIANCE = 1
    OVER_RANGE = 2
    NOT_SETTLED = 4


@dataclass(frozen=True, slots=True)
class Topology:
    """How the cells hang on the lines, and what the lines may do at once."""

    rows: int
    columns: int
    kind: Literal["1T1R", "1S1R", "passive"] = "1T1R"
    gate_along: Literal["row", "column", "cell"] = "column"
    set_terminal: Literal["row", "column"] = "row"

    @property
    def size(self) -> int:
        """Return the number of cells."""
        return self.rows * self.columns

    @property
    def gates(self) -> int:
        """Return the number of gate lines."""
        if self.kind != "1T1R":
            return 0
        return {"row": self.rows, "column": self.columns, "cell": self.size}[self.gate_along]

    @property
    def select_lines(self) -> int:
        """Return how many lines address the cells: 2n for n x n cells without transistors."""
        return self.rows + self.columns + self.gates

    def describe(self) -> str:
        """Return the shape and kind in words."""
        return (
            f"{self.rows} rows x {self.columns} columns, {self.kind}, "
            f"gates along the {self.gate_along}, SET from the {self.set_terminal}"
        )

    def all_cells(self) -> CellIndices:
        """Return every cell, row-major."""
        return np.arange(self.size, dtype=np.uint32)

    def place(self, cell: int) -> tuple[int, int]:
        """Return (row, column) of a cell."""
        return divmod(int(cell), self.columns)


@dataclass(frozen=True, slots=True)
class Train:
    """Pulses to deliver: one shape, an amplitude and a gate for all cells or for each.

    amplitude: V, a scalar or shape (cells,), its sign is the polarity.  gate: V on the access
    transistor's gate, a scalar or shape (cells,); it sets the compliance on a 1T1R chip.
    width, rise, fall, period: s.  period 0 means the shortest the source can do.
    """

    amplitude: float | Floats
    width: float
    gate: float | Floats = 0.0
    rise: float = 0.0
    fall: float = 0.0
    period: float = 0.0
    count: int = 1
    current_limit: float | None = None
    series_resistance: float | None = None


@dataclass(frozen=True, slots=True)
class LineState:
    """One timed state of every line, in V; NaN floats the line. duration: s."""

    rows: Floats
    columns: Floats
    gates: Floats
    duration: float


@dataclass(frozen=True, slots=True)
class LineCurrents:
    """Current into each line, in A, at the end of a LineState; NaN where it floats."""

    rows: Floats
    columns: Floats


@dataclass(frozen=True, slots=True)
class Schedule:
    """How a request was split into what the lines can do at once, and how long it takes (s)."""

    steps: int
    duration: float
    notes: tuple[str, ...] = field(default=())


@dataclass(frozen=True, slots=True)
class Coding:
    """How vectors go out on lines, and how what comes back is converted.

    voltage: V of a full-scale input.  coding: a voltage for each input, one voltage for a time in
    proportion, or one pulse for each bit.  bits: of an input, beside its sign.  pulse: s, of a
    full-scale input, or of one bit.  signs: positive and negative inputs in two phases, around a
    shifted common level of the sensed lines, or as voltages of both signs where the lines' windows
    allow it.  gate: V on every gate.  output_bits: of the converter, sign included.  output_range:
    A at its ends; 0: each channel finds its own.  stretch: each vector goes out at full scale, and
    its products are scaled back.  retries: how often a vector with products over range goes out
    again at half its scale.
    """

    voltage: float = 0.2
    coding: Literal["amplitude", "width", "bits"] = "amplitude"
    bits: int = 8
    pulse: float = 1e-6
    signs: Literal["phases", "shift", "bipolar"] = "phases"
    gate: float = 0.0
    output_bits: int = 10
    output_range: float = 0.0
    stretch: bool = False
    retries: int = 0


@dataclass(frozen=True, slots=True)
class Products:
    """Products of vectors with the array.

    current: A, (batch, outputs), whatever the coding: ideal cells give inputs * voltage @ G.
    flags: (batch, outputs); a flagged value is not data.  time: s, begin of each vector, (batch,).
    current_range: A, full scale of each value, (batch, outputs).
    """

    current: Floats
    flags: NDArray[np.uint8]
    time: Floats
    current_range: Floats


@dataclass(frozen=True, slots=True)
class Overlap:
    """Pulse trains that move the cells where a row and a column pulse together.

    up, down: V across such a cell, SET above and RESET below 0.  width: s, of a pulse.  slots: of a
    train, 1 to 31.  deterministic: as many pulses as the values say, not with that chance.
    gate_up, gate_down: V on the gates that are open meanwhile, on a 1T1R chip.
    seed: of trains drawn by chance.  first: number of the first sample; numbers must not repeat.
    """

    up: float
    down: float
    width: float = 1e-6
    slots: int = 31
    deterministic: bool = False
    gate_up: float = 0.0
    gate_down: float = 0.0
    seed: int = 0
    first: int = 0


@dataclass(frozen=True, slots=True)
class Updated:
    """How many full pulses each cell got, up and down, (rows, columns); begin and end in s.

    half: V, the largest that cells saw on lines that pulsed alone; 0 where none did.
    """

    up: NDArray[np.uint32]
    down: NDArray[np.uint32]
    began: float
    ended: float
    half: float


@dataclass(frozen=True, slots=True)
class Loop:
    """A square part of the array in the feedback of amplifiers.

    rows: the lines used, (n,).  positive: the columns of G+, (n,).  negative: those of G-, (n,), or
    none.  conductance: S, of the input (solve) or feedback (eigenvector) resistors.  gate: V on
    every gate.  limit: V, the largest output of an amplifier either way, and so the most that a
    cell sees.  patience: s that the circuit has to settle.
    """

    rows: CellIndices
    positive: CellIndices
    conductance: float
    negative: CellIndices | None = None
    gate: float = 0.0
    limit: float = 0.2
    patience: float = 1e-3


@dataclass(frozen=True, slots=True)
class Settled:
    """Voltages of the amplifiers, V, (n,), and how the circuit ended: "settled" or why not.

    settling_time: s; NaN where it did not settle. Only voltages of a settled circuit are data.
    """

    voltage: Floats
    ending: str
    settling_time: float
    time: float


@runtime_checkable
class Cells(Protocol):
    """Cells that can be read and pulsed, whatever instruments do it."""

    @property
    def topology(self) -> Topology:
        """Return the array's shape and kind."""

    def read(
        self, cells: CellIndices, voltage: float, *, gate: float = ..., averages: int = 1
    ) -> CellReadings:
        """Read cells at ``voltage`` V with ``gate`` V on their transistors."""

    def pulse(self, cells: CellIndices, train: Train) -> Delivered:
        """Deliver ``train`` to cells. Raises RangeError before anything is sent."""

    def pulse_read(
        self,
        cells: CellIndices,
        train: Train,
        voltage: float,
        *,
        delay: float,
        gate: float = ...,
        averages: int = 1,
    ) -> tuple[Delivered, CellReadings]:
        """Deliver ``train``, wait ``delay`` s and read, as one operation."""

    def sweep(
        self, cell: int, voltages: Floats, *, dwell: float, gate: float, current_limit: float
    ) -> SweepReadings:
        """Step one cell through ``voltages`` V, ``dwell`` s each, under a current limit in A."""

    def record(
        self, cells: CellIndices, voltage: float, *, rate: float, count: int, gate: float = ...
    ) -> Floats:
        """Read cells ``count`` times at ``rate`` Hz; return currents in A, (count, cells)."""

    def time_to_threshold(
        self, cells: CellIndices, train: Train, threshold: float, *, clock: float
    ) -> Delays:
        """Hold ``train``'s voltage until the current crosses ``threshold`` A; return how long.

        train: one pulse, whose width is the longest wait in s. A positive amplitude waits for the
        current to rise to the threshold, a negative one for it to fall to it. The current is looked
        at once every ``clock`` s, and the pulse ends there: delay and width are whole clocks.
        Raises RangeError before anything is sent.
        """

    def cycle(
        self,
        cells: CellIndices,
        set_train: Train,
        reset_train: Train,
        count: int,
        *,
        voltage: float = 0.0,
        gate: float = ...,
        averages: int = 1,
    ) -> Cycled:
        """Do ``count`` cycles: SET all cells, read them, RESET them, read them.

        What that does to a cell is what `pulse` and `read` in this order do. Trains are of one
        pulse.  voltage: V of the readings; at 0 V nothing is read, and cycling goes on at the speed
        of the pulses. Raises RangeError before anything is sent.
        """

    def schedule(self, cells: CellIndices, train: Train) -> Schedule:
        """Say how ``train`` would be split, without touching an instrument."""


@runtime_checkable
class Lines(Protocol):
    """Direct control of every line of the array."""

    def apply(self, sequence: list[LineState]) -> list[LineCurrents]:
        """Apply timed line states one after the other."""


@runtime_checkable
class Vectors(Protocol):
    """Products of vectors with the array, all lines at once."""

    def multiply(self, inputs: Floats, coding: Coding) -> Products:
        """Drive the rows, sense the columns. inputs: -1 to 1 of full scale, (batch, rows)."""

    def multiply_transposed(self, inputs: Floats, coding: Coding) -> Products:
        """Drive the columns, sense the rows. inputs: -1 to 1 of full scale, (batch, columns)."""


@runtime_checkable
class ParallelUpdate(Protocol):
    """All cells of the array changed at once, by pulses that overlap."""

    def update(self, rows: Floats, columns: Floats, overlap: Overlap) -> Updated:
        """Pulse rows and columns, -1 to 1 of the slots, (samples, lines); signs multiply."""


@runtime_checkable
class Feedback(Protocol):
    """Amplifiers that close a loop around the array."""

    def solve(self, inputs: Floats, loop: Loop) -> Settled:
        """Return v of (G+ - G-) v = conductance * inputs. inputs: V, (n,)."""

    def eigenvector(self, loop: Loop) -> Settled:
        """Return v along the principal eigenvector of G+ - G-."""


@runtime_checkable
class Offering(Protocol):
    """Has verbs that not every chip allows: having them does not say that they can be used."""

    @property
    def offers(self) -> frozenset[str]:
        """Return which of "vectors", "updates" and "feedback" the chip at hand allows.

        And of "bits" and "sums", see `bit_capabilities`.
        """
