"""What became of each cell of a run, in the words of production test."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from labcim.documents import Attempt, Document, Outcome, Readings, RunStop
from labcim.verdicts import VERDICT, Verdict

if TYPE_CHECKING:
    import pandas as pd

_WORDS: dict[int, Outcome] = {
    Verdict.NONE: "NONE",
    Verdict.PASS: "PASS",
    Verdict.FAIL: "FAIL",
    Verdict.ERROR: "ERROR",
}

_WITHOUT_A_ROW: dict[str, Outcome] = {"completed": "NONE", "failed": "ERROR"}


def cell_outcomes(documents: Iterable[Document]) -> "pd.Series[Any]":
    """Return the outcome of every cell that a run set out to treat, by cell.

    PASS, FAIL and ERROR as the recipe's limits on channels say of the cell's last row. A cell
    without a row is ABORTED where the run was stopped, aborted or cut off, ERROR where it failed.
    """
    import pandas as pd

    meant: set[int] = set()
    found: dict[int, Outcome] = {}
    state = "interrupted"
    for document in documents:
        match document:
            case Attempt():
                meant.update(document.cells.tolist())
            case Readings() if "cell" in document.columns:
                cells = document.columns["cell"]
                verdicts = document.columns.get(VERDICT)
                said = [Verdict.NONE] * len(cells) if verdicts is None else verdicts.tolist()
                found.update(zip(cells.tolist(), map(_WORDS.__getitem__, said), strict=True))
            case RunStop():
                state = document.state
            case _:
                pass
    missing = _WITHOUT_A_ROW.get(state, "ABORTED")
    outcomes = {cell: found.get(cell, missing) for cell in sorted(meant | set(found))}
    return pd.Series(outcomes, name="outcome", dtype=object).rename_axis("cell")
