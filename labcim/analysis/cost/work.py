"""What a run did, as counts: added up from its documents, one after the other."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from labcim.documents import Document, Event, Pulses, RunStart, RunStop
from labcim.recorded import ReadTally


@dataclass
class Work:
    """What was done. Energies in J, times in s; squares are of inputs from -1 to 1.

    pulse_energy: amplitude times peak current times width, where a current was measured; and
    unmeasured: the square of the amplitude times width elsewhere, V² s.  pulse_squares: of the
    amplitudes of all pulses, V².  pulse_time: of pulses that begin together counted once.
    reads: how many, and their |V I| in W.  vector_squares: V² s of driven lines, each times
    the lines that it crosses.  steps: of all conversions.  not_counted: what no energy is known of.
    """

    rows: int = 0
    columns: int = 0
    pulses: int = 0
    pulse_energy: float = 0.0
    unmeasured: float = 0.0
    row_squares: float = 0.0
    pulse_time: float = 0.0
    reads: ReadTally = field(default_factory=ReadTally)
    vectors: int = 0
    macs: float = 0.0
    vector_squares: float = 0.0
    vector_time: float = 0.0
    conversions: int = 0
    steps: float = 0.0
    line_states: int = 0
    loops: int = 0
    bench_time: float = 0.0

    def __call__(self, document: Document) -> None:
        """Take one document; a Work is a sink."""
        match document:
            case RunStart():
                self.rows, self.columns = document.rows, document.columns
            case Pulses():
                self.pulsed(document.train)
            case Event():
                self.happened(document.kind, document.data)
            case RunStop():
                self.bench_time += document.modelled_time
            case _:
                pass

    def add(self, other: "Work") -> None:
        """Add what was done elsewhere on the same array."""
        self.reads.readings += other.reads.readings
        self.reads.power += other.reads.power
        for item in fields(self):
            if item.name not in ("rows", "columns", "reads"):
                total = getattr(self, item.name) + getattr(other, item.name)
                setattr(self, item.name, total)

    def pulsed(self, train: NDArray[np.void]) -> None:
        """Take a packed train of pulses, dtype PULSE."""
        volts = np.abs(train["amplitude"].astype(np.float64))
        count = train["count"].astype(np.float64)
        duration = train["width"].astype(np.float64) * count
        current = np.abs(train["peak_current"].astype(np.float64))
        measured = np.isfinite(current)
        self.pulses += int(count.sum())
        self.pulse_energy += float(np.sum((volts * current * duration)[measured]))
        self.unmeasured += float(np.sum((volts**2 * duration)[~measured]))
        self.row_squares += float(np.sum(volts**2 * count))
        _, first = np.unique(train["time"], return_index=True)
        self.pulse_time += float(duration[first].sum())

    def happened(self, kind: str, told: Mapping[str, Any]) -> None:
        """Take an event and its data."""
        match kind:
            case "reads":
                self.reads.readings += int(told["readings"])
                self.reads.power += float(told["power"])
            case "multiply":
                self._products(told)
            case "lines":
                self.line_states += int(told["states"])
            case "solve" | "eigenvector":
                self.loops += 1
            case _:
                pass

    def _products(self, told: Mapping[str, Any]) -> None:
        vectors = int(told["vectors"])
        sensed = self.columns if told["driven"] == "rows" else self.rows
        phases = 2 if told.get("signs", "phases") == "phases" else 1
        # Bit by bit, each bit has a pulse of its own, on about half of the lines.
        pulses = int(told.get("bits", 8)) if told["coding"] == "bits" else 1
        time = float(told["pulse"]) * pulses
        self.vectors += vectors
        self.macs += float(vectors) * self.rows * self.columns
        self.vector_time += vectors * phases * time
        square = float(told["voltage"]) ** 2 * float(told.get("squares", vectors))
        self.vector_squares += square * sensed * time
        self.conversions += vectors * phases * sensed
        self.steps += vectors * phases * sensed * 2.0 ** int(told.get("output_bits", 8))
