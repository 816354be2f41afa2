"""A wafer prober with FormFactor's Velox: one line in, ``code: answer`` out; code 0 is good.

    StepFirstDie, StepNextDie [x y [subdie]]    0: x y subdie subdies; 703 at the end of the map
    MoveChuckContact, MoveChuckSeparation, MoveChuckAlign [velocity in %]
    MoveChuckIndex x y [H|Z|R|C|D [velocity]]   by dies
    MoveChuck x y [reference [Y|I|J|E|X [velocity]]]
    SetChuckIndex x y [unit], ReadChuckIndex [unit], ReadChuckPosition [unit]
    ReadMapPosition                             0: x y
    ReadChuckStatus                             0: the height: contact, align or separation
    ReportSoftwareVersion, IsAppRegistered WaferMap, *IDN?

Words as PyMeasure 0.16 sends them; numbers of errors but 703 are this simulation's own. A move that
is asked for while the needles are down is refused, as a prober with contact lock does. Moves take
simulated time, during which what stands on the lines goes on standing there. A move under voltage
is on the truth log as "biased move", a contact that is torn under voltage as "torn" as well.
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
ON_DIE = 5.0  # um that a needle may be beside its pad
_UNITS = {"Y": 1.0, "I": 25.4, "J": 1.0, "E": 0.1}  # um; X stands for dies
_REFERENCES = "HZCDR"


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
        self._index = [10_000.0, 10_000.0]  # um from die to die
        self._position = [0.0, 0.0]  # um from the home die
        self.errors = ErrorQueue()
        self.status = StatusModel(self.errors)
        self._commands: dict[str, Callable[[list[str]], str]] = {
            "stepfirstdie": self._first,
            "stepnextdie": self._next,
            "movechuckindex": lambda words: self._shift([*words[:3], "X", *words[3:]]),
            "movechuck": self._shift,
            "setchuckindex": self._set_index,
            "readchuckindex": lambda words: self._told(self._index, words),
            "readchuckposition": lambda words: self._told(self._position, words),
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
            if len(words) > 2 and int(words[2]) != 1:
                raise ValueError("a die has one subdie")
            return self._step(self._dies().index(place))
        except (ValueError, IndexError) as trouble:
            raise _RefusedError(_BAD, f"no die {' '.join(words):.40}") from trouble

    def _step(self, number: int) -> str:
        dies, wafer = self._dies(), self._bench.wafer
        if number >= len(dies) or wafer is None:
            raise _RefusedError(END_OF_MAP, "end of wafer map")
        self._check_up()
        wafer.go_to(dies[number])
        self._position = [float(n) * d for n, d in zip(dies[number], self._index, strict=True)]
        self._pass("step", STEP)
        return "{} {} 1 1".format(*dies[number])

    def _check_up(self) -> None:
        if self._height == "contact":
            raise _RefusedError(_LOCKED, "the chuck is in contact: separate first")

    def _pass(self, what: str, duration: float) -> None:
        """Let a move take its time, and note it where a source is live."""
        if self._bench.wiring.is_live:
            self._bench.truth.action(self.name, "biased move", what, 1.0)
        self._bench.advance(duration)

    def _shift(self, words: list[str]) -> str:
        """Move the chuck by a distance from a reference."""
        wafer = self._bench.wafer
        if wafer is None:
            raise _RefusedError(_BAD, "there is no wafer on the chuck")
        self._check_up()
        by = self._lengths(words[:2], words[3:4])
        reference = (words[2:3] or ["H"])[0].upper()
        if reference not in _REFERENCES:
            raise _RefusedError(_BAD, f"no reference {reference:.20}")
        self._velocity(words[4:5])
        start = self._position if reference == "R" else [0.0, 0.0]
        if reference == "D":
            here = wafer.place or (0, 0)
            start = [n * size for n, size in zip(here, self._index, strict=True)]
        self._position = [a + b for a, b in zip(start, by, strict=True)]
        self._look_for_die()
        self._pass("move", STEP)
        return ""

    def _look_for_die(self) -> None:
        wafer = self._bench.wafer
        assert wafer is not None  # asked for before
        place = [round(at / size) for at, size in zip(self._position, self._index, strict=True)]
        beside = [abs(at - n * size) for at, n, size in
                  zip(self._position, place, self._index, strict=True)]  # fmt: skip
        die = (place[0], place[1])
        if max(beside) <= ON_DIE and die in wafer.dies:
            wafer.go_to(die)
        else:
            wafer.leave()

    def _lengths(self, words: list[str], unit: list[str]) -> list[float]:
        """Return two lengths in um."""
        name = (unit or ["Y"])[0].upper()
        sizes = self._index if name == "X" else [_UNITS.get(name, 0.0)] * 2
        try:
            found = [float(word) * size for word, size in zip(words, sizes, strict=True)]
        except ValueError as trouble:
            raise _RefusedError(_BAD, f"no lengths {' '.join(words):.40}") from trouble
        if not all(sizes) or not all(abs(length) <= 1e6 for length in found):
            raise _RefusedError(_BAD, f"no such lengths: {' '.join(words):.40} {name:.10}")
        return found

    def _velocity(self, words: list[str]) -> None:
        try:
            if words and not 0.1 <= float(words[0]) <= 100.0:
                raise ValueError("out of range")
        except ValueError as trouble:
            raise _RefusedError(_BAD, f"no velocity {words[0]:.20}") from trouble

    def _set_index(self, words: list[str]) -> str:
        found = self._lengths(words[:2], words[2:3])
        if min(found) <= 0.0:
            raise _RefusedError(_BAD, "the index is a distance")
        self._index = found
        return ""

    def _told(self, lengths: list[float], words: list[str]) -> str:
        unit = _UNITS.get((words or ["Y"])[0].upper())
        if unit is None:
            raise _RefusedError(_BAD, f"no unit {words[0]:.10}")
        return "{:.10g} {:.10g}".format(*(length / unit for length in lengths))

    def _move(self, height: str, words: list[str]) -> str:
        wafer = self._bench.wafer
        if wafer is None:
            raise _RefusedError(_BAD, "there is no wafer on the chuck")
        self._velocity(words[:1])
        if height == "contact":
            wafer.touch()
        elif self._height == "contact":
            if self._bench.wiring.is_live:
                self._bench.truth.action(self.name, "torn", "lines under voltage", 1.0)
            wafer.lift()
        self._height = height
        self._pass(height, LIFT)
        return ""

    def power_cycle(self) -> None:
        """Start the prober anew: it goes up and home."""
        if self._bench.wafer is not None:
            self._move("separation", [])
            self._shift(["0", "0"])

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
