"""Plots are declared beside the protocol; dashboard and report draw them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, Self


@dataclass(frozen=True, slots=True)
class PlotSpec:
    """One picture: which channels, on which axes.

    kind "map" draws ``y`` over (row, column); "line" and "scatter" draw ``y`` over ``x``;
    "histogram" counts ``y``; "cdf" draws its distribution on a probability scale; "table" is a map
    of the mean of ``y`` over the values of ``x`` (across) and ``group`` (down). ``group`` makes one
    trace for each of its values; ``where`` keeps only rows whose channel is true.
    """

    title: str
    kind: Literal["map", "line", "scatter", "histogram", "cdf", "table"]
    y: str
    x: str = ""
    group: str = ""
    where: str = ""
    x_scale: Literal["linear", "log"] = "linear"
    y_scale: Literal["linear", "log"] = "linear"
    overlay: tuple[str, ...] = ()

    @property
    def needs(self) -> frozenset[str]:
        """Return the channels without which it cannot be drawn."""
        axes = {
            "map": ("row", "column"), "line": (self.x,), "scatter": (self.x,),
            "table": (self.x, self.group),
        }  # fmt: skip
        named = {self.group, self.where, *self.overlay} - {""}
        return frozenset({self.y, *axes.get(self.kind, ()), *named})

    @classmethod
    def from_mapping(cls, declared: Mapping[str, Any]) -> Self:
        """Return the plot that a Channels document declares in plain values."""
        return cls(**{**declared, "overlay": tuple(declared.get("overlay", ()))})
