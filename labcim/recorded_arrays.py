"""Puts on record what is done with the whole array at once: products, updates, feedback loops."""

import numpy as np
from numpy.typing import NDArray

from .capabilities import (
    Coding,
    Feedback,
    Floats,
    Loop,
    Overlap,
    ParallelUpdate,
    Products,
    Settled,
    Updated,
    Vectors,
)
from .documents import PULSE
from .recorded import PublishEvent, PublishTrain, ToldIfCut


class RecordedVectors:
    """Products of vectors; one event for each call.

    Products are readings, no stimulus: drivers refuse them above the chip's read limit.
    """

    def __init__(self, vectors: Vectors, event: PublishEvent, remark: PublishEvent) -> None:
        self._vectors = vectors
        self._event = event
        self._remark = remark

    def multiply(self, inputs: Floats, coding: Coding) -> Products:
        """Drive the rows, sense the columns, and tell."""
        text, told = _told_of_vectors("rows", inputs, coding)
        with ToldIfCut(self._remark, text, told):
            products = self._vectors.multiply(inputs, coding)
        self._event("multiply", text, told | _over(products))
        return products

    def multiply_transposed(self, inputs: Floats, coding: Coding) -> Products:
        """Drive the columns, sense the rows, and tell."""
        text, told = _told_of_vectors("columns", inputs, coding)
        with ToldIfCut(self._remark, text, told):
            products = self._vectors.multiply_transposed(inputs, coding)
        self._event("multiply", text, told | _over(products))
        return products


class RecordedUpdates:
    """Updates by overlapping trains; every cell's pulses are published."""

    def __init__(
        self,
        updates: ParallelUpdate,
        publish: PublishTrain,
        event: PublishEvent,
        remark: PublishEvent,
    ) -> None:
        self._updates = updates
        self._publish = publish
        self._event = event
        self._remark = remark

    def update(self, rows: Floats, columns: Floats, overlap: Overlap) -> Updated:
        """Pulse rows and columns, and put on record what each cell got of it."""
        samples = len(np.atleast_2d(rows))
        text = f"update by {samples} samples of {overlap.slots} slots"
        worst = max(abs(overlap.up), abs(overlap.down))
        told = {"samples": samples, "slots": overlap.slots, "amplitude": worst}
        with ToldIfCut(self._remark, text, told | {"width": overlap.width}):
            updated = self._updates.update(rows, columns, overlap)
        self._publish(packed_update(updated, overlap))
        if updated.half > 0.0:
            beside = f"{text}: cells on lines that pulsed alone saw {updated.half:g} V"
            self._event("half-select", beside, told | {"half": updated.half})
        return updated


class RecordedFeedback:
    """Feedback loops; one event for each call. Above the read limit drivers refuse them."""

    def __init__(self, feedback: Feedback, event: PublishEvent, remark: PublishEvent) -> None:
        self._feedback = feedback
        self._event = event
        self._remark = remark

    def solve(self, inputs: Floats, loop: Loop) -> Settled:
        """Let the loop solve, and tell how it ended."""
        with ToldIfCut(self._remark, "solve", _told_of_loop(loop)):
            settled = self._feedback.solve(inputs, loop)
        self._tell("solve", loop, settled)
        return settled

    def eigenvector(self, loop: Loop) -> Settled:
        """Let the loop find the eigenvector, and tell how it ended."""
        with ToldIfCut(self._remark, "eigenvector", _told_of_loop(loop)):
            settled = self._feedback.eigenvector(loop)
        self._tell("eigenvector", loop, settled)
        return settled

    def _tell(self, name: str, loop: Loop, settled: Settled) -> None:
        told = _told_of_loop(loop) | {"ending": settled.ending}
        if settled.ending == "settled":
            told["settling_time"] = settled.settling_time
        self._event(name, f"{name}: {len(loop.rows)} rows, {settled.ending}", told)


def packed_update(updated: Updated, overlap: Overlap) -> NDArray[np.void]:
    """Return the pulses of an update as a packed train of dtype PULSE: those up, then those down.

    Nobody measures the currents of an update, so that ``peak_current`` is NaN.
    """
    parts = []
    for counts, amplitude, gate in (
        (updated.up, overlap.up, overlap.gate_up),
        (updated.down, overlap.down, overlap.gate_down),
    ):
        cells = np.flatnonzero(counts)
        train = np.zeros(len(cells), PULSE)
        train["time"], train["cell"], train["count"] = updated.began, cells, counts.flat[cells]
        train["amplitude"], train["gate"], train["width"] = amplitude, gate, overlap.width
        train["peak_current"] = np.nan
        parts.append(train)
    return np.concatenate(parts)


def _told_of_vectors(
    driven: str, inputs: Floats, coding: Coding
) -> tuple[str, dict[str, float | str]]:
    count, squares = len(np.atleast_2d(inputs)), float(np.sum(np.square(inputs)))
    told: dict[str, float | str] = {
        "vectors": count, "driven": driven, "voltage": coding.voltage, "gate": coding.gate,
        "pulse": coding.pulse, "coding": coding.coding, "signs": coding.signs, "bits": coding.bits,
        "output_bits": coding.output_bits, "squares": squares,
    }  # fmt: skip
    return f"{count} vectors on the {driven}, at most {coding.voltage:g} V", told


def _over(products: Products) -> dict[str, float | str]:
    return {"flagged": int(np.count_nonzero(products.flags))}


def _told_of_loop(loop: Loop) -> dict[str, float | str]:
    return {"rows": len(loop.rows), "limit": loop.limit, "gate": loop.gate}
