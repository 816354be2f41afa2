"""One channel of a simulated Keithley 2636B: what it sources, within which limits.

Source: Series 2600B Reference Manual, 2600BS-901-01, section 7 (smuX.source attributes).
"""

from typing import Final

from ..wire.errors import ScpiError
from ._keithley2636b_buffer import DEDICATED_CAPACITY, ReadingBuffer
from ._keithley2636b_ranges import (
    MEASURE_RANGES,
    OVER,
    SOURCE_RANGES,
    Function,
    check_area,
    range_for,
)
from ._keithley2636b_settings import AUTO, CALA, DCVOLTS, HIGH_Z, SETTINGS, factory
from ._metrology import Metrology
from ._smu_stage import SmuStage

HIGHEST_WITHOUT_INTERLOCK: Final = 20.0  # V; the 200 V range wants the interlock closed
HIGH_CAPACITANCE_RANGE: Final = 1e-6  # A, the smallest current range of that mode
_SOURCE_PAUSE: Final = 1e-3  # s of the automatic source delay


#: Settings with consequences, and the method that sees to them.
_SPECIAL: Final = {
    "source.levelv": "set_level",
    "source.leveli": "set_level",
    "source.func": "_set_function",
    "source.limitv": "_set_limit",
    "source.limiti": "_set_limit",
    "source.rangev": "_set_range",
    "source.rangei": "_set_range",
    "source.autorangev": "_set_autorange",
    "source.autorangei": "_set_autorange",
    "source.output": "_set_output",
    "source.highc": "_set_high_capacitance",
    "measure.rangev": "_set_measure_range",
    "measure.rangei": "_set_measure_range",
    "sense": "_set_sense",
}


class Channel:
    """Settings, buffers and the stage of one channel. letter: "a" or "b"."""

    def __init__(
        self,
        letter: str,
        stage: SmuStage,
        metrology: Metrology,
        *,
        interlocked: bool,
    ) -> None:
        self.letter = letter
        self.name = f"smu{letter}"
        self.stage = stage
        self.metrology = metrology
        self.interlocked = interlocked
        self.values = factory()
        self.changes = 0  # how often anything but a level was set
        self.programmed = 0.0  # the level that is put out now, of a sweep perhaps
        self.buffers = {
            n: ReadingBuffer(f"nvbuffer{n}", DEDICATED_CAPACITY, dedicated=True) for n in (1, 2)
        }
        self.apply()

    # --- what is sourced ---

    @property
    def function(self) -> Function:
        """Return what is sourced, "v" or "i"."""
        return "v" if self.values["source.func"] == DCVOLTS else "i"

    @property
    def output(self) -> bool:
        """Say whether the output is on."""
        return self.values["source.output"] == 1.0

    def level(self) -> float:
        """Return the level that is programmed, in V or A."""
        return self.values[f"source.level{self.function}"]

    def limit(self, level: float) -> float:
        """Return the limit at a level in A or V: the smaller of both limits that there are."""
        values = self.values
        limit = values["source.limiti" if self.function == "v" else "source.limitv"]
        power = values["source.limitp"]
        if power > 0.0 and level:
            return min(limit, power / abs(level))
        return limit

    def apply(self) -> None:
        """Bring the terminal to what the settings say."""
        self.programmed = self.level()
        if self.output:
            self.put(self.programmed)
        else:
            self._apply_off()

    def put(self, level: float) -> None:
        """Put a level on the terminal within the present range, output on."""
        function = self.function
        self.programmed = level
        given = self.metrology.given(function, level, self.values[f"source.range{function}"])
        if function == "v":
            self.stage.source_voltage(given, self.limit(level))
        else:
            self.stage.source_current(given, self.limit(level))

    def _apply_off(self) -> None:
        values = self.values
        if HIGH_Z in (values["source.offmode"], values["source.output"]):
            self.stage.off(opened=True)
        elif values["source.offmode"] == 0 and values["source.offfunc"] != DCVOLTS:
            self.stage.source_current(0.0, values["source.offlimitv"])
        elif values["source.offmode"] == 0:
            self.stage.source_voltage(0.0, values["source.offlimiti"])
        else:
            self.stage.source_voltage(0.0, values["source.limiti"])

    # --- settings ---

    def get(self, name: str) -> float:
        """Return a setting."""
        return self.values[name]

    def set(self, name: str, value: object) -> None:
        """Set a setting, with all that follows from it. Raises ScpiError, and changes nothing."""
        given = SETTINGS[name].accept(value)
        special = _SPECIAL.get(name)
        if special != "set_level":
            self.changes += 1
        if special is not None:
            getattr(self, special)(name, given)
            return
        self.values[name] = given
        if name.startswith("source."):
            self.apply()

    def set_level(self, name: str, level: float) -> None:
        """Set the level of a source function; an automatic range follows it."""
        function: Function = "v" if name.endswith("v") else "i"
        wanted = self.range_of(function, level)
        if function == "v":
            check_area(level, self.values["source.limiti"] if self.function == "v" else 0.0)
        else:
            check_area(self.values["source.limitv"] if self.function == "i" else 0.0, level)
        if function == self.function and self.output:
            self.check_interlock(function, wanted, self.values["source.limitv"])
        values = self.values
        is_new = values[name] != level
        values[f"source.range{function}"], values[name] = wanted, level
        if function == self.function and self.output:
            self.put(level)
            if is_new:
                self.let_source_settle()

    def let_source_settle(self) -> None:
        """Let the source delay pass."""
        delay = self.values["source.delay"]
        if delay == AUTO:
            self.stage.pause(_SOURCE_PAUSE)
        elif delay > 0.0:
            self.stage.wait(delay)

    def range_of(self, function: Function, level: float) -> float:
        """Return the source range for a level. Raises ScpiError 5005 beyond a fixed one."""
        present = self.values[f"source.range{function}"]
        if not self.values[f"source.autorange{function}"]:
            if abs(level) > present * OVER * (1.0 + 1e-12):
                raise ScpiError(5005, "Value too big for range")
            return present
        lowest = self.values[f"source.lowrange{function}"]
        return range_for(SOURCE_RANGES[function], max(abs(level), lowest / OVER))

    def check_interlock(self, function: Function, name: float, limit: float) -> None:
        """Raise ScpiError 802 where the output may not be on without the interlock."""
        voltage = name if function == "v" else limit
        if not self.interlocked and voltage > HIGHEST_WITHOUT_INTERLOCK * OVER:
            raise ScpiError(802, "Output Blocked By Interlock")

    def _set_function(self, name: str, func: float) -> None:
        before = self.values[name]
        self.values[name] = func
        try:
            self._check_all()
        except ScpiError:
            self.values[name] = before
            raise
        self.apply()

    def _set_limit(self, name: str, limit: float) -> None:
        values = self.values
        if name == "source.limiti" and self.function == "v":
            check_area(values["source.levelv"], limit)
        if name == "source.limitv" and self.function == "i":
            check_area(limit, values["source.leveli"])
            if self.output:
                self.check_interlock("i", 0.0, limit)
        values[name] = limit
        self.apply()

    def _set_range(self, name: str, value: float) -> None:
        function: Function = "v" if name.endswith("v") else "i"
        wanted = range_for(SOURCE_RANGES[function], value)
        level = self.values[f"source.level{function}"]
        if abs(level) > wanted * OVER * (1.0 + 1e-12):
            raise ScpiError(5005, "Value too big for range")
        if function == self.function and self.output:
            self.check_interlock(function, wanted, self.values["source.limitv"])
        self.values[f"source.autorange{function}"] = 0.0
        self.values[name] = wanted
        self.apply()

    def _set_autorange(self, name: str, state: float) -> None:
        function: Function = "v" if name.endswith("v") else "i"
        self.values[name] = state
        if state:
            level = self.values[f"source.level{function}"]
            self.values[f"source.range{function}"] = self.range_of(function, level)
            self.apply()

    def _set_measure_range(self, name: str, value: float) -> None:
        function: Function = "v" if name.endswith("v") else "i"
        self.values[name] = range_for(MEASURE_RANGES[function], value)
        self.values[f"measure.autorange{function}"] = 0.0

    def _set_output(self, name: str, state: float) -> None:
        if state == 1.0:
            if self.values["sense"] == CALA:
                raise ScpiError(5004, "Operation conflicts with CALA sense mode")
            self._check_all(state == 1.0)
        self.values[name] = state
        self.apply()

    def _set_sense(self, name: str, mode: float) -> None:
        if mode == CALA and self.output:
            raise ScpiError(5008, "Operation not permitted while output is on")
        self.values[name] = mode

    def _set_high_capacitance(self, name: str, state: float) -> None:
        self.values[name] = state
        if state:
            for low in ("source.lowrangei", "measure.lowrangei"):
                self.values[low] = max(self.values[low], HIGH_CAPACITANCE_RANGE)
            for present in ("source.rangei", "measure.rangei"):
                self.values[present] = max(self.values[present], HIGH_CAPACITANCE_RANGE)
        self.apply()

    def _check_all(self, on: bool | None = None) -> None:
        """Raise ScpiError where the settings cannot stand together, or not with the output on."""
        values, function = self.values, self.function
        if function == "v":
            check_area(values["source.levelv"], values["source.limiti"])
        else:
            check_area(values["source.limitv"], values["source.leveli"])
        if self.output if on is None else on:
            self.check_interlock(
                function, values[f"source.range{function}"], values["source.limitv"]
            )

    def reset(self) -> None:
        """Go to the factory settings, output off, dedicated buffers empty."""
        self.values = factory()
        self.changes += 1
        for buffer in self.buffers.values():
            buffer.reset()
        self.apply()

    def recall(self, values: dict[str, float]) -> None:
        """Take settings that were saved; the output stays off."""
        self.values = {**values, "source.output": 0.0}
        self.changes += 1
        self.apply()

    def tripped(self) -> bool:
        """Say whether a limit holds the source back now."""
        return self.output and self.stage.tripped
