"""What products have taught about an array: ranges, gains and offsets, and how far it drifted."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import partial

import numpy as np

from labcim.capabilities import Floats, Topology
from labcim.errors import RangeError
from labcim.programming.mapping.correction import Affine
from labcim.programming.mapping.ranges import calibrated_range

from .layout import Layout
from .passes import Multiplier, Pass

FORWARD = -1
"""Key of a forward pass; transposed ones are known by the digit that they multiply."""

_PROBES = 8  # reads of the constant vector that a drift is judged by

Key = tuple[Pass, int]


@dataclass(frozen=True)
class Calibration:
    """What is known of an array beside its targets; empty: nothing.

    ranges: A, of the converter in each pass.  lines: gain and offset of each sensed line.
    reference: summed currents of known inputs.  drift: factor on products.
    """

    ranges: Mapping[Key, float] = field(default_factory=dict)
    lines: Mapping[Key, Affine] = field(default_factory=dict)
    reference: Floats | None = None
    drift: float = 1.0

    def corrected(self, which: Pass, k: int, sums: Floats) -> Floats:
        """Return the sums of a pass, (batch, lines), without gains and offsets of its lines."""
        key = (which, k)
        return self.lines[key].applied(sums) if key in self.lines else sums


def calibrated(
    multiplier: Multiplier, layout: Layout, passes: tuple[Pass, ...], drive: Floats
) -> Calibration:
    """Return what products of known vectors teach. drive: -1 to 1, (batch, inputs)."""
    ranges: dict[Key, float] = {}
    lines: dict[Key, Affine] = {}
    for which in passes:
        key = (which, FORWARD)
        used = np.concatenate([layout.regions[n].columns.ravel() for n in which.regions])
        sums = multiplier.forward(which, drive, multiplier.coding.output_range)
        end = _range(sums[:, used], multiplier)
        sums, ranges[key] = _in_range(partial(multiplier.forward, which, drive), end)
        true = multiplier.forward_drive(which, drive) @ _cells(multiplier, layout, which)
        lines[key] = Affine.fitted(sums, true)
    return Calibration(ranges, lines, drift_reference(multiplier, passes))


def also_transposed(
    known: Calibration,
    multiplier: Multiplier,
    layout: Layout,
    passes: tuple[Pass, ...],
    outputs: Floats,
) -> Calibration:
    """Return what is known, and the same for the other side. outputs: -1 to 1, (batch, outputs)."""
    ranges, lines = dict(known.ranges), dict(known.lines)
    for which in passes:
        used = np.concatenate([layout.regions[n].rows for n in which.regions])
        cells = _cells(multiplier, layout, which)
        for k in range(layout.scheme.slices):
            sums = multiplier.backward(which, k, outputs, multiplier.coding.output_range)
            end = _range(sums[:, used], multiplier)
            send = partial(multiplier.backward, which, k, outputs)
            sums, ranges[which, k] = _in_range(send, end)
            true = multiplier.backward_drive(which, k, outputs) @ cells.T
            lines[which, k] = Affine.fitted(sums, true)
    return replace(known, ranges=ranges, lines=lines)


def _range(sums: Floats, multiplier: Multiplier) -> float:
    """Return the converter's range in A for such sums; 0 where there are none to go by."""
    if not np.any(sums):
        return multiplier.coding.output_range
    return calibrated_range(sums * multiplier.unit, multiplier.coding.output_bits)


def _in_range(send: Callable[[float], Floats], end: float) -> tuple[Floats, float]:
    """Return what comes back in a range, and the range: 0 where the board has none like it.

    A board refuses ranges beyond its converters' before anything is sent; its channels then find
    their own.
    """
    try:
        return send(end), end
    except RangeError:
        return send(0.0), 0.0


def _cells(multiplier: Multiplier, layout: Layout, which: Pass) -> Floats:
    """Return the cells of a pass as they should be, in units, (rows, columns) of the array."""
    topology: Topology = multiplier.arrays[which.array].cells.topology
    found = np.zeros((topology.rows, topology.columns))
    for number in which.regions:
        cells = layout.scheme.conductance(layout.targets[number]) / layout.scheme.span
        found.flat[layout.regions[number].cells(topology)] = cells
    return found


def drift_reference(multiplier: Multiplier, passes: tuple[Pass, ...]) -> Floats:
    """Return the summed current of all columns at constant inputs, in units, (passes,)."""
    found = []
    for which in passes:
        inputs = max(multiplier.regions[n].inputs.stop for n in which.regions)
        # The converter finds its own range: a constant vector is larger than what is multiplied.
        sums = multiplier.forward(which, np.ones((_PROBES, inputs)), 0.0)
        used = np.concatenate([multiplier.regions[n].columns.ravel() for n in which.regions])
        found.append(sums[:, used].sum(axis=1).mean())
    return np.array(found)
