"""The simulated Keithley 3706A system switch with 3730 matrix cards, in its language TSP.

Relays take time, wear, and obey the connection rule and the forbidden list. A closed matrix
channel ties ``NAME.rowR`` to ``NAME.slotS.columnC`` of the bench's wiring; the rows of all cards
are bridged by cable. Option ``bridged = false`` leaves them apart: ``NAME.slotS.rowR``. Option
``cards`` lists the slots from 1 on; an empty string is an empty slot. Source: Series 3700A
Reference Manual, 3700AS-901-01, section 13 (TSP commands); the errors of channel lists carry SCPI's
numbers, not the manual's.
"""

from typing import TYPE_CHECKING, Any, ClassVar

from ..wire.errors import ScpiError
from ..wire.tsp import call, getter, number, setter, text
from ._keithley3706a_cards import KINDS, SLOTS, Rack, is_backplane
from ._keithley3706a_mainframe import Mainframe

if TYPE_CHECKING:
    from ..bench import SimulatedBench
    from ..chip.chip_file import InstrumentSpec

BREAK_BEFORE_MAKE, MAKE_BEFORE_BREAK, OFF = 1, 2, 0


class Keithley3706A(Mainframe):
    """A system switch: six slots, each empty or with a matrix card."""

    terminals: ClassVar[tuple[str, ...]] = ()
    constants: ClassVar = {
        **Mainframe.constants,
        "channel.BREAK_BEFORE_MAKE": BREAK_BEFORE_MAKE,
        "channel.MAKE_BEFORE_BREAK": MAKE_BEFORE_BREAK,
        "channel.OFF": OFF,
    }

    def __init__(self, bench: "SimulatedBench", spec: "InstrumentSpec") -> None:
        self.name = spec.name
        self._bench = bench
        models = spec.options.get("cards", ["3730", "3730", "3730"])
        self._bridged = bool(spec.options.get("bridged", True))
        rack = Rack({slot: KINDS[m] for slot, m in zip(SLOTS, models, strict=False) if m})
        self.closed: set[str] = set()
        self.closures: dict[str, int] = {}
        self._known_ends: dict[str, tuple[str, str]] = {}
        self._saved: dict[str, Any] | None = None
        self._forget_settings()
        super().__init__(rack, spec.serial or "04447336", spec.options.get("interlock", 1))

    def reset(self) -> None:
        """Open every relay and go to the factory settings; relays' closure counts stay."""
        super().reset()
        self._move(set(self.closed), set())
        self._forget_settings()

    def wait(self, duration: float) -> None:
        """Let simulated time pass."""
        if duration > 0.0:
            self._bench.advance(duration)

    def _forget_settings(self) -> None:
        self._rule = BREAK_BEFORE_MAKE
        self._forbidden: set[str] = set()
        self._delays: dict[str, float] = {}
        self._backplanes: dict[str, list[str]] = {}
        self._patterns: dict[str, list[str]] = {}

    # --- opening and closing ---

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

    @call("channel.getclose")
    def closed_channels(self, channels: object) -> str | None:
        """Return which of the listed relays are closed, or nil."""
        found = self.closed.intersection(self._listed(channels))
        return ";".join(self._rack.sorted(found)) or None

    @call("channel.getcount")
    def closure_counts(self, channels: object) -> str:
        """Return how often each listed relay has been closed."""
        return ",".join(str(self.closures.get(relay, 0)) for relay in self._listed(channels))

    @call("channel.reset")
    def reset_channels(self, channels: object) -> None:
        """Open the listed relays and give them the factory settings."""
        relays = self._listed(channels)
        self._move(self.closed.intersection(relays), set())
        self._forbidden.difference_update(relays)
        for relay in relays:
            self._delays.pop(relay, None)
            self._backplanes.pop(relay, None)
        self._drop_patterns(relays)

    def _move(self, opening: set[str], closing: set[str]) -> None:
        """Open and close relays, and wait until they have settled."""
        steps = [(opening, False), (closing, True)]
        if self._rule == MAKE_BEFORE_BREAK:
            steps.reverse()
        longest = 0.0
        for relays, closed in steps:
            if not relays:
                continue
            duration = max(map(self._settle, relays))
            if self._rule != OFF:
                self.wait(duration)
            longest = max(longest, duration)
            for relay in self._rack.sorted(relays):
                self._set_relay(relay, closed)
        if self._rule == OFF:
            self.wait(longest)

    def _settle(self, relay: str) -> float:
        return self._rack.cards[int(relay[0])].settle + self._delays.get(relay, 0.0)

    def _set_relay(self, relay: str, closed: bool) -> None:
        if closed:
            self.closed.add(relay)
            self.closures[relay] = self.closures.get(relay, 0) + 1
        else:
            self.closed.discard(relay)
        if is_backplane(relay):
            return  # nothing of the bench hangs on the analog backplane
        change = self._bench.connect if closed else self._bench.disconnect
        change(*self._ends(relay))

    def _ends(self, relay: str) -> tuple[str, str]:
        if relay not in self._known_ends:
            self._known_ends[relay] = self._find_ends(relay)
        return self._known_ends[relay]

    def _find_ends(self, relay: str) -> tuple[str, str]:
        slot, row, column = relay[0], relay[1], int(relay[2:])
        bar = f"{self.name}.row{row}" if self._bridged else f"{self.name}.slot{slot}.row{row}"
        return bar, f"{self.name}.slot{slot}.column{column}"

    # --- channel lists ---

    def _listed(self, channels: object, *, slots: bool = True) -> list[str]:
        return self._rack.expand(text(channels), self._patterns.get, slots=slots)

    def _with_backplanes(self, relays: list[str]) -> set[str]:
        if not self._backplanes:
            return set(relays)
        return set(relays).union(*(self._backplanes.get(relay, ()) for relay in relays))

    def _closable(self, channels: object) -> set[str]:
        wanted = self._with_backplanes(self._listed(channels, slots=False))
        refused = self._rack.sorted(wanted & self._forbidden)
        if refused:
            raise ScpiError(-221, device_info=f"channel {refused[0]} is forbidden to close")
        return wanted

    # --- settings of channels ---

    @getter("channel.connectrule")
    def connection_rule(self) -> int:
        """Return the connection rule: 0 off, 1 break before make, 2 make before break."""
        return self._rule

    @setter("channel.connectrule")
    def set_connection_rule(self, rule: object) -> None:
        """Set the connection rule."""
        value = number(rule, 0, 2)
        if value not in (OFF, BREAK_BEFORE_MAKE, MAKE_BEFORE_BREAK):
            raise ScpiError(-224)
        self._rule = int(value)

    @call("channel.setdelay")
    def set_delay(self, channels: object, delay: object) -> None:
        """Add a time in s to the settling of each listed channel."""
        relays, seconds = self._listed(channels), number(delay, 0.0, 60.0)
        self._delays.update((relay, seconds) for relay in relays if not is_backplane(relay))

    @call("channel.getdelay")
    def delay(self, channels: object) -> str:
        """Return the additional settling time of each listed channel in s."""
        relays = [relay for relay in self._listed(channels) if not is_backplane(relay)]
        return ",".join(f"{self._delays.get(relay, 0.0):.6e}" for relay in relays)

    @call("channel.setforbidden")
    def forbid(self, channels: object) -> None:
        """Never close the listed relays from now on; patterns that hold one are deleted."""
        relays = self._listed(channels)
        self._forbidden.update(relays)
        self._drop_patterns(relays)

    @call("channel.getforbidden")
    def forbidden(self, channels: object) -> str | None:
        """Return which of the listed relays are forbidden, or nil."""
        found = self._forbidden.intersection(self._listed(channels))
        return ",".join(self._rack.sorted(found)) or None

    @call("channel.clearforbidden")
    def allow(self, channels: object) -> None:
        """Let the listed relays close again."""
        self._forbidden.difference_update(self._listed(channels))

    @call("channel.setbackplane")
    def set_backplane(self, channels: object, backplanes: object) -> None:
        """Let backplane relays move together with each listed channel."""
        relays = self._listed(channels)
        tied = self._listed(backplanes, slots=False) if text(backplanes).strip() else []
        if any(map(is_backplane, relays)) or not all(map(is_backplane, tied)):
            raise ScpiError(-224, device_info="backplane relays go with channels")
        self._backplanes.update((relay, tied) for relay in relays)

    @call("channel.getbackplane")
    def backplane(self, channels: object) -> str:
        """Return the backplane relays of each listed channel."""
        relays = self._listed(channels)
        return ";".join(",".join(self._backplanes.get(relay, ())) for relay in relays)

    # --- patterns: names for sets of relays ---

    @call("channel.pattern.setimage")
    def set_pattern(self, channels: object, name: object) -> None:
        """Give a set of relays a name."""
        word = text(name)
        if not word.isidentifier() or word == "allslots" or word.startswith("slot"):
            raise ScpiError(-224, device_info=f"pattern name {word[:20]!r}")
        if len(self._patterns) >= 1000:
            raise ScpiError(-225)
        self._patterns[word] = self._rack.sorted(self._closable(channels))

    @call("channel.pattern.getimage")
    def pattern(self, name: object) -> str | None:
        """Return the relays of a pattern."""
        return ",".join(self._patterns.get(text(name), ())) or None

    @call("channel.pattern.delete")
    def delete_pattern(self, name: object) -> None:
        """Forget a pattern."""
        if self._patterns.pop(text(name), None) is None:
            raise ScpiError(-224, device_info="no such pattern")

    def _drop_patterns(self, relays: list[str]) -> None:
        gone = set(relays)
        self._patterns = {n: p for n, p in self._patterns.items() if gone.isdisjoint(p)}

    # --- kept setups ---

    @call("setup.save")
    def save_setup(self, _path: object = None) -> None:
        """Keep the present setup."""
        self._saved = {
            "rule": self._rule,
            "forbidden": set(self._forbidden),
            "delays": dict(self._delays),
            "backplanes": dict(self._backplanes),
            "closed": set(self.closed),
        }

    @call("setup.recall")
    def recall_setup(self, source: object) -> None:
        """Go to the factory setup (0) or to the one that was kept (1)."""
        if text(source) == "0":
            self.reset()
            return
        if self._saved is None or text(source) != "1":
            raise ScpiError(-224, device_info="no such setup")
        saved = self._saved
        self._rule, self._forbidden = saved["rule"], set(saved["forbidden"])
        self._delays, self._backplanes = dict(saved["delays"]), dict(saved["backplanes"])
        self._move(self.closed - saved["closed"], saved["closed"] - self.closed)


SIMULATED = Keithley3706A
