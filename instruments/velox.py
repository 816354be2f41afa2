"""FormFactor Velox: the wafer prober that brings one die after the other under the needles.

Every command is answered by ``code: text``; code 0 is good, 703 says that the wafer map ends. The
words are those that PyMeasure 0.16 (formfactor/velox.py) sends.
"""

from collections.abc import Callable
from typing import ClassVar, Literal, final

from labcim.errors import InstrumentError, RangeError, SafetyError, TransportError
from labcim.instrument import Instrument, SafePhase
from labcim.parameter import Parameter

_END_OF_MAP = 703
_MICRON = 1e-6  # m

Height = Literal["contact", "align", "separation"]


def _text(reply: str) -> str:
    return reply.partition(":")[2].strip()


@final
class Velox(Instrument):
    """A prober. It drives no line, so that it has no terminals."""

    identified_by: ClassVar[str] = "Velox"
    terminals: ClassVar[tuple[str, ...]] = ()
    #: What may keep the wafer from moving, as a live source does; the station sets it.
    before_moving: Callable[[], None] | None = None

    version = Parameter[str](
        doc="Get the version of the prober's software.", get="ReportSoftwareVersion", parse=_text
    )

    def initialise(self) -> None:
        """Do nothing: where the wafer stands is left as it is."""

    def safe(self, phase: SafePhase) -> None:
        """Prove that the prober answers; the chuck stays: it holds no voltage."""
        if phase is not SafePhase.RELAYS:
            return
        try:
            self._answer(self.transport.query("ReadChuckStatus"), "ReadChuckStatus")
        except (InstrumentError, TransportError) as trouble:
            raise SafetyError(f"{self.transport.address}: {trouble}") from trouble

    def die_size(self) -> tuple[float, float]:
        """Return the distance from die to die in m, along x and y."""
        words = self._asked("ReadChuckIndex Y").split()
        try:
            return float(words[0]) * _MICRON, float(words[1]) * _MICRON
        except (IndexError, ValueError) as trouble:
            raise InstrumentError(
                f"{self.transport.address}: the index reads {words!r:.80}"
            ) from trouble

    def set_die_size(self, x: float, y: float) -> None:
        """Set the distance from die to die in m: 1 µm to 0.3 m. Raises RangeError."""
        for name, value in (("x", x), ("y", y)):
            if not 1e-6 <= value <= 0.3:  # NaN, too
                raise RangeError(f"die size {name} = {value} m: accepts 1e-6 to 0.3 m")
        self._asked(f"SetChuckIndex {x / _MICRON:.3f} {y / _MICRON:.3f} Y")

    def dies(self) -> list[tuple[int, int]]:
        """Return the dies of the wafer map in its order, by stepping over all of them.

        The chuck ends on the last one. Raises InstrumentError while the needles are down.
        """
        found = [self._stepped("StepFirstDie")]
        while (place := self._stepped("StepNextDie")) is not None:
            found.append(place)
        return [place for place in found if place is not None]

    def go_to(self, x: int, y: int) -> None:
        """Bring die (x, y) under the needles. Raises RangeError while they are down."""
        if self.in_contact():
            raise RangeError(f"die ({x}, {y}): the needles are down; separate first")
        found = self._stepped(f"StepNextDie {int(x)} {int(y)}")
        if found != (x, y):
            raise InstrumentError(
                f"{self.transport.address}: asked for die ({x}, {y}), the prober is at {found}"
            )

    def contact(self) -> None:
        """Bring the needles down on the die, and prove it."""
        self._move("MoveChuckContact", "contact")

    def align(self) -> None:
        """Bring the wafer close under the needles, to look at it, and prove it."""
        self._move("MoveChuckAlign", "align")

    def separate(self) -> None:
        """Take the needles up, and prove it."""
        self._move("MoveChuckSeparation", "separation")

    def place(self) -> tuple[int, int]:
        """Return (x, y) of the die under the needles."""
        x, y = self._asked("ReadMapPosition").split()[:2]
        return int(x), int(y)

    def in_contact(self) -> bool:
        """Say whether the needles are down."""
        return self._asked("ReadChuckStatus") == "contact"

    def _check_moving(self) -> None:
        if self.before_moving is not None:
            self.before_moving()

    def _move(self, command: str, height: Height) -> None:
        self._check_moving()
        self._asked(command)
        if (found := self._asked("ReadChuckStatus")) != height:
            raise InstrumentError(
                f"{self.transport.address}: {command}, but the chuck is at {found!r:.40}"
            )

    def _stepped(self, command: str) -> tuple[int, int] | None:
        """Return where a step led to, None where the map ends."""
        self._check_moving()
        reply = self.ask(command)
        if reply.partition(":")[0].strip() == str(_END_OF_MAP):
            return None
        words = self._answer(reply, command).split()
        try:
            return int(words[0]), int(words[1])
        except (IndexError, ValueError) as trouble:
            raise InstrumentError(
                f"{self.transport.address}: {command} answered {reply!r:.80}"
            ) from trouble

    def _asked(self, command: str) -> str:
        return self._answer(self.ask(command), command)

    def _answer(self, reply: str, command: str) -> str:
        code, _, text = reply.partition(":")
        if code.strip() != "0":
            raise InstrumentError(f"{self.transport.address} after {command!r}: {reply!r:.120}")
        return text.strip()
