"""Address, time, resistance, conductance, current, voltage: one cell, read again and again."""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from labcim.analysis.noise import block_spread, relative_drift
from labcim.analysis.resampling import block_intervals
from labcim.documents import Channel
from labcim.plots import PlotSpec
from labcim.protocol import Finding

from .kind import ADDRESS, Kind, Rows, addresses, conductances, side_of
from .numbers import Table

Floats = NDArray[np.float64]

BLOCK = 100  # reads

_CHANNELS = (
    *ADDRESS,
    Channel(name="time", dtype="<f8", unit="s", doc="from the first read on"),
    Channel(name="wall_time", dtype="<f8", unit="s", doc="as in the file: Unix time"),
    Channel(name="resistance", dtype="<f8", unit="Ohm", doc="as in the file"),
    Channel(name="conductance", dtype="<f8", unit="S", doc="as in the file"),
    Channel(name="current", dtype="<f8", unit="A", doc="as in the file"),
    Channel(name="shunt_voltage", dtype="<f8", unit="V", doc="as in the file, across the shunt"),
)


def _read(table: Table) -> Rows:
    place = addresses(table, side_of(table))
    _, time, resistance, conductance, current, voltage = table.values.T
    inverse = conductances(table, resistance)
    table.check(
        np.abs(conductance - inverse) > 1e-3 * np.abs(inverse),
        "the conductance is not 1 / resistance",
    )
    table.check(np.diff(time, prepend=time[0]) < 0.0, "the time goes back")
    table.check(np.abs(current) > 1.0, "a current is at most 1 A")
    table.check(np.abs(voltage) > 100.0, "a voltage is at most 100 V")
    return {
        **place,
        "time": time - time[0],
        "wall_time": time,
        "resistance": resistance,
        "conductance": conductance,
        "current": current,
        "shunt_voltage": voltage,
    }


def _findings(rows: Rows) -> list[Finding]:
    cells = np.unique(rows["cell"])
    found = []
    for cell in cells[:20]:
        own = rows["cell"] == cell
        told = _noise(rows["time"][own], rows["conductance"][own])
        found += [replace(one, cell=int(cell)) for one in told] if len(cells) > 1 else told
    return found


def _noise(time: Floats, values: Floats) -> list[Finding]:
    mean = float(values.mean())
    found = [Finding("conductance, mean", mean, "S")]
    if len(values) < 2 * BLOCK or mean == 0.0:
        return found
    statistics = {
        "sigma/G in blocks of 100 reads": lambda v: block_spread(v, BLOCK),
        "sigma/G overall": lambda v: float(np.std(v)),
    }
    block = 10 * BLOCK if len(values) >= 20 * BLOCK else BLOCK
    told = block_intervals(values / mean, statistics, block=block, resamples=100)
    found += [Finding(name, one.value, "", one.low, one.high) for name, one in told.items()]
    if np.ptp(time) > 0.0:
        found.append(Finding("drift, end to end", relative_drift(time, values)))
        interval = float(np.ptp(time)) / (len(time) - 1)
        found.append(Finding("time between reads, mean", interval, "s"))
    return found


NOISE = Kind(
    "imported_read_noise", "one cell read again and again",
    ("address", "time", "resistance", "conductance", "current", "voltage"), _CHANNELS,
    (
        PlotSpec("Conductance over time", "line", "conductance", x="time"),
        PlotSpec("Distribution", "histogram", "conductance"),
    ),
    _read, _findings,
)  # fmt: skip
