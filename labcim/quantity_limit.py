"""Limits that a recipe puts on quantities by name: ``yield = { low = "99 %" }``."""

import math
from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    StrictFloat,
    StrictInt,
    StrictStr,
    model_validator,
)

from .errors import RecipeError
from .units import parse_quantity

Bound = StrictInt | StrictFloat | StrictStr | None


class Limit(BaseModel):
    """What a quantity must be: at least ``low``, at most ``high``; numbers are in base SI."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    name: str = Field(min_length=1, max_length=200)
    low: Bound = None
    high: Bound = None

    @model_validator(mode="after")
    def _says_something(self) -> "Limit":
        if self.low is None and self.high is None:
            raise ValueError(f"limits: {self.name!r} needs low, high, or both")
        return self

    def bounds(self, unit: str) -> tuple[float, float]:
        """Return (lowest, highest) in ``unit``, infinite where open.

        Raises RecipeError where a bound is in another unit, or the lower one is above the other.
        """
        try:
            low = -math.inf if self.low is None else _number(self.low, unit)
            high = math.inf if self.high is None else _number(self.high, unit)
        except RecipeError as trouble:
            raise RecipeError(f"limits: {self.name!r}: {trouble}") from trouble
        if low > high:
            raise RecipeError(f"limits: {self.name!r}: low {self.low} is above high {self.high}")
        return low, high


def _number(bound: float | str, unit: str) -> float:
    if isinstance(bound, str) and bound.strip().endswith("%"):
        if unit not in ("", "1", "%"):
            raise RecipeError(f"{bound!r} is in %, expected {unit}")
        return parse_quantity(bound.strip().removesuffix("%"), "") / 100.0
    return parse_quantity(bound, "" if unit in ("1", "%") else unit)


def _from_table(value: Any) -> Any:
    """Take ``{name: {low, high}}`` as it stands in TOML."""
    if not isinstance(value, Mapping):
        return value
    wrong = [name for name, bounds in value.items() if not isinstance(bounds, Mapping)]
    if wrong:
        raise ValueError(f"{wrong[0]!r}: write {{ low = ..., high = ... }}")
    return tuple({**bounds, "name": name} for name, bounds in value.items())


def _as_table(limits: tuple[Limit, ...]) -> dict[str, dict[str, Any]]:
    return {limit.name: limit.model_dump(exclude={"name"}, exclude_none=True) for limit in limits}


Limits = Annotated[tuple[Limit, ...], BeforeValidator(_from_table), PlainSerializer(_as_table)]
"""Limits by the name of a finding or a channel; a table of tables in TOML."""
