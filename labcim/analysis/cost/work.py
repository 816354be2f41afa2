"""What a run did, as counts: added up from its documents, one after the other."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from labcim.documents import Document, Event, Pulses, RunStart, RunStop


@dataclass
class Work:
    """What was done. Energies in J, times in s; squares are of inputs from -1 to 1.

    pulse_energy: amplitude times peak current times width, where a current was measured; and
    unmeasured: the square of the amplitude times width elsewhere, V² s.  pulse_squares: of the
    amplitudes of all pulses, V².  pulse_time: of pulses that begin together counted once.
    reading_power: |V I| of single readings, W.  vector_squares: V² s of driven lines, each times
    the lines that it crosses.  steps: of all conversions.  not_counted: what no energy is known of.
    """

    rows: int = 0
    columns: int = 0
    pulses: int = 0
    pulse_energy: float = 0.0
    unmeasured: float = 0.0
    row_squares: float = 0.0
    pulse_time: float = 0.0
    readings: int = 0
    reading_power: float = 0.0
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
                self._pulses(document.train)
            case Event():
                self._event(document)
            case RunStop():
                self.bench_time += document.modelled_time
            case _:
                pass

    def _pulses(self, train: NDArray[np.void]) -> None:
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

    def _event(self, event: Event) -> None:
        told = event.data
        match event.kind:
            case "reads":
                self.readings += int(told["readings"])
                self.reading_power += float(told["power"])
            case "multiply":
                self._products(event)
            case "lines":
                self.line_states += int(told["states"])
            case "solve" | "eigenvector":
                self.loops += 1
            case _:
                pass

    def _products(self, event: Event) -> None:
        told = event.data
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
