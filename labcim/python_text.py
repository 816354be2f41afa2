"""Values written as Python text that gives them back: for tests made from recordings."""

import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields, is_dataclass
from enum import Enum
from typing import Any

import numpy as np
from numpy.typing import NDArray

_LONGEST = 4096  # values of an array; more are no text that anybody reads


@dataclass(frozen=True, slots=True)
class Source:
    """Python text, and the names that it takes for imported: name -> module."""

    text: str
    names: Mapping[str, str] = field(default_factory=dict)


def source_of(value: object) -> Source | None:
    """Return text whose value equals ``value``; None for what has none that can be relied on."""
    if isinstance(value, Enum):
        kind = type(value)
        return Source(f"{kind.__name__}({value.value!r})", {kind.__name__: kind.__module__})
    if isinstance(value, np.ndarray | np.generic):
        return _array(np.asarray(value))
    if isinstance(value, float):
        return Source(repr(value) if math.isfinite(value) else f'float("{value}")')
    if value is None or isinstance(value, bool | int | str | bytes):
        return Source(repr(value))
    if isinstance(value, tuple):
        return _joined([("", item) for item in value], "({},)" if len(value) == 1 else "({})")
    if isinstance(value, list):
        return _joined([("", item) for item in value], "[{}]")
    if isinstance(value, Mapping):
        return _joined([(f"{name!r}: ", item) for name, item in value.items()], "{{{}}}")
    if is_dataclass(value) and not isinstance(value, type):
        return _dataclass(value)
    return None


def call_source(name: str, places: Iterable[object], words: Mapping[str, object]) -> Source | None:
    """Return the text of a call with these arguments; None where one of them has no text."""
    parts = [("", item) for item in places] + [(f"{key}=", item) for key, item in words.items()]
    return _joined(parts, f"{name}({{}})")


def _joined(parts: Iterable[tuple[str, object]], form: str) -> Source | None:
    """Return values with something before each, one after the other; None where one has no text."""
    texts: list[str] = []
    names: dict[str, str] = {}
    for before, value in parts:
        source = source_of(value)
        if source is None:
            return None
        texts.append(before + source.text)
        names.update(source.names)
    return Source(form.format(", ".join(texts)), names)


def _array(value: NDArray[Any]) -> Source | None:
    if value.dtype.kind not in "biuf" or value.size > _LONGEST:
        return None
    listed = re.sub(r"\b(nan|inf)\b", r"np.\1", repr(value.tolist()))
    return Source(f'np.array({listed}, "{value.dtype.str[1:]}")', {"np": "numpy"})


def _dataclass(value: Any) -> Source | None:
    kind = type(value)
    told = {item.name: getattr(value, item.name) for item in fields(kind) if item.init}
    made = call_source(kind.__name__, (), told)
    return made and Source(made.text, {**made.names, kind.__name__: kind.__module__})
