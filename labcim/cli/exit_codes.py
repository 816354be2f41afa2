"""Exit codes that scripts can rely on, and the sentence that goes with an error."""

from enum import IntEnum

from labcim.errors import (
    AbortedError,
    BenchHeldError,
    DisplayError,
    InstrumentError,
    LabcimError,
    RangeError,
    RecipeError,
    RecordError,
    SafetyError,
    TransportError,
)


class ExitCode(IntEnum):
    """How a command ended."""

    DONE = 0
    VERDICT_FAIL = 1
    BAD_INPUT = 2
    INSTRUMENT = 3
    RECORD = 4
    HELD = 5
    STOPPED = 6
    ABORTED = 7
    FAILED = 8
    NOT_SAFE = 9
    INTERNAL = 70


_CODES: list[tuple[type[LabcimError], ExitCode]] = [
    (SafetyError, ExitCode.NOT_SAFE),
    (BenchHeldError, ExitCode.HELD),
    (RangeError, ExitCode.BAD_INPUT),
    (RecipeError, ExitCode.BAD_INPUT),
    (DisplayError, ExitCode.BAD_INPUT),
    (InstrumentError, ExitCode.INSTRUMENT),
    (TransportError, ExitCode.INSTRUMENT),
    (RecordError, ExitCode.RECORD),
    (AbortedError, ExitCode.ABORTED),
]


def code_of(trouble: LabcimError) -> ExitCode:
    """Return the exit code of an error."""
    return next((code for kind, code in _CODES if isinstance(trouble, kind)), ExitCode.FAILED)
