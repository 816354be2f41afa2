"""Mott oscillators (D19): the period in closed form, and two that lock in anti-phase."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.integrate import solve_ivp

from labcim.errors import RangeError
from labcim.sim_backend.periphery.mott import NBO2, VO2, MottNetwork, MottNode, MottSwitch

NODES = {"VO2": MottNode(VO2, 2.5, 10e3, 1e-9), "NbO2": MottNode(NBO2, 1.8, 8e3, 1e-10)}
BOTH = pytest.mark.parametrize("node", NODES.values(), ids=NODES)


def pair(node, other=None, coupling=0.1, seed=1):
    link = coupling * node.capacitance
    return MottNetwork([node, other or node], [[0.0, link], [link, 0.0]], seed=seed)


def phases(found, periods=20):
    """Return the phase of oscillator 1 in oscillator 0's cycle, 0 to 1, for its last cycles."""
    a, b = found.rises(0), found.rises(1)
    last = []
    for begin, end in zip(a[-periods - 1 : -2], a[-periods:-1], strict=True):
        inside = b[(b >= begin) & (b < end)]
        assert inside.size == 1
        last.append((inside[0] - begin) / (end - begin))
    return np.array(last)


@BOTH
def test_d19_an_oscillator_alone_has_the_period_of_its_two_exponentials(node):
    found = MottNetwork([node], [[0.0]]).run([0.2], 40 * node.period())

    np.testing.assert_allclose(np.diff(found.rises(0))[1:], node.period(), rtol=1e-8)


@BOTH
def test_the_edges_are_those_of_an_integration_in_time(node):
    """Two coupled nodes up to their first switching, by a solver that knows no modes."""
    start = np.array([0.9, 0.7]) * (node.supply - node.switch.high + 0.3)
    link = 0.1 * node.capacitance
    matrix = np.array([[node.capacitance + link, -link], [-link, node.capacitance + link]])

    def slope(_, x):
        current = (node.supply - x) / node.switch.insulating - x / node.load
        return np.linalg.solve(matrix, current)

    def turns(_, x):
        return node.supply - x[1] - node.switch.high

    turns.terminal = True
    run = solve_ivp(slope, (0, 10 * node.period()), start, rtol=1e-10, atol=1e-12, events=turns)
    found = pair(node).run(start, 2 * node.period())

    assert found.oscillator[0] == 1
    assert found.time[0] == pytest.approx(run.t_events[0][0], rel=1e-7)


@BOTH
@pytest.mark.parametrize("share", [0.03, 0.2, 0.45, 0.7, 0.97])
def test_d19_two_coupled_oscillators_lock_in_anti_phase(node, share):
    """From any start but equal ones."""
    top, bottom = node.supply - node.switch.low, node.supply - node.switch.high
    start = [bottom + 0.5 * (top - bottom), bottom + share * (top - bottom)]
    phase = phases(pair(node).run(start, 150 * node.period()))

    np.testing.assert_allclose(phase, 0.5, atol=0.01)


@BOTH
def test_d19_they_lock_although_one_is_slower_by_two_percent(node):
    slower = replace(node, capacitance=1.02 * node.capacitance)
    found = pair(node, slower).run([0.5, 0.6], 200 * node.period())
    phase = phases(found)

    assert np.ptp(phase) < 1e-3
    assert phase.mean() == pytest.approx(0.5, abs=0.1)
    alone = MottNetwork([slower], [[0.0]]).run([0.6], 50 * node.period())
    assert abs(np.diff(alone.rises(0))[-1] / node.period() - 1.0) > 0.015


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_d19_thresholds_that_scatter_by_5_millivolts_leave_them_in_anti_phase(seed):
    node = replace(NODES["VO2"], switch=replace(VO2, threshold_spread=0.005))
    phase = phases(pair(node, seed=seed).run([0.5, 0.6], 200 * node.period()), periods=100)

    assert phase.mean() == pytest.approx(0.5, abs=0.02)
    assert 1e-3 < phase.std() < 0.05


def test_without_coupling_they_keep_the_phase_they_began_with():
    node = NODES["VO2"]
    phase = phases(pair(node, coupling=0.0).run([0.5, 0.6], 100 * node.period()))

    np.testing.assert_allclose(phase, phase[0], atol=1e-6)
    assert abs(phase[0] - 0.5) > 0.05


def test_the_same_seed_gives_the_same_edges():
    node = replace(NODES["VO2"], switch=replace(VO2, threshold_spread=0.005))
    one, two, other = (pair(node, seed=s).run([0.5, 0.6], 1e-4) for s in (4, 4, 5))

    np.testing.assert_array_equal(one.time, two.time)
    assert not np.array_equal(one.time, other.time)


@pytest.mark.parametrize(
    "change", [{"supply": 1.0}, {"load": 1e6}, {"load": 100.0}, {"capacitance": float("nan")}]
)
def test_a_node_that_would_not_oscillate_is_refused(change):
    with pytest.raises(RangeError):
        replace(NODES["VO2"], **change)


def test_a_switch_without_hysteresis_is_refused():
    with pytest.raises(RangeError, match="low < high"):
        MottNode(MottSwitch(1e5, 1e3, 0.8, 0.8), 2.5, 10e3, 1e-9)


@pytest.mark.parametrize(
    "coupling", [[[0.0]], [[0.0, 1e-12], [0.0, 0.0]], [[1e-12, 0], [0, 0]], [[0, -1.0], [-1.0, 0]]]
)
def test_a_coupling_that_is_none_is_refused(coupling):
    with pytest.raises(RangeError, match="coupling"):
        MottNetwork([NODES["VO2"]] * 2, coupling)


def test_a_start_or_a_time_that_is_none_is_refused():
    network = pair(NODES["VO2"])
    with pytest.raises(RangeError, match="start"):
        network.run([0.5, float("nan")], 1e-6)
    with pytest.raises(RangeError, match="duration"):
        network.run([0.5, 0.6], 0.0)
