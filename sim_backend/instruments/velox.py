"""A wafer prober with FormFactor's Velox: one line in, ``code: answer`` out; code 0 is good.

    StepFirstDie, StepNextDie [x y]    0: x y subdie subdies; 703 at the end of the wafer map
    MoveChuckContact, MoveChuckSeparation, MoveChuckAlign [velocity in %]
    ReadMapPosition                    0: x y
    ReadChuckStatus                    0: and the height: contact, align or separation
    ReportSoftwareVersion, IsAppRegistered WaferMap, *IDN?

Words as PyMeasure 0.16 sends them; numbers of errors but 703 are this simulation's own. A step
that is asked for while the needles are down is refused, as a prober with contact lock does. Moves
take simulated time, during which what stands on the lines goes on standing there.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING, final

from labcim.errors import RangeError

from ..chip.chip_file import InstrumentSpec
from ..wire.errors import ErrorQueue
from ..wire.status import StatusModel

if TYPE_CHECKING:
    from ..bench import SimulatedBench

STEP = 1.0  # s from die to die
LIFT = 0.5  # s up or down
END_OF_MAP = 703
_UNKNOWN, _BAD, _LOCKED = 500, 501, 502


class _RefusedError(Exception):
    """A command that is answered with a code other than 0."""

    def __init__(self, code: int, text: str) -> None:
        super().__init__(text)
        self.code = code


@final
class Velox:
    """The prober; a dialect of its own."""

    accepts_blocks = False
    queues_replies = True
    terminals: tuple[str, ...] = ()

    def __init__(self, bench: "SimulatedBench", spec: InstrumentSpec) -> None:
        self._bench = bench
        self.name = spec.name
        self._identity = f"FormFactor,Velox,{spec.serial or '0'},3.3"
        self._height = "separation"
        self.errors = ErrorQueue()
        self.status = StatusModel(self.errors)
        self._commands: dict[str, Callable[[list[str]], str]] = {
            "stepfirstdie": self._first,
            "stepnextdie": self._next,
            "movechuckcontact": lambda words: self._move("contact", words),
            "movechuckseparation": lambda words: self._move("separation", words),
            "movechuckalign": lambda words: self._move("align", words),
            "readmapposition": lambda words: "{} {}".format(*self._place()),
            "readchuckstatus": lambda words: self._height,
            "reportsoftwareversion": lambda words: "3.3",
            "isappregistered": lambda words: str(int(words == ["WaferMap"])),
        }

    def execute(self, message: bytes) -> bytes | None:
        """Carry out one line."""
        words = message.decode("ascii", "replace").split()
        if not words:
            return None
        if words[0].upper() == "*IDN?":
            return self._identity.encode()
        try:
            command = self._commands.get(words[0].lower())
            if command is None:
                raise _RefusedError(_UNKNOWN, f"unknown command {words[0]!r:.40}")
            return f"0: {command(words[1:])}".encode()
        except _RefusedError as refused:
            return f"{refused.code}: {refused}".encode()
        except RangeError as trouble:
            return f"{_BAD}: {trouble}".encode()

    def _first(self, words: list[str]) -> str:
        return self._step(0)

    def _next(self, words: list[str]) -> str:
        if not words:
            here = self._bench.wafer.place if self._bench.wafer else None
            return self._step(0 if here is None else self._dies().index(here) + 1)
        try:
            place = (int(words[0]), int(words[1]))
            return self._step(self._dies().index(place))
        except (ValueError, IndexError) as trouble:
            raise _RefusedError(_BAD, f"no die {' '.join(words):.40}") from trouble

    def _step(self, number: int) -> str:
        dies, wafer = self._dies(), self._bench.wafer
        if number >= len(dies) or wafer is None:
            raise _RefusedError(END_OF_MAP, "end of wafer map")
        if self._height == "contact":
            raise _RefusedError(_LOCKED, "the chuck is in contact: separate first")
        wafer.go_to(dies[number])
        self._bench.advance(STEP)
        return "{} {} 1 1".format(*dies[number])

    def _move(self, height: str, words: list[str]) -> str:
        wafer = self._bench.wafer
        if wafer is None:
            raise _RefusedError(_BAD, "there is no wafer on the chuck")
        if height == "contact":
            wafer.touch()
        elif self._height == "contact":
            if self._bench.wiring.is_live:
                self._bench.truth.action(self.name, "torn", "lines under voltage", 1.0)
            wafer.lift()
        self._height = height
        self._bench.advance(LIFT)
        return ""

    def _dies(self) -> tuple[tuple[int, int], ...]:
        return self._bench.wafer.dies if self._bench.wafer else ()

    def _place(self) -> tuple[int, int]:
        if self._bench.wafer is None or self._bench.wafer.place is None:
            raise _RefusedError(_BAD, "no die is under the needles")
        return self._bench.wafer.place

    def device_clear(self) -> None:
        """Do nothing: nothing is ever pending."""

    def trigger(self) -> None:
        """Do nothing."""


SIMULATED = Velox
