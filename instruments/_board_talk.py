"""How a crossbar board is talked to: settings that are in force, requests, the way to safety."""

from collections.abc import Mapping
from contextlib import suppress

from labcim.capabilities import Topology
from labcim.errors import InstrumentError, SafetyError, TransportError
from labcim.instrument import Instrument, SafePhase

from ._board_capability import Capability, parse_capability
from ._board_rules import BoardRules

_FORMAT = {"FORM:DATA": "REAL,32", "FORM:BORD": "SWAP"}


class BoardTalk(Instrument):
    """What the verbs of the board share."""

    def begin(self) -> None:
        """Know nothing yet."""
        self._known: dict[str, str] = {}
        self._rules: BoardRules | None = None

    # --- what it is ---

    @property
    def rules(self) -> BoardRules:
        """Return the limits of this board on this chip, and what follows from them."""
        if self._rules is None:
            self._rules = BoardRules(self._capability(), self.limits)
        return self._rules

    def _capability(self) -> Capability:
        return parse_capability(self.ask(":SYST:CAP:GEOM?"), self.ask(":SYST:CAP:LIM?"))

    @property
    def topology(self) -> Topology:
        """Return the array's shape and kind."""
        return self.rules.capability.topology

    def initialise(self) -> None:
        """Clear, reset (all lines grounded, output off) and protect the chip's windows."""
        with suppress(TransportError):  # a raw socket knows no device clear
            self.transport.clear()
        self.transport.write("*CLS")
        self.send("*RST")
        self._rules = None
        names = ("ROW", "COL", "GATE")
        protections = {
            f"SOUR:{name}:VOLT:PROT": f"{limit.low!r},{limit.high!r}"
            for name, limit in zip(names, self.rules.windows.values(), strict=True)
        }
        widest = max(1e-6, min(1e-3, self.rules.line_current))
        self._ensure({**_FORMAT, **protections, "SENS:CURR:RANG:AUTO:ULIM": repr(widest)})

    # --- safety ---

    def safe(self, phase: SafePhase) -> None:
        """Bring levels to 0 V, disarm and ground, and read each of them back."""
        self._known.clear()
        if phase is SafePhase.SOURCES:
            self._prove(":SOUR:ROW:VOLT 0;:SOUR:COL:VOLT 0", ":SOUR:ROW:VOLT:PEAK?", "rows, V")
            self._prove("", ":SOUR:COL:VOLT:PEAK?", "columns, V")
        elif phase is SafePhase.GATES:
            self._prove(":SOUR:GATE:VOLT 0", ":SOUR:GATE:VOLT:PEAK?", "gates, V")
        elif phase is SafePhase.OUTPUTS:
            self._prove(":OUTP 0", ":OUTP?", "output")
        elif phase is SafePhase.GROUND:
            self._prove(":ROUT:GRO", ":ROUT:GRO?", "lines not grounded")

    def _prove(self, command: str, question: str, what: str) -> None:
        """Send a command past the latch, and raise SafetyError unless its read-back is zero."""
        if command:
            self.transport.write(command)
        answer = self.transport.query(question)
        try:
            zero = float(answer) == 0.0
        except ValueError:
            zero = False
        if not zero:
            raise SafetyError(f"{self.transport.address}: {what}: {answer[:40]!r}, should be 0")

    # --- talking ---

    def send(self, message: str | bytes) -> None:
        """Send one command; whatever it sets, the settings are no longer known."""
        self._known.clear()
        super().send(message)

    def _ensure(self, settings: Mapping[str, str]) -> None:
        """Send those settings that are not known to be in force, as one message."""
        wanted = {**_FORMAT, **settings}
        changed = {name: text for name, text in wanted.items() if self._known.get(name) != text}
        if not changed:
            return
        known = dict(self._known)
        self.send(";".join(f":{name} {text}" for name, text in changed.items()))
        self._known = {**known, **changed}

    def _request(self, message: bytes) -> bytes:
        """Send a request and return its block. Raises InstrumentError with the board's reason."""
        try:
            payload = self.ask_block(message)
        except TransportError as trouble:
            self._known.clear()
            # The board may know why; that its answer was not fetched, it only says of this failure.
            with suppress(TransportError):
                try:
                    self.raise_errors(message[:11])
                except InstrumentError as reason:
                    if "-420" not in str(reason):
                        raise
            raise trouble
        if not payload:
            self._known.clear()
            self.raise_errors(message[:11])
            raise InstrumentError(f"{self.transport.address} refused {message[:11]!r}, no reason")
        return payload
