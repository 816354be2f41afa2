"""Relaxation: what a pulse wrote is watched until it is gone, or at rest, and how long that takes.

For cells that forget (diffusive Ag, short-term oxides, capacitors) and for what filaments lose in
the first second. Two pulses soon after each other show what was left of the first.
"""

from collections.abc import Iterator, Mapping
from typing import Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, model_validator

from labcim.analysis.distributions import Interval, student_interval
from labcim.analysis.exponentials import fit_decay
from labcim.analysis.linearity import deviation_interval
from labcim.analysis.relaxation import at_rest, fit_relaxation, monotone_share
from labcim.capabilities import CellReadings, Floats, Topology, Train
from labcim.documents import Channel
from labcim.limits import Demand, Family
from labcim.plots import PlotSpec
from labcim.programming.cell_selection import CellSelection, along_gates, chosen_cells, places
from labcim.programming.estimate import CellCost, Estimate
from labcim.protocol import Capabilities, Carry, Finding, Progress, Rows, Steps, protocol
from labcim.recipe import Recipe, Unit
from labcim.units import Ampere, Second, Volt

_BATCH = 5  # readings of a batch, by which rest is judged


class VolatileRelaxation(Recipe):
    """Pulse, read at growing intervals until the cell is at rest, once for each gate voltage."""

    protocol: ClassVar[str] = "volatile_relaxation"

    cells: CellSelection = Field("all", description="Which cells, pulsed and read together.")
    amplitude: Volt = Field(1.5, ge=-10, le=10, description="Of the pulse; RESET below 0.")
    width: Second = Field(1e-6, gt=0, le=100, description="Pulse width.")
    gates: tuple[Volt, ...] = Field((1.6,), description="Gate of the pulse: compliances, in turn.")
    first: Second = Field(20e-6, gt=0, le=1e6, description="First reading, from the pulse's end.")
    last: Second = Field(1.0, gt=0, le=1e9, description="Last reading, at rest or not.")
    per_decade: int = Field(8, ge=1, le=1000, description="Readings in a decade of time.")
    rule: Literal["fit", "t-test", "time"] = Field(
        "time", description="At rest: by a line, by a t-test, or at the last reading only."
    )
    tolerance: float = Field(
        0.02, gt=0, le=1, description="Change of the line over a batch, or level of the t-test."
    )
    repeats: int = Field(1, ge=1, le=1000, description="Pulses at each gate, from rest.")
    pause: Second = Field(0.0, ge=0, le=1e7, description="Wait before each pulse, to be at rest.")
    intervals: tuple[Second, ...] = Field(
        (), description="Paired pulses: from the end of the first to the begin of the second."
    )
    current_limit: Ampere = Field(
        1e-3, gt=0, le=0.1, description="Current limit of cells without a gate."
    )
    read_voltage: Volt = Field(0.1, gt=0, le=0.5, description="Read voltage.")
    read_gate: Volt = Field(2.5, ge=0, le=10, description="Gate during reading.")
    averages: int = Field(1, ge=1, le=10_000, description="Readings averaged into one.")

    @model_validator(mode="after")
    def _possible(self) -> "VolatileRelaxation":
        if not self.gates or self.amplitude == 0.0 or self.first >= self.last:
            raise ValueError("accepts at least one gate, an amplitude, and first before last")
        if not all(0.0 <= gate <= 10.0 for gate in self.gates):
            raise ValueError("gates: accepts 0 to 10 V")
        if not all(0.0 < interval <= 1e6 for interval in self.intervals):
            raise ValueError("intervals: accepts above 0 to 1e6 s")
        return self

    def delays(self) -> Floats:
        """Return when is read, in s from the pulse's end."""
        decades = np.log10(self.last / self.first)
        return np.geomspace(self.first, self.last, max(round(decades * self.per_decade), 1) + 1)

    def units(self, topology: Topology) -> list[Unit]:
        """Return one unit for each gate voltage."""
        cells = along_gates(chosen_cells(self.cells, topology), topology)
        bound = self.repeats * (1 + 2 * len(self.intervals))
        return [
            Unit(f"gate-{number}-{gate:g}V", cells, bound, {"gate": gate, "number": number})
            for number, gate in enumerate(self.gates)
        ]

    def demands(self) -> list[Demand]:
        """Return amplitude, gates and read voltage."""
        side: Family = "row" if self.amplitude > 0.0 else "column"
        return [
            Demand("amplitude", side, abs(self.amplitude)),
            Demand("gates", "gate", max(self.gates)),
            Demand("current_limit", "row", current=self.current_limit),
            Demand("read_gate", "gate", self.read_gate),
            Demand("read_voltage", "row", self.read_voltage, reads=True),
        ]

    def estimate(self, topology: Topology) -> Estimate:
        """Return the expected cost on an array of this shape."""
        cells, rounds = len(chosen_cells(self.cells, topology)), len(self.gates) * self.repeats
        pulses = rounds * (1 + 2 * len(self.intervals))
        reads = rounds * (len(self.delays()) + 2 * len(self.intervals))
        paired = sum(self.intervals) + len(self.intervals) * self.pause
        waits = rounds * (self.last + self.pause + paired)
        cost = CellCost(pulses, reads, self.averages, self.width, pulses)
        return cost.of(cells, topology, waits=waits)


CHANNELS = (
    Channel(name="cell", dtype="<u4", doc="index, row-major"),
    Channel(name="row", dtype="<u4"),
    Channel(name="column", dtype="<u4"),
    Channel(name="gate", dtype="<f8", unit="V", doc="gate of the pulse"),
    Channel(name="repeat", dtype="<u4"),
    Channel(name="relaxing", dtype="?", doc="after one pulse; else of a pair"),
    Channel(name="second", dtype="?", doc="after the second pulse of a pair"),
    Channel(name="interval", dtype="<f8", unit="s", doc="asked of the pair; NaN for one pulse"),
    Channel(name="gap", dtype="<f8", unit="s", doc="from pulse to pulse of the pair, as it was"),
    Channel(name="rest", dtype="<f8", unit="S", doc="conductance before the unit's first pulse"),
    Channel(name="since", dtype="<f8", unit="s", doc="from the end of the last pulse"),
    Channel(name="current", dtype="<f8", unit="A", doc="largest during the pulse"),
    Channel(name="conductance", dtype="<f8", unit="S", doc="corrected"),
    Channel(name="flags", dtype="u1", doc="a flagged reading is no data"),
    Channel(name="time", dtype="<f8", unit="s", doc="bench time of the reading"),
)

PLOTS = (
    PlotSpec(
        "Relaxation", "line", "conductance", x="since", group="cell", where="relaxing",
        x_scale="log",
    ),
    PlotSpec(
        "After the second pulse", "scatter", "conductance", x="interval", where="second",
        x_scale="log",
    ),
)  # fmt: skip


def summarise(recipe: VolatileRelaxation, rows: Mapping[str, NDArray[Any]]) -> list[Finding]:
    """Return retention times by gate, what was lost by the last reading, and facilitation."""
    found, currents, times = [], [], []
    for gate in recipe.gates:
        here = rows["relaxing"] & (rows["gate"] == gate) & (rows["flags"] == 0)
        if not here.any():
            continue
        chosen = {name: column[here] for name, column in rows.items()}
        found += _lost(chosen, gate)
        current, retention = _retention(chosen)
        if len(retention):
            mean = student_interval(np.log(retention))
            told = Interval(*(float(np.exp(x)) for x in (mean.value, mean.low, mean.high)))
            found.append(_finding(f"retention time at {gate:g} V", told, "s"))
            currents.append(float(np.exp(np.log(current).mean())))
            times.append(told.value)
    if len(times) >= 2:
        spanned = float(np.log10(max(times) / min(times)))
        rising = monotone_share(np.array(currents), np.array(times))
        slope = float(np.polyfit(np.log(currents), np.log(times), 1)[0])
        found += [
            Finding("retention times rise with the current", rising, "%"),
            Finding("decades of retention", spanned),
            Finding("retention, power of the current", slope),
        ]
    return found + _facilitation(recipe, rows)


def _each(rows: Mapping[str, NDArray[Any]]) -> Iterator[NDArray[np.bool_]]:
    """Return which rows are of each cell's relaxation after one pulse."""
    for cell in np.unique(rows["cell"]).tolist():
        for repeat in np.unique(rows["repeat"]).tolist():
            here = (rows["cell"] == cell) & (rows["repeat"] == repeat)
            if here.any():
                yield here


def _retention(rows: Mapping[str, NDArray[Any]]) -> tuple[Floats, Floats]:
    """Return (largest currents, retention times) of what decays."""
    pairs = []
    for here in _each(rows):
        fit = fit_relaxation(rows["since"][here], rows["conductance"][here])
        if np.isfinite(fit.time.value):
            pairs.append((float(rows["current"][here][0]), fit.time.value))
    table = np.array(pairs).reshape(-1, 2)
    return table[:, 0], table[:, 1]


def _lost(rows: Mapping[str, NDArray[Any]], gate: float) -> list[Finding]:
    """Return level, mean and spread of the change from the first to the last reading."""
    ends = []
    for here in _each(rows):
        order = np.argsort(rows["since"][here])
        g = rows["conductance"][here][order]
        if len(g) >= 2:
            ends.append((g[0], g[-1]))
    table = np.array(ends).reshape(-1, 2)
    if not len(table):
        return []
    change = table[:, 1] - table[:, 0]
    level, mean = student_interval(table[:, 0]), student_interval(change)
    spread = deviation_interval(change)
    found = [
        _finding(f"first reading at {gate:g} V", level, "S"),
        _finding(f"change by the last reading at {gate:g} V", mean, "S"),
    ]
    if len(change) > 1:
        found.append(_finding(f"change, spread at {gate:g} V", spread, "S"))
    return found


def _facilitation(recipe: VolatileRelaxation, rows: Mapping[str, NDArray[Any]]) -> list[Finding]:
    """Return how much more the second pulse of a pair shows, and how that fades."""
    ratios = []
    for interval in sorted(recipe.intervals):
        here = ~rows["relaxing"] & (rows["interval"] == interval) & (rows["flags"] == 0)
        one, other = (_by_cell(rows, here & (rows["second"] == which)) for which in (False, True))
        cells = sorted(set(one) & set(other))
        if cells:
            first, second = (np.array([seen[cell] for cell in cells]) for seen in (one, other))
            gap = float(np.mean(rows["gap"][here & rows["second"]]))
            rise = np.mean(second[:, 0] - first[:, 0])
            ratios.append((gap, float(rise / np.mean(first[:, 0] - first[:, 1]))))
    found = [Finding(f"facilitation after {dt:g} s", ratio, "%") for dt, ratio in ratios]
    if len(ratios) >= 3:
        table = np.array(ratios)
        fit = fit_decay(table[:, 0], table[:, 1])
        if np.isfinite(fit.constant):
            found.append(Finding("facilitation fades in", fit.constant, "s"))
    return found


def _by_cell(
    rows: Mapping[str, NDArray[Any]], here: NDArray[np.bool_]
) -> dict[tuple[int, float, int], tuple[float, float]]:
    """Return (conductance, rest) of the chosen rows, by cell, gate and repeat."""
    keys = zip(
        rows["cell"][here].tolist(), rows["gate"][here].tolist(), rows["repeat"][here].tolist(),
        strict=True,
    )  # fmt: skip
    told = zip(rows["conductance"][here].tolist(), rows["rest"][here].tolist(), strict=True)
    return dict(zip(keys, told, strict=True))


def _finding(name: str, value: Interval, unit: str) -> Finding:
    low, high = (x if np.isfinite(x) else None for x in (value.low, value.high))
    return Finding(name, value.value, unit, low, high)


class _Watch:
    """The unit's cells and what is told of each reading."""

    def __init__(self, recipe: VolatileRelaxation, given: Capabilities, unit: Unit) -> None:
        self.recipe, self.given, self.cells = recipe, given, unit.cells
        self.gate = unit.values["gate"]
        self.place = places(unit.cells, given.cells.topology)
        self.ended = np.full(len(unit.cells), np.nan)
        self.gap = np.full(len(unit.cells), np.nan)
        seen = self.read()
        self.rest = np.where(seen.good, seen.corrected, np.nan)
        self.current = np.zeros(len(unit.cells))

    def read(self) -> CellReadings:
        r = self.recipe
        return self.given.cells.read(
            self.cells, r.read_voltage, gate=r.read_gate, averages=r.averages
        )

    def pulse_read(self, delay: float) -> CellReadings:
        r = self.recipe
        gated = self.given.cells.topology.kind == "1T1R"
        limit = None if gated else r.current_limit
        train = Train(r.amplitude, r.width, self.gate, current_limit=limit)
        delivered, seen = self.given.cells.pulse_read(
            self.cells, train, r.read_voltage, delay=delay, gate=r.read_gate, averages=r.averages
        )
        self.gap = delivered.time - self.ended
        self.ended = delivered.time + r.width
        self.current = delivered.peak_current
        return seen

    def rows(
        self, seen: CellReadings, repeat: int, *, interval: float = np.nan, second: bool = False
    ) -> Rows:
        n = len(self.cells)
        return Rows(
            {
                "cell": self.cells,
                "row": self.place[0],
                "column": self.place[1],
                "gate": np.full(n, self.gate),
                "repeat": np.full(n, repeat),
                "relaxing": np.full(n, bool(np.isnan(interval))),
                "second": np.full(n, second),
                "interval": np.full(n, interval),
                "gap": self.gap if second else np.full(n, np.nan),
                "rest": self.rest,
                "since": seen.time - self.ended,
                "current": self.current,
                "conductance": seen.corrected,
                "flags": seen.flags,
                "time": seen.time,
            }
        )


@protocol(VolatileRelaxation, channels=CHANNELS, plots=PLOTS, summarise=summarise)
def volatile_relaxation(
    recipe: VolatileRelaxation, given: Capabilities, unit: Unit, carry: Carry
) -> Steps:
    """Read, then pulse and watch, as often as asked; then pairs of pulses."""
    watch = _Watch(recipe, given, unit)
    rounds = recipe.repeats * (1 + len(recipe.intervals))
    done = 0
    for repeat in range(recipe.repeats):
        yield Progress(done / rounds, f"gate {watch.gate:g} V, pulse {repeat + 1}")
        given.clock.sleep(recipe.pause)
        yield from _relax(watch, repeat)
        done += 1
        for interval in recipe.intervals:
            yield Progress(done / rounds, f"two pulses {interval:g} s apart")
            given.clock.sleep(recipe.pause)
            yield from _pair(watch, repeat, interval)
            done += 1
    return None


def _relax(watch: _Watch, repeat: int) -> Iterator[Rows | Progress]:
    """Pulse and read by the schedule, whose times count from the pulse, until all is at rest."""
    recipe, clock = watch.recipe, watch.given.clock
    delays = recipe.delays()
    seen = watch.pulse_read(float(delays[0]))
    yield watch.rows(seen, repeat)
    began = float(np.min(watch.ended))
    history = [np.where(seen.good, seen.corrected, np.nan)]
    for delay in delays[1:].tolist():
        clock.sleep(max(began + delay - clock.now(), 0.0))
        seen = watch.read()
        yield watch.rows(seen, repeat)
        yield Progress(float(np.log(delay / delays[0]) / np.log(delays[-1] / delays[0])))
        history.append(np.where(seen.good, seen.corrected, np.nan))
        if recipe.rule != "time" and _all_at_rest(np.array(history), recipe):
            return


def _all_at_rest(history: Floats, recipe: VolatileRelaxation) -> bool:
    whole = len(history) // _BATCH
    if whole < 1 or len(history) % _BATCH:
        return False
    batches = history[: whole * _BATCH].reshape(whole, _BATCH, -1)
    return all(
        at_rest(batches[:, :, cell], recipe.rule, recipe.tolerance)
        for cell in range(history.shape[1])
    )


def _pair(watch: _Watch, repeat: int, interval: float) -> Iterator[Rows]:
    """Pulse, read at once, wait, pulse and read again."""
    recipe, clock = watch.recipe, watch.given.clock
    seen = watch.pulse_read(recipe.first)
    yield watch.rows(seen, repeat, interval=interval)
    clock.sleep(max(float(np.min(watch.ended)) + interval - clock.now(), 0.0))
    yield watch.rows(watch.pulse_read(recipe.first), repeat, interval=interval, second=True)
