"""What a PlotSpec shows of some rows, as numbers ready to be drawn: one room for all who draw.

Report and dashboard put the same values, in the same handy multiples of their units, on the same
axes; only pen and paper differ.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .documents import Channel
from .plots import PlotSpec
from .units import show

Floats = NDArray[np.float64]
Rows = Mapping[str, NDArray[Any]]

_PREFIX = {-15: "f", -12: "p", -9: "n", -6: "µ", -3: "m", 0: "", 3: "k", 6: "M", 9: "G"}
_MOST_GROUPS = 12
_BINS = 60
_MOST_WHOLE = 200  # different whole numbers that get a bar each


@dataclass(frozen=True, slots=True)
class Trace:
    """One curve: x and y equally long; of a histogram x holds the n + 1 edges of n counts."""

    name: str
    x: Floats
    y: Floats


@dataclass(frozen=True, slots=True)
class Plotted:
    """Traces, or for a map the picture: shape (rows, columns), NaN where nothing was read.

    levels: the range of a map's colours, which a few odd cells do not stretch.  signed: its middle
    is zero.  Of a map, ``y_label`` is that of the colours.  across, down: of a table, the values of
    its columns and rows, first the label.
    """

    spec: PlotSpec
    x_label: str
    y_label: str
    traces: tuple[Trace, ...] = ()
    picture: Floats | None = None
    levels: tuple[float, float] = (0.0, 1.0)
    signed: bool = False
    across: tuple[str, ...] = ()
    down: tuple[str, ...] = ()


def plotted(
    spec: PlotSpec,
    rows: Rows,
    channels: Mapping[str, Channel],
    shape: tuple[int, int] | None = None,
) -> Plotted:
    """Return what ``spec`` shows of ``rows``: one array for each channel, equally long.

    shape: of the array, for a map; without it the map ends at the last cell among the rows.
    """
    chosen = _chosen(spec, rows)
    match spec.kind:
        case "map":
            return _map(spec, chosen, channels, shape)
        case "table":
            return _table(spec, chosen, channels)
        case "histogram":
            return _histogram(spec, chosen, channels)
        case "cdf":
            return _cdf(spec, chosen, channels)
        case _:
            return _curves(spec, chosen, channels)


def scale_of(values: NDArray[Any], channel: Channel) -> tuple[float, str]:
    """Return (divisor, axis label) that show a channel in a handy multiple of its unit."""
    title = channel.name.replace("_", " ")
    if not channel.unit:
        return 1.0, title
    finite = np.abs(values[np.isfinite(values)])
    largest = float(finite.max(initial=0.0))
    power = 0 if largest == 0 else int(np.clip(3 * (np.floor(np.log10(largest)) // 3), -15, 9))
    return 10.0**power, f"{title} ({_PREFIX[power]}{channel.unit})"


def usual_range(values: Floats, signed: bool) -> tuple[float, float]:
    """Return a range that a few dead cells do not stretch: what is inside Tukey's fences."""
    finite = values[np.isfinite(values)]
    if not finite.size:
        return 0.0, 1.0
    lower, upper = np.percentile(finite, [25, 75])
    reach = 1.5 * (upper - lower)
    inside = finite[(finite >= lower - reach) & (finite <= upper + reach)] if reach else finite
    low, high = float(inside.min()), float(inside.max())
    limit = max(-low, high, 1e-30)
    return (-limit, limit) if signed else (low, high)


def is_signed(name: str) -> bool:
    """Say whether a channel is a deviation, of which zero is the middle."""
    return "error" in name


def _chosen(spec: PlotSpec, rows: Rows) -> Rows:
    if not spec.where:
        return rows
    kept = rows[spec.where].astype(bool)
    return {name: array[kept] for name, array in rows.items()}


def _map(
    spec: PlotSpec, rows: Rows, channels: Mapping[str, Channel], shape: tuple[int, int] | None
) -> Plotted:
    values, label = _scaled(rows[spec.y].astype(float), channels[spec.y])
    row, column = rows["row"].astype(int), rows["column"].astype(int)
    rows_of, columns_of = shape or (int(row.max(initial=0)) + 1, int(column.max(initial=0)) + 1)
    picture = np.full((rows_of, columns_of), np.nan)
    there = (row >= 0) & (row < rows_of) & (column >= 0) & (column < columns_of)
    picture[row[there], column[there]] = values[there]
    signed = is_signed(spec.y)
    levels = usual_range(values, signed)
    return Plotted(spec, "column", label, picture=picture, levels=levels, signed=signed)


def _table(spec: PlotSpec, rows: Rows, channels: Mapping[str, Channel]) -> Plotted:
    values, label = _scaled(rows[spec.y].astype(float), channels[spec.y])
    known = np.isfinite(values)
    across, column = np.unique(rows[spec.x][known], return_inverse=True)
    down, row = np.unique(rows[spec.group][known], return_inverse=True)
    count, total = np.zeros((2, len(down), len(across)))
    np.add.at(count, (row, column), 1.0)
    np.add.at(total, (row, column), values[known])
    picture = np.full(count.shape, np.nan)
    np.divide(total, count, out=picture, where=count > 0.0)
    finite = picture[np.isfinite(picture)]
    levels = (float(finite.min()), float(finite.max())) if finite.size else (0.0, 1.0)
    return Plotted(
        spec, spec.x, label, picture=picture, levels=levels,
        across=_words(spec.x, across, channels), down=_words(spec.group, down, channels),
    )  # fmt: skip


def _words(name: str, values: NDArray[Any], channels: Mapping[str, Channel]) -> tuple[str, ...]:
    unit = channels[name].unit
    told = (show(float(value), unit) if unit else f"{value:.4g}" for value in values)
    return (name.replace("_", " "), *told)


def _histogram(spec: PlotSpec, rows: Rows, channels: Mapping[str, Channel]) -> Plotted:
    values, label = _scaled(rows[spec.y].astype(float), channels[spec.y])
    whole = not np.issubdtype(rows[spec.y].dtype, np.floating)
    edges = _edges(values[np.isfinite(values)], whole)
    traces = tuple(
        Trace(name, edges, np.histogram(part[np.isfinite(part)], edges)[0].astype(float))
        for name, part in _groups(spec, rows, values, channels)
    )
    return Plotted(spec, label, "cells", traces)


def _edges(values: Floats, whole: bool) -> Floats:
    if not values.size:
        return np.array([0.0, 1.0])
    low, high = values.min(), values.max()
    if whole and high - low < _MOST_WHOLE:
        return np.asarray(np.arange(low - 0.5, high + 1.0))
    return np.histogram_bin_edges(values, _BINS)


def _cdf(spec: PlotSpec, rows: Rows, channels: Mapping[str, Channel]) -> Plotted:
    values, label = _scaled(rows[spec.y].astype(float), channels[spec.y])
    traces = []
    for name, part in _groups(spec, rows, values, channels):
        ordered = np.sort(part[np.isfinite(part)])
        share = (np.arange(len(ordered)) + 0.5) / max(len(ordered), 1)
        traces.append(Trace(name, ordered, share))
    return Plotted(spec, label, "share of cells", tuple(traces))


def _curves(spec: PlotSpec, rows: Rows, channels: Mapping[str, Channel]) -> Plotted:
    x, x_label = _scaled(rows[spec.x].astype(float), channels[spec.x])
    names = (spec.y, *spec.overlay)
    quantities = [rows[name].astype(float) for name in names]
    together = np.concatenate(quantities)  # what shares an axis shares its scale
    divisor, y_label = scale_of(together, channels[spec.y])
    traces = []
    for name, values in zip(names, quantities, strict=True):
        for group, part in _groups(spec, rows, np.column_stack([x, values / divisor]), channels):
            said = [name.replace("_", " ")] if spec.overlay else []
            traces.append(Trace(", ".join([*said, *filter(None, [group])]), part[:, 0], part[:, 1]))
    return Plotted(spec, x_label, y_label, tuple(traces))


def _groups(
    spec: PlotSpec, rows: Rows, values: NDArray[Any], channels: Mapping[str, Channel]
) -> list[tuple[str, NDArray[Any]]]:
    """Return name and values of each trace; of too many, those with most values.

    Rows whose group is NaN, which is none, are a trace without a name.
    """
    if not spec.group:
        return [("", values)]
    keys, counts = np.unique(rows[spec.group], return_counts=True)
    unit = channels[spec.group].unit
    if len(keys) > _MOST_GROUPS:
        keys = np.sort(keys[np.argsort(-counts, kind="stable")[:_MOST_GROUPS]])
    title = spec.group.replace("_", " ")
    return [
        (
            f"{title} {show(float(key), unit) if unit else f'{key:.4g}'}",
            values[rows[spec.group] == key],
        )
        if key == key
        else ("", values[rows[spec.group] != rows[spec.group]])
        for key in keys
    ]


def _scaled(values: Floats, channel: Channel) -> tuple[Floats, str]:
    divisor, label = scale_of(values, channel)
    return values / divisor, label
