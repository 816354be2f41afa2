"""Sweeps and the simple trigger models of a Keithley 2450 as scripts start them."""

from collections.abc import Callable
from typing import Final

from ..wire.errors import ScpiError
from ..wire.tsp import call, number, text
from ._keithley2450_tsp_buffer import Buffer

_RANGES: Final = {"smu.RANGE_AUTO": "AUTO", "smu.RANGE_BEST": "BEST", "smu.RANGE_FIXED": "FIX"}


class SweepFunctions:
    """``smu.source.sweeplinear`` and the like, ``trigger.model``."""

    def __init__(self, scpi: Callable[[str], str], finish: Callable[[], None]) -> None:
        self._scpi = scpi
        self._finish = finish

    @call("smu.source.sweeplinear")
    def linear(
        self, name: object, start: object, stop: object, points: object, *tail: object
    ) -> None:
        """Load a sweep in equal steps: delay, count, ranging, abort, both ways, buffer follow."""
        self._load(name, "LIN", f"{_shown(start)}, {_shown(stop)}, {_whole(points)}", tail)

    @call("smu.source.sweeplinearstep")
    def linear_step(
        self, name: object, start: object, stop: object, step: object, *tail: object
    ) -> None:
        """Load a sweep in steps of a size."""
        self._load(name, "LIN:STEP", f"{_shown(start)}, {_shown(stop)}, {_shown(step)}", tail)

    @call("smu.source.sweeplog")
    def logarithmic(
        self, name: object, start: object, stop: object, points: object, *tail: object
    ) -> None:
        """Load a sweep in equal ratios."""
        self._load(name, "LOG", f"{_shown(start)}, {_shown(stop)}, {_whole(points)}", tail)

    def _load(self, name: object, kind: str, levels: str, tail: tuple[object, ...]) -> None:
        text(name)
        if len(tail) > 6:
            raise ScpiError(-108)
        given = [*tail, *[None] * (6 - len(tail))]
        delay = "0" if given[0] is None else _shown(given[0])
        count = "1" if given[1] is None else _whole(given[1])
        ranging = _RANGES.get(str(given[2] or "smu.RANGE_BEST"))
        if ranging is None:
            raise ScpiError(-224)
        abort, dual = (
            _switch(item, default) for item, default in zip(given[3:5], "10", strict=True)
        )
        buffer = given[5]
        target = buffer.name if isinstance(buffer, Buffer) else "defbuffer1"
        function = self._scpi(":SOUR:FUNC?")[:4]
        self._scpi(
            f":SOUR:SWE:{function}:{kind} {levels}, {delay}, {count}, {ranging}, {abort}, {dual}, "
            f'"{target}"'
        )

    @call("trigger.model.load")
    def load(self, template: object, *given: object) -> None:
        """Load a simple trigger model: "SimpleLoop" or "DurationLoop"; "Empty" clears it."""
        name = text(template)
        if name == "Empty":
            self._scpi(':TRIG:LOAD "Empty"')
            return
        words = {"SimpleLoop": "SIMP", "DurationLoop": "DUR"}.get(name)
        if words is None or not given or len(given) > 3:
            raise ScpiError(-224 if words is None else -109)
        shown = [_shown(value) for value in given[:2]]
        if len(given) > 2 and isinstance(given[2], Buffer):
            shown.append(f'"{given[2].name}"')
        self._scpi(f":TRIG:LOAD:LOOP:{words} {', '.join(shown)}")

    @call("trigger.model.initiate")
    def initiate(self) -> None:
        """Run what was loaded."""
        self._scpi(":INIT")

    @call("trigger.model.abort")
    def abort(self) -> None:
        """End what runs."""
        self._scpi(":ABOR")

    @call("trigger.model.state")
    def state(self) -> tuple[str, str, int]:
        """Return the state now, the one before, and the block that was done last."""
        words = self._scpi(":TRIG:STAT?").split(";")
        now, before = ([*words, "EMPTY", "EMPTY"])[:2]
        block = words[2] if len(words) > 2 else "0"
        return f"trigger.STATE_{now}", f"trigger.STATE_{before}", int(float(block or 0))


def _shown(value: object) -> str:
    return f"{number(value):.9g}"


def _whole(value: object) -> str:
    return str(int(number(value, 1, 1e6)))


def _switch(value: object, default: str) -> str:
    if value is None:
        return default
    if value in ("smu.ON", True, 1):
        return "1"
    if value in ("smu.OFF", False, 0):
        return "0"
    raise ScpiError(-224)
