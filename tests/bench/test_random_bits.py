"""Random bits through driver, wire, board and chip: healthy ones pass, each fault stops the run.

A simulated chip draws its noise from a counter: this judges how bits are taken and watched.
"""

import re
from pathlib import Path

import numpy as np
import pytest

import labcim
from labcim.analysis.entropy.raw_bits import raw_bits
from labcim.analysis.randomness.many_sequences import judge
from labcim.analysis.randomness.sp800_22 import fifteen_tests
from labcim.app.recipes import new_recipe
from labcim.app.record import open_record
from labcim.documents import Readings, UnitDone

from .conftest import small_bench

SEEDS = range(1, 6)


class Source:
    """A formed chip, on which runs are done one after the other."""

    def __init__(
        self, folder: Path, *, kind: str = "small", size: int = 16, constants: str = "", **how
    ) -> None:
        self.record = folder / "record.sqlite"
        self.path = small_bench(kind, folder, size, **how)
        if constants:
            with (folder / "chip.toml").open("a", encoding="utf-8") as file:
                file.write(f"\n[chip.constants]\n{constants}\n")
        self.run(new_recipe("form"))

    def run(self, recipe, **how):
        with labcim.open_bench(self.path, record=self.record) as bench:
            return bench.run(recipe, **how)

    def edit(self, old: str, new: str) -> None:
        file = self.path.parent / "chip.toml"
        text, count = re.subn(old, new, file.read_text("utf-8"), count=1)
        assert count == 1
        file.write_text(text, "utf-8")

    def sensing(self, options: str) -> None:
        """Give the sense channels of the board a fault; nobody looks at contacts any more."""
        self.edit(r'model = "crossbar_board"', f'model = "crossbar_board"\noptions = {options}')

    def rows(self, run: str = "last") -> dict[str, np.ndarray]:
        with open_record(self.record) as kept:
            batches = [d.columns for d in kept.documents(run) if isinstance(d, Readings)]
        return {name: np.concatenate([b[name] for b in batches]) for name in batches[0]}


def alarms(view) -> dict[str, tuple[int, int]]:
    """Return test -> (cell, sample) of the first alarm of each."""
    found: dict[str, tuple[int, int]] = {}
    for result in view.detail().results:
        if result.name.startswith("alarm"):
            found.setdefault(result.name, (result.cell, int(result.value)))
    return found


def result(view, name: str):
    return next(r for r in view.detail().results if r.name == name and r.cell < 0)


def test_r10_n11_a_million_bits_of_a_healthy_board_pass_all_fifteen_tests(tmp_path):
    source = Source(tmp_path)
    view = source.run(new_recipe("random_bits", samples=1_060_000, block=1024))
    assert view.stop.state == "completed" and alarms(view) == {}
    kept = raw_bits(source.rows())
    assert len(kept) == result(view, "raw bits").value >= 1_000_000
    found = fifteen_tests(kept.bits[:1_000_000])
    p = np.concatenate([outcome.p for outcome in found if outcome.applicable])
    assert sum(outcome.applicable for outcome in found) >= 13  # too few cycles in half of all walks
    assert p.min() > 1e-5 and np.mean(p < 0.01) < 0.04
    for name in ("most common value", "Markov", "Markov, along each cell"):
        entropy = result(view, f"raw min-entropy, {name}")
        assert entropy.outcome == "PASS" and entropy.low <= entropy.value <= entropy.high
    assert result(view, "raw bits, rate in bench time").value > 20_000
    assert np.all(np.diff(kept.time) >= 0.0)


@pytest.mark.slow
@pytest.mark.timeout(7200)
def test_r10_a_hundred_million_bits_pass_by_proportion_and_uniformity_without_an_alarm(tmp_path):
    source = Source(tmp_path, size=64)
    outcomes, left = [], np.empty(0, np.uint8)
    while len(outcomes) < 100:
        view = source.run(new_recipe("random_bits", samples=10_500_000, block=512))
        assert view.stop.state == "completed" and alarms(view) == {}
        bits = np.concatenate([left, raw_bits(source.rows()).bits])
        while len(bits) >= 1_000_000 and len(outcomes) < 100:
            outcomes.append(fifteen_tests(bits[:1_000_000]))
            bits = bits[1_000_000:]
        left = bits
        source.record.unlink()
    failed = [verdict for verdict in judge(outcomes) if not verdict.passed]
    # each of 188 statistics has a chance of 0.34 % that five of a hundred fail: 0.6 are expected
    assert len(failed) <= 4, failed
    p = np.concatenate([o.p for one in outcomes for o in one if o.applicable])
    assert np.mean(p < 0.01) == pytest.approx(0.01, abs=0.002)


@pytest.mark.parametrize("seed", SEEDS)
def test_r10_a_cell_that_sticks_stops_the_run_within_23_of_its_samples(tmp_path, seed):
    source = Source(tmp_path, size=8, seed=str(seed), stuck="0.0", constants="life = 1000.0")
    view = source.run(new_recipe("random_bits", samples=64 * 4096))
    assert view.stop.state == "failed" and "repetition count of raw values" in view.stop.reason
    cell, sample = alarms(view)["alarm, repetition count of raw values"]
    rows = source.rows()
    mine = (rows["cell"] == cell) & (rows["phase"] > 0)
    raw = rows["raw"][mine].ravel()[:sample]
    # from the sample on which it does what it then always does, to the alarm
    still = (raw == raw[-1]) | (np.isnan(raw) & np.isnan(raw[-1]))
    assert still[-8:].all() and len(raw) - (np.flatnonzero(~still).max(initial=-1) + 1) <= 23


@pytest.mark.parametrize("seed", SEEDS)
def test_r10_mains_pickup_stops_the_run_within_4096_samples(tmp_path, seed):
    source = Source(tmp_path, seed=str(seed))
    source.sensing("{ pickup = 1.2e-6 }")
    view = source.run(new_recipe("random_bits", samples=50_000), check_contacts=False)
    assert view.stop.state == "failed"
    assert alarms(view)["alarm, monitor, line at 50 Hz"] == (-1, 4096)


@pytest.mark.parametrize("seed", SEEDS)
def test_r10_a_drifting_mean_stops_the_run_before_it_has_moved_by_half_a_sigma(tmp_path, seed):
    source = Source(tmp_path, seed=str(seed))
    source.sensing("{ drift = 1e-6 }")
    view = source.run(new_recipe("random_bits", samples=200_000), check_contacts=False)
    assert view.stop.state == "failed" and list(alarms(view)) == ["alarm, monitor, mean"]
    rows = source.rows()
    value = np.log(rows["raw"])
    healthy = rows["phase"] == 0
    moved = []
    for cell in np.unique(rows["cell"][~healthy]):
        mine = rows["cell"] == cell
        before, last = value[mine & healthy], value[mine & ~healthy].ravel()
        last = last[np.isfinite(last)][-32:]
        moved.append((last.mean() - np.nanmean(before)) / np.nanstd(before))
    assert 0.2 < abs(np.mean(moved)) < 0.5


@pytest.mark.parametrize("mode", ["high_resistance", "telegraph", "half_set"])
@pytest.mark.parametrize("compare", ["pairs", "median"])
def test_every_mode_yields_bits_of_high_entropy(tmp_path, mode, compare):
    source = Source(tmp_path, size=8)
    view = source.run(new_recipe("random_bits", mode=mode, compare=compare, samples=12_000))
    assert view.stop.state == "completed"
    assert result(view, "raw min-entropy, most common value").value > 0.95
    kept = raw_bits(source.rows())
    expected = 0.5 if compare == "pairs" and mode != "half_set" else 1.0
    assert len(kept) > 0.9 * expected * 12_000


def test_three_instruments_yield_bits_too(tmp_path):
    source = Source(tmp_path, kind="probed", size=2)
    how = {"cells": ((0, 0), (1, 1)), "calibration": 64, "start_up": 0}
    view = source.run(new_recipe("random_bits", mode="high_resistance", samples=128, **how))
    assert view.stop.state == "completed", view.stop.reason
    assert result(view, "raw bits").value > 50


@pytest.mark.slow
def test_three_instruments_time_a_set_pulse_by_pulse(tmp_path):
    source = Source(tmp_path, kind="probed", size=2)
    how = {"cells": ((0, 0), (1, 1)), "calibration": 64, "start_up": 0, "block": 64}
    clocks = {"longest": 2e-3, "clock": 1e-6, "target": 60}
    view = source.run(new_recipe("random_bits", samples=128, **how, **clocks))
    assert view.stop.state == "completed", view.stop.reason
    assert result(view, "raw bits").value > 50


def test_a_resumed_run_goes_on_with_its_counters_and_bits(tmp_path):
    source = Source(tmp_path, size=4)
    recipe = new_recipe("random_bits", samples=16 * 512, block=128)

    with labcim.open_bench(source.path, record=source.record) as bench:

        def stop(unit, fraction, text):
            if unit == "block-000002":
                bench.steering.request("stop", "enough")

        first = bench.run(recipe, on_progress=stop)
        assert first.stop.state == "stopped" and first.stop.units_done == 3
        second = bench.resume("last")
    assert second.stop.state == "completed"
    with open_record(source.record) as kept:
        done = [d for d in kept.documents(second.run) if isinstance(d, UnitDone)]
    counters = done[-1].carry
    assert [d.unit for d in done] == ["block-000003", "block-000004"]
    assert np.all(counters["values"][2] == 512)  # samples of each cell, over both runs
    bits = result(second, "raw bits").value
    assert bits == counters["bits"][0] == counters["proportion"][0].sum()


def test_the_record_says_of_each_bit_which_cell_gave_it_when_and_from_what(tmp_path):
    source = Source(tmp_path, size=4)
    source.run(new_recipe("random_bits", samples=2048))
    rows = source.rows()
    valid = np.unpackbits(rows["valid"], axis=1).astype(bool)
    bits = np.unpackbits(rows["bits"], axis=1)
    assert np.array_equal(valid, np.isfinite(rows["raw"]))
    assert np.array_equal(bits[valid], rows["raw"][valid] % 2)
    assert np.isfinite(rows["time"][valid]).all()
    pulses = rows["time"][valid]
    assert (
        len(np.unique(np.stack([pulses, np.repeat(rows["cell"], valid.sum(axis=1))]), axis=1).T)
        == valid.sum()
    )
    stuck = rows["unfit"] > 0
    assert not stuck[rows["phase"] > 0].any()  # a cell that is unfit gives no bits


def test_a_chip_without_a_fit_cell_is_told_why(tmp_path):
    source = Source(tmp_path, size=4)
    view = source.run(new_recipe("random_bits", set_voltage=0.6, set_highest=0.6))
    assert view.stop.state == "failed"
    assert "cells are fit" in view.stop.reason and "missing values" in view.stop.reason


def test_restarts_of_a_healthy_source_are_sane(tmp_path):
    source = Source(tmp_path, size=8)
    view = source.run(new_recipe("restart_bits", side=100))
    assert view.stop.state == "completed", view.stop.reason
    assert result(view, "most equal bits in a row or column").outcome == "PASS"
    assert result(view, "min-entropy by columns").outcome == "PASS"
    assert result(view, "min-entropy that restarts leave").value > 0.45
    rows = source.rows()
    assert rows["restart"].tolist() == list(range(100))
    time = rows["time"][:, :100]
    assert np.all(np.diff(time, axis=1) >= 0.0)
    assert np.all(time[:, 0] > rows["begun"] + 1e-3)  # after the rest


@pytest.mark.slow
@pytest.mark.timeout(1200)
def test_a_thousand_restarts_leave_the_entropy(tmp_path):
    source = Source(tmp_path)
    view = source.run(new_recipe("restart_bits", side=1000, group=100))
    assert view.stop.state == "completed", view.stop.reason
    assert result(view, "most equal bits in a row or column").outcome == "PASS"
    assert result(view, "min-entropy that restarts leave").value > 0.8
