"""What a simulated switch is set to: rules, delays, forbidden channels, labels and patterns.

Source: Series 3700A Reference Manual, 3700AS-901-01, and Models 707B and 708B Reference Manual,
707B-901-01, "channel functions and attributes". The texts of errors 1114 and 1115 follow the two
that the manual quotes; the manual has no list of the others.
"""

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar, Final

from ..wire.errors import ScpiError
from ..wire.tsp import call, getter, number, setter, text
from ._switch_cards import is_backplane, parameter_error, settings_conflict
from ._switch_frame import SwitchFrame

if TYPE_CHECKING:
    from ..bench import SimulatedBench
    from ..chip.chip_file import InstrumentSpec

OFF, BREAK_BEFORE_MAKE, MAKE_BEFORE_BREAK = 0, 1, 2
LONGEST_DELAY: Final = 60.0  # s
MOST_PATTERNS: Final = 1000
LONGEST_LABEL: Final = 19
_NAME: Final = re.compile(r"[A-Za-z_]\w*")


@dataclass
class Settings:
    """What reset() forgets and setup.save() keeps. delays: s by channel."""

    rule: int = BREAK_BEFORE_MAKE
    sequential: bool = False
    forbidden: set[str] = field(default_factory=set)
    delays: dict[str, float] = field(default_factory=dict)
    labels: dict[str, str] = field(default_factory=dict)
    patterns: dict[str, list[str]] = field(default_factory=dict)
    backplanes: dict[str, list[str]] = field(default_factory=dict)


class SwitchSettings(SwitchFrame):
    """A mainframe with its settings."""

    constants: ClassVar = {
        **SwitchFrame.constants,
        "channel.OFF": OFF,
        "channel.ON": 1,
        "channel.BREAK_BEFORE_MAKE": BREAK_BEFORE_MAKE,
        "channel.MAKE_BEFORE_BREAK": MAKE_BEFORE_BREAK,
        "channel.IND_CLOSED": 1,
        "channel.IND_OVERLOAD": 2,
        "channel.IND_MATCH": 4,
        "channel.IND_OVERFLOW": 8,
        "channel.TYPE_SWITCH": 1,
        "channel.TYPE_BACKPLANE": 2,
    }

    def __init__(self, bench: "SimulatedBench", spec: "InstrumentSpec") -> None:
        self._set = Settings()
        self._strings: dict[str, str] = {}
        super().__init__(bench, spec)

    # --- channel lists ---

    def _named(self, word: str) -> list[str] | None:
        pattern = self._set.patterns.get(word)
        if pattern is not None or not self._set.labels:
            return pattern
        labelled = [relay for relay, label in self._set.labels.items() if label == word]
        return labelled or None

    def _channels(self, channels: object) -> list[str]:
        """Return listed matrix channels; slots stand for theirs. No patterns, no backplane."""
        words = text(channels)
        for word in words.replace(";", ",").split(","):
            if word.strip() in self._set.patterns:
                raise parameter_error("channel pattern is not allowed in channel list")
        relays = self._listed(words)
        named = [word.strip() for word in words.replace(";", ",").split(",")]
        if any(is_backplane(relay) for relay in relays if relay in named):
            raise parameter_error("invalid channel type in channel list")
        return [relay for relay in relays if not is_backplane(relay)]

    # --- the rule ---

    @getter("channel.connectrule")
    def connection_rule(self) -> int:
        """Return the connection rule: 0 off, 1 break before make, 2 make before break."""
        return self._set.rule

    @setter("channel.connectrule")
    def set_connection_rule(self, rule: object) -> None:
        """Set the connection rule."""
        if rule not in (OFF, BREAK_BEFORE_MAKE, MAKE_BEFORE_BREAK) or isinstance(rule, bool):
            raise parameter_error("invalid connection rule")
        assert isinstance(rule, int | float)
        self._set.rule = int(rule)

    @getter("channel.connectsequential")
    def sequential(self) -> int:
        """Return whether channels close one after the other."""
        return int(self._set.sequential)

    @setter("channel.connectsequential")
    def set_sequential(self, state: object) -> None:
        """Let channels close one after the other, or all at once."""
        if state not in (0, 1) or isinstance(state, bool):
            raise parameter_error("invalid connect sequential state")
        self._set.sequential = bool(state)

    # --- delays ---

    @call("channel.setdelay")
    def set_delay(self, channels: object, delay: object) -> None:
        """Add a time in s to the settling of each listed channel."""
        relays, seconds = self._channels(channels), _within(delay, 0.0, LONGEST_DELAY)
        self._set.delays.update(dict.fromkeys(relays, seconds))

    @call("channel.getdelay")
    def delay(self, channels: object) -> str:
        """Return the additional settling time of each listed channel in s."""
        relays = self._channels(channels)
        return ",".join(f"{self._set.delays.get(relay, 0.0):.3e}" for relay in relays)

    # --- forbidden channels ---

    @call("channel.setforbidden")
    def forbid(self, channels: object) -> None:
        """Never close the listed relays from now on; patterns that hold one are deleted."""
        relays = self._listed(channels)
        self._set.forbidden.update(relays)
        self._drop_patterns(relays)

    @call("channel.getforbidden")
    def forbidden(self, channels: object) -> str | None:
        """Return which of the listed relays are forbidden, or nil."""
        found = self._set.forbidden.intersection(self._listed(channels))
        return ",".join(self._rack.sorted(found)) or None

    @call("channel.clearforbidden")
    def allow(self, channels: object) -> None:
        """Let the listed relays close again."""
        self._set.forbidden.difference_update(self._listed(channels))

    def _refuse_forbidden(self, relays: set[str]) -> None:
        refused = self._rack.sorted(relays & self._set.forbidden)
        if refused:
            raise settings_conflict(f"channel {refused[0]} is forbidden to close")

    # --- labels ---

    @call("channel.setlabel")
    def set_label(self, channels: object, label: object) -> None:
        """Give one channel a name; an empty one takes it away."""
        relays, word = self._channels(channels), text(label)
        if len(relays) != 1:
            raise parameter_error("label is for a single channel")
        if not word:
            self._set.labels.pop(relays[0], None)
            return
        self._check_name(word)
        holder = next((r for r, name in self._set.labels.items() if name == word), relays[0])
        if holder != relays[0]:
            raise parameter_error(f"label already used with channel {holder}")
        if word in self._set.patterns:
            raise parameter_error("label already used with channel pattern")
        self._set.labels[relays[0]] = word

    @call("channel.getlabel")
    def label(self, channels: object) -> str:
        """Return the label of each listed channel: its own name where it has none."""
        return ",".join(self._set.labels.get(relay, relay) for relay in self._listed(channels))

    def _check_name(self, word: str) -> None:
        reserved = word == "allslots" or word.startswith("slot")
        if reserved or len(word) > LONGEST_LABEL or not _NAME.fullmatch(word):
            raise parameter_error(f"invalid name {word[:20]}")

    # --- patterns: names for sets of relays ---

    @call("channel.pattern.setimage")
    def set_pattern(self, channels: object, name: object) -> None:
        """Give a set of relays a name."""
        relays = set(self._listed(channels, slots=False))
        relays.update(*(self._set.backplanes.get(relay, ()) for relay in sorted(relays)))
        self._refuse_forbidden(relays)
        self._keep_pattern(text(name), relays)

    def _keep_pattern(self, word: str, relays: set[str]) -> None:
        self._check_name(word)
        if word in self._set.labels.values():
            raise parameter_error("pattern name already used as label")
        if len(self._set.patterns) >= MOST_PATTERNS and word not in self._set.patterns:
            raise ScpiError(-225)
        self._set.patterns[word] = self._rack.sorted(relays)

    @call("channel.pattern.getimage")
    def pattern(self, name: object) -> str:
        """Return the relays of a pattern."""
        found = self._set.patterns.get(text(name))
        if found is None:
            raise parameter_error(f"pattern {text(name)[:20]} does not exist")
        return ",".join(found)

    @call("channel.pattern.delete")
    def delete_pattern(self, name: object) -> None:
        """Forget a pattern."""
        if self._set.patterns.pop(text(name), None) is None:
            raise parameter_error(f"pattern {text(name)[:20]} does not exist")

    def _drop_patterns(self, relays: list[str]) -> None:
        gone, kept = set(relays), self._set.patterns
        self._set.patterns = {name: held for name, held in kept.items() if gone.isdisjoint(held)}

    # --- strings of the user, in non-volatile memory ---

    @call("userstring.add")
    def add_string(self, name: object, value: object) -> None:
        """Keep a text under a name."""
        self._strings[text(name)] = text(value)

    @call("userstring.get")
    def string(self, name: object) -> str | None:
        """Return a kept text, or nil."""
        return self._strings.get(text(name))

    @call("userstring.delete")
    def delete_string(self, name: object) -> None:
        """Forget a kept text."""
        if self._strings.pop(text(name), None) is None:
            raise parameter_error(f"user string {text(name)[:20]} does not exist")


def _within(value: object, low: float, high: float) -> float:
    """Return a number within limits; raises errors 1101 and 1102 outside of them."""
    found = number(value, -float("inf"), float("inf"))
    if found > high:
        raise ScpiError(1101, "Parameter too big")
    if not found >= low:  # NaN, too
        raise ScpiError(1102, "Parameter too small")
    return found
