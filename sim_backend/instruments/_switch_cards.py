"""Cards in the slots of a switch, and the channel lists that name their relays.

A matrix channel is slot, row and two digits of column: 1203 or 1B03 is slot 1, row 2, column 3.
Analog backplane relays are slot, 9 and two digits: 1911. Items are parted by commas or semicolons.
Sources: Series 3700A Reference Manual, 3700AS-901-01, "Channel list parameter"; Models 707B and
708B Reference Manual, 707B-901-01, section 2.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from ..wire.errors import ScpiError
from ._relays import RelayKind

SLOTS: Final = range(1, 7)
_SLOT: Final = re.compile(r"slot([1-6])")
_PARTED: Final = re.compile(r"[,;]")

#: What a name on a channel list stands for besides channels: a pattern, or a label.
Named = Callable[[str], list[str] | None]


def parameter_error(words: str) -> ScpiError:
    """Return error 1115; its texts go on after a blank ("Series 3700A", channel.setlabel())."""
    return ScpiError(1115, f"Parameter error {words}")


def settings_conflict(words: str) -> ScpiError:
    """Return error 1114."""
    return ScpiError(1114, f"Settings conflict {words}")


@dataclass(frozen=True, slots=True)
class Card:
    """One kind of matrix card. voltage: V, the greatest.  letters: its rows are A to H."""

    model: str
    words: str
    rows: int
    columns: int
    relay: RelayKind
    voltage: float
    poles: int
    backplane: tuple[int, ...] = ()
    letters: bool = False

    def row(self, number: int) -> str:
        """Return how a row is written, the first is 1."""
        return "ABCDEFGH"[number - 1] if self.letters else str(number)

    def channels(self, slot: int) -> list[str]:
        """Return the matrix channels of a card in a slot, in their order."""
        rows = [self.row(number) for number in range(1, self.rows + 1)]
        columns = range(1, self.columns + 1)
        return [f"{slot}{row}{column:02d}" for row in rows for column in columns]

    def relays(self, slot: int) -> list[str]:
        """Return all relays of a card in a slot: channels first."""
        return self.channels(slot) + [f"{slot}9{number:02d}" for number in self.backplane]


class Rack:
    """The cards in their slots, and what a channel list means with them."""

    def __init__(self, cards: Mapping[int, Card]) -> None:
        self.cards = dict(sorted(cards.items()))
        self._slots = {slot: card.relays(slot) for slot, card in self.cards.items()}
        self.relays = [name for slot in self._slots.values() for name in slot]
        self._order = {name: place for place, name in enumerate(self.relays)}

    def __contains__(self, name: str) -> bool:
        return name in self._order

    def sorted(self, names: Iterable[str]) -> list[str]:
        """Return relays in the instrument's order: slot by slot, channels first."""
        return sorted(names, key=self._order.__getitem__)

    def specifier(self, slot: int, numbers: Iterable[int]) -> str:
        """Return the channel of a slot by numbers: row and column, or a backplane relay (911)."""
        card = self.cards.get(slot)
        given = list(numbers)
        name = ""
        if card is not None and len(given) == 1 and not card.letters:
            name = f"{slot}{given[0]}"
        elif card is not None and len(given) == 2 and 1 <= given[0] <= card.rows:
            name = f"{slot}{card.row(given[0])}{given[1]:02d}"
        if name not in self._order:
            raise parameter_error("invalid channel specifier")
        return name

    def expand(self, words: str, named: Named, *, slots: bool = True) -> list[str]:
        """Return the relays that a channel list names, without repetition, in its order.

        slots: whether ``slot1`` and ``allslots`` are accepted.  Raises ScpiError for an empty list
        and for anything that is not installed.
        """
        listed = _PARTED.split(words)
        if all(map(self._order.__contains__, listed)):  # only channels: what programs send
            return list(dict.fromkeys(listed))
        found: dict[str, None] = {}
        for word in listed:
            found.update(dict.fromkeys(self._expand_word(word.strip(), named, slots)))
        return list(found)

    def _expand_word(self, word: str, named: Named, slots: bool) -> Iterable[str]:
        if word in self._order:
            return (word,)
        relays = named(word)
        if relays is not None:
            return relays
        first, colon, last = word.partition(":")
        if colon:
            return self._between(first.strip(), last.strip())
        slot = _SLOT.fullmatch(word)
        if word == "allslots" or slot:
            if not slots:
                raise parameter_error(f"{word} is not allowed in channel list")
            return self._whole(int(slot[1]) if slot else None)
        if not word:
            raise parameter_error("empty channel list")
        raise parameter_error(f"invalid channel in channel list {word[:20]}")

    def _whole(self, slot: int | None) -> list[str]:
        if slot is None:
            return list(self.relays)
        if slot not in self._slots:
            raise parameter_error(f"slot {slot} is empty")
        return self._slots[slot]

    def _between(self, first: str, last: str) -> list[str]:
        for end in (first, last):
            if end not in self._order:
                raise parameter_error(f"invalid channel in channel list {end[:20]}")
        start, stop = self._order[first], self._order[last]
        apart = first[0] != last[0] or is_backplane(first) != is_backplane(last)
        if apart or start > stop:
            raise parameter_error(f"invalid range in channel list {first}:{last}")
        return self.relays[start : stop + 1]


def is_backplane(relay: str) -> bool:
    """Return whether a relay belongs to the analog backplane rather than to the matrix."""
    return relay[1] == "9"
