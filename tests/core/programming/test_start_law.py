"""The learned law recovers the line on which cells were made to move."""

import numpy as np

from labcim.programming.pulse_schedule import PulseSchedule
from labcim.programming.start_law import empty_sums, law_of
from labcim.programming.write_verify import Tuner

SLOPE = 40e-6  # S/V
ONSET = 1.1  # V
SPREAD = 0.1  # V


def climb(cells: int, seed: int) -> np.ndarray:
    """SET cells on their lines ``g = slope * (V - onset)`` exactly; return what was learned."""
    random = np.random.default_rng(seed)
    onset = ONSET + random.normal(0.0, SPREAD, cells)
    g = np.full(cells, 1e-6)
    tuner = Tuner(np.full(cells, 30e-6), PulseSchedule(algorithm="adaptive"))
    for _ in range(12):
        if not len(tuner.active):
            break
        pulses = tuner.decide(g[tuner.active], np.ones(len(tuner.active), bool))
        line = SLOPE * (pulses.amplitude - onset[pulses.cells])
        up = pulses.amplitude > 0
        g[pulses.cells[up]] = np.maximum(g[pulses.cells[up]], line[up])
    return tuner.sums


def test_the_slope_is_recovered_from_readings():
    assert abs(law_of(climb(2000, 1), 1).slope / SLOPE - 1.0) < 0.05


def test_the_mean_onset_is_recovered_within_a_tenth_of_a_step():
    assert abs(law_of(climb(2000, 2), 1).onset - ONSET) < 0.01


def test_without_answers_there_is_no_law():
    law = law_of(empty_sums(), 1)
    assert law.slope == 0.0
    assert np.isnan(law.onset)


def test_a_polarity_that_was_never_used_stays_unknown():
    assert law_of(climb(500, 3), -1).slope == 0.0


def test_ends_at_other_targets_say_the_slope_where_steps_were_all_late():
    """Full steps that fell short by a third, as cells relax between pulse and reading."""
    sums, random = empty_sums(), np.random.default_rng(4)
    target = random.uniform(5e-6, 35e-6, 200)
    onset = ONSET + random.normal(0.0, SPREAD, 200)
    g = target + random.uniform(-1e-6, 1e-6, 200)
    v = onset + g / SLOPE
    sums[0, :3] = 200, 20.0, 20.0 * SLOPE / 1.5
    sums[0, 6:15] = (
        200, v.sum(), g.sum(), target.sum(), v @ v, v @ g, g @ g, v @ target, g @ target,
    )  # fmt: skip
    law = law_of(sums, 1)
    assert abs(law.slope / SLOPE - 1.0) < 0.1
    assert abs(law.onset - ONSET) < 0.05


def loud_dead_cells(seed: int, learning: np.ndarray | None = None) -> np.ndarray:
    """Keep four cells alone that never move, whose readings jump by 5 % of 80 µS."""
    random = np.random.default_rng(seed)
    tuner = Tuner(np.full(4, 20e-6), PulseSchedule(algorithm="adaptive"), learning)
    while len(tuner.active):
        jumps = 80e-6 * (1.0 + 0.05 * random.choice([-1.0, 1.0], len(tuner.active)))
        tuner.decide(jumps, np.ones(len(tuner.active), bool))
    return tuner.sums


def test_dead_cells_teach_nothing_however_loud_their_noise():
    assert not np.any(loud_dead_cells(5))
    known = climb(50, 6)
    assert np.array_equal(loud_dead_cells(7, known), known)
