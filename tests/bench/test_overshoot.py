"""Forming and SET through a source-meter on a probed chip: whose limit holds, and how soon.

The same cells (seeds) three times: the source-meter's limit alone; the gate as the limit; and a
resistor right at the cell. Judged by the truth log.
"""

import threading
from dataclasses import dataclass

import numpy as np
import pytest
from bench.test_probed_chip import BENCH, CHIP, WIRING

from labcim.bench_file import load_bench
from labcim.sim_backend.bench import SimulatedBench
from labcim.station import Station

LIMIT = 10e-6  # A
SEEDS = range(5)
OPEN, NARROW = 3.0, 0.85  # V on the gate: 720 uA, and about 8 uA
STAIRCASE = np.linspace(0.1, 3.3, 65)
AT_THE_CELL = """
[[resistor]]
between = ["matrix.slot1.column1", "row.0"]
ohm = 300e3
"""
APART = WIRING.replace('column[1:4]" = "row[0:3]"', 'column[2:4]" = "row[1:3]"')


@dataclass(frozen=True)
class Grown:
    """Conductance in S of a cell, the largest current in A that it saw, and that on record."""

    conductance: float
    peak: float
    recorded: float


def grown(folder, seed, how, *, volts=STAIRCASE, formed=False):
    """Take one cell through voltages under the limit. how: "meter", "gate" or "resistor"."""
    folder.mkdir(exist_ok=True)
    wiring = APART + AT_THE_CELL if how == "resistor" else WIRING
    state = f"formed = {str(formed).lower()}"
    chip = CHIP.replace("seed = 7", f"seed = {seed}").replace("formed = true", state)
    (folder / "chip.toml").write_text(chip + wiring)
    (folder / "bench.toml").write_text(BENCH + WIRING)
    with (
        SimulatedBench.shared(folder / "chip.toml") as bench,
        Station(load_bench(folder / "bench.toml"), latch=threading.Event()) as station,
    ):
        gate, limit = (NARROW, 1e-3) if how == "gate" else (OPEN, LIMIT)
        if formed:
            station.cells.sweep(0, -STAIRCASE[:50], dwell=1e-3, gate=5.0, current_limit=1e-3)
        before = len(bench.truth.pulses())
        swept = station.cells.sweep(0, volts, dwell=1e-3, gate=gate, current_limit=limit)
        pulses = bench.truth.pulses()[before:]
        pulses = pulses[pulses["cell"] == 0]
        peak = float(np.abs(pulses["current"]).max(initial=0.0))
        grown_to = float(bench.chip.true_conductance(np.array([0], np.uint32))[0])
        return Grown(grown_to, peak, float(np.abs(swept.current).max()))


@pytest.mark.parametrize("seed", SEEDS)
def test_forming_through_a_bare_source_meter_overshoots_its_limit(tmp_path, seed):
    """The preset's own law of compliance gives I / 0.45 V, 22 uS, within its spread."""
    cell = grown(tmp_path, seed, "meter")
    assert cell.peak > 4.0 * LIMIT
    assert cell.conductance > 1.3 * LIMIT / 0.45


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("how", ["gate", "resistor"])
def test_forming_behind_a_limit_at_the_cell_does_not(tmp_path, seed, how):
    cell = grown(tmp_path, seed, how)
    assert cell.peak < 1.2 * LIMIT
    assert cell.conductance < 1.3 * LIMIT / 0.45


def test_the_record_of_the_sweep_does_not_show_the_overshoot(tmp_path):
    """The source-meter integrates over milliseconds: what it reads is its limit."""
    cell = grown(tmp_path, 1, "meter")
    assert cell.recorded == pytest.approx(LIMIT, rel=0.01)
    assert cell.peak > 4.0 * LIMIT


SET = np.array([2.2])


@pytest.mark.parametrize("seed", SEEDS)
def test_a_set_at_once_overshoots_behind_a_source_meter_and_not_behind_a_gate(tmp_path, seed):
    """At 2.2 V the preset's cells go to the end of their window, 40 uS, which is 88 uA there."""
    bare, gated = (
        grown(tmp_path / how, seed, how, volts=SET, formed=True) for how in ("meter", "gate")
    )
    assert bare.peak == pytest.approx(2.2 * 40e-6, rel=0.15)
    assert bare.conductance == pytest.approx(40e-6, rel=0.1)
    assert gated.peak < LIMIT
    assert gated.conductance < 0.6 * bare.conductance
