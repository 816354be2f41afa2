"""How drivers of instruments that speak TSP talk: a command and the count of errors together."""

from labcim.instrument import Instrument

_LISTED_ERRORS = 32
_COUNT = "print(errorqueue.count)"


class TspTalker(Instrument):
    """An instrument that runs Lua. Nothing from outside is put into a message as it is."""

    def raise_errors(self, message: str | bytes = "") -> None:
        """Empty the error queue; raise InstrumentError with what it held."""
        self.raise_counted(self.transport.query(_COUNT), message)

    def command(self, message: str) -> None:
        """Send a command and have the number of errors in the same message: one round trip."""
        if not self.check_errors:
            self.send(message)
            return
        self.raise_counted(self.ask(f"{message} {_COUNT}"), message)

    def raise_counted(self, count: str, message: str | bytes) -> None:
        """Raise InstrumentError with so many entries of the error queue, if there are any."""
        entries = []
        for _ in range(min(self.whole(count), _LISTED_ERRORS)):
            code, _, words = self.transport.query("print(errorqueue.next())").partition("\t")
            entries.append(f"{self.whole(code)}, {words.partition(chr(9))[0]}")
        if entries:
            raise self.refusal(message, "; ".join(entries))
