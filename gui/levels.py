"""How serious a message is, in a word, a sign and a colour: never by colour alone."""

from dataclasses import dataclass

from . import theme
from .run.log_lines import Level


@dataclass(frozen=True, slots=True)
class Look:
    """Word, sign and ink of a level. The ink is readable on white and on the window's grey."""

    word: str
    sign: str
    ink: str


LOOKS: dict[Level, Look] = {
    "info": Look("info", "·", theme.FOREGROUND),
    "warning": Look("WARNING", "▲", theme.WARNING),
    "error": Look("ERROR", "✗", theme.DANGER),
}

SEVERITY: dict[Level, int] = {"info": 0, "warning": 1, "error": 2}
