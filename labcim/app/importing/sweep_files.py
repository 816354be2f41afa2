"""Address, current, read voltage: the current of cells over small voltages."""

import numpy as np
from numpy.typing import NDArray

from labcim.analysis.conduction import bend_by_conductance
from labcim.documents import Channel
from labcim.errors import RangeError
from labcim.plots import PlotSpec
from labcim.protocol import Finding

from .kind import ADDRESS, Kind, Rows, addresses, side_of
from .numbers import Table

Floats = NDArray[np.float64]

EDGES = [1e-6, 10e-6, 25e-6, 50e-6, 100e-6, 160e-6]
READ = 0.2  # V, at which the project reads

_CHANNELS = (
    *ADDRESS,
    Channel(name="voltage", dtype="<f8", unit="V", doc="read voltage"),
    Channel(name="current", dtype="<f8", unit="A", doc="as in the file, offset of the instrument"),
)


def _read(table: Table) -> Rows:
    place = addresses(table, side_of(table))
    current, voltage = _told_apart(table)
    table.check(np.abs(current) > 1.0, "a current is at most 1 A")
    table.check(np.abs(voltage) > 10.0, "a read voltage is at most 10 V")
    return {**place, "voltage": voltage, "current": current}


def _told_apart(table: Table) -> tuple[Floats, Floats]:
    """Return currents and voltages, which files have in either order.

    Read currents in A are a thousand times smaller than read voltages in V, and more.
    """
    first, second = table.values[:, 1], table.values[:, 2]
    if np.abs(first).max() > 100.0 * np.abs(second).max():
        return second, first
    return first, second


def _findings(rows: Rows) -> list[Finding]:
    voltage, current = swept(rows)
    if current is None:
        return []
    offset = current[:, int(np.argmin(np.abs(voltage)))]
    found = [Finding("current at 0 V, mean", float(offset.mean()), "A")]
    try:
        classes = bend_by_conductance(voltage, current, EDGES, at=READ)
    except RangeError:  # too few voltages
        return found
    for one in classes:
        name = f"{one.low * 1e6:.0f} to {one.high * 1e6:.0f} uS"
        found += [
            Finding(f"V0, {name}", min(one.fit.scale, 1e3), "V"),
            Finding(f"cells, {name}", float(one.cells)),
        ]
    return found


def swept(rows: Rows) -> tuple[Floats, Floats | None]:
    """Return the voltages and the currents (cells, voltages); None where cells differ in them."""
    cells, which = np.unique(rows["cell"], return_inverse=True)
    rounded = np.round(np.asarray(rows["voltage"], dtype=np.float64), 9)
    levels, when = np.unique(rounded, return_inverse=True)
    voltage: Floats = np.asarray(levels, dtype=np.float64)
    if len(cells) * len(voltage) != len(which) or 0.0 not in voltage:
        return voltage, None
    current = np.full((len(cells), len(voltage)), np.nan)
    current[which, when] = rows["current"]
    return voltage, current if np.isfinite(current).all() else None


SWEEP = Kind(
    "imported_read_voltages", "current over read voltage", ("address", "current", "voltage"),
    _CHANNELS,
    (
        PlotSpec("Current over voltage", "line", "current", x="voltage", group="cell"),
        PlotSpec("Currents", "histogram", "current"),
    ),
    _read, _findings,
)  # fmt: skip
