"""Keithley 3706A system switch with matrix cards, in its language TSP.

TSP is a programming language, so nothing from outside is put into a message as it is: channels are
checked against their pattern, and numbers are written by this file. A channel is slot, row and two
digits of column: ``1203`` is slot 1, row 2, column 3. Source: Series 3700A System Switch/Multimeter
Reference Manual, 3700AS-901-01, section 13.
"""

import re
from collections.abc import Iterable
from functools import lru_cache
from typing import ClassVar, Literal

from labcim.errors import InstrumentError, RangeError, SafetyError, TransportError
from labcim.instrument import Instrument, SafePhase
from labcim.parameter import Parameter

SLOTS = range(1, 7)
_CHANNEL = re.compile(r"[1-6][1-8][0-9]{2}")
_ROW = re.compile(r"row([1-8])")
_COLUMN = re.compile(r"slot([1-6])\.column([1-9][0-9]?)")
_LISTED_ERRORS = 32

ConnectionRule = Literal["off", "break before make", "make before break"]


class Keithley3706A(Instrument):
    """A switch matrix. It passes signals through, so that it has no terminals of its own."""

    identified_by: ClassVar[str] = "MODEL 3706"
    terminals = ()

    connection_rule = Parameter[ConnectionRule](
        doc="Control the order of opening and closing: 'break before make' never bridges two.",
        get="print(string.format('%d', channel.connectrule))",
        set="channel.connectrule = {}",
        choices={"off": "0", "break before make": "1", "make before break": "2"},
    )
    model = Parameter[str](doc="Get the model number.", get="print(localnode.model)", parse=str)

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
            answer = self.transport.query("print(channel.getclose('allslots'))")
        except TransportError as trouble:
            raise SafetyError(
                f"{self.transport.address}: relays cannot be read back: {trouble}"
            ) from trouble
        if answer != "nil":
            raise SafetyError(f"{self.transport.address}: relays {answer[:80]} are not open")

    def connect(self, channels: list[str]) -> None:
        """Close exactly ``channels``; returns when the relays have settled.

        All others open first. Raises RangeError for what is no channel, before anything is sent,
        and InstrumentError where the instrument refuses; then no relay has moved.
        """
        if not channels:
            self.open_all()
            return
        self._command(f"channel.exclusiveclose('{_joined(channels)}')")

    def open_all(self) -> None:
        """Open every relay; returns when they have settled."""
        self._command("channel.open('allslots')")

    def closed(self) -> list[str]:
        """Return which channels the instrument says are closed."""
        answer = self.ask("print(channel.getclose('allslots'))")
        return [] if answer == "nil" else re.split("[;,]", answer)

    def crosspoint(self, row: str, column: str) -> str:
        """Return the channel between two matrix terminals: row2, slot1.column3 is 1203.

        Raises RangeError for what is no terminal of a matrix.
        """
        at_row, at_column = _ROW.fullmatch(row), _COLUMN.fullmatch(column)
        if at_row is None or at_column is None:
            raise RangeError(
                f"crosspoint of {row!r} and {column!r}: accepts row1 to row8 and "
                "slot1.column1 to slot6.column99"
            )
        return f"{at_column[1]}{at_row[1]}{int(at_column[2]):02d}"

    def closures(self, channels: list[str]) -> list[int]:
        """Return how often the relay of each channel has been closed in its life."""
        answer = self.ask(f"print(channel.getcount('{_joined(channels)}'))")
        try:
            return [int(float(word)) for word in answer.split(",")]
        except ValueError as trouble:
            raise InstrumentError(
                f"{self.transport.address}: closure counts read {answer[:80]!r}"
            ) from trouble

    def cards(self) -> dict[int, str]:
        """Return what each occupied slot says about its card."""
        said = {slot: self.ask(f"print(slot[{slot}].idn)") for slot in SLOTS}
        return {slot: words for slot, words in said.items() if words != "Empty Slot"}

    def forbid(self, channels: list[str]) -> None:
        """Let the instrument itself refuse to close ``channels`` from now on."""
        self._command(f"channel.setforbidden('{_joined(channels)}')")

    def allow(self, channels: list[str]) -> None:
        """Let the instrument close ``channels`` again."""
        self._command(f"channel.clearforbidden('{_joined(channels)}')")

    def raise_errors(self, message: str | bytes = "") -> None:
        """Empty the error queue; raise InstrumentError with what it held."""
        self._raise_counted(self.transport.query("print(errorqueue.count)"), message)

    def _command(self, message: str) -> None:
        """Send a command and have the number of errors in the same message: one round trip."""
        if not self.check_errors:
            self.send(message)
            return
        self._raise_counted(self.ask(f"{message} print(errorqueue.count)"), message)

    def _raise_counted(self, count: str, message: str | bytes) -> None:
        entries = []
        for _ in range(min(self._whole(count), _LISTED_ERRORS)):
            code, _, words = self.transport.query("print(errorqueue.next())").partition("\t")
            entries.append(f"{self._whole(code)}, {words.partition(chr(9))[0]}")
        if entries:
            said = message.decode("ascii", "replace") if isinstance(message, bytes) else message
            raise InstrumentError(
                f"{self.transport.address} after {said[:80]!r}: {'; '.join(entries)}"
            )

    def _whole(self, answer: str) -> int:
        try:
            return int(float(answer))
        except (ValueError, OverflowError) as trouble:
            raise InstrumentError(
                f"{self.transport.address}: {answer[:80]!r} where a number was expected"
            ) from trouble


@lru_cache(maxsize=len(SLOTS) * 8 * 100)
def _is_channel(name: str) -> bool:
    return _CHANNEL.fullmatch(name) is not None


def _joined(channels: Iterable[str]) -> str:
    """Return a channel list for a message. Raises RangeError for anything but channels."""
    names = list(channels)
    for name in names:
        if not (isinstance(name, str) and _is_channel(name)):
            raise RangeError(
                f"channel {name!r}: accepts slot, row and two digits of column, as in '1203'; "
                "nothing was sent"
            )
    if not names:
        raise RangeError("no channel was named; nothing was sent")
    return ",".join(names)
