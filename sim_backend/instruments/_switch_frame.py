"""The mainframe of a simulated switch: who it is, its slots, its cards' relays on the bench."""

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, ClassVar

from labcim.errors import RecipeError

from ..wire.status import POWER_ON
from ..wire.tsp import TspInstrument, call, getter, number, text
from ._relays import NEGLIGIBLE, RelayBank
from ._switch_cards import SLOTS, Card, Rack

if TYPE_CHECKING:
    from ..bench import SimulatedBench
    from ..chip.chip_file import InstrumentSpec

_CARD_FIRMWARE = "01.40h"


class SwitchFrame(TspInstrument):
    """The part of a switch that moves no relay.

    kinds: the cards that it knows, by model.  usual_cards: those of a chip file that names none.
    """

    indices: ClassVar = {"slot": SLOTS}
    terminals: ClassVar[tuple[str, ...]] = ()
    known_options: ClassVar[tuple[str, ...]] = ("cards", "bridged", "contact_resistance")
    kinds: ClassVar[Mapping[str, Card]] = {}
    usual_cards: ClassVar[tuple[str, ...]] = ()

    def __init__(self, bench: "SimulatedBench", spec: "InstrumentSpec") -> None:
        self.name = spec.name
        self.serial = spec.serial or "04447336"
        self.identity = (
            f"KEITHLEY INSTRUMENTS INC.,MODEL {self.model},{self.serial},{self.revision}"
        )
        self._bench = bench
        models = spec.options.get("cards", self.usual_cards)
        for model in models:
            if model and model not in self.kinds:
                known = ", ".join(self.kinds)
                raise RecipeError(f"chip file, cards of {spec.name}: {model!r}; known are {known}")
        self._rack = Rack({s: self.kinds[m] for s, m in zip(SLOTS, models, strict=False) if m})
        self._bridged = bool(spec.options.get("bridged", True))
        negligible = 0.0 if spec.options.get("contact_resistance", False) else NEGLIGIBLE
        self._banks: dict[str, RelayBank] = {}
        for slot, card in self._rack.cards.items():
            ends = {relay: self._ends(slot, relay) for relay in card.relays(slot)}
            name = f"slot{slot}_{card.model}"
            bank = RelayBank(bench, self.name, name, card.relay, ends, negligible)
            self._banks[str(slot)] = bank
        self._check_faults()
        super().__init__()

    def _check_faults(self) -> None:
        for relay in self._bench.chip_file.faults.stuck_relays:
            owner, _, channel = relay.rpartition(".")
            if owner == self.name and channel not in self._rack:
                raise RecipeError(f"chip file, stuck_relays: {owner} has no channel {channel!r}")

    def _ends(self, slot: int, relay: str) -> tuple[str, str] | None:
        if relay[1] == "9":
            return None  # nothing of the bench hangs on the analog backplane
        row = f"row{relay[1]}" if self._bridged else f"slot{slot}.row{relay[1]}"
        return f"{self.name}.{row}", f"{self.name}.slot{slot}.column{int(relay[2:])}"

    def bank(self, relay: str) -> RelayBank:
        """Return the card's relays to which one belongs."""
        return self._banks[relay[0]]

    def wait(self, duration: float) -> None:
        """Let simulated time pass."""
        if duration > 0.0:
            self._bench.advance(duration)

    def close(self) -> None:
        """Let go of what is kept of the relays."""
        for bank in self._banks.values():
            bank.close()

    def power_off(self) -> None:
        """Take the power away: relays that do not latch let go."""
        for bank in self._banks.values():
            bank.without_power()

    def power_on(self) -> None:
        """Start as after the power switch: errors and status are gone, the event tells of it."""
        self.errors.clear()
        self.status.clear()
        self.status.preset()
        self.status.raise_event(POWER_ON)

    def power_cycle(self) -> None:
        """Turn the instrument off and on again."""
        self.power_off()
        self.power_on()

    # --- slots ---

    def _card(self, slot: int) -> Card | None:
        return self._rack.cards.get(slot)

    @getter("slot[].idn")
    def card(self, slot: int) -> str:
        """Return model, description, firmware and serial number of the card in a slot."""
        card = self._card(slot)
        if card is None:
            return "Empty Slot"
        return f"{card.model},{card.words},{_CARD_FIRMWARE},{_card_serial(self.serial, slot)}"

    @getter("slot[].rows.matrix")
    def rows(self, slot: int) -> int | None:
        """Return the number of matrix rows in a slot, or nil."""
        card = self._card(slot)
        return card.rows if card else None

    @getter("slot[].columns.matrix")
    def columns(self, slot: int) -> int | None:
        """Return the number of matrix columns in a slot, or nil."""
        card = self._card(slot)
        return card.columns if card else None

    @getter("slot[].banks.matrix")
    def banks(self, slot: int) -> int | None:
        """Return the number of banks of a matrix card, or nil."""
        return 1 if self._card(slot) else None

    @getter("slot[].matrix")
    def is_matrix(self, slot: int) -> int | None:
        """Return 1 for a card with matrix channels, or nil."""
        return 1 if self._card(slot) else None

    @getter("slot[].multiplexer")
    def is_multiplexer(self, slot: int) -> int | None:
        """Return 0 for a card without multiplexer channels, or nil."""
        return 0 if self._card(slot) else None

    @getter("slot[].maxvoltage")
    def greatest_voltage(self, slot: int) -> float | None:
        """Return the greatest voltage in V of a card's channels, or nil."""
        card = self._card(slot)
        return card.voltage if card else None

    @getter("slot[].poles.one")
    def single_pole(self, slot: int) -> int | None:
        """Return whether a card's channels may be of one pole, or nil."""
        return self._has_poles(slot, 1)

    @getter("slot[].poles.two")
    def two_poles(self, slot: int) -> int | None:
        """Return whether a card's channels may be of two poles, or nil."""
        return self._has_poles(slot, 2)

    @getter("slot[].poles.four")
    def four_poles(self, slot: int) -> int | None:
        """Return whether a card's channels may be of four poles, or nil."""
        return self._has_poles(slot, 4)

    def _has_poles(self, slot: int, poles: int) -> int | None:
        card = self._card(slot)
        return int(card.poles == poles) if card else None

    @call("channel.createspecifier")
    def specifier(self, slot: object, first: object, second: object = None) -> str:
        """Return the channel of a slot by its row and its column, or by a backplane relay."""
        given = [slot, first] if second is None else [slot, first, second]
        whole = [int(number(value, 0, 9999)) for value in given]
        return self._rack.specifier(whole[0], whole[1:])

    # --- channel lists ---

    def _listed(self, channels: object, *, slots: bool = True) -> list[str]:
        """Return the relays that a channel list names. Raises ScpiError."""
        return self._rack.expand(text(channels), self._named, slots=slots)

    def _named(self, word: str) -> list[str] | None:
        """Return what a name on a channel list stands for, if it is known."""
        return None

    def _real(self, relays: Iterable[str]) -> set[str]:
        """Return which of the relays really conduct."""
        return {relay for relay in relays if relay in self.bank(relay).contacts}


def _card_serial(serial: str, slot: int) -> str:
    """Return a serial number of a card that goes with the mainframe's."""
    return f"{(int(serial) if serial.isdecimal() else 0) + slot:07d}"
