"""Patterns of program headers, in the notation of instrument manuals.

    [:SOURce[1]]:VOLTage[:LEVel]     capitals are the short form; [...] may be left out
    OUTPut<n>, OUTPut<1..2>          a numeric suffix that the handler gets (1 when absent)
    :ROUTe:{ROW|COLumn|GATE}:STATe   one of several words; the handler gets its short form
    *IDN                             a common command

A suffix written out, as in CALCulate3, must be there; [1] may be. Case never matters.
"""

import re
from dataclasses import dataclass
from typing import Final

from .errors import ScpiError

_TOKEN: Final = re.compile(
    r"\[(?P<maybe>\d+)\]|(?P<open>\[)|(?P<close>\])|(?P<colon>:)|\{(?P<words>[^}]+)\}"
    r"|<(?P<suffix>n|\d+\.\.\d+)>|(?P<word>\*?[A-Z][A-Za-z_]*)(?P<digits>\d*)"
)
_LEADING_OPTION: Final = re.compile(r"^\[([^:\[\]]+(?:\[\d+\])?):\]")
_SUFFIX_LIMIT: Final = 2**31 - 1


def short_form(word: str) -> str:
    """Return the short form of a word in manual notation: `VOLTage` gives `VOLT`."""
    short = re.match(r"\*?[A-Z_]+\d*", word)
    if short is None:
        raise ValueError(f"{word!r} has no short form in capitals")
    return short.group()


def word_expression(word: str) -> str:
    """Return the regular expression (for upper case text) of a word's short and long form."""
    short = short_form(word)
    rest = word[len(short) :].upper()
    return re.escape(short) + (f"(?:{re.escape(rest)})?" if rest else "")


@dataclass(frozen=True, slots=True)
class _Suffix:
    low: int
    high: int

    def convert(self, text: str | None) -> int:
        value = int(text) if text else 1
        if not self.low <= value <= self.high:
            raise ScpiError(-114)
        return value


@dataclass(frozen=True, slots=True)
class _Words:
    words: tuple[str, ...]

    def convert(self, text: str | None) -> str:
        for word in self.words:
            if text is None or re.fullmatch(word_expression(word), text):
                return short_form(word)
        raise ScpiError(-113)


class HeaderPattern:
    """One header in manual notation, ready to be matched with a full header in upper case."""

    def __init__(self, pattern: str) -> None:
        self.pattern = pattern
        self._captures: list[_Suffix | _Words] = []
        text = _LEADING_OPTION.sub(r"[:\1]:", pattern)
        if text[0] not in "*:[":
            text = ":" + text
        expression = []
        position = 0
        while position < len(text):
            token = _TOKEN.match(text, position)
            if token is None:
                raise ValueError(f"header pattern {pattern!r} is wrong at {text[position:]!r}")
            expression.append(self._translate(token))
            position = token.end()
        self._regex = re.compile("".join(expression))

    def _translate(self, token: re.Match[str]) -> str:
        part = token.groupdict()
        if part["maybe"]:
            return f"(?:{part['maybe']})?"
        if part["open"]:
            return "(?:"
        if part["close"]:
            return ")?"
        if part["colon"]:
            return ":"
        if part["suffix"]:
            low, _, high = part["suffix"].partition("..")
            self._captures.append(_Suffix(int(low), int(high)) if high else _ANY_SUFFIX)
            return r"(\d{0,10})"
        if part["words"]:
            words = tuple(part["words"].split("|"))
            self._captures.append(_Words(words))
            return "(" + "|".join(word_expression(word) for word in words) + ")"
        return word_expression(part["word"]) + part["digits"]

    def match(self, header: str) -> tuple[int | str, ...] | None:
        """Return the captured suffixes and words, or None when this is another header.

        header: complete, in upper case, with its leading colon and without `?`.
        Raises ScpiError -114 for a numeric suffix out of range.
        """
        found = self._regex.fullmatch(header)
        if found is None:
            return None
        pairs = zip(self._captures, found.groups(), strict=True)
        return tuple(capture.convert(text) for capture, text in pairs)

    def matches_without_suffixes(self, header: str) -> bool:
        """Whether this is the header but for its numeric suffixes."""
        return self._regex.fullmatch(re.sub(r"\d+", "", header)) is not None


_ANY_SUFFIX: Final = _Suffix(1, _SUFFIX_LIMIT)
