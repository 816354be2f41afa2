"""Cards in the slots of a 3706A, and the channel lists that name their relays.

A matrix channel is slot, row and two digits of column: 1203 is slot 1, row 2, column 3. Analog
backplane relays are slot, 9 and two digits: 1911. Source: Series 3700A System Switch/Multimeter
Reference Manual, 3700AS-901-01, section "Switching card specifiers", and the 3730 data sheet.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from ..wire.errors import ScpiError

SLOTS: Final = range(1, 7)
_RANGE: Final = re.compile(r"(\d{4}):(\d{4})")
_SLOT: Final = re.compile(r"slot([1-6])")


@dataclass(frozen=True, slots=True)
class Card:
    """One kind of matrix card. settle: s, for opening and for closing."""

    model: str
    words: str
    rows: int
    columns: int
    backplane: tuple[int, ...]
    settle: float


KINDS: Final = {
    "3730": Card("3730", "6x16 High Density Matrix", 6, 16, (11, 12, 13, 14, 15, 16), 4e-3),
}


class Rack:
    """The cards in their slots, and what a channel list means with them."""

    def __init__(self, cards: Mapping[int, Card]) -> None:
        self.cards = dict(sorted(cards.items()))
        self._slots = {slot: _relays_of(slot, card) for slot, card in self.cards.items()}
        self._order = {
            name: place
            for place, name in enumerate(name for slot in self._slots.values() for name in slot)
        }

    def __contains__(self, name: str) -> bool:
        return name in self._order

    def sorted(self, names: Iterable[str]) -> list[str]:
        """Return relays in the instrument's order: slot by slot, channels first."""
        return sorted(names, key=self._order.__getitem__)

    def expand(
        self, words: str, pattern: Callable[[str], list[str] | None], *, slots: bool = True
    ) -> list[str]:
        """Return the relays that a channel list names, without repetition, in its order.

        slots: whether ``slot1`` and ``allslots`` are accepted.  pattern: finds a pattern's relays.
        Raises ScpiError for an empty list and for anything that is not installed.
        """
        found: dict[str, None] = {}
        listed = words.split(",")
        if all(map(self._order.__contains__, listed)):  # only channels: what programs send
            return list(dict.fromkeys(listed))
        for word in listed:
            found.update(dict.fromkeys(self._expand_word(word.strip(), pattern, slots)))
        return list(found)

    def _expand_word(
        self, word: str, pattern: Callable[[str], list[str] | None], slots: bool
    ) -> Iterable[str]:
        if word in self._order:
            return (word,)
        ends = _RANGE.fullmatch(word)
        if ends:
            return self._between(ends[1], ends[2])
        slot = _SLOT.fullmatch(word)
        if word == "allslots" or slot:
            if not slots:
                raise ScpiError(-224, device_info=f"{word} cannot be closed as a whole")
            return self._whole(int(slot[1]) if slot else None)
        relays = pattern(word)
        if relays is None:
            raise ScpiError(-224, device_info=f"no channel or pattern {word[:20]!r}")
        return relays

    def _whole(self, slot: int | None) -> list[str]:
        if slot is None:
            return list(self._order)
        if slot not in self._slots:
            raise ScpiError(-241, device_info=f"slot {slot} is empty")
        return self._slots[slot]

    def _between(self, first: str, last: str) -> list[str]:
        for end in (first, last):
            if end not in self._order:
                raise ScpiError(-224, device_info=f"no channel {end}")
        start, stop = self._order[first], self._order[last]
        if first[0] != last[0] or start > stop:
            raise ScpiError(-224, device_info=f"range {first}:{last}")
        return list(self._order)[start : stop + 1]


def _relays_of(slot: int, card: Card) -> list[str]:
    channels = [
        f"{slot}{row}{column:02d}"
        for row in range(1, card.rows + 1)
        for column in range(1, card.columns + 1)
    ]
    return channels + [f"{slot}9{number:02d}" for number in card.backplane]


def is_backplane(relay: str) -> bool:
    """Return whether a relay belongs to the analog backplane rather than to the matrix."""
    return relay[1] == "9"
