"""Thresholds by ramps on cells with a closed form, with noise, dead cells and inverted ones."""

import numpy as np
import pytest
from fake_cells import FakeCells

from labcim.analysis.switching import Scatter, least_change
from labcim.capabilities import Topology
from labcim.protocols.characterise.switch_seeker import SwitchSeeker, switch_seeker

from .running import run

SIDE = Topology(8, 8)


def expected(cells: FakeCells, sign: int, rows: dict[str, np.ndarray]) -> np.ndarray:
    """Return where 1 us moves each cell by what counted: K log10(1 + 10^(V - V0) / 80 mV) from V0.

    V0 is where the equilibrium line, 1 uS at the onset and 40 uS more for each volt, passes what
    the cell conducted before the ramp, from below for SET and from 40 uS down for RESET.
    """
    unit = cells.slope * cells.decade
    height = rows["before"] if sign > 0 else cells.maximum - rows["before"]
    line = cells.onsets[(sign < 0) * 1, rows["cell"]] + (height - 1e-6) / cells.slope
    return line + cells.decade * np.log10(10.0 ** (rows["least"] / unit) - 1.0)


def ramps(done, sign):
    at = (done.rows["stage"] == 2) & (done.rows["polarity"] == sign) & done.rows["whole"]
    return {name: column[at] for name, column in done.rows.items()}


@pytest.mark.parametrize("sign", [1, -1])
def test_the_threshold_of_each_cell_is_the_step_at_which_it_moves(sign):
    cells = FakeCells(SIDE, redraw=0.0, noise=0.01)
    recipe = SwitchSeeker(step="20 mV", past="0.6 V", cycles=3)
    found = ramps(run(switch_seeker, recipe, cells), sign)
    assert found["switched"].all()
    off = found["threshold"] - expected(cells, sign, found)
    # A step of 20 mV, pulses that add up, jitter of 10 mV, and noise of 1 % of 40 uS, or 10 mV.
    assert -0.03 < np.mean(off) < 0.03
    assert np.std(off) < 0.03


def test_the_mean_and_the_spread_over_cells_are_those_of_its_ramps():
    done = run(switch_seeker, SwitchSeeker(cycles=3), FakeCells(Topology(8, 8)))
    found = ramps(done, -1)
    means = [found["threshold"][found["cell"] == cell].mean() for cell in range(64)]
    mean = done.finding("RESET threshold, mean over cells")
    assert mean.value == pytest.approx(np.mean(means))
    half = 1.9983 * np.std(means, ddof=1) / 8.0  # Student's t for 63 degrees of freedom
    assert mean.high - mean.value == pytest.approx(half, rel=1e-3)


def test_a_dead_cell_is_named_and_has_no_threshold():
    cells = FakeCells(SIDE)
    cells.stuck[[5, 9]] = True
    done = run(switch_seeker, SwitchSeeker(), cells)
    silent = sorted(finding.cell for finding in done.findings if finding.name == "never switched")
    assert silent == [5, 9]
    assert done.finding("cells that switch both ways").value == 62 / 64


def test_noise_alone_switches_no_cell():
    cells = FakeCells(SIDE, noise=0.10)
    cells.stuck[:] = True
    done = run(switch_seeker, SwitchSeeker(tolerance=0.01, stop="3 V"), cells)
    assert not done.rows["switched"].any()


def test_stage_1_finds_the_polarity_and_stage_2_begins_with_the_other():
    cells = FakeCells(SIDE)
    cells.true[:] = 40e-6  # nothing left to SET
    done = run(switch_seeker, SwitchSeeker(cycles=1), cells)
    first = done.rows["polarity"][done.rows["stage"] == 1]
    assert np.mean(first == -1) > 0.95  # a SET also takes back a little of what RESETs did
    ramp = done.rows["polarity"][done.rows["stage"] == 2]
    assert ramp[:64].tolist() == (-first).tolist()


def test_without_stage_1_the_first_ramp_has_the_polarity_of_the_recipe():
    recipe = SwitchSeeker(skip_stage_1=True, first_polarity="SET", cycles=1)
    rows = run(switch_seeker, recipe, FakeCells(SIDE)).rows
    assert 1 not in rows["stage"]
    assert rows["polarity"][0] == 1


def test_fast_ramps_begin_near_the_last_threshold_and_need_fewer_pulses():
    def pulses(algorithm):
        cells = FakeCells(SIDE)
        run(switch_seeker, SwitchSeeker(algorithm=algorithm, cycles=4, past="0.4 V"), cells)
        return sum(len(chosen) for chosen, _, _ in cells.pulses)

    assert pulses("fast") < 0.75 * pulses("slow")


def test_no_cell_gets_more_pulses_than_its_unit_says():
    cells = FakeCells(SIDE)
    recipe = SwitchSeeker(stop="1 V")
    run(switch_seeker, recipe, cells)
    seen = np.bincount(np.concatenate([chosen for chosen, _, _ in cells.pulses]), minlength=64)
    assert seen.max() <= recipe.units(SIDE)[0].bound


def test_the_first_action_is_a_reading():
    cells = FakeCells(SIDE)
    order = []
    read, pulse = cells.read, cells.pulse
    cells.read = lambda *a, **k: (order.append("read"), read(*a, **k))[1]
    cells.pulse = lambda *a, **k: (order.append("pulse"), pulse(*a, **k))[1]
    run(switch_seeker, SwitchSeeker(), cells)
    assert order[0] == "read"


def test_the_scatter_of_a_cell_is_drawn_towards_that_of_all():
    random = np.random.default_rng(1)
    scatter = Scatter(200)
    sigma = np.full(200, 0.02)
    sigma[0] = 0.2
    for _ in range(6):
        scatter.take(1e-5 * (1.0 + sigma * random.normal(size=(5, 200))))
    found = scatter.sigma(np.full(200, 1e-5)) / 1e-5
    assert np.allclose(found[1:], 0.02, rtol=0.5)
    assert found[0] > 0.06


def test_cells_that_do_not_conduct_have_the_noise_of_the_last_readings():
    scatter = Scatter(200)
    scatter.take(5e-9 * np.random.default_rng(1).normal(size=(5, 200)))
    assert np.allclose(scatter.sigma(np.zeros(200)), 5e-9, rtol=0.6)


def test_the_least_change_is_the_larger_of_tolerance_and_noise():
    least = least_change(
        np.array([1e-5, 1e-5]), np.array([1e-8, 2e-6]), share=0.1, sigmas=5.0, readings=5
    )
    assert np.allclose(least, [1e-6, 1e-5 * 5.0 * 0.2 * np.sqrt(0.4)])


def test_a_noisy_cell_that_crosses_its_window_has_switched_although_no_part_of_the_ramp_shows_it():
    # 5 sigma of 6 % noise, twice, is more than the 12 uS that 40 uS/V move in a part of 0.3 V.
    done = run(switch_seeker, SwitchSeeker(tolerance=0.3), FakeCells(SIDE, noise=0.06))
    ramp, rows = done.rows["stage"] == 2, done.rows
    crossed = ramp & (np.abs(rows["after"] - rows["before"]) > 25e-6)
    assert np.count_nonzero(crossed) > 100
    assert rows["switched"][crossed].mean() > 0.97
