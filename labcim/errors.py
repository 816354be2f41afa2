"""Errors tell who can mend it.

Their text holds name, value, unit and what is accepted; no traceback is needed to act on one.
"""


class LabcimError(Exception):
    """Base of everything labcim raises on purpose."""


class RangeError(LabcimError):
    """You asked for too much. Nothing was sent."""


class RecipeError(LabcimError):
    """A recipe, bench or chip file is not valid. No instrument was touched."""


class InstrumentError(LabcimError):
    """The instrument answered, and refused; the text is its own."""


class TransportError(LabcimError):
    """The instrument did not answer, or its answer could not be read."""


class RecordError(LabcimError):
    """The record cannot be written or read."""


class NoiseSourceError(LabcimError):
    """A source of random bits failed its tests: nothing that came of it may be used."""


class BenchHeldError(LabcimError):
    """Another process holds this bench."""


class SafetyError(LabcimError):
    """An output could not be shown to be off."""


class AbortedError(LabcimError):
    """The run was told to end now; raised where the next stimulus would have been sent."""


class DisplayError(LabcimError):
    """A window cannot be shown: a display, a library or a font is missing."""
