"""What drivers of Keithley's switches in TSP share: channels by name, relays proved open.

TSP is a programming language, so nothing from outside is put into a message as it is: channels and
names are checked against their patterns, and numbers are written by this file. Sources: Series
3700A Reference Manual, 3700AS-901-01, and Models 707B and 708B Reference Manual, 707B-901-01,
"channel functions and attributes".
"""

import re
from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import ClassVar, Literal

from labcim.errors import InstrumentError, RangeError, SafetyError, TransportError
from labcim.instrument import SafePhase
from labcim.parameter import Parameter
from labcim.units import show

from ._tsp_talker import TspTalker

SLOTS = range(1, 7)
LONGEST_DELAY = 60.0  # s
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,18}")
_ALL = "print(channel.getclose('allslots'))"

ConnectionRule = Literal["off", "break before make", "make before break"]


@lru_cache(maxsize=8192)
def _matches(pattern: re.Pattern[str], name: str) -> bool:
    return pattern.fullmatch(name) is not None


class TspSwitch(TspTalker):
    """A switch matrix. It passes signals through, so that it has no terminals of its own.

    channels, rows, columns: how its channels and the terminals of its cards are written; a row's
    group is the row, those of a column are slot and number.  accepted: the same for people.
    """

    terminals: ClassVar[tuple[str, ...]] = ()
    channels: ClassVar[re.Pattern[str]]
    rows: ClassVar[re.Pattern[str]]
    columns: ClassVar[re.Pattern[str]]
    accepted: ClassVar[str]
    #: What may keep relays from moving, as a live source does; the station sets it.
    before_moving: Callable[[], None] | None = None

    connection_rule = Parameter[ConnectionRule](
        doc="Control the order of opening and closing: 'break before make' never bridges two.",
        get="print(string.format('%d', channel.connectrule))",
        set="channel.connectrule = {}",
        choices={"off": "0", "break before make": "1", "make before break": "2"},
    )
    sequential = Parameter[bool](
        doc="Control whether channels close one after the other instead of together.",
        get="print(string.format('%d', channel.connectsequential))",
        set="channel.connectsequential = {}",
        choices={True: "1", False: "0"},
    )
    model = Parameter[str](doc="Get the model number.", get="print(localnode.model)", parse=str)

    @classmethod
    def is_channel(cls, name: str) -> bool:
        """Say whether a name is written as this switch's channels are."""
        return _matches(cls.channels, name)

    def crosspoint(self, row: str, column: str) -> str:
        """Return the channel between two matrix terminals. Raises RangeError for what is none."""
        at_row, at_column = self.rows.fullmatch(row), self.columns.fullmatch(column)
        if at_row is None or at_column is None:
            raise RangeError(f"crosspoint of {row!r} and {column!r}: accepts {self.accepted}")
        return f"{at_column[1]}{at_row[1]}{int(at_column[2]):02d}"

    # --- a known state, and safety ---

    def initialise(self) -> None:
        """Reset: every relay open, nothing forbidden or delayed, break before make."""
        self.transport.write("errorqueue.clear()")
        self.send("reset()")
        self.connection_rule = "break before make"

    def safe(self, phase: SafePhase) -> None:
        """Open every relay in the phase of relays, and prove it."""
        self.forget()
        if phase is not SafePhase.RELAYS:
            return
        self.transport.write("channel.open('allslots')")
        try:
            answer = self.transport.query(_ALL)
        except TransportError as trouble:
            raise SafetyError(
                f"{self.transport.address}: relays cannot be read back: {trouble}"
            ) from trouble
        if answer != "nil":
            raise SafetyError(f"{self.transport.address}: relays {answer[:80]} are not open")

    # --- relays ---

    def connect(self, channels: list[str]) -> None:
        """Close exactly ``channels``; returns when the relays have settled.

        All others open first. Raises RangeError for what is no channel, before anything is sent,
        and InstrumentError where the instrument refuses; then no relay has moved.
        """
        if channels:
            self._move(f"channel.exclusiveclose('{self._joined(channels)}')")
        else:
            self.open_all()

    def connect_cold(self, channels: list[str]) -> None:
        """As ``connect``, by who has brought every source to 0 V: they are not asked."""
        if channels:
            self.command(f"channel.exclusiveclose('{self._joined(channels)}')")
        else:
            self._open_all()

    def close_also(self, channels: list[str]) -> None:
        """Close ``channels`` and leave all others as they are."""
        self._move(f"channel.close('{self._joined(channels)}')")

    def open(self, channels: list[str]) -> None:
        """Open ``channels`` and leave all others as they are."""
        self._move(f"channel.open('{self._joined(channels)}')")

    def open_all(self) -> None:
        """Open every relay, and have it proved; returns when they have settled."""
        if self.before_moving is not None:
            self.before_moving()
        self._open_all()

    def _open_all(self) -> None:
        if not self.check_errors:
            self.send("channel.open('allslots')")
            return
        message = "channel.open('allslots')"
        answer = self.ask(f"{message} print(errorqueue.count, channel.getclose('allslots'))")
        count, _, closed = answer.partition("\t")
        self.raise_counted(count, message)
        if closed != "nil":
            raise InstrumentError(f"{self.transport.address}: {closed[:80]!r} is still closed")

    def closed(self) -> list[str]:
        """Return which channels the instrument says are closed."""
        answer = self.ask(_ALL)
        return [] if answer == "nil" else re.split("[;,]", answer)

    def states(self, channels: list[str]) -> list[bool]:
        """Return for each channel whether the instrument says that it is closed."""
        return [word == "1" for word in self._told("getstate", channels)]

    def closures(self, channels: list[str]) -> list[int]:
        """Return how often the relay of each channel has been closed in its life."""
        return [self.whole(word) for word in self._told("getcount", channels)]

    # --- what it is told once ---

    def forbid(self, channels: list[str]) -> None:
        """Let the instrument itself refuse to close ``channels`` from now on."""
        self.command(f"channel.setforbidden('{self._joined(channels)}')")

    def allow(self, channels: list[str]) -> None:
        """Let the instrument close ``channels`` again."""
        self.command(f"channel.clearforbidden('{self._joined(channels)}')")

    def forbidden(self) -> list[str]:
        """Return the channels that the instrument refuses to close."""
        answer = self.ask("print(channel.getforbidden('allslots'))")
        return [] if answer == "nil" else answer.split(",")

    def set_delay(self, channels: list[str], delay: float) -> None:
        """Wait ``delay`` s more after each of ``channels`` has closed, up to a minute."""
        if not 0.0 <= delay <= LONGEST_DELAY:  # NaN, too
            most = show(LONGEST_DELAY, "s")
            raise RangeError(f"delay = {delay} s: accepts 0 s to {most}; nothing was sent")
        self.command(f"channel.setdelay('{self._joined(channels)}', {delay:.6g})")

    def delays(self, channels: list[str]) -> list[float]:
        """Return the additional settling time of each channel in s."""
        told = self._told("getdelay", channels)
        try:
            return [float(word) for word in told]
        except ValueError as trouble:
            raise InstrumentError(
                f"{self.transport.address}: delays read {told!r:.80}"
            ) from trouble

    def set_label(self, channel: str, label: str) -> None:
        """Give a channel a name of at most 19 letters and digits; an empty one takes it away."""
        word = self._named(label) if label else ""
        self.command(f"channel.setlabel('{self._joined([channel])}', '{word}')")

    def labels(self, channels: list[str]) -> list[str]:
        """Return the label of each channel: the channel itself where it has none."""
        return self._told("getlabel", channels)

    def set_pattern(self, name: str, channels: list[str]) -> None:
        """Let the instrument know a set of channels by a name."""
        listed = self._joined(channels)
        self.command(f"channel.pattern.setimage('{listed}', '{self._named(name)}')")

    def pattern(self, name: str) -> list[str]:
        """Return the channels of a pattern."""
        return self._checked(f"print(channel.pattern.getimage('{self._named(name)}'))").split(",")

    def delete_pattern(self, name: str) -> None:
        """Let the instrument forget a pattern."""
        self.command(f"channel.pattern.delete('{self._named(name)}')")

    def connect_pattern(self, name: str) -> None:
        """Close exactly the channels of a pattern, as `connect` does."""
        self._move(f"channel.exclusiveclose('{self._named(name)}')")

    def save_setup(self) -> None:
        """Keep all settings, and what is closed, in the instrument."""
        self.command("setup.save()")

    def recall_setup(self) -> None:
        """Go back to what was kept: relays close and open."""
        self.forget()
        self._move("setup.recall(1)")

    # --- what is in it ---

    def cards(self) -> dict[int, str]:
        """Return what each occupied slot says about its card."""
        said = {slot: self.ask(f"print(slot[{slot}].idn)") for slot in SLOTS}
        return {slot: words for slot, words in said.items() if words != "Empty Slot"}

    def matrix_size(self, slot: int) -> tuple[int, int]:
        """Return (rows, columns) of the card in a slot; (0, 0) where there is none."""
        if slot not in SLOTS:
            raise RangeError(f"slot = {slot!r}: accepts 1 to 6; nothing was sent")
        answer = self.ask(f"print(slot[{slot}].rows.matrix, slot[{slot}].columns.matrix)")
        rows, _, columns = answer.partition("\t")
        return (0, 0) if rows == "nil" else (self.whole(rows), self.whole(columns))

    # --- talking ---

    def _move(self, message: str) -> None:
        """Send a command that moves relays, unless something is live."""
        if self.before_moving is not None:
            self.before_moving()
        self.command(message)

    def _told(self, function: str, channels: Iterable[str]) -> list[str]:
        return self._checked(f"print(channel.{function}('{self._joined(channels)}'))").split(",")

    def _checked(self, message: str) -> str:
        """Ask; an answer of nil is a refusal, whose reason is in the error queue."""
        answer = self.ask(message)
        if answer == "nil":
            self.raise_errors(message)
            raise InstrumentError(f"{self.transport.address}: {message[:80]!r} answered nil")
        return answer

    def _joined(self, channels: Iterable[str]) -> str:
        """Return a channel list for a message. Raises RangeError for anything but channels."""
        names = list(channels)
        for name in names:
            if not (isinstance(name, str) and self.is_channel(name)):
                raise RangeError(
                    f"channel {name!r}: accepts slot, row and two digits of column, as in "
                    f"{self.example!r}; nothing was sent"
                )
        if not names:
            raise RangeError("no channel was named; nothing was sent")
        return ",".join(names)

    #: How a channel is written, for messages.
    example: ClassVar[str] = ""

    @staticmethod
    def _named(name: str) -> str:
        """Return the name of a pattern or a label. Raises RangeError for what cannot be one."""
        if not _NAME.fullmatch(name) or name == "allslots" or name.startswith("slot"):
            raise RangeError(
                f"name {name!r:.40}: accepts up to 19 letters, digits and _, a letter first, but "
                "not allslots or slot…; nothing was sent"
            )
        return name
