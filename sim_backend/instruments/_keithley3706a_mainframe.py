"""The mainframe of a simulated 3706A: what it says about itself, its slots and its interfaces."""

from typing import ClassVar

from ..wire.errors import ScpiError
from ..wire.tsp import TspInstrument, call, getter, number, setter
from ._keithley3706a_cards import SLOTS, Rack

_FIRMWARE = "01.56a"
_CARD_FIRMWARE = "01.40h"


class Mainframe(TspInstrument):
    """The part of a 3706A that moves no relay. interlock: what cards report, 0 to 3."""

    model = "3706A-SNFP"
    revision = _FIRMWARE
    indices: ClassVar = {"slot": SLOTS}
    constants: ClassVar = {"lan.status.ipaddress": "127.0.0.1"}

    def __init__(self, rack: Rack, serial: str, interlock: int) -> None:
        self.serial = serial
        self.identity = f"KEITHLEY INSTRUMENTS INC.,MODEL {self.model},{serial},{_FIRMWARE}"
        self._rack = rack
        self._interlock = interlock
        self._remote = {"gpib": True, "lan": True}
        self._gpib_address = 16
        super().__init__()

    # --- slots ---

    @getter("slot[].idn")
    def card(self, slot: int) -> str:
        """Return model, description, firmware and serial number of the card in a slot."""
        card = self._rack.cards.get(slot)
        if card is None:
            return "Empty Slot"
        return f"{card.model},{card.words},{_CARD_FIRMWARE},{_card_serial(self.serial, slot)}"

    @getter("slot[].interlock.state")
    def interlock(self, slot: int) -> int | None:
        """Return which interlocks of a card are engaged, or nil."""
        return self._interlock if slot in self._rack.cards else None

    @getter("slot[].rows.matrix")
    def rows(self, slot: int) -> int | None:
        """Return the number of matrix rows in a slot, or nil."""
        card = self._rack.cards.get(slot)
        return card.rows if card else None

    @getter("slot[].columns.matrix")
    def columns(self, slot: int) -> int | None:
        """Return the number of matrix columns in a slot, or nil."""
        card = self._rack.cards.get(slot)
        return card.columns if card else None

    # --- the mainframe ---

    @call("memory.available")
    def memory(self) -> str:
        """Return free system, script, pattern and configuration memory in percent."""
        return "51.56, 92.84, 100.00, 100.00"

    @getter("comm.gpib.enable")
    def gpib_enabled(self) -> bool:
        """Return whether GPIB is enabled."""
        return self._remote["gpib"]

    @setter("comm.gpib.enable")
    def enable_gpib(self, state: object) -> None:
        """Enable or disable GPIB."""
        self._remote["gpib"] = _boolean(state)

    @getter("comm.lan.enable")
    def lan_enabled(self) -> bool:
        """Return whether the LAN is enabled."""
        return self._remote["lan"]

    @setter("comm.lan.enable")
    def enable_lan(self, state: object) -> None:
        """Enable or disable the LAN."""
        self._remote["lan"] = _boolean(state)

    @getter("gpib.address")
    def gpib_address(self) -> int:
        """Return the GPIB address."""
        return self._gpib_address

    @setter("gpib.address")
    def set_gpib_address(self, address: object) -> None:
        """Set the GPIB address, 0 to 30."""
        self._gpib_address = int(number(address, 0, 30))

    @call("lan.reset")
    def reset_lan(self) -> None:
        """Reset the network settings, of which there are none here."""


def _boolean(value: object) -> bool:
    if not isinstance(value, bool):
        raise ScpiError(-104)
    return value


def _card_serial(serial: str, slot: int) -> str:
    """Return a serial number of a card that goes with the mainframe's."""
    return f"{(int(serial) if serial.isdecimal() else 0) + slot:07d}"
