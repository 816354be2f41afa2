"""Area of a crossbar, and how many lines select its cells (D4)."""

from dataclasses import dataclass

from labcim.errors import RangeError

from .constants import CONVERTER_AREA, PITCH


@dataclass(frozen=True, slots=True)
class CrossbarArea:
    """A crossbar of ``rows`` × ``columns`` lines at ``pitch`` m.

    select_lines: lines that address it; n + n for n² cells, since a cell is where two lines cross.
    cells: m², of the crossings alone.  density: bits for each m².
    """

    rows: int
    columns: int
    pitch: float = PITCH.value
    bits: int = 1

    def __post_init__(self) -> None:
        if self.rows < 1 or self.columns < 1 or self.bits < 1 or not 1e-9 <= self.pitch <= 1e-2:
            raise RangeError(
                f"crossbar of {self.rows} × {self.columns} lines, pitch {self.pitch:g} m, "
                f"{self.bits} bits a cell: accepts 1 or more of each, 1e-9 m to 1e-2 m"
            )

    @property
    def select_lines(self) -> int:
        """Return how many lines select the cells."""
        return self.rows + self.columns

    @property
    def cells(self) -> float:
        """Return the area of the cells in m²."""
        return self.rows * self.columns * self.pitch**2

    @property
    def density(self) -> float:
        """Return the bits on each m²."""
        return self.bits / self.pitch**2

    def with_converters(self, converters: int) -> float:
        """Return the area in m² with so many 8 bit converters beside the cells."""
        return self.cells + converters * CONVERTER_AREA.value
