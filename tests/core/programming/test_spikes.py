"""Spikes and their overlap, point by point."""

import numpy as np
import pytest

from labcim.capabilities import Topology
from labcim.errors import RangeError
from labcim.programming.logic.spikes import Spike, pair_states

SPIKE = Spike(head=0.6, tail=0.4, width=1e-6, decay=10e-6)
TRIANGLE = Spike(head=0.6, tail=0.4, width=1e-6, decay=10e-6, shape="triangular")


def test_a_spike_is_a_head_and_then_a_tail_of_the_other_sign():
    time = np.array([-1e-9, 0.0, 0.9e-6, 1e-6, 11e-6])
    assert SPIKE.at(time) == pytest.approx([0.0, 0.6, 0.6, -0.4, -0.4 / np.e])
    assert TRIANGLE.at(np.array([6e-6, 11e-6, 20e-6])) == pytest.approx([-0.2, 0.0, 0.0])


def seen(delay, set_terminal="row"):
    """Return SET - other V of the cell between two spikes in every state."""
    topology = Topology(3, 3, set_terminal=set_terminal)
    states = pair_states(
        topology, SPIKE, delay, rows=(1,), columns=(2,), rest=1.5, gate=4.0, step=0.5e-6,
    )  # fmt: skip
    volts = np.array([state.rows[1] - state.columns[2] for state in states])
    return volts if set_terminal == "row" else -volts


@pytest.mark.parametrize("set_terminal", ["row", "column"])
@pytest.mark.parametrize("delay", [2e-6, 5e-6, 20e-6])
def test_the_one_before_first_sets_by_head_and_what_is_left_of_the_tail(delay, set_terminal):
    middle = 0.25e-6  # of the first state of the second head
    law = 0.6 + 0.4 * np.exp(-(delay + middle - 1e-6) / 10e-6)
    assert seen(delay, set_terminal).max() == pytest.approx(law)
    assert seen(-delay, set_terminal).min() == pytest.approx(-law)


def test_far_apart_no_spike_gives_more_than_its_head():
    assert np.abs(seen(60e-6)).max() == pytest.approx(0.6, rel=0.01)


def test_all_other_lines_rest_and_only_the_chosen_gates_open():
    states = pair_states(
        Topology(3, 3), SPIKE, 2e-6, rows=(1,), columns=(2,), rest=1.5, gate=4.0, step=1e-6,
    )  # fmt: skip
    assert len(states) == 2 + 1 + 40  # until the second tail has died away
    for state in states:
        assert state.rows[[0, 2]].tolist() == [1.5, 1.5]
        assert state.columns[[0, 1]].tolist() == [1.5, 1.5]
        assert state.gates.tolist() == [0.0, 0.0, 4.0]


@pytest.mark.parametrize("values", [(0.0, 1, 1, 1), (1, np.nan, 1, 1), (1, 1, -1, 1)])
def test_spikes_that_are_none_are_refused(values):
    with pytest.raises(RangeError, match="above 0"):
        Spike(*values)


@pytest.mark.parametrize("step", [0.0, 2e-6, np.nan])
def test_steps_longer_than_the_head_are_refused(step):
    with pytest.raises(RangeError, match="at most 1e-06"):
        pair_states(
            Topology(2, 2), SPIKE, 0.0, rows=(0,), columns=(0,), rest=1.5, gate=4.0, step=step,
        )  # fmt: skip
