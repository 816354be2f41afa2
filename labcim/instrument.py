"""What every instrument driver is: parameters, a few verbs, and a way to be safe that is proved.

A driver is a final class in one file of ``instruments/``. It declares ``terminals`` (the names that
the bench file's wiring uses) and says for each phase of a shut-down what it does about it.
"""

import threading
from abc import ABC, abstractmethod
from collections.abc import Mapping
from enum import IntEnum
from typing import ClassVar

from .errors import AbortedError, InstrumentError, LabcimError
from .limits import UNLIMITED, TerminalLimits
from .parameter import parameters_of
from .transport import Transport


class SafePhase(IntEnum):
    """The order of a shut-down over the whole bench; all instruments finish one before the next."""

    SOURCES = 1
    GATES = 2
    OUTPUTS = 3
    RELAYS = 4
    GROUND = 5


class Instrument(ABC):
    """Base of all drivers. ``limits``: what may be put on each terminal, from the station."""

    terminals: ClassVar[tuple[str, ...]] = ()
    #: What the answer to ``*IDN?`` holds where this driver fits.
    identified_by: ClassVar[str] = ""
    #: The command that reads one entry of the error queue, and the start of its "no error".
    error_query: ClassVar[str] = "SYST:ERR?"
    no_error: ClassVar[tuple[str, ...]] = ("0", "+0")

    def __init__(
        self,
        transport: Transport,
        limits: Mapping[str, TerminalLimits] | None = None,
        *,
        latch: threading.Event | None = None,
        check_errors: bool = True,
    ) -> None:
        self.transport = transport
        self.limits = dict(limits or {})
        self.check_errors = check_errors
        self._latch = latch or threading.Event()
        #: How often `forget` was told: who remembers more of the instrument compares it.
        self.forgotten = 0
        self.begin()

    def begin(self) -> None:  # noqa: B027  most drivers remember nothing
        """Make what this driver remembers of its instrument, with which nobody talks yet."""

    @classmethod
    def fits(cls, identity: str) -> bool:
        """Say whether an instrument that identifies so is one for this driver."""
        return bool(cls.identified_by) and cls.identified_by.upper() in identity.upper()

    def identify(self) -> str:
        """Return the instrument's identity as it states it. Raises InstrumentError for another."""
        identity = self.transport.query("*IDN?")
        if self.identified_by and not self.fits(identity):
            raise InstrumentError(
                f"{self.transport.address} answers as {identity!r:.80}, "
                f"expected is {self.identified_by}"
            )
        return identity

    @abstractmethod
    def initialise(self) -> None:
        """Bring the instrument from any state to a known one, outputs off."""

    @abstractmethod
    def safe(self, phase: SafePhase) -> None:
        """Do this instrument's part of one phase and prove it by reading back.

        Raises SafetyError where it cannot be proved. Must work in any state and after any abort:
        it talks through ``self.transport``, which the latch does not stop.
        """

    def make_safe(self) -> None:
        """Turn everything off, phase by phase, and prove it. Every phase is tried."""
        troubles: list[LabcimError] = []
        for phase in SafePhase:
            try:
                self.safe(phase)
            except LabcimError as trouble:
                troubles.append(trouble)
        if troubles:
            raise troubles[0]

    def forget(self) -> None:
        """Take nothing for known: the instrument was used or made safe through another session."""
        self.forgotten += 1

    def settings(self) -> dict[str, object]:
        """Return every readable parameter as the instrument states it."""
        readable = {
            name: parameter
            for name, parameter in parameters_of(type(self)).items()
            if parameter.get and not (parameter.__doc__ or "").startswith("Measure")
        }
        return {name: getattr(self, name) for name in readable}

    def terminal_limits(self, terminal: str) -> TerminalLimits:
        """Return what may be put on one of the instrument's terminals."""
        return self.limits.get(terminal, UNLIMITED)

    def send(self, message: str | bytes) -> None:
        """Send one command, unless the bench is latched; then ask whether it was taken."""
        self._stop_if_latched()
        self.transport.write(message)
        if self.check_errors:
            self.raise_errors(message)

    def send_asking(self, message: str) -> None:
        """As `send`, with the question in the same message: one round trip.

        For commands that the instrument is known to have: after one that it does not know it takes
        no notice of the rest of a message, so that the question would stay unanswered.
        """
        self._stop_if_latched()
        if not self.check_errors:
            self.transport.write(message)
            return
        self._raise_from(self.transport.query(f"{message};:{self.error_query}"), message)

    def ask_checked(self, message: str) -> str:
        """Send a message with one query in it, whose answer has no semicolon; return the answer.

        Raises InstrumentError where anything of the message was refused, asked for as above.
        """
        if not self.check_errors:
            return self.ask(message)
        whole = self.ask(f"{message};:{self.error_query}")
        answer, found, entry = whole.partition(";")
        if not found or '"' in answer:  # refused, so that there is nothing but the entry
            answer, entry = "", whole
        self._raise_from(entry, message)
        return answer

    def ask(self, message: str | bytes) -> str:
        """Send one query and return the answer, unless the bench is latched."""
        self._stop_if_latched()
        return self.transport.query(message)

    def ask_block(self, message: str | bytes, size: int | None = None) -> bytes:
        """Send one query and return its binary block, unless the bench is latched.

        size: bytes of the payload where the block does not say its length (``#0``).
        """
        self._stop_if_latched()
        return self.transport.query_block(message, size)

    def raise_errors(self, message: str | bytes = "") -> None:
        """Empty the error queue; raise InstrumentError with what it held."""
        self._raise_from(self.transport.query(self.error_query), message)

    def _raise_from(self, entry: str, message: str | bytes) -> None:
        """Raise InstrumentError with this entry and the rest of the queue, if it is an error."""
        if entry.startswith(self.no_error):
            return
        entries = [entry]
        while len(entries) < 32:
            entry = self.transport.query(self.error_query)
            if entry.startswith(self.no_error):
                break
            entries.append(entry)
        raise self.refusal(message, "; ".join(entries))

    def refusal(self, message: str | bytes, told: str) -> InstrumentError:
        """Return the error of an instrument that refuses a message, with what it tells of that."""
        said = message[:80].decode("ascii", "replace") if isinstance(message, bytes) else message
        return InstrumentError(f"{self.transport.address} after {said[:80]!r}: {told}")

    def whole(self, answer: str) -> int:
        """Return a number of an answer as a whole one. Raises InstrumentError."""
        try:
            return int(float(answer))
        except (ValueError, OverflowError) as trouble:
            raise InstrumentError(
                f"{self.transport.address}: {answer[:80]!r} where a number was expected"
            ) from trouble

    def close(self) -> None:
        """End the session; idempotent."""
        self.transport.close()

    def _stop_if_latched(self) -> None:
        if self._latch.is_set():
            raise AbortedError(f"{self.transport.address}: the bench is stopped; nothing was sent")
