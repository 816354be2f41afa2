"""Random bits from cells that do what they are told to: calibration, bits, alarms, records."""

from dataclasses import dataclass, field

import numpy as np
import pytest
from fake_cells import FakeCells

from labcim import plugins
from labcim.analysis.entropy.comparing import against_median, pairs
from labcim.analysis.entropy.raw_bits import raw_bits
from labcim.app.recipes import new_recipe
from labcim.capabilities import Delays, Topology
from labcim.errors import NoiseSourceError, RecipeError
from labcim.recipe import Recipe

from .running import run

CELLS = Topology(4, 4)
CLOCK = 20e-9


@dataclass
class Timed(FakeCells):
    """Cells whose SET takes a lognormal time; what goes wrong is told by the cell's number.

    biased, flagged: cell -> round from which it is.  stuck_at: cell -> round and its clocks from
    there on.  narrow: cell -> clocks that hardly vary.
    """

    decades: float = 0.5
    biased: dict[int, int] = field(default_factory=dict)
    stuck_at: dict[int, tuple[int, float]] = field(default_factory=dict)
    narrow: dict[int, float] = field(default_factory=dict)
    flagged: dict[int, int] = field(default_factory=dict)
    rounds: int = 0

    def time_to_threshold(self, cells, train, threshold, *, clock):
        n = len(cells)
        amplitude = np.broadcast_to(np.asarray(train.amplitude, float), n)
        middle = 2.8 - (amplitude - 1.3) / 0.08 + 0.3 * np.sin(cells)
        clocks = np.ceil(10.0 ** (middle + self.decades * self.random.normal(size=n)))
        flags = np.zeros(n, np.uint8)
        for i, cell in enumerate(cells.tolist()):
            if cell in self.narrow:
                clocks[i] = np.ceil(self.narrow[cell] + 0.3 * self.random.normal())
            if self.rounds >= self.biased.get(cell, 2**31) and self.random.random() < 0.6:
                clocks[i] += 1 - clocks[i] % 2  # odd in 0.6 + 0.2 of all cases
            begin, value = self.stuck_at.get(cell, (2**31, 0.0))
            if self.rounds >= begin:
                clocks[i] = value
            if self.rounds >= self.flagged.get(cell, 2**31):
                flags[i], clocks[i] = 1, 1.0
        self.rounds += 1
        began = np.full(n, self.clock.time)
        self.clock.time += float(np.nan_to_num(clocks).max()) * clock
        late = np.isnan(clocks) | (clocks * clock > train.width)
        delay = np.where(late, np.nan, clocks * clock)
        gate = np.broadcast_to(np.asarray(train.gate, float), n)
        return Delays(
            cells, delay, began, flags, amplitude, gate, np.nan_to_num(delay),
            np.ones(n, np.uint32), np.zeros(n),
        )  # fmt: skip


def recipe(**values) -> Recipe:
    return new_recipe("random_bits", **values)


def spec():
    return plugins.protocol("random_bits")


CALIBRATION = 32 + 128  # rounds


def alarm_of(cells: Timed, **values) -> str:
    with pytest.raises(NoiseSourceError) as raised:
        run(spec(), recipe(**values), cells)
    return str(raised.value)


def test_healthy_cells_yield_bits_of_all_samples():
    done = run(spec(), recipe(samples=16 * 200), Timed(CELLS))
    assert done.finding("cells that are sources").value == 16
    kept = raw_bits(done.rows)
    assert 16 * 200 >= len(kept) > 0.97 * 16 * 200
    assert done.finding("raw min-entropy, most common value").value > 0.95
    assert done.finding("start-up tests completed").value == 1.0
    # 200 rounds: three rows of 64 samples and one of 8
    assert np.sum(done.rows["phase"] > 0) == 4 * 16


@pytest.mark.parametrize("seed", range(5))
def test_r10_a_bias_of_one_cell_stops_the_run_within_1024_of_its_bits(seed):
    begin = 300 + 77 * seed
    cells = Timed(CELLS, seed=seed, biased={5: CALIBRATION + begin})
    text = alarm_of(cells, samples=16 * 2000)
    assert text.startswith("adaptive proportion of bits of cell 5 at sample ")
    sample = int(text.rsplit(" ", 1)[1])
    assert begin < sample <= begin + 1024
    assert "cell" not in text.replace("cell 5", "")


@pytest.mark.parametrize(
    ("stays", "seed"), [(1.0, 1), (np.nan, 2), (700.0, 3), (64.0, 4), (9e3, 5)]
)
def test_r10_a_cell_that_sticks_stops_the_run_within_23_samples(stays, seed):
    cells = Timed(CELLS, seed=seed, stuck_at={9: (CALIBRATION + 111, stays)})
    text = alarm_of(cells, samples=16 * 400)
    first = text.split("; ")[0]
    assert first.startswith("repetition count of raw values of cell 9 at sample ")
    assert 111 < int(first.rsplit(" ", 1)[1]) <= 111 + 23


def test_unfit_cells_are_sorted_out_with_the_reason():
    never = {2: (0, np.nan)}
    narrow = {4: 500.0, 6: 8.0, 7: 3.0}
    done = run(spec(), recipe(samples=320), Timed(CELLS, stuck_at=never, narrow=narrow))
    reasons = {f.cell: f.value for f in done.findings if f.name == "no source, reason"}
    # missing values; a spread of a clock; a mean of 8 and of 3 clocks
    assert reasons == {2: 1.0, 4: 4.0, 6: 3.0, 7: 3.0}
    used = np.unique(done.rows["cell"][done.rows["phase"] > 0])
    assert sorted(used.tolist()) == [c for c in range(16) if c not in (2, 4, 6, 7)]


def test_no_fit_cell_ends_the_run_with_the_reasons():
    never = {cell: (0, np.nan) for cell in range(16)}
    assert "0 cells are fit" in alarm_of(Timed(CELLS, stuck_at=never))
    assert "16 missing values" in alarm_of(Timed(CELLS, stuck_at=never))


def test_flagged_waits_are_no_data():
    cells = Timed(CELLS, flagged={3: CALIBRATION + 20})
    text = alarm_of(cells, samples=16 * 100)
    # none of its flagged waits became a bit: what fires is that values are missing
    assert text.startswith("repetition count of raw values of cell 3")


def test_a_recipe_asks_for_what_it_will_drive():
    demands = {d.name: d for d in recipe(set_highest=1.7, reset_voltage=2.5).demands()}
    assert demands["set_highest"].voltage == 1.7 and demands["reset_voltage"].voltage == 2.5
    units = recipe(samples=16 * 600, block=256).units(CELLS)
    assert [u.key for u in units] == ["calibration", "block-000001", "block-000002", "block-000003"]
    assert [u.bound for u in units] == [320, 512, 512, 176]
    assert all(u.bound == 0 for u in recipe(mode="telegraph").units(CELLS))


@pytest.mark.parametrize(
    ("values", "accepts"),
    [
        ({"set_voltage": 2.0}, "set_lowest to set_highest"),
        ({"longest": 1e-5}, "longest / clock"),
        ({"longest": 50.0}, "longest / clock"),
        ({"samples": 0}, "greater than or equal to 64"),
        ({"mains": (0.0,)}, "greater than or equal to 1"),
        ({"assumed_entropy": 1.5}, "less than or equal to 1"),
    ],
)
def test_recipes_that_cannot_work_are_refused(values, accepts):
    with pytest.raises(RecipeError, match=accepts):
        recipe(**values)


def test_times_of_telegraph_noise_do_not_drift_and_a_schedule_that_slips_is_told():
    cells = FakeCells(CELLS, noise=2e-2)
    how = {"mode": "telegraph", "interval": 5e-3, "samples": 16 * 128}
    done = run(spec(), recipe(**how), cells)
    time = done.rows["time"][(done.rows["cell"] == 3) & (done.rows["phase"] > 0)].ravel()
    assert np.diff(time) == pytest.approx(5e-3, rel=1e-6)
    assert done.finding("share of samples that came late").value == 0.0
    slow = FakeCells(CELLS, noise=2e-2, seconds_each=1e-3)  # 17 ms for what is due each 5 ms
    done = run(spec(), recipe(**how), slow)
    assert done.finding("share of samples that came late").value == 1.0


def test_nothing_is_drawn_after_an_alarm():
    cells = Timed(CELLS, stuck_at={9: (CALIBRATION + 111, np.nan)})
    alarm_of(cells, samples=16 * 400)
    assert cells.rounds <= CALIBRATION + 111 + 21 + 8


def test_pairs_are_even_whatever_the_distribution_and_drop_what_is_missing():
    rng = np.random.default_rng(1)
    values = rng.exponential(size=(20_000, 3)) ** 2
    values[10] = np.nan
    bits = pairs(values)
    assert np.all(bits[0::2] == -1) and np.all(bits[11] == -1)
    assert np.mean(bits[1::2][bits[1::2] >= 0]) == pytest.approx(0.5, abs=0.01)
    expected = np.where(values[3] > values[2], 1, 0)
    assert bits[3].tolist() == expected.tolist()


def test_the_median_is_that_of_the_31_before_over_blocks():
    rng = np.random.default_rng(2)
    values = rng.normal(size=(200, 2))
    none = np.full((31, 2), np.nan)
    whole, _ = against_median(values, none)
    first, kept = against_median(values[:77], none)
    second, _ = against_median(values[77:], kept)
    assert np.array_equal(whole, np.concatenate([first, second]))
    assert np.all(whole[:7] == -1)
    assert whole[150, 0] == int(values[150, 0] > np.median(values[119:150, 0]))
