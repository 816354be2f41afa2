"""What a matrix did to its arrays, counted as it is done."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from labcim.analysis.cost.bill import Assumptions, Bill, bill
from labcim.analysis.cost.constants import Constant
from labcim.analysis.cost.work import Work
from labcim.protocol import Capabilities
from labcim.recorded import RecordedCells
from labcim.recorded_arrays import RecordedVectors


def accounted(given: Capabilities) -> tuple[Capabilities, Work]:
    """Return capabilities that do the same, and the Work that counts what is done with them."""
    topology = given.cells.topology
    work = Work(topology.rows, topology.columns)
    cells = RecordedCells(given.cells, work.pulsed, _cut, work.reads)
    vectors = given.vectors and RecordedVectors(given.vectors, _event(work), _cut)
    return replace(given, cells=cells, vectors=vectors), work


def _event(work: Work) -> Any:
    def happened(kind: str, text: str, data: Mapping[str, Any]) -> None:
        work.happened(kind, data)

    return happened


def _cut(kind: str, text: str, data: Mapping[str, Any]) -> None:
    """Leave it to who owns the record: the error itself is raised as well."""


def billed(work: Work, mean_conductance: float) -> Bill:
    """Return the bill of a matrix whose cells have such a conductance in S on average."""
    mean = Constant(
        mean_conductance, "S", "mean conductance of the matrix's cells", "their targets", "C"
    )
    return bill(work, replace(Assumptions(), mean_conductance=mean))
