"""What the Channels of a run declare, as far as it can be shown; oddities are left out."""

import logging
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from labcim.documents import Channel
from labcim.plots import PlotSpec

_KINDS = ("map", "line", "scatter", "histogram", "cdf", "table")

log = logging.getLogger(__name__)


def dtypes_of(channels: Iterable[Channel]) -> dict[str, np.dtype[Any]]:
    """Return the dtype of each channel that has one plain value a row."""
    found = {}
    for channel in channels:
        try:
            dtype = np.dtype(channel.dtype)
        except (TypeError, ValueError, SyntaxError):  # numpy parses what it is told
            log.warning("channel %s is not shown: its dtype is %r", channel.name, channel.dtype)
            continue
        if channel.shape == () and dtype.kind in "biufcSU" and dtype.itemsize:
            found[channel.name] = dtype
    return found


def plots_of(declared: Iterable[Mapping[str, Any]]) -> tuple[PlotSpec, ...]:
    """Return the plots that can be made of plain values; a later version may know other ones."""
    found = []
    for values in declared:
        try:
            plot = PlotSpec.from_mapping(values)
        except (TypeError, AttributeError) as trouble:
            log.warning("a plot is not shown: %s", trouble)
            continue
        if plot.kind in _KINDS and isinstance(plot.y, str):
            found.append(plot)
        else:
            log.warning("a plot is not shown: %r", plot)
    return tuple(found)


def fitting(
    columns: Mapping[str, NDArray[Any]], dtypes: Mapping[str, np.dtype[Any]], count: int
) -> list[NDArray[Any]] | None:
    """Return the columns of ``count`` rows in their declared order and dtype; None if they differ.

    Columns that nothing declares are left out.
    """
    try:
        parts = [columns[name] for name in dtypes]
    except KeyError:
        return None
    if [part.shape for part in parts] != [(count,)] * len(parts):
        return None
    if [part.dtype for part in parts] == [*dtypes.values()]:
        return parts
    if not all(map(_can_be, parts, dtypes.values())):
        return None
    return [part.astype(dtype) for part, dtype in zip(parts, dtypes.values(), strict=True)]


def _can_be(part: NDArray[Any], dtype: np.dtype[Any]) -> bool:
    return bool(np.can_cast(part.dtype, dtype, "same_kind"))
