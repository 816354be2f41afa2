"""Which cells of an array a recipe means: all, a rectangle written as slices, or a list."""

import re
from typing import Annotated

import numpy as np
from pydantic import AfterValidator

from labcim.capabilities import CellIndices, Topology
from labcim.errors import RecipeError

_SLICES = re.compile(r"\s*(\d*):(\d*)\s*,\s*(\d*):(\d*)\s*")


def _check(cells: str | tuple[tuple[int, int], ...]) -> str | tuple[tuple[int, int], ...]:
    if isinstance(cells, str) and cells != "all" and not _SLICES.fullmatch(cells):
        raise ValueError(
            'give "all", "first row:end, first column:end", or a list of [row, column]'
        )
    if not cells:
        raise ValueError("give at least one cell")
    return cells


CellSelection = Annotated[str | tuple[tuple[int, int], ...], AfterValidator(_check)]
"""``"all"``, ``"0:8, 0:16"`` (rows, columns; the end is not included), ``[[0, 1], [2, 3]]``."""


def chosen_cells(cells: str | tuple[tuple[int, int], ...], topology: Topology) -> CellIndices:
    """Return the chosen cells, each once: row-major, or in the order of the list.

    Raises RecipeError for a cell that the array does not have.
    """
    if isinstance(cells, str):
        return _rectangle(cells, topology)
    places = np.array(cells, dtype=np.int64).reshape(-1, 2)
    for row, column in places:
        if not (0 <= row < topology.rows and 0 <= column < topology.columns):
            raise RecipeError(
                f"cells: [{row}, {column}] is not on the array of "
                f"{topology.rows} rows and {topology.columns} columns"
            )
    flat = places[:, 0] * topology.columns + places[:, 1]
    _, first = np.unique(flat, return_index=True)
    return np.asarray(flat[np.sort(first)], dtype=np.uint32)


def _rectangle(text: str, topology: Topology) -> CellIndices:
    if text == "all":
        return topology.all_cells()
    match = _SLICES.fullmatch(text)
    if match is None:
        raise RecipeError(f"cells = {text!r}: not a rectangle such as 0:8, 0:16")
    first_row, end_row, first_column, end_column = match.groups()
    rows = range(int(first_row or 0), int(end_row or topology.rows))
    columns = range(int(first_column or 0), int(end_column or topology.columns))
    if not rows or not columns or rows.stop > topology.rows or columns.stop > topology.columns:
        raise RecipeError(
            f"cells = {text!r}: not inside the array of {topology.rows} rows "
            f"and {topology.columns} columns"
        )
    grid = np.add.outer(np.array(rows) * topology.columns, np.array(columns))
    return np.asarray(grid.ravel(), dtype=np.uint32)


def along_gates(cells: CellIndices, topology: Topology) -> CellIndices:
    """Return the cells ordered by their gate line, which a board serves as one step.

    Cells that are done together are then read soon after they were pulsed: less relaxes meanwhile.
    """
    row, column = places(cells, topology)
    line = {"row": row, "column": column, "cell": cells}[topology.gate_along]
    return cells[np.argsort(line, kind="stable")]


def places(cells: CellIndices, topology: Topology) -> tuple[CellIndices, CellIndices]:
    """Return (rows, columns) of cells, each of shape (cells,)."""
    row, column = np.divmod(cells, np.uint32(topology.columns))
    return row.astype(np.uint32), column.astype(np.uint32)
