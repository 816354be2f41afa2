"""Opening and closing the relays of a simulated switch, in the order of the connection rule.

A command does not return before what it moved has settled. With break before make everything has
opened before anything closes; with make before break two lines are bridged for a settling time;
without a rule relays move at once, in whatever order they come.
"""

import math
from typing import TYPE_CHECKING

from ..wire.tsp import call, number, text
from ._relays import Move
from ._switch_cards import is_backplane
from ._switch_settings import MAKE_BEFORE_BREAK, OFF, SwitchSettings

if TYPE_CHECKING:
    from ..bench import SimulatedBench
    from ..chip.chip_file import InstrumentSpec

_SWITCH, _BACKPLANE = "1", "2"


class SwitchMoves(SwitchSettings):
    """A switch that moves. closed: the relays that were told to close; see `RelayBank.contacts`."""

    def __init__(self, bench: "SimulatedBench", spec: "InstrumentSpec") -> None:
        self.closed: set[str] = set()
        super().__init__(bench, spec)

    # --- commands ---

    @call("channel.close")
    def close_channels(self, channels: object) -> None:
        """Close the listed relays besides those that are closed."""
        self._move(set(), self._closable(channels) - self.closed)

    @call("channel.open")
    def open_channels(self, channels: object) -> None:
        """Open the listed relays, and the backplane relays that go with them."""
        self._move(self._with_backplanes(self._listed(channels)) & self.closed, set())

    @call("channel.exclusiveclose")
    def close_exclusively(self, channels: object) -> None:
        """Close the listed relays and open all others, in the order of the connection rule."""
        wanted = self._closable(channels) if text(channels).strip() else set()
        self._move(self.closed - wanted, wanted - self.closed)

    @call("channel.exclusiveslotclose")
    def close_exclusively_in_slots(self, channels: object) -> None:
        """Close the listed relays and open all others of the slots that the list names."""
        wanted = self._closable(channels)
        slots = {relay[0] for relay in wanted}
        others = {relay for relay in self.closed - wanted if relay[0] in slots}
        self._move(others, wanted - self.closed)

    @call("channel.reset")
    def reset_channels(self, channels: object) -> None:
        """Open the listed relays and give them the factory settings."""
        relays = self._listed(channels)
        self._move(self.closed.intersection(relays), set())
        self._set.forbidden.difference_update(relays)
        for relay in relays:
            self._set.delays.pop(relay, None)
            self._set.labels.pop(relay, None)
            self._set.backplanes.pop(relay, None)
        self._drop_patterns(relays)

    @call("channel.pattern.snapshot")
    def take_snapshot(self, name: object) -> None:
        """Give the relays that are closed now a name."""
        self._keep_pattern(text(name), set(self.closed))

    # --- queries ---

    @call("channel.getclose")
    def closed_channels(self, channels: object) -> str | None:
        """Return which of the listed relays are closed, or nil."""
        found = self.closed.intersection(self._listed(channels))
        return ";".join(self._rack.sorted(found)) or None

    @call("channel.getstate")
    def states(self, channels: object, mask: object = 1) -> str:
        """Return 1 for each listed relay that is closed, else 0. mask: which indicators count."""
        shown = int(number(mask, 0, 65535)) & 1
        return ",".join(str(int(r in self.closed) & shown) for r in self._listed(channels))

    @call("channel.gettype")
    def types(self, channels: object) -> str:
        """Return what each listed relay is: 1 a switch, 2 one of the backplane."""
        listed = self._listed(channels)
        return ",".join(_BACKPLANE if is_backplane(relay) else _SWITCH for relay in listed)

    @call("channel.getimage")
    def images(self, channels: object) -> str:
        """Return each listed channel with the backplane relays that go with it."""
        relays = self._channels(channels)
        tied = self._set.backplanes
        return ";".join(",".join([relay, *tied.get(relay, ())]) for relay in relays)

    @call("channel.getcount")
    def closure_counts(self, channels: object) -> str:
        """Return how often each listed relay has been closed."""
        return ",".join(str(self.bank(r).closures(r)) for r in self._listed(channels))

    # --- moving ---

    def _with_backplanes(self, relays: list[str]) -> set[str]:
        tied = self._set.backplanes
        if not tied:
            return set(relays)
        return set(relays).union(*(tied.get(relay, ()) for relay in relays))

    def _closable(self, channels: object) -> set[str]:
        wanted = self._with_backplanes(self._listed(channels, slots=False))
        self._refuse_forbidden(wanted)
        self._refuse_interlocked(wanted)
        return wanted

    def _refuse_interlocked(self, relays: set[str]) -> None:
        """Raise ScpiError for relays that an open interlock keeps from closing."""

    def _move(self, opening: set[str], closing: set[str]) -> None:
        """Open and close relays, and wait until they have settled."""
        first, then = self._rack.sorted(opening), self._rack.sorted(closing)
        if self._set.rule == OFF and not self._set.sequential:
            self._settle(first, then)
        elif self._set.rule == MAKE_BEFORE_BREAK:
            self._close_in_turn(then)
            self._settle(first, [])
        else:
            self._settle(first, [])
            self._close_in_turn(then)

    def _close_in_turn(self, closing: list[str]) -> None:
        for some in [[relay] for relay in closing] if self._set.sequential else [closing]:
            self._settle([], some)

    def _settle(self, opening: list[str], closing: list[str]) -> None:
        """Let contacts move as they do; the user's delay follows what closes."""
        if not (opening or closing):
            return
        delays = self._set.delays
        lasting = [self.bank(relay).kind.settle for relay in opening]
        lasting += [self.bank(r).kind.settle + delays.get(r, 0.0) for r in closing]
        moves: list[Move] = []
        for relay in opening:
            moves += self.bank(relay).moves([relay], [])
        for relay in closing:
            moves += self.bank(relay).moves([], [relay])
        self.closed.difference_update(opening)
        self.closed.update(closing)
        self._follow(moves, max(lasting))

    def _follow(self, moves: list[Move], duration: float) -> None:
        passed = 0.0
        for time, relay, closed in sorted(moves):
            if not math.isclose(time, passed):
                self.wait(time - passed)
                passed = time
            self.bank(relay).contact(relay, closed)
        self.wait(duration - passed)
