"""The bill of what was done: energy and time of each kind of work, area, and what was assumed."""

from dataclasses import dataclass, field

from . import digital
from .area import CrossbarArea
from .constants import (
    APERTURE,
    CONVERTER_AREA,
    CONVERTER_STEP,
    LINE_CAPACITANCE,
    MEAN_CONDUCTANCE,
    PITCH,
    Constant,
)
from .work import Work


@dataclass(frozen=True, slots=True)
class Assumptions:
    """What the record does not tell; each with its source."""

    aperture: Constant = APERTURE
    mean_conductance: Constant = MEAN_CONDUCTANCE
    converter_step: Constant = CONVERTER_STEP
    line_capacitance: Constant = LINE_CAPACITANCE
    pitch: Constant = PITCH

    def told(self) -> list[str]:
        """Return one sentence for each."""
        constants = (
            self.aperture, self.mean_conductance, self.converter_step, self.line_capacitance,
            self.pitch, CONVERTER_AREA,
        )  # fmt: skip
        return [str(constant) for constant in constants]


@dataclass(frozen=True, slots=True)
class Item:
    """One kind of work. energy: J.  time: s, None without one of its own.  how: it was found."""

    what: str
    count: float
    energy: float
    time: float | None
    how: str


@dataclass(frozen=True, slots=True)
class Bill:
    """What a run cost on the chip. area: m².  digital: J, the same products by a processor."""

    items: tuple[Item, ...]
    area: CrossbarArea
    converters: int
    bench_time: float
    macs: float
    digital: float
    not_counted: tuple[str, ...]
    assumptions: Assumptions = field(default_factory=Assumptions)

    @property
    def energy(self) -> float:
        """Return the sum of the items in J."""
        return sum(item.energy for item in self.items)

    def __str__(self) -> str:
        """Return one line for each item, and what was assumed."""
        lines = [f"{item.what}: {item.count:g}, {item.energy:.3g} J" for item in self.items]
        lines.append(f"energy {self.energy:.3g} J, area {self.area.cells:.3g} m²")
        lines.append("not counted: " + "; ".join(self.not_counted))
        return "\n".join([*lines, *(f"assumed: {told}" for told in self.assumptions.told())])


def bill(work: Work, assumed: Assumptions | None = None) -> Bill:
    """Return what ``work`` cost: in the cells, on their lines and in converters."""
    known = assumed or Assumptions()
    mean = known.mean_conductance.value
    across = work.columns * known.line_capacitance.value
    aperture = known.aperture.value
    items = (
        Item(
            "pulses, in cells", work.pulses, work.pulse_energy + work.unmeasured * mean,
            work.pulse_time,
            "amplitude × peak current × width, as if the peak lasted: at most this; mean "
            "conductance where no current was measured",
        ),
        Item(
            "pulses, on lines", work.pulses, work.row_squares * across, None,
            "a line with its cells, charged once a pulse",
        ),
        Item(
            "readings, in cells", work.reads.readings, work.reads.power * aperture,
            work.reads.readings * aperture, "voltage × current × aperture, one after the other",
        ),
        Item(
            "products, in cells", work.vectors, work.vector_squares * mean, work.vector_time,
            "squares of the driven voltages × mean conductance × pulse",
        ),
        Item(
            "products, in converters", work.conversions,
            work.steps * known.converter_step.value, None,
            "2^bits steps a conversion, each sensed line and phase",
        ),
    )  # fmt: skip
    area = CrossbarArea(max(work.rows, 1), max(work.columns, 1), known.pitch.value)
    return Bill(
        tuple(item for item in items if item.count),
        area,
        work.columns,
        work.bench_time,
        work.macs,
        digital.multiply_accumulate(work.macs),
        _not_counted(work),
        known,
    )


def _not_counted(work: Work) -> tuple[str, ...]:
    found = ["the instruments themselves, gate lines, and control"]
    if not work.reads.readings:
        found.append("readings: this run has none on record")
    if work.line_states:
        found.append(f"{work.line_states} states of single lines: their currents are not on record")
    if work.loops:
        found.append(f"{work.loops} feedback loops: the currents of their amplifiers are not known")
    return tuple(found)
