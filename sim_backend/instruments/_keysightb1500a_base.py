"""What all command groups of a simulated B1500A share: its modules, its settings, its readings."""

from collections.abc import Sequence
from typing import Any, Final, Protocol

from labcim.errors import RecipeError

from ..chip.ports import Measured
from ..wire.flex import FlexInstrument
from ..wire.flex_errors import FlexError
from ..wire.flex_status import INTERLOCK_OPEN
from ._keysightb1500a_data import END_OF_DATA, OTHER_TRIPPED, Datum, encoded
from ._keysightb1500a_generator import IMPEDANCE, Generator
from ._keysightb1500a_modules import MODULES, SPGU
from ._keysightb1500a_settings import AUTO, Mainframe, initial
from ._keysightb1500a_smu import RESISTANCE, Force, Smu
from ._limit_loops import KEYSIGHT_B1500A
from ._terminal import Circuit, Terminal

SLOTS: Final = 10
_DEFAULT: Final = ("B1517A",) * 4
_WAIT: Final = 2e-4  # s, the initial source and measurement wait time; the guide gives no figure
_STAMP: Final = 1e-4  # s, resolution of the time stamp


class Spec(Protocol):
    """What is read of a chip file's [[instrument]] table."""

    @property
    def name(self) -> str:
        """Return the name that terminals begin with."""

    @property
    def serial(self) -> str:
        """Return the serial number."""

    @property
    def options(self) -> dict[str, Any]:
        """Return ``slots``, the models by slot, and ``interlock``, whether it is closed."""


class B1500Base(FlexInstrument):
    """The mainframe. Terminal ``smuN`` is the force line of the unit in slot N; low is ground.

    ``spguN01`` and ``spguN02`` are the outputs of a pulse generator in slot N.
    """

    def __init__(self, circuit: Circuit, spec: Spec, seed: int) -> None:
        super().__init__()
        serial = spec.serial or "MY55230001"
        self.name = spec.name
        self.identity = f"Agilent Technologies,B1500A,{serial},A.06.02.2023.0401"
        self.circuit = circuit
        self.interlock_closed = bool(spec.options.get("interlock", True))
        self.models = _models(spec)
        self.smus = {
            channel: Smu(
                channel,
                MODULES[model],
                Terminal(circuit, f"{spec.name}.smu{channel}", RESISTANCE, loop=KEYSIGHT_B1500A),
                serial,
                seed,
                lambda: self.interlock_closed,
            )
            for channel, model in enumerate(self.models, start=1)
            if model in MODULES
        }
        self.generators = {
            channel: Generator(Terminal(circuit, f"{spec.name}.spgu{channel}", IMPEDANCE))
            for slot, model in enumerate(self.models, start=1)
            if model == SPGU
            for channel in (slot * 100 + 1, slot * 100 + 2)
        }
        self.settings = Mainframe()

    @property
    def terminals(self) -> tuple[str, ...]:
        """Return the names of the terminals."""
        units = (f"smu{channel}" for channel in self.smus)
        return (*units, *(f"spgu{channel}" for channel in self.generators))

    def smu(self, channel: int) -> Smu:
        """Return the unit of a channel; 151 for another module, 153 where there is none."""
        if channel not in self.smus:
            slot = channel if channel <= SLOTS else channel // 100
            raise FlexError(151 if self.models[slot - 1] == SPGU else 153)
        return self.smus[channel]

    def generator(self, channel: int) -> Generator:
        """Return a channel of a pulse generator; 151 for a unit's, 153 where no module is."""
        found = self.generators.get(channel if channel > 100 else channel * 100 + 1)
        if found is None:
            slot = channel if channel <= 10 else channel // 100
            raise FlexError(151 if slot in self.smus else 153)
        return found

    def chosen(self, channels: Sequence[int]) -> list[Smu]:
        """Return the units of some channels, all where none is named; 122 for one named twice."""
        if len(set(channels)) < len(channels):
            raise FlexError(122)
        return [self.smu(channel) for channel in channels] or list(self.smus.values())

    @property
    def enabled(self) -> list[Smu]:
        """Return the units whose output switches are on."""
        return [smu for smu in self.smus.values() if smu.on]

    def plan(
        self,
        channel: int,
        kind: str,
        number: int,
        level: float,
        compliance: float | None = None,
        polarity: int = 0,
        compliance_number: int = 0,
    ) -> Force:
        """As `Smu.planned`; an open interlock that is in the way shows in the status byte."""
        smu = self.smu(channel)
        try:
            return smu.planned(kind, number, level, compliance, polarity, compliance_number)
        except FlexError as refusal:
            if refusal.code == 202:
                self.status.set(INTERLOCK_OPEN, True)
            raise

    # -- time --------------------------------------------------------------------------------

    def wait(self, seconds: float) -> None:
        """Let time pass with every output as it is."""
        if seconds > 0.0:
            self.circuit.advance(seconds)

    def settle(self, kind: int) -> None:
        """Let the source (1) or the measurement (2) wait time of WAT pass."""
        number, offset = self.settings.waits[kind]
        self.circuit.clock.advance(number * _WAIT)
        self.wait(offset)

    def time(self, channel: int) -> Datum:
        """Return the time since the timer was cleared, in steps of 0.1 ms as far as digits go."""
        elapsed = round((self.circuit.clock.now - self.settings.timer) / _STAMP) * _STAMP
        return Datum("T", channel, elapsed, 10.0 if elapsed < 100.0 else max(100.0, elapsed))

    # -- readings ----------------------------------------------------------------------------

    def read(
        self,
        smu: Smu,
        functions: Sequence[str],
        numbers: Sequence[int | None],
        aperture: float | None = None,
    ) -> list[Datum]:
        """Measure at one channel, after the time stamp where TSC asks for it.

        numbers: measurement ranges as RI and RV have them.  aperture: s, else the converter's own.
        """
        if not smu.on:
            raise FlexError(200)
        if not smu.is_settled:
            self.settle(2)
            smu.is_settled = True
        time = self.time(smu.channel)
        seen, aperture = self._look(smu, functions, numbers, aperture)
        others = self._others_tripped(smu)
        data = [
            smu.datum(function, seen, number, aperture, others)
            for function, number in zip(functions, numbers, strict=True)
        ]
        return [time, *data] if self.settings.time_stamp else data

    def _look(
        self,
        smu: Smu,
        functions: Sequence[str],
        numbers: Sequence[int | None],
        aperture: float | None,
    ) -> tuple[Measured, float]:
        """Return what is seen and over how many s: automatic integration goes by the range.

        Where the range is another one than last time's, it is found by a look that comes first.
        """
        if aperture is not None:
            return smu.stage.look(aperture), aperture
        settings, kind = self.settings, smu.settings.converter
        aperture = settings.duration(kind, smu.last_range)
        seen = smu.stage.look(aperture)
        if settings.converters[kind].mode == AUTO and "CURR" in functions:
            found = smu.scale("CURR", seen.current, numbers[list(functions).index("CURR")])
            before, smu.last_range = smu.last_range, found
            if initial(found) != initial(before):
                aperture = settings.duration(kind, found)
                seen = smu.stage.look(aperture)
        return seen, aperture

    def _others_tripped(self, smu: Smu) -> int:
        """Return the status bit that says whether another channel is in compliance."""
        for other in self.enabled:
            if other is not smu:
                other.stage.look(0.0)
                if other.stage.tripped:
                    return OTHER_TRIPPED
        return 0

    def take(self, smu: Smu, aperture: float | None = None) -> list[Datum]:
        """Measure what CMM says on the ranges of RI and RV."""
        functions = smu.measured()
        return self.read(smu, functions, [smu.number_for(it) for it in functions], aperture)

    def emit(self, data: list[Datum]) -> None:
        """Leave the data of one measurement in the output buffer."""
        form = self.settings.format
        if form in (21, 25) and data and data[-1].kind in "VI":
            last = data[-1]
            data = [*data[:-1], _with_status(last, last.status | END_OF_DATA)]
        body, terminator, ends = encoded(data, form)
        self.put_out(body, terminator, ends=ends, count=len(data))


def _with_status(datum: Datum, status: int) -> Datum:
    return Datum(
        datum.kind, datum.channel, datum.value, datum.scale, status, datum.last,
        datum.high_resolution,
    )  # fmt: skip


def _models(spec: Spec) -> list[str]:
    """Return the models by slot, "0" where a slot is empty. Raises RecipeError."""
    slots = spec.options.get("slots", _DEFAULT)
    if not isinstance(slots, list | tuple) or not 1 <= len(slots) <= SLOTS:
        raise RecipeError(f"{spec.name}: slots = {slots!r}: accepts a list of 1 to {SLOTS} models")
    models = [str(model) or "0" for model in slots]
    unknown = sorted(set(models) - {*MODULES, SPGU, "0"})
    if unknown:
        raise RecipeError(
            f"{spec.name}: there is no simulated module {unknown[0]!r}: accepts "
            f'{", ".join((*MODULES, SPGU))} and "" for an empty slot'
        )
    return models + ["0"] * (SLOTS - len(models))
