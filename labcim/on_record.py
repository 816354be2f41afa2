"""Everything that a protocol is given, such that what it does with it is on record."""

from .protocol import Capabilities
from .recorded import PublishEvent, PublishTrain, ReadTally, RecordedCells, RecordedLines
from .recorded_arrays import RecordedFeedback, RecordedUpdates, RecordedVectors
from .recorded_bits import RecordedBits, RecordedSums
from .recorded_stage import RecordedStage


def on_record(
    bare: Capabilities,
    publish: PublishTrain,
    event: PublishEvent,
    remark: PublishEvent,
    tally: ReadTally | None = None,
) -> Capabilities:
    """Return the capabilities of a bench in wrappers that publish every stimulus.

    publish: takes packed trains.  event: puts one on record now.  remark: keeps one for later.
    tally: counts what is read.
    """
    return Capabilities(
        clock=bare.clock,
        cells=RecordedCells(bare.cells, publish, remark, tally),
        lines=RecordedLines(bare.lines, event, remark) if bare.lines else None,
        vectors=RecordedVectors(bare.vectors, event, remark) if bare.vectors else None,
        updates=RecordedUpdates(bare.updates, publish, event, remark) if bare.updates else None,
        feedback=RecordedFeedback(bare.feedback, event, remark) if bare.feedback else None,
        bits=RecordedBits(bare.bits, event, remark) if bare.bits else None,
        sums=RecordedSums(bare.sums, event, remark) if bare.sums else None,
        stage=RecordedStage(bare.stage, event, remark) if bare.stage else None,
        digitizer=bare.digitizer,  # it drives nothing
    )
