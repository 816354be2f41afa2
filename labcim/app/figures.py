"""Draws what a PlotSpec declares, from the rows of a run, as a picture inside a page."""

import base64
import io
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from labcim.documents import Channel
from labcim.plots import PlotSpec
from labcim.units import show

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Rows = Mapping[str, NDArray[Any]]

_PREFIX = {-15: "f", -12: "p", -9: "n", -6: "µ", -3: "m", 0: "", 3: "k", 6: "M", 9: "G"}
_MOST_GROUPS = 12
_MARGINS = {"left": 0.17, "right": 0.97, "bottom": 0.14, "top": 0.92}
_MAP_MARGINS = {"left": 0.11, "right": 0.89, "bottom": 0.14, "top": 0.92}


def draw(spec: PlotSpec, rows: Rows, channels: Mapping[str, Channel]) -> "Figure":
    """Return the picture that ``spec`` declares."""
    from matplotlib.figure import Figure

    # Matplotlib's own layout and title placement draw everything twice: half the time of a report.
    figure = Figure(figsize=(4.6, 3.6))
    figure.subplots_adjust(**(_MAP_MARGINS if spec.kind == "map" else _MARGINS))
    axes = figure.add_subplot()
    axes.set_title(spec.title, fontsize=10, y=1.0)
    painter = {"map": _map, "histogram": _histogram, "cdf": _cdf}.get(spec.kind, _trace)
    painter(axes, spec, _chosen(spec, rows), channels)
    return figure


def as_image(figure: "Figure") -> str:
    """Return a figure as the data address of a PNG picture; the same figure, the same bytes."""
    stream = io.BytesIO()
    figure.savefig(stream, format="png", dpi=110, metadata={"Software": None})
    return "data:image/png;base64," + base64.b64encode(stream.getvalue()).decode("ascii")


def _chosen(spec: PlotSpec, rows: Rows) -> Rows:
    if not spec.where:
        return rows
    kept = rows[spec.where].astype(bool)
    return {name: array[kept] for name, array in rows.items()}


def _map(axes: "Axes", spec: PlotSpec, rows: Rows, channels: Mapping[str, Channel]) -> None:
    values, label = _scaled(spec.y, rows, channels)
    row, column = rows["row"].astype(int), rows["column"].astype(int)
    shape = (row.max(initial=0) + 1, column.max(initial=0) + 1)
    picture = np.full(shape, np.nan)
    picture[row, column] = values
    # Black to yellow stays readable in print and for colour-blind eyes; an error map has a middle.
    signed = "error" in spec.y
    low, high = _usual_range(values[np.isfinite(values)], signed)
    image = axes.imshow(
        picture,
        cmap="RdBu_r" if signed else "viridis",
        vmin=low,
        vmax=high,
        interpolation="nearest",
    )
    beyond = (bool(np.any(values < low)), bool(np.any(values > high)))
    extend = {(True, True): "both", (True, False): "min", (False, True): "max"}.get(beyond)
    axes.figure.colorbar(image, ax=axes, label=label, shrink=0.85, extend=extend or "neither")
    axes.set_xlabel("column")
    axes.set_ylabel("row")


def _usual_range(values: NDArray[np.float64], signed: bool) -> tuple[float, float]:
    """Return a range of colours that a few dead cells do not stretch: inside Tukey's fences."""
    if not values.size:
        return 0.0, 1.0
    lower, upper = np.percentile(values, [25, 75])
    reach = 1.5 * (upper - lower)
    inside = values[(values >= lower - reach) & (values <= upper + reach)] if reach else values
    low, high = float(inside.min()), float(inside.max())
    limit = max(-low, high, 1e-30)
    return (-limit, limit) if signed else (low, high)


def _histogram(axes: "Axes", spec: PlotSpec, rows: Rows, channels: Mapping[str, Channel]) -> None:
    values, label = _scaled(spec.y, rows, channels)
    whole = np.issubdtype(rows[spec.y].dtype, np.integer)
    for name, part in _groups(spec, rows, values, channels):
        finite = part[np.isfinite(part)]
        if whole and len(finite) and finite.max() - finite.min() < 200:
            bins: Any = np.arange(finite.min() - 0.5, finite.max() + 1.5)
        else:
            bins = 60
        axes.hist(finite, bins=bins, histtype="stepfilled", alpha=0.7, label=name or None)
    axes.set_xlabel(label)
    axes.set_ylabel("cells")
    axes.set_yscale(spec.y_scale)
    _legend(axes)


def _cdf(axes: "Axes", spec: PlotSpec, rows: Rows, channels: Mapping[str, Channel]) -> None:
    values, label = _scaled(spec.y, rows, channels)
    for name, part in _groups(spec, rows, values, channels):
        ordered = np.sort(part[np.isfinite(part)])
        share = (np.arange(len(ordered)) + 0.5) / max(len(ordered), 1)
        axes.plot(ordered, share, drawstyle="steps-mid", label=name or None)
    axes.set_xlabel(label)
    axes.set_ylabel("share of cells")
    axes.set_xscale(spec.x_scale)
    _legend(axes)


def _trace(axes: "Axes", spec: PlotSpec, rows: Rows, channels: Mapping[str, Channel]) -> None:
    x, x_label = _scaled(spec.x, rows, channels)
    style: dict[str, Any] = {"linestyle": "none", "marker": "."} if spec.kind == "scatter" else {}
    for quantity in (spec.y, *spec.overlay):
        values, label = _scaled(quantity, rows, channels)
        for name, part in _groups(spec, rows, np.column_stack([x, values]), channels):
            axes.plot(part[:, 0], part[:, 1], label=name or None, markersize=3, **style)
    axes.set_xlabel(x_label)
    axes.set_ylabel(label)
    axes.set_xscale(spec.x_scale)
    axes.set_yscale(spec.y_scale)
    _legend(axes)


def _groups(
    spec: PlotSpec, rows: Rows, values: NDArray[Any], channels: Mapping[str, Channel]
) -> list[tuple[str, NDArray[Any]]]:
    """Return name and values of each trace; of too many, those with most values."""
    if not spec.group:
        return [("", values)]
    keys, counts = np.unique(rows[spec.group], return_counts=True)
    unit = channels[spec.group].unit
    if len(keys) > _MOST_GROUPS:
        keys = np.sort(keys[np.argsort(-counts, kind="stable")[:_MOST_GROUPS]])
    return [
        (
            f"{spec.group} {show(float(key), unit) if unit else f'{key:.4g}'}",
            values[rows[spec.group] == key],
        )
        for key in keys
    ]


def _legend(axes: "Axes") -> None:
    if axes.get_legend_handles_labels()[1]:
        axes.legend(fontsize=7)


def _scaled(
    name: str, rows: Rows, channels: Mapping[str, Channel]
) -> tuple[NDArray[np.float64], str]:
    """Return a channel in a handy multiple of its unit, and its axis label."""
    values = rows[name].astype(float)
    unit = channels[name].unit
    title = name.replace("_", " ")
    if not unit:
        return values, title
    largest = np.nanmax(np.abs(values), initial=0.0)
    power = 0 if largest == 0 else int(np.clip(3 * (np.floor(np.log10(largest)) // 3), -15, 9))
    return values / 10.0**power, f"{title} ({_PREFIX[power]}{unit})"
