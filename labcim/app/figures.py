"""Draws what a PlotSpec shows as a picture inside a page."""

import base64
import io
from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from labcim.documents import Channel
from labcim.plots import PlotSpec
from labcim.plotted import Plotted, Rows, plotted

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_MARGINS = {"left": 0.17, "right": 0.97, "bottom": 0.14, "top": 0.92}
_MARGINS_OF = {
    "map": {"left": 0.11, "right": 0.89, "bottom": 0.14, "top": 0.92},
    "table": {"left": 0.17, "right": 0.95, "bottom": 0.22, "top": 0.92},
}


def draw(spec: PlotSpec, rows: Rows, channels: Mapping[str, Channel]) -> "Figure":
    """Return the picture that ``spec`` declares."""
    from matplotlib.figure import Figure

    # Matplotlib's own layout and title placement draw everything twice: half the time of a report.
    figure = Figure(figsize=(4.6, 3.6))
    figure.subplots_adjust(**_MARGINS_OF.get(spec.kind, _MARGINS))
    axes = figure.add_subplot()
    axes.set_title(spec.title, fontsize=10, y=1.0)
    shown = plotted(spec, rows, channels)
    if shown.picture is not None:
        _map(axes, shown)
    else:
        _curves(axes, shown)
    return figure


def as_image(figure: "Figure") -> str:
    """Return a figure as the data address of a PNG picture; the same figure, the same bytes."""
    stream = io.BytesIO()
    figure.savefig(stream, format="png", dpi=110, metadata={"Software": None})
    return "data:image/png;base64," + base64.b64encode(stream.getvalue()).decode("ascii")


def _map(axes: "Axes", shown: Plotted) -> None:
    assert shown.picture is not None
    low, high = shown.levels
    # Black to yellow stays readable in print and for colour-blind eyes; an error map has a middle.
    image = axes.imshow(
        shown.picture,
        cmap="RdBu_r" if shown.signed else "viridis",
        vmin=low,
        vmax=high,
        interpolation="nearest",
    )
    values = shown.picture[np.isfinite(shown.picture)]
    beyond = (bool(np.any(values < low)), bool(np.any(values > high)))
    extend = {(True, True): "both", (True, False): "min", (False, True): "max"}.get(beyond)
    axes.figure.colorbar(
        image, ax=axes, label=shown.y_label, shrink=0.85, extend=extend or "neither"
    )
    axes.set_xlabel(shown.across[0] if shown.across else "column")
    axes.set_ylabel(shown.down[0] if shown.down else "row")
    if shown.across:  # a few numbers in words, not places in the table
        axes.set_xticks(range(len(shown.across) - 1), shown.across[1:], rotation=45, fontsize=7)
        axes.set_yticks(range(len(shown.down) - 1), shown.down[1:], fontsize=7)
        axes.set_aspect("auto")


def _curves(axes: "Axes", shown: Plotted) -> None:
    for trace in shown.traces:
        label = trace.name or None
        match shown.spec.kind:
            case "histogram":
                axes.stairs(trace.y, trace.x, fill=True, alpha=0.7, label=label)
            case "cdf":
                axes.plot(trace.x, trace.y, drawstyle="steps-mid", label=label)
            case "scatter":
                axes.plot(trace.x, trace.y, ".", markersize=3, label=label)
            case _:
                axes.plot(trace.x, trace.y, label=label)
    axes.set_xlabel(shown.x_label)
    axes.set_ylabel(shown.y_label)
    axes.set_xscale(shown.spec.x_scale)
    axes.set_yscale(shown.spec.y_scale)
    if axes.get_legend_handles_labels()[1]:
        axes.legend(fontsize=7)
