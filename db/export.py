"""Tables of a run as files that other programs read: CSV and Parquet."""

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from labcim.errors import RecordError
from labcim.record import ExportFormat

from .frames import TABLES, Pieces
from .replay import Teller

if TYPE_CHECKING:
    import pandas as pd

_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")
"""A cell of text that begins so is run as a formula by spreadsheets."""


def export(tell: Teller, folder: Path, form: ExportFormat) -> list[Path]:
    """Write the tables of a run into ``folder``, and return the files.

    A CSV has a line of column names; what units they have stands in ``…-units.csv``. In Parquet
    the units are in the file, and pandas reads them back into ``attrs``. A file appears when it is
    complete. Raises RecordError where the folder cannot be written.
    """
    if form not in ("csv", "parquet"):
        raise RecordError(f"export format {form!r:.40}: accepted are csv and parquet")
    stem = re.sub(r"[^A-Za-z0-9_-]", "_", tell.uuid)[:64]
    written: list[Path] = []
    units: dict[tuple[str, str], str] = {}
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, pieces in TABLES.items():
            path = folder / f"{stem}-{name}.{form}"
            write = _write_csv if form == "csv" else _write_parquet
            found = write(path, pieces(tell))
            units.update({(name, column): unit for column, unit in found.items()})
            written.append(path)
        if form == "csv":
            written.append(_write_units(folder / f"{stem}-units.csv", units))
    except OSError as trouble:
        raise RecordError(f"export to {folder}: {trouble.strerror or trouble}") from trouble
    return written


def harmless(text: str) -> str:
    """Return text that a spreadsheet shows and does not run: a quote goes before a formula."""
    return f"'{text}" if text.startswith(_FORMULA) else text


@contextmanager
def _when_complete(path: Path) -> Iterator[Path]:
    """Give a name to write under; it becomes ``path`` when all is written, else nothing stays."""
    part = path.with_name(f"{path.name}.part")
    try:
        yield part
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def _write_csv(path: Path, pieces: Pieces) -> dict[str, str]:
    units: dict[str, str] = {}
    with _when_complete(path) as part:
        names: list[str] = []
        for frame in pieces:
            if names and list(frame.columns) != names:
                raise RecordError(
                    f"export to {path}: the batches of this run have different columns; use Parquet"
                )
            first = not names
            names = list(frame.columns)
            units |= frame.attrs["units"]
            _harmless_frame(frame).to_csv(
                part, mode="w" if first else "a", header=first, index=False, na_rep="NaN",
                encoding="utf-8",
            )  # fmt: skip
    return units


def _write_units(path: Path, units: dict[tuple[str, str], str]) -> Path:
    import pandas as pd

    rows = [(table, column, unit) for (table, column), unit in units.items()]
    frame = pd.DataFrame(rows, columns=["table", "column", "unit"])
    with _when_complete(path) as part:
        _harmless_frame(frame).to_csv(part, index=False, encoding="utf-8")
    return path


def _harmless_frame(frame: "pd.DataFrame") -> "pd.DataFrame":
    import pandas as pd

    safe = frame.rename(columns=harmless)
    for name in safe.columns:
        column = safe[name]
        if isinstance(column.dtype, pd.CategoricalDtype):
            safe[name] = column.astype(object).map(harmless)
        elif not pd.api.types.is_numeric_dtype(column.dtype):
            safe[name] = column.map(lambda value: harmless(str(value)))
    return safe


def _write_parquet(path: Path, pieces: Pieces) -> dict[str, str]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    units: dict[str, str] = {}
    writer: pq.ParquetWriter | None = None
    with _when_complete(path) as part:
        try:
            for frame in pieces:
                units |= frame.attrs["units"]
                table = pa.Table.from_pandas(frame, preserve_index=False)
                if writer is None:
                    # The key under which pandas keeps ``attrs``.
                    said = {**(table.schema.metadata or {}), b"PANDAS_ATTRS": _json(frame.attrs)}
                    writer = pq.ParquetWriter(part, table.schema.with_metadata(said))
                writer.write_table(table.cast(writer.schema))
        except (ValueError, KeyError, pa.ArrowException) as trouble:
            raise RecordError(f"export to {path}: {trouble}") from trouble
        finally:
            if writer is not None:
                writer.close()
    return units


def _json(value: object) -> bytes:
    return json.dumps(value).encode()
