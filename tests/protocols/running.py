"""Runs a protocol as the runner does, without record or instruments."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from fake_cells import FakeCells
from numpy.typing import NDArray

from labcim.protocol import Capabilities, Carry, Finding, Progress, ProtocolSpec, Rows, check_rows
from labcim.recipe import Recipe


@dataclass
class Done:
    """All rows of a run, its findings, and what each unit handed on."""

    rows: dict[str, NDArray[Any]]
    findings: list[Finding]
    carries: list[Carry] = field(default_factory=list)
    progress: list[Progress] = field(default_factory=list)

    def finding(self, name: str) -> Finding:
        return next(finding for finding in self.findings if finding.name == name)


def run(
    spec: ProtocolSpec, recipe: Recipe, cells: FakeCells, lines: Any = None, stage: Any = None
) -> Done:
    given = Capabilities(cells.clock, cells, lines, stage=stage)
    batches, findings, carries, progress = [], [], [], []
    carry: Carry = {}
    for unit in recipe.units(cells.topology):
        steps = spec.run(recipe, given, unit, carry)
        while True:
            try:
                step = next(steps)
            except StopIteration as end:
                carry = end.value or {}
                carries.append(carry)
                break
            if isinstance(step, Rows):
                batches.append(check_rows(step.columns, spec.channels))
            elif isinstance(step, Finding):
                findings.append(step)
            else:
                progress.append(step)
    rows = {c.name: np.concatenate([b[c.name] for b in batches]) for c in spec.channels}
    findings += spec.summarise(recipe, rows)
    if "cell" in rows and len(np.unique(rows["cell"])) == len(rows["cell"]):
        order = np.argsort(rows["cell"])  # by cell, whatever order they were served in
        rows = {name: column[order] for name, column in rows.items()}
    return Done(rows, findings, carries, progress)
