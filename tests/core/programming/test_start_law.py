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
