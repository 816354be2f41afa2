"""Tables of a chip file that say what the array has besides its cells. By default it has nothing.

A line has one segment of wire before each cell and one after the last: n + 1 for n cells.
"""

from typing import Annotated, Literal, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from labcim.units import Ampere, Farad, Kelvin, Ohm, Second, Volt

Place = tuple[int, int]  # row, column


class Table(BaseModel):
    """A table: frozen, and without keys that nobody knows."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


def _around_ground(window: tuple[float, float]) -> tuple[float, float]:
    """Raise ValueError unless a window has room and holds 0 V: a shut-down goes there."""
    low, high = window
    if not (low <= 0.0 <= high and low < high):
        raise ValueError(f"{low:g} to {high:g} V: accepts lowest <= 0 V <= highest, not both 0 V")
    return window


Window = Annotated[tuple[Volt, Volt], AfterValidator(_around_ground)]


class Windows(Table):
    """What each family of lines stands, in V: lowest, highest. None is all that drivers give."""

    row: Window | None = None
    column: Window | None = None
    gate: Window | None = None


class Wires(Table):
    """Resistances and capacitances of the lines.

    row, column: ohm of each segment.  driver: ohm between a line and what drives a pulse on it.
    sense: ohm between a line and what measures its current.  row_side, column_side: the ends where
    drivers and sense channels are.  *_capacitance: F of each segment to ground; the gate lines'
    wire is not resistive.
    """

    row: Ohm = Field(default=0.0, ge=0)
    column: Ohm = Field(default=0.0, ge=0)
    driver: Ohm = Field(default=0.0, ge=0)
    sense: Ohm = Field(default=0.0, ge=0)
    row_side: Literal["left", "right", "both"] = "left"
    column_side: Literal["top", "bottom", "both"] = "bottom"
    row_capacitance: Farad = Field(default=0.0, ge=0)
    column_capacitance: Farad = Field(default=0.0, ge=0)
    gate_capacitance: Farad = Field(default=0.0, ge=0)

    @property
    def ideal(self) -> bool:
        """Say whether nothing is resistive."""
        return not (self.row or self.column or self.driver or self.sense)

    @property
    def instant(self) -> bool:
        """Say whether lines take no time."""
        return not (self.row_capacitance or self.column_capacitance or self.gate_capacitance)


Name = Annotated[str, Field(pattern=r"^\S+$")]


class Resistor(Table):
    """A resistor beside the chip. between: terminals, pads, "ground" or any other name; ohm."""

    between: tuple[Name, Name]
    ohm: Ohm = Field(gt=0)

    @model_validator(mode="after")
    def _two_ends(self) -> Self:
        if self.between[0] == self.between[1]:
            raise ValueError(f"between {self.between[0]!r} and itself: accepts two names")
        return self


class Selector(Table):
    """What is in series with each cell of a 1S1R chip: I = leakage sinh(V / steepness)."""

    leakage: Ampere = Field(gt=0)
    steepness: Volt = Field(gt=0)


class Heating(Table):
    """What cells do to their neighbours: kelvin for each watt that they turn into heat.

    neighbour: K/W at the four nearest cells.  diagonal: K/W at the next four.  time: s, in which
    the warmth comes and goes.
    """

    neighbour: float = Field(default=0.0, ge=0)
    diagonal: float = Field(default=0.0, ge=0)
    time: Second = Field(default=0.0, ge=0)
    most: Kelvin = Field(default=1000.0, gt=0)


Break = tuple[Annotated[str, Field(pattern=r"^(row|column)\.\d+$")], Annotated[int, Field(ge=0)]]


class CellFaults(Table):
    """What is wrong in the array itself.

    shorted_cells, open_cells: (row, column); a shorted one joins its row and its column by
    short_resistance ohm whatever its gate says.  broken: a line, such as "row.3", and the segment
    of it that is missing: 0 is the one before the first cell, from the left or the top.
    """

    shorted_cells: list[Place] = Field(default_factory=list)
    open_cells: list[Place] = Field(default_factory=list)
    short_resistance: Ohm = Field(default=10.0, gt=0)
    broken: list[Break] = Field(default_factory=list)

    @model_validator(mode="after")
    def _once(self) -> Self:
        both = set(self.shorted_cells) & set(self.open_cells)
        if both:
            raise ValueError(f"cells {sorted(both)} are both shorted and open")
        return self

    @property
    def sound(self) -> bool:
        """Say whether nothing is wrong."""
        return not (self.shorted_cells or self.open_cells or self.broken)

    def check(self, rows: int, columns: int) -> None:
        """Raise ValueError for what an array of that shape has not."""
        for row, column in (*self.shorted_cells, *self.open_cells):
            if not (0 <= row < rows and 0 <= column < columns):
                raise ValueError(f"cell ({row}, {column}): the chip has {rows} x {columns} cells")
        for name, segment in self.broken:
            family, index = name.split(".")
            lines, segments = (rows, columns) if family == "row" else (columns, rows)
            if int(index) >= lines or segment > segments:
                raise ValueError(
                    f"broken {name}, segment {segment}: the chip has {lines} {family} lines of"
                    f" {segments + 1} segments"
                )
