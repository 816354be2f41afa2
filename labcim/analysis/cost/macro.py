"""Energy of one evaluation of a compute-in-memory macro, part by part, from its circuit.

Each part is a count of equal things and the energy of one of them by its law: a line that is
charged, a cell that conducts, a converter that compares. Efficiency is what the evaluation computes
over what all parts take; two operations are a multiplication and an addition.
"""

from dataclasses import dataclass

from .constants import Tag


@dataclass(frozen=True, slots=True)
class Part:
    """``count`` equal things that take ``each`` J; why, and how far the numbers are checked."""

    name: str
    count: float
    each: float
    why: str
    tag: Tag

    @property
    def energy(self) -> float:
        """Return the energy of all of them in J."""
        return self.count * self.each


@dataclass(frozen=True, slots=True)
class Macro:
    """A chip of which an efficiency was published.

    operations: of one evaluation.  overhead: of clocks and control, as a share of the parts.
    published: operations for each J.
    """

    name: str
    source: str
    operations: float
    parts: tuple[Part, ...]
    overhead: float
    published: float

    @property
    def energy(self) -> float:
        """Return the energy of one evaluation in J."""
        return (1.0 + self.overhead) * sum(part.energy for part in self.parts)

    @property
    def efficiency(self) -> float:
        """Return operations for each J; 1e12 is 1 TOPS/W."""
        return self.operations / self.energy

    def assumed(self) -> float:
        """Return the share of the energy that rests on numbers nobody published."""
        whole = sum(part.energy for part in self.parts)
        return sum(part.energy for part in self.parts if part.tag == "A") / whole

    def __str__(self) -> str:
        lines = [
            f"{self.name} ({self.source}): {self.efficiency / 1e12:.3g} TOPS/W, "
            f"published {self.published / 1e12:g}; {self.operations:g} operations"
        ]
        for part in self.parts:
            lines.append(
                f"  {part.name}: {part.count:g} × {part.each:.3g} J = {part.energy:.3g} J "
                f"[{part.tag}] {part.why}"
            )
        lines.append(f"  clocks and control: {self.overhead:.0%} [A]")
        return "\n".join(lines)


def charged(capacitance: float, supply: float, swing: float | None = None) -> float:
    """Return what a supply in V gives to raise a capacitance in F by ``swing`` V, in J."""
    return capacitance * supply * (supply if swing is None else swing)


def conducted(conductance: float, voltage: float, time: float) -> float:
    """Return what a conductance in S takes at ``voltage`` V for ``time`` s, in J."""
    return conductance * voltage**2 * time


def converted(bits: float, step: float) -> float:
    """Return the energy in J of a conversion with ``step`` J for each of its 2^bits steps.

    Walden's figure of merit (IEEE J. Sel. Areas Commun. 17:539, 1999).
    """
    return float(2.0**bits * step)


def biased(current: float, supply: float, time: float) -> float:
    """Return what a bias of ``current`` A takes from ``supply`` V in ``time`` s, in J."""
    return current * supply * time
