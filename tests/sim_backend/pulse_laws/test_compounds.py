"""Weights of several cells."""

import numpy as np
import pytest

from labcim.errors import RangeError
from labcim.sim_backend.pulse_laws.compounds import (
    OneSidedPair,
    UpdatePolicy,
    VectorCell,
    reference_cell,
)
from labcim.sim_backend.pulse_laws.laws import ConstantStep, SoftBounds
from labcim.sim_backend.pulse_laws.presets import load_pulse_preset


@pytest.mark.parametrize("count", range(2, 10))
def test_d7_the_spread_of_a_weight_falls_with_the_root_of_the_number_of_devices(even_law, count):
    """D7: sigma as 1/sqrt(N) within 10 %, of what cycle-to-cycle noise leaves after 20 pulses."""
    law = even_law(ConstantStep, w_max=9.0, w_min=-9.0, dw_min_std=1.0)
    cell = VectorCell([law] * count, 60, 60, seed=count)
    for device in cell.devices:
        device.pulse_all(20, up=True)

    assert cell.weights.std() == pytest.approx(0.001 * np.sqrt(20 / count), rel=0.1)


def test_all_devices_of_a_vector_cell_take_the_same_trains(even_law):
    law = even_law(ConstantStep, dw_min_std=0.0)
    cell = VectorCell([law, law, law], 6, 7, seed=1)
    cell.update(np.linspace(-0.1, 0.1, 6), np.linspace(-1, 1, 7), 0.31)

    assert (cell.devices[0].weights == cell.devices[2].weights).all()
    np.testing.assert_allclose(cell.weights, cell.devices[0].weights, rtol=1e-6)


@pytest.mark.parametrize(
    ("policy", "turns"),
    [
        (UpdatePolicy.ALL, [[0, 1, 2]] * 4),
        (UpdatePolicy.SINGLE_FIXED, [[1]] * 4),
        (UpdatePolicy.SINGLE_SEQUENTIAL, [[1], [2], [0], [1]]),
    ],
)
def test_an_update_policy_says_whose_turn_it_is(policy, turns):
    cell = VectorCell([SoftBounds()] * 3, 4, 4, seed=1, policy=policy, first=1)
    for turn in turns:
        before = [device.stored for device in cell.devices]
        assert cell.taking() == turn
        cell.update(np.full(4, 0.1), np.ones(4), 0.31)
        moved = [n for n in range(3) if (cell.devices[n].stored != before[n]).any()]
        assert moved == turn


def test_a_random_policy_gives_each_device_its_share():
    cell = VectorCell([SoftBounds()] * 4, 1, 1, seed=1, policy=UpdatePolicy.SINGLE_RANDOM)
    turns = []
    for cell.updates in range(4000):
        turns += cell.taking()

    counts = np.bincount(turns, minlength=4)
    np.testing.assert_allclose(counts, 1000, atol=4.5 * np.sqrt(4000 * 0.25 * 0.75))


def test_gammas_weigh_the_devices():
    cell = VectorCell([SoftBounds()] * 2, 2, 2, seed=1, gammas=[1.0, 0.1])
    cell.devices[0].set_weights(np.full((2, 2), 0.2))
    cell.devices[1].set_weights(np.full((2, 2), -0.3))

    np.testing.assert_allclose(cell.weights, 0.17, rtol=1e-6)


def test_a_reference_cell_updates_one_device_and_subtracts_the_other(even_law):
    law = even_law(SoftBounds, up_down=0.3, dw_min=0.01, dw_min_std=0.0)
    cell = reference_cell(law, 5, 5, seed=1)
    point = cell.devices[0].symmetry_points()
    cell.devices[0].set_weights(point)
    cell.devices[1].set_weights(point)
    np.testing.assert_allclose(cell.weights, 0.0, atol=1e-7)

    cell.update(np.full(5, 0.1), np.ones(5), 1.0)
    assert (cell.weights > 0.0).all()
    np.testing.assert_allclose(cell.devices[1].weights, point, rtol=1e-6)


def test_laws_and_gammas_must_be_as_many():
    with pytest.raises(RangeError, match="a gamma for each"):
        VectorCell([SoftBounds()], 2, 2, seed=1, gammas=[1.0, 2.0])
    with pytest.raises(RangeError, match="accepts 0 to 0"):
        VectorCell([SoftBounds()], 2, 2, seed=1, first=1)


@pytest.mark.parametrize("method", ["auto", "literal"])
def test_a_one_sided_pair_only_ever_raises_its_devices(even_law, method):
    law = even_law(ConstantStep, w_min=0.0, w_max=2.0, dw_min_std=0.0)
    pair = OneSidedPair(law, 6, 7, seed=1)
    rows, columns = np.linspace(-0.1, 0.1, 6), np.linspace(-1, 1, 7)
    pair.update(rows, columns, 0.31, method=method)
    direction = np.sign(np.outer(rows, columns))

    assert (pair.plus.weights[direction <= 0] == 0.0).all()
    assert (pair.minus.weights[direction >= 0] == 0.0).all()
    assert pair.plus.weights.max() > 0.02 and pair.minus.weights.max() > 0.02


def test_both_methods_give_a_one_sided_pair_the_same_pulses(even_law):
    law = even_law(ConstantStep, w_min=0.0, w_max=2.0, dw_min_std=0.0)
    ends = []
    for method in ("auto", "literal"):
        pair = OneSidedPair(law, 6, 7, seed=1)
        pair.update(np.linspace(-0.1, 0.1, 6), np.linspace(-1, 1, 7), 0.31, method=method)
        ends.append(pair.weights)

    assert (ends[0] == ends[1]).all()


def test_a_refresh_makes_room_and_keeps_the_weights():
    """PCM: what is written back is off by less than its first pulse, dw_min (1 + 27.2)."""
    pair = OneSidedPair(load_pulse_preset("PCM").law, 30, 30, seed=2)
    rng = np.random.default_rng(1)
    for _ in range(40):
        pair.update(rng.uniform(-1, 1, (5, 30)), rng.uniform(-1, 1, (5, 30)), 0.3)
    worn, before = pair.worn(), pair.weights
    count = pair.refresh()

    assert count == worn.sum() > 100 and pair.refreshed == count
    smaller = np.minimum(pair.plus.weights, pair.minus.weights)
    assert smaller[worn].max() < 0.1
    assert (pair.weights == before)[~worn].all()
    assert np.abs(pair.weights - before)[worn].mean() < 0.01 * 28.2
    assert not pair.worn().any()


def test_a_refresh_of_fresh_pairs_does_nothing():
    pair = OneSidedPair(load_pulse_preset("PCM").law, 4, 4, seed=2)
    before = pair.weights

    assert pair.refresh() == 0 and (pair.weights == before).all()
