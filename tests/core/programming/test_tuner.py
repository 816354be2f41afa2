"""The tuner as a state machine: exact conversations with one or a few cells, no physics."""

from typing import Any

import numpy as np
import pytest

from labcim.programming.pulse_schedule import PulseSchedule, Status
from labcim.programming.write_verify import Tuner


def tell(tuner: Tuner, *readings: float, good: bool = True) -> list[float]:
    """Give each active cell a reading in µS; return each cell's amplitude in V, 0 for none."""
    amplitudes = np.zeros(len(tuner.state))
    pulses = tuner.decide(np.array(readings) * 1e-6, np.full(len(readings), good))
    amplitudes[pulses.cells] = pulses.amplitude
    return [round(float(amplitude), 9) for amplitude in amplitudes]


def tuner(*targets: float, **schedule: Any) -> Tuner:
    return Tuner(np.array(targets) * 1e-6, PulseSchedule(**schedule))


def test_the_published_ramp_climbs_by_steps_and_starts_anew_at_a_reversal():
    one = tuner(20.0)
    said = [tell(one, g)[0] for g in (10, 12, 15, 18, 22.5, 22.0, 19.0)]
    assert said == [1.2, 1.3, 1.4, 1.5, -1.5, -1.6, 1.2]
    assert one.state["reversals"][0] == 2
    assert one.state["pulses"][0] == 7


def test_two_consecutive_readings_in_the_guarded_window_are_needed():
    one = tuner(20.0)  # the window is 0.7 of 1 µS
    assert tell(one, 20.6) == [0.0]
    assert tell(one, 20.8) == [-1.5]
    assert tell(one, 19.4) == [0.0]
    assert len(one.active) == 1
    assert tell(one, 20.3) == [0.0]
    assert len(one.active) == 0
    assert one.state["status"][0] == Status.ACCEPTED


def test_amplitudes_stop_at_the_cap_and_the_cell_is_given_up_there():
    one = tuner(20.0, cap=1.5, cap_pulses=4)
    said = []
    while len(one.active):
        said += tell(one, 5.0)
    assert said == [1.2, 1.3, 1.4, 1.5, 1.5, 1.5, 1.5, 0.0]
    assert one.state["status"][0] == Status.UNRESPONSIVE


def test_a_cell_is_given_up_after_the_allowed_reversals():
    one = tuner(20.0, reversals=3)
    said = [tell(one, g)[0] for g in (10, 30, 10, 30, 10)]
    assert said == [1.2, -1.5, 1.2, -1.5, 0.0]
    assert one.state["status"][0] == Status.GIVEN_UP
    assert one.state["reversals"][0] == 3


def test_no_cell_gets_more_pulses_than_allowed():
    one = tuner(20.0, pulses=5, reversals=100)
    for g in (10, 30, 10, 30, 10, 30):
        tell(one, g)
    assert one.state["pulses"][0] == 5
    assert one.state["status"][0] == Status.GIVEN_UP


def test_flagged_readings_change_nothing_but_their_own_count():
    one = tuner(20.0, flagged_readings=3)
    tell(one, 10.0)
    before = one.state.copy()
    assert tell(one, 20.0, good=False) == [0.0]
    assert one.state["flagged"][0] == 1
    assert one.state["reading"][0] == before["reading"][0]
    assert tell(one, 11.0) == [1.3]
    assert one.state["flagged"][0] == 0


@pytest.mark.parametrize("nonsense", [np.nan, np.inf])
def test_a_reading_that_is_no_number_is_as_good_as_flagged(nonsense: float):
    one = tuner(20.0, flagged_readings=2)
    assert tell(one, nonsense) == [0.0]
    assert tell(one, nonsense) == [0.0]
    assert one.state["status"][0] == Status.UNREADABLE


def test_a_target_of_zero_is_reached_by_anything_within_the_window_of_nothing():
    one = tuner(0.0)
    assert tell(one, 5.0) == [-2.5]
    tell(one, 0.5)
    tell(one, -0.9)
    assert one.state["status"][0] == Status.ACCEPTED


def test_cells_do_not_know_of_each_other():
    together = tuner(20.0, 5.0, 35.0)
    alone = [tuner(20.0), tuner(5.0), tuner(35.0)]
    for g in (10.0, 14.0, 25.0, 18.0):
        said = tell(together, g, g, g)
        assert said == [tell(one, g)[0] for one in alone]


def test_finished_cells_leave_the_active_list():
    three = tuner(10.0, 20.0, 30.0)
    tell(three, 10.0, 10.0, 10.0)
    tell(three, 10.0, 10.0, 10.0)
    assert three.active.tolist() == [1, 2]
    tell(three, 20.0, 20.0)
    assert three.active.tolist() == [1, 2]


def test_learned_sums_of_another_shape_are_refused():
    with pytest.raises(ValueError, match="shape"):
        Tuner(np.array([1e-6]), sums=np.zeros((2, 3)))


def test_a_fine_step_is_halved_at_each_reversal_and_starts_below_where_its_ramp_had_ended():
    one = tuner(20.0, algorithm="fine", step=0.1, fine_step=0.02)
    said = [tell(one, g)[0] for g in (10, 15, 25, 22, 17, 18, 23, 18)]
    # SET by 0.1; RESET by 0.05; SET from 1.3 less four steps of 0.025; RESET alike; then 0.02.
    assert said == [1.2, 1.3, -1.5, -1.55, 1.2, 1.225, -1.47, 1.145]


def test_gate_increments_raise_the_gate_of_sets_of_one_amplitude():
    one = tuner(20.0, algorithm="gate", gate_start=0.7, gate_step=0.05, gate_amplitude=3.0)
    said = []
    for g in (10, 12, 25, 22, 15):
        pulses = one.decide(np.array([g * 1e-6]), np.array([True]))
        said.append((round(float(pulses.amplitude[0]), 9), round(float(pulses.gate[0]), 9)))
    assert said == [(3.0, 0.7), (3.0, 0.75), (-1.5, 5.0), (-1.6, 5.0), (3.0, 0.7)]


def test_a_cell_that_no_gate_moves_is_given_up_at_the_set_gate():
    one = tuner(20.0, algorithm="gate", gate_start=2.0, gate_step=0.25, cap_pulses=3)
    gates = []
    while len(one.active):
        pulses = one.decide(np.array([5e-6]), np.array([True]))
        gates += pulses.gate.tolist()
    assert gates == [2.0, 2.25, 2.5, 2.5, 2.5]
    assert one.state["status"][0] == Status.UNRESPONSIVE


def test_a_relative_tolerance_is_a_share_of_each_target():
    two = tuner(10.0, 40.0, relative=0.01, guard=1.0)
    assert tell(two, 10.09, 40.39) == [0.0, 0.0]
    assert tell(two, 10.11, 40.41) == [-1.5, -1.5]


def test_a_cell_that_no_reset_brings_low_enough_gets_a_whole_set_and_another_reset():
    one = tuner(5.0, cap=1.6, cap_pulses=2, cycles=1)
    said = []
    while len(one.active):
        said += tell(one, 9.0)
    assert said == [-1.5, -1.6, -1.6, 1.6, -1.5, -1.6, -1.6, 0.0]
    assert one.state["status"][0] == Status.UNRESPONSIVE


def test_a_whole_set_teaches_nothing_about_repeated_pulses():
    """Its jump is that of a new ramp, not what an equal pulse adds to the one before."""
    one = tuner(5.0, algorithm="adaptive", cap=1.6, cap_pulses=2, cycles=1, step=0.1)
    # RESETs that answer, so that the cell is on its line at the cap; then the whole SET.
    said = [tell(one, g)[0] for g in (30, 22, 14, 9)]
    assert said[-1] == 1.6
    tell(one, 38.0)
    assert one.state["steps"][0].tolist() == [0, 0]
    assert one.sums[0].tolist() == [0.0] * one.sums.shape[1]
