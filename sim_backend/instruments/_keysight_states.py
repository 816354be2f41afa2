"""The MEMory commands of Keysight's instruments: names of the places of ``*SAV`` and ``*RCL``.

33500 Series and Truevolt Series Operating and Service Guides, MEMory subsystem. An instrument says
how a name begins where none was given, and has the places themselves.
"""

import re
from typing import Final, Generic, TypeVar

from ..wire.errors import ScpiError
from ..wire.parameters import AnyText, Integer
from ..wire.scpi import ScpiInstrument, command, query

Kept = TypeVar("Kept")
PLACES: Final = 5
PLACE: Final = Integer(0, PLACES - 1)
_NAME: Final = re.compile(r"[A-Z]\w{0,11}", re.ASCII | re.IGNORECASE)


class StateMemory(ScpiInstrument, Generic[Kept]):
    """What is kept in five places, and what they are called. first: the name of place 0."""

    kept: dict[int, Kept]
    state_names: dict[int, str]
    first = "STATE_0"

    def begin_states(self) -> None:
        """Begin with empty places."""
        self.kept, self.state_names = {}, {}

    @query(":MEMory:NSTates")
    def count_of_places(self) -> str:
        """Tell how many places there are."""
        return f"{PLACES:+d}"

    @query(":MEMory:STATe:VALid", PLACE)
    def is_kept(self, place: int) -> int:
        """Tell whether something is kept in a place."""
        return int(place in self.kept)

    @command(":MEMory:STATe:NAME", PLACE, AnyText(), optional=1)
    def name_state(self, place: int, name: str = "") -> None:
        """Name a place; without a name it has that of its number again; -224 for none at all."""
        plain = name.strip("'\"")
        if plain and _NAME.fullmatch(plain) is None:
            raise ScpiError(-224)
        if plain:
            self.state_names[place] = plain.upper()
        else:
            self.state_names.pop(place, None)

    @query(":MEMory:STATe:NAME", PLACE)
    def state_name(self, place: int) -> str:
        """Tell the name of a place, in quotes."""
        default = self.first if place == 0 else f"STATE_{place}"
        return f'"{self.state_names.get(place, default)}"'

    @query(":MEMory:STATe:CATalog")
    def state_catalogue(self) -> str:
        """Tell the names of all places, in quotes."""
        return ",".join(map(self.state_name, range(PLACES)))

    @command(":MEMory:STATe:DELete", PLACE)
    def forget_state(self, place: int) -> None:
        """Empty a place, which then has the name of its number again."""
        self.kept.pop(place, None)
        self.state_names.pop(place, None)

    @command(":MEMory:STATe:DELete:ALL")
    def forget_states(self) -> None:
        """Empty all places."""
        self.begin_states()
