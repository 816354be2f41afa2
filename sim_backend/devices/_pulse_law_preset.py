"""Presets of pulse-law cells: a law of `pulse_laws`, and how its weights are mapped to siemens.

The laws' own presets have the constants and their sources; a chip's preset names one and may change
some of its parameters, or states a whole law:

    [law]                        [law]
    preset = "RpuTarget"         law = "PowStep"
    dw_min_dtod = 0.08           dw_min = 0.001
"""

from collections.abc import Mapping
from functools import cache
from typing import Any, Self, final

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, model_validator

from labcim.units import Second, Siemens, Volt

from ..pulse_laws.cells import law_numbers
from ..pulse_laws.laws import LAWS, AnyLaw
from ..pulse_laws.presets import load_pulse_preset
from .preset import Fraction, Preset, Section, Stuck, WhiteNoise

MOST_NODES = 16
_NODES = ("piecewise_up", "piecewise_down")


class Window(Section):
    """Conductances at the law's mean bounds w_min and w_max; between them G is linear in w.

    resistance_spread: from device to device, relative; all resistances of a cell are larger by it.
    floor: no cell's lower bound is set below it.
    """

    lowest: Siemens = Field(gt=0)
    highest: Siemens = Field(gt=0)
    floor: Siemens = Field(gt=0)
    resistance_spread: Fraction = Field(default=0.0, ge=0)


class Pulses(Section):
    """The pulse that is one step of the law, and what others are worth.

    n = (width / pulse_width) 10^((|V| - pulse_voltage) / voltage_decade) steps.
    """

    pulse_voltage: Volt = Field(gt=0)
    pulse_width: Second = Field(gt=0)
    voltage_decade: Volt = Field(gt=0)
    disturb_voltage: Volt


class Leak(Section):
    """What the law's lifetime, at 300 K, is on a chip. leak_energy: eV.

    update_time: s, that an update of a law takes whose clock counts updates.
    """

    update_time: Second = Field(default=1e-3, gt=0)
    leak_energy: float = Field(default=0.0, ge=0)


@cache
def law_fields() -> tuple[str, ...]:
    """Return the names of all numbers that any law has."""
    names = {name for kind in LAWS.values() for name in kind.model_fields}
    return tuple(sorted(names - {"law", "clock", *_NODES}))


@final
class PulseLawPreset(Preset):
    """All constants of one kind of pulse-law cell."""

    law: AnyLaw = Field(discriminator="law")
    window: Window
    pulses: Pulses
    leak: Leak
    noise: WhiteNoise
    stuck: Stuck

    @model_validator(mode="before")
    @classmethod
    def _named_law(cls, values: dict[str, Any]) -> dict[str, Any]:
        """Put the constants of a named law under what the preset says itself."""
        table = dict(values.get("law", {}))
        if name := table.pop("preset", None):
            table = load_pulse_preset(str(name)).law.model_dump() | table
        return {**values, "law": table}

    @model_validator(mode="after")
    def _possible(self) -> "PulseLawPreset":
        if self.law.diffusion:
            raise ValueError("law: a cell of a chip does not diffuse: accepts diffusion = 0")
        for name in _NODES:
            if len(getattr(self.law, name, ())) > MOST_NODES:
                raise ValueError(f"law: {name}: accepts at most {MOST_NODES} nodes")
        if not self.law.w_min < self.law.w_max or not self.window.lowest < self.window.highest:
            raise ValueError("accepts w_min < w_max and lowest < highest")
        return self

    def changed(self, *, spread: float = 1.0, constants: Mapping[str, float | list[float]]) -> Self:
        """See `Preset.changed`; the law's constants are known by their names, too."""
        own = {
            name: value for name, value in constants.items() if name in type(self.law).model_fields
        }
        others = {name: value for name, value in constants.items() if name not in own}
        values = self.law.model_dump()
        for name in values:
            if name == "dw_min_std" or name.endswith("_dtod"):
                values[name] *= spread
        law = type(self.law).model_validate(values | own)
        return super().changed(spread=spread, constants=others).model_copy(update={"law": law})

    @classmethod
    def fields(cls) -> list[tuple[Any, ...]]:
        """Return the numpy fields: the law's numbers, and what the kernels read of it."""
        single = [(name, "f4") for name in ("sigma", "by_step", "by_scale", "add", "by_weight")]
        arrays = [("exponential", "f4", (6,)), *((n, "f4", (MOST_NODES,)) for n in _NODES)]
        numbers = [(name, "f8") for name in law_fields()]
        return [
            *super().fields(), *numbers, ("kind", "i8"), ("by_seconds", "i8"), ("family", "i8"),
            ("nodes", "i8"), *single, *arrays,
        ]  # fmt: skip

    def parameters(
        self,
        *,
        temperature: float = 300.0,
        temperature_since: float = 0.0,
        gated: bool = True,
        **changes: float,
    ) -> NDArray[np.void]:
        """See `Preset.parameters`; the law's numbers can be changed by their names, too."""
        numbers = {name: float(value) for name, value in self.law if name in law_fields()}
        numbers |= changes
        return super().parameters(
            temperature=temperature, temperature_since=temperature_since, gated=gated, **numbers
        )

    def derive(self, record: NDArray[np.void]) -> None:
        """Fill in what the kernels read of the law; see `pulse_laws.layout.LawNumbers`."""
        record["kind"] = list(LAWS).index(self.law.law)
        record["by_seconds"] = self.law.clock == "seconds"
        for name in _NODES:
            given = getattr(self.law, name, (1.0, 1.0))
            record["nodes"] = len(given)
            record[name][0, : len(given)] = given
        numbers = law_numbers(law_of(record))
        for name in ("family", "sigma", "by_step", "by_scale", "add", "by_weight", "exponential"):
            record[name] = getattr(numbers, name)


def law_of(record: NDArray[np.void]) -> AnyLaw:
    """Return the law that a record of parameters holds, shape (1,)."""
    p = record[0]
    kind = list(LAWS.values())[int(p["kind"])]
    values: dict[str, Any] = {
        name: type(field.default)(p[name])
        for name, field in kind.model_fields.items()
        if name in law_fields()
    }
    nodes = int(p["nodes"])
    values |= {n: tuple(map(float, p[n][:nodes])) for n in _NODES if n in kind.model_fields}
    clock = "seconds" if p["by_seconds"] else "updates"
    law: AnyLaw = kind(clock=clock, **values)
    return law
