"""Files of the NI-RRAM project, told apart by their columns and what stands in them."""

from pathlib import Path

from labcim.errors import RecordError

from .cycle_files import CYCLES, is_paired, paired
from .kind import Kind
from .noise_files import NOISE
from .numbers import Table, read_table
from .resistance_maps import MAP, WRITTEN, has_levels
from .sweep_files import SWEEP

FORMAT = "ni-rram"
_BY_COLUMNS = {len(kind.columns): kind for kind in (MAP, SWEEP, CYCLES, NOISE)}


def recognised(path: Path) -> tuple[Table, Kind]:
    """Read a file and say what it is. Raises RecordError that names the line."""
    table = read_table(path)
    columns = table.values.shape[1]
    if columns not in _BY_COLUMNS:
        known = "; ".join(f"{n}: {', '.join(k.columns)}" for n, k in sorted(_BY_COLUMNS.items()))
        raise RecordError(f"{table.name}: {columns} columns; known are {known}")
    kind = _BY_COLUMNS[columns]
    if kind is SWEEP and is_paired(table):
        return paired(table), CYCLES
    return table, WRITTEN if kind is MAP and has_levels(table) else kind
