"""Recipes and rows of fingerprints, on cells without instruments."""

import numpy as np
import pytest
from fake_cells import FakeCells

from labcim.analysis.fingerprint.enrolled import enrolled
from labcim.capabilities import Topology
from labcim.errors import RangeError, RecipeError
from labcim.limits import ChipLimits, LineLimits, check_demands
from labcim.protocols.security._enrolment_findings import _mean_share
from labcim.protocols.security.puf_enrol import PufEnrol, puf_enrol

from .running import run

CHIP = Topology(8, 8)


def fingerprint(seed=1, **recipe):
    cells = FakeCells(CHIP, seed=seed)
    return cells, run(puf_enrol, PufEnrol(settle=0.0, **recipe), cells)


def test_every_cell_gets_the_same_pulses_and_each_unit_begins_with_a_reading():
    cells, _ = fingerprint(preparations=3, repeats=1)
    amplitudes = [float(amplitude[0]) for _, amplitude, _ in cells.pulses]
    assert amplitudes == [-2.6, 1.45] * 3
    for pulsed, amplitude, gate in cells.pulses:
        assert len(pulsed) == 64
        assert len(set(amplitude)) == len(set(gate)) == 1


def test_the_pattern_is_made_by_whichever_pulse_comes_last_and_cells_turn_round_before():
    cells, _ = fingerprint(preparations=2, repeats=1, last="RESET")
    assert [float(amplitude[0]) for _, amplitude, _ in cells.pulses] == [1.45, -2.6] * 2


def test_the_answer_says_which_cell_of_a_pair_conducts_more():
    cells, done = fingerprint(repeats=2)
    found = enrolled(done.rows)
    pairs = cells.true.reshape(-1, 2)
    clear = np.abs(pairs[:, 0] - pairs[:, 1]) > 2e-6
    assert clear.sum() > 16
    assert np.array_equal((found.reference > 0.0)[clear], (pairs[:, 0] > pairs[:, 1])[clear])
    assert found.cells[:3].tolist() == [[0, 1], [2, 3], [4, 5]]
    assert found.prepared.shape == (2, 32) and found.rereads.shape == (2, 32)


def test_flagged_readings_are_no_answers():
    cells = FakeCells(CHIP)
    cells.flag_next[:] = 0

    class Flagged(FakeCells):
        def read(self, cells, voltage, **how):
            self.flag_next[3] = 1
            return super().read(cells, voltage, **how)

    done = run(puf_enrol, PufEnrol(settle=0.0, repeats=1, flagged=2), Flagged(CHIP))
    unknown = done.rows["bit"] == 1
    assert (done.rows["answer"][unknown] == -1).all()
    assert np.isnan(done.rows["difference"][unknown]).all()
    assert (done.rows["answer"][~unknown] >= 0).all()
    assert done.finding("bits known").value == 31 / 32


def test_the_share_that_is_the_cells_own_is_that_of_the_cells_law():
    """Onsets of 0.05 V from cell to cell and as much from cycle to cycle would be one half."""
    _, done = fingerprint(preparations=40, repeats=1)
    found = done.finding("share of the pattern that is the cells' own").value
    assert 0.05 < found < 0.999


def test_other_voltages_are_corners_of_their_own():
    _, done = fingerprint(voltages=(0.1, 0.3), repeats=1)
    assert set(enrolled(done.rows).voltages) == {0.1, 0.3}
    assert done.finding("bit error rate at 0.1 V").value < 0.2


def test_bits_of_which_none_failed_may_still_fail_as_often_as_their_number_allows():
    """Wilson (1927): none of n leaves up to z²/(n + z²)."""
    found = _mean_share(np.zeros(32))
    assert (found.value, found.low) == (0.0, 0.0)
    assert np.isclose(found.high, 3.8415 / (32 + 3.8415), rtol=1e-4)
    some = _mean_share(np.array([1.0] + [0.0] * 7))
    assert some.low == 0.0 and some.value == 0.125 < some.high <= 1.0


@pytest.mark.parametrize(
    ("values", "says"),
    [
        ({"cells": "0:1, 0:3"}, "3 of them make no pairs"),
        ({"voltages": (0.6,)}, "read voltage 0.6 V"),
        ({"voltages": (float("nan"),)}, "voltages"),
        ({"temperatures": (0.0,)}, "temperature 0 K"),
        ({"repeats": 0}, "repeats"),
    ],
)
def test_recipes_that_make_no_sense_are_refused(values, says):
    with pytest.raises(RecipeError, match=says):
        PufEnrol.from_mapping(values).units(CHIP)


def test_temperatures_without_a_stage_are_refused():
    with pytest.raises(RecipeError, match="no thermal stage"):
        fingerprint(temperatures=(358.15,), repeats=1)


def test_more_than_the_lines_stand_is_refused_before_the_run():
    limits = ChipLimits(
        row=LineLimits(high=3.0), column=LineLimits(high=3.0), gate=LineLimits(high=5.5)
    )
    check_demands(PufEnrol().demands(), limits)
    for recipe in (PufEnrol(reset_voltage=3.1), PufEnrol(set_gate=6.0)):
        with pytest.raises(RangeError, match="the chip accepts"):
            check_demands(recipe.demands(), limits)


def test_the_estimate_counts_waits_pulses_and_readings():
    cost = PufEnrol(preparations=2, repeats=5, averages=4).estimate(CHIP)
    assert cost.pulses == 64 * 4 and cost.bound == 4
    assert cost.readings == 64 * (2 + 1 + 5) * 4
    assert cost.time == pytest.approx(3605.0, rel=0.01)
