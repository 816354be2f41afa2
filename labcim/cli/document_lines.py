"""Documents as lines, for ``labcim watch`` and ``labcim replay``."""

import json
from collections.abc import Mapping
from dataclasses import fields
from typing import Any

import numpy as np

from labcim import documents as said
from labcim.documents import Document
from labcim.result_text import result_row


def line_of(document: Document) -> str:
    """Return a document as one line for people; an empty string for what says little."""
    match document:
        case said.RunStart():
            return f"run {document.run}: {document.protocol} on {document.chip}"
        case said.Attempt():
            return f"unit {document.unit}, attempt {document.number}, {len(document.cells)} cells"
        case said.Pulses():
            return f"unit {document.unit}: {len(document.train)} cells pulsed"
        case said.Readings():
            rows = len(next(iter(document.columns.values()), ()))
            return f"unit {document.unit}: {rows} rows"
        case said.Event():
            return f"{document.level}: {document.message}"
        case said.Result():
            name, value, _, _, verdict = result_row(document)
            return f"{name}: {value} {verdict}".rstrip()
        case said.UnitDone():
            return f"unit {document.unit} is done"
        case said.RunStop():
            return f"{document.state}: {document.reason}"
        case _:
            return ""


def json_line(document: Document) -> str:
    """Return a document as one line of JSON, with its kind."""
    values = {item.name: getattr(document, item.name) for item in fields(document)}
    kind = type(document).__name__
    return json.dumps({"kind": kind, **values}, default=_listed)


def _listed(value: Any) -> Any:
    """Return arrays as lists; a packed train becomes one list for each of its fields."""
    if isinstance(value, np.ndarray) and value.dtype.names:
        return {name: value[name].tolist() for name in value.dtype.names}
    if isinstance(value, np.ndarray | np.generic):
        return value.tolist()
    if isinstance(value, Mapping):
        return dict(value)
    return {name: getattr(value, name) for name in value.__dataclass_fields__}
