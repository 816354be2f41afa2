"""The table [wafer] of a chip file: which dies there are, and how they differ."""

from typing import Annotated, Self

from pydantic import Field, model_validator

from .chip_parts import Table

Coordinate = Annotated[int, Field(ge=-999, le=999)]
DiePlace = tuple[Coordinate, Coordinate]


class OtherDie(Table):
    """A die that is not as the chip file says. constants: added to those of the chip."""

    die: DiePlace
    stuck: float | None = Field(default=None, ge=0, le=1)
    formed: bool | None = None
    constants: dict[str, float | list[float]] = Field(default_factory=dict)


class WaferTable(Table):
    """Dies at (x, y), all with the shape and preset of the chip, each with a seed of its own.

    missed: share of touchdowns in which one of the die's rows stays untouched.
    """

    dies: tuple[DiePlace, ...] = Field(min_length=1, max_length=10_000)
    missed: float = Field(default=0.0, ge=0, le=1)
    other: tuple[OtherDie, ...] = ()

    @model_validator(mode="after")
    def _known_once(self) -> Self:
        if len(set(self.dies)) < len(self.dies):
            raise ValueError("dies: one of them is listed twice")
        others = [other.die for other in self.other]
        if unknown := sorted(set(others) - set(self.dies)):
            raise ValueError(f"other: {unknown} are no dies of the wafer")
        if len(set(others)) < len(others):
            raise ValueError("other: one die is listed twice")
        return self
