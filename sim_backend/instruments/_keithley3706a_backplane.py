"""The analog backplane of a simulated 3706A, its interlocks, and the poles of channels.

A backplane relay closes only while the interlock of its card is engaged; an override keeps the
instrument from complaining, yet the relay still has no power. Source: Series 3700A Reference
Manual, 3700AS-901-01, channel.setbackplane(), slot[X].interlock.
"""

from typing import TYPE_CHECKING, ClassVar

from labcim.errors import RecipeError

from ..wire.tsp import call, getter, setter, text
from ._switch_cards import is_backplane, parameter_error, settings_conflict
from ._switch_remote import SwitchRemote

if TYPE_CHECKING:
    from ..bench import SimulatedBench
    from ..chip.chip_file import InstrumentSpec

POLES = 2  # of every channel of the 3730


class Backplane(SwitchRemote):
    """A switch whose cards have analog backplane relays. Option ``interlock``: 0 to 3."""

    constants: ClassVar = {
        **SwitchRemote.constants,
        "slot.OFF": 0,
        "slot.ON": 1,
        "channel.POLES_ONE": 1,
        "channel.POLES_TWO": 2,
        "channel.POLES_FOUR": 4,
    }

    def __init__(self, bench: "SimulatedBench", spec: "InstrumentSpec") -> None:
        self._interlock = spec.options.get("interlock", 1)
        if self._interlock not in (0, 1, 2, 3):
            raise RecipeError(f"chip file, interlock of {spec.name}: accepts 0 to 3")
        self._overridden: set[int] = set()
        super().__init__(bench, spec)

    # --- interlocks ---

    @getter("slot[].interlock.state")
    def interlock(self, slot: int) -> int | None:
        """Return which interlocks of a card are engaged, or nil."""
        return self._interlock if self._card(slot) else None

    @getter("slot[].interlock.override")
    def interlock_override(self, slot: int) -> int | None:
        """Return whether errors of a card's interlock are kept back, or nil."""
        return int(slot in self._overridden) if self._card(slot) else None

    @setter("slot[].interlock.override")
    def override_interlock(self, slot: int, state: object) -> None:
        """Keep back the errors of a card's interlock, or let them come."""
        if state not in (0, 1) or isinstance(state, bool) or not self._card(slot):
            raise parameter_error("invalid interlock override")
        self._overridden = self._overridden | {slot} if state else self._overridden - {slot}

    def _refuse_interlocked(self, relays: set[str]) -> None:
        if self._interlock:
            return
        for relay in self._rack.sorted(relays):
            if is_backplane(relay) and int(relay[0]) not in self._overridden:
                raise settings_conflict(f"interlock of slot {relay[0]} is not engaged")

    # --- what goes with a channel ---

    @call("channel.setbackplane")
    def set_backplane(self, channels: object, backplanes: object) -> None:
        """Let backplane relays move together with each listed channel."""
        relays = self._channels(channels)
        tied = self._listed(backplanes, slots=False) if text(backplanes).strip() else []
        if not all(map(is_backplane, tied)):
            raise parameter_error("invalid channel type in channel list")
        self._set.backplanes.update((relay, tied) for relay in relays)

    @call("channel.getbackplane")
    def backplane(self, channels: object) -> str:
        """Return the backplane relays of each listed channel."""
        relays = self._channels(channels)
        return ";".join(",".join(self._set.backplanes.get(relay, ())) for relay in relays)

    @call("channel.setpole")
    def set_pole(self, channels: object, poles: object) -> None:
        """Set how many poles each listed channel has; it forgets its backplane relays."""
        relays = self._channels(channels)
        if poles != POLES:
            raise parameter_error("pole setting is not supported by channel")
        for relay in relays:
            self._set.backplanes.pop(relay, None)

    @call("channel.getpole")
    def poles(self, channels: object) -> str:
        """Return how many poles each listed channel has."""
        return ",".join(str(POLES) for _ in self._channels(channels))

    @getter("slot[].commonsideohms")
    def common_side_ohms(self, slot: int) -> int | None:
        """Return 0 for a card without common-side ohms, or nil."""
        return 0 if self._card(slot) else None

    @getter("slot[].digio")
    def has_digital_channels(self, slot: int) -> int | None:
        """Return 0 for a card without digital channels, or nil."""
        return 0 if self._card(slot) else None

    @getter("slot[].isolated")
    def is_isolated(self, slot: int) -> int | None:
        """Return 0 for a card without isolated channels, or nil."""
        return 0 if self._card(slot) else None

    @getter("slot[].tempsensor")
    def has_temperature_sensor(self, slot: int) -> int | None:
        """Return 0 for a card without a temperature sensor, or nil."""
        return 0 if self._card(slot) else None

    @getter("slot[].pseudocard")
    def pseudocard(self, slot: int) -> int | None:
        """Return nil: cards are real here, and empty slots stay empty."""
        return None
