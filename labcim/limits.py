"""Limits: what the chip stands, and what each terminal may therefore be given.

The bench file states the chip's absolute limits for each family of lines. The station derives,
through the wiring, the limits of every instrument terminal; drivers refuse whatever their whole set
of settings could put on a terminal beyond them, before a byte is sent.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from .errors import RangeError
from .line_timing import LineTiming
from .units import Ampere, Kelvin, Volt, show

Family = Literal["row", "column", "gate"]


class LineLimits(BaseModel):
    """Absolute limits of one family of lines: a voltage window and a current."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    low: Volt = 0.0
    high: Volt
    current: Ampere = Field(default=1e-2, gt=0)

    @model_validator(mode="after")
    def _window_holds_zero(self) -> "LineLimits":
        # Every shut-down goes to 0 V, so a window that excludes it could never be made safe.
        if not self.low <= 0.0 <= self.high:
            raise ValueError(f"window {self.low} V to {self.high} V must hold 0 V")
        return self


class TemperatureLimits(BaseModel):
    """How cold and how hot a chip may be made, in K."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    low: Kelvin = Field(default=273.15, gt=0)
    high: Kelvin = Field(gt=0)

    @model_validator(mode="after")
    def _low_is_below_high(self) -> "TemperatureLimits":
        if self.low > self.high:
            raise ValueError(f"low = {self.low} K is above high = {self.high} K")
        return self


class ChipLimits(BaseModel):
    """The chip's absolute limits, as its data sheet or its owner states them.

    read: V across a cell up to which its owner takes it for read; above, it is written, so that
    readings, products and feedback loops, which are no stimulus on record, are refused.
    temperature: without it no thermal stage may heat or cool the chip.  lines: how fast they
    charge; without it pulses are as short as their source can make them.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    row: LineLimits
    column: LineLimits
    gate: LineLimits = LineLimits(high=0.0)
    read: Volt = Field(default=0.5, gt=0)
    temperature: TemperatureLimits | None = None
    lines: LineTiming | None = None

    def stage(self) -> "TerminalLimits":
        """Return what a thermal stage under the chip may be set to; nothing, where none is said."""
        if self.temperature is None:
            return TerminalLimits(coldest=math.inf, hottest=-math.inf)
        return TerminalLimits(coldest=self.temperature.low, hottest=self.temperature.high)

    def family(self, name: Family) -> LineLimits:
        """Return the limits of one family of lines."""
        limits: LineLimits = getattr(self, name)
        return limits


@dataclass(frozen=True, slots=True)
class TerminalLimits:
    """What may be put on one instrument terminal: V, V, A. ``gate`` says that it reaches gates.

    read: V across a cell up to which it is read and not written.  coldest, hottest: K of a stage.
    timing: how fast the lines behind it charge.
    """

    low: float = -math.inf
    high: float = math.inf
    current: float = math.inf
    gate: bool = False
    read: float = math.inf
    coldest: float = 0.0
    hottest: float = math.inf
    timing: LineTiming | None = None

    def check_width(self, name: str, width: float) -> None:
        """Raise RangeError for a pulse of ``width`` s that is too short for the lines."""
        if self.timing is not None:
            self.timing.check_width(name, width)

    def check_voltage(self, name: str, value: float) -> None:
        """Raise RangeError unless ``value`` V is a number inside the window."""
        if not self.low <= value <= self.high:  # false for NaN as well
            raise RangeError(
                f"{name} = {show(value, 'V')}: the chip accepts "
                f"{show(self.low, 'V')} to {show(self.high, 'V')} there; nothing was sent"
            )

    def check_current(self, name: str, value: float) -> None:
        """Raise RangeError unless ``value`` A is a number within the limit."""
        if not abs(value) <= self.current:
            raise RangeError(
                f"{name} = {show(value, 'A')}: the chip accepts at most "
                f"{show(self.current, 'A')} there; nothing was sent"
            )

    def check_read(self, name: str, value: float) -> None:
        """Raise RangeError unless ``value`` V across a cell reads it and does not write it."""
        if not abs(value) <= self.read:
            raise RangeError(
                f"{name} = {show(value, 'V')}: the chip is read at no more than "
                f"{show(self.read, 'V')} (read limit); above it cells are written, which is for "
                "pulse and update; nothing was sent"
            )

    def check_temperature(self, name: str, kelvin: float) -> None:
        """Raise RangeError unless the chip may be brought to ``kelvin`` K."""
        if self.coldest > self.hottest:
            raise RangeError(
                f"{name} = {show(kelvin, 'K')}: the bench file states no [chip.limits] "
                "temperature, so that the chip is neither heated nor cooled; nothing was sent"
            )
        if not self.coldest <= kelvin <= self.hottest:  # false for NaN as well
            raise RangeError(
                f"{name} = {show(kelvin, 'K')}: the chip accepts "
                f"{show(self.coldest, 'K')} to {show(self.hottest, 'K')}; nothing was sent"
            )


UNLIMITED = TerminalLimits()


def tightest(
    limits: Iterable[LineLimits],
    *,
    gate: bool = False,
    read: Volt = math.inf,
    timing: LineTiming | None = None,
) -> TerminalLimits:
    """Return the intersection of the limits of all lines that a terminal can reach."""
    lines = list(limits)
    return TerminalLimits(
        low=max((line.low for line in lines), default=-math.inf),
        high=min((line.high for line in lines), default=math.inf),
        current=min((line.current for line in lines), default=math.inf),
        gate=gate,
        read=read,
        timing=timing,
    )


@dataclass(frozen=True, slots=True)
class Demand:
    """The worst that a recipe will ask of one family of lines. ``name`` is the recipe's field.

    reads: whether it reads cells and must not write them.  width: s, of the shortest pulse.
    kelvin: K, of the family "stage", which is what the chip lies on.
    """

    name: str
    family: Family | Literal["stage"]
    voltage: float = 0.0
    current: float = 0.0
    reads: bool = False
    kelvin: float = math.nan
    width: float = math.inf


def check_demands(
    demands: Iterable[Demand],
    limits: ChipLimits,
    set_terminal: Literal["row", "column"] = "row",
    *,
    gated: bool = True,
) -> None:
    """Raise RangeError for the first demand beyond the chip's limits.

    Recipes speak of a chip that is SET from its rows; on one that is SET from its columns the two
    families change places.  gated: whether the chip has gates; what is asked of none is no demand.
    """
    changed: dict[Family, Family] = {"row": "column", "column": "row", "gate": "gate"}
    for demand in demands:
        if demand.family == "stage":
            limits.stage().check_temperature(demand.name, demand.kelvin)
            continue
        if demand.family == "gate" and not gated:
            continue
        family = demand.family if set_terminal == "row" else changed[demand.family]
        terminal = tightest([limits.family(family)], read=limits.read)
        terminal.check_voltage(f"{demand.name} on the {family} lines", demand.voltage)
        terminal.check_current(f"{demand.name} on the {family} lines", demand.current)
        if limits.lines is not None:
            limits.lines.check_width(demand.name, demand.width)
        if demand.reads:
            terminal.check_read(demand.name, demand.voltage)
