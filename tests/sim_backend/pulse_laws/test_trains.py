"""Pulse trains: chances, lengths, coincidences, and the outer product that they make."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from labcim.errors import RangeError
from labcim.sim_backend.pulse_laws.keys import ROW_TRAIN
from labcim.sim_backend.pulse_laws.laws import ConstantStep
from labcim.sim_backend.pulse_laws.trains import (
    TrainRules,
    make_trains,
    one_sided,
    stochastic_words,
)

FREE = {"w_max": 1e4, "w_min": -1e4, "dw_min_std": 0.0}


SLOTS = np.uint32(2**31 - 1)  # bit 31 is the sign


def random_words(chance, shape, seed=9):
    """Return stochastic words of 31 slots; shape (samples, lines)."""
    chances = np.broadcast_to(np.asarray(chance, float), shape).copy()
    return stochastic_words(chances, np.ones(shape[0]), np.full(shape[0], 31), seed, ROW_TRAIN, 0)


def bits(words):
    """Return the slots of trains, shape (..., 32)."""
    return (words[..., None] >> np.arange(32, dtype=np.uint32)) & 1


def trains_of(rows, columns, rate, dw_min=0.001, **rules):
    return make_trains(
        np.asarray(rows), np.asarray(columns), rate, dw_min, TrainRules(**rules), seed=3,
        first_sample=0,
    )  # fmt: skip


@pytest.mark.parametrize("chance", [0.01, 0.3, 0.5, 0.97])
def test_every_slot_pulses_with_the_chance_of_its_line(chance):
    words = random_words(chance, (50, 200))
    share = bits(words).reshape(-1, 32).mean(axis=0)

    error = 4.5 * np.sqrt(chance * (1.0 - chance) / 1e4)
    np.testing.assert_allclose(share[:31], chance, atol=error)
    assert share[31] == 0.0


def test_a_chance_of_one_pulses_always_and_of_zero_never():
    words = random_words([0.0, 1.0], (1, 2))

    assert words.tolist() == [[0, 2**31 - 1]]


def test_coincidences_are_binomial_with_the_product_of_the_chances():
    count, p, q = 20_000, 0.6, 0.3
    trains = make_trains(
        np.tile([0.6, 1.0], (count, 1)), np.tile([0.3, 1.0], (count, 1)), 0.031, 0.001,
        TrainRules(), seed=4, first_sample=0,
    )  # fmt: skip
    met = np.bitwise_count(trains.row_words[:, 0] & trains.column_words[:, 0])

    sd = np.sqrt(31 * p * q * (1.0 - p * q))
    assert met.mean() == pytest.approx(31 * p * q, abs=4.5 * sd / np.sqrt(count))
    assert met.std() == pytest.approx(sd, rel=4.5 / np.sqrt(2 * count))


def test_the_sign_of_a_value_is_in_the_highest_bit():
    trains = trains_of([0.1, -0.1, 0.0], [1.0, -1.0], 0.31)

    assert (trains.row_words >> 31).tolist() == [[0, 1, 0]]
    assert (trains.column_words >> 31).tolist() == [[0, 1]]


def test_one_sided_trains_split_the_pulses_without_losing_any(array_of, even_law):
    law = even_law(ConstantStep, **FREE)
    trains = trains_of(np.array([[0.1, -0.05], [0.0, 0.1]]), [[1.0, -0.7], [-0.3, 0.6]], 0.31)
    both, up, down = (array_of(law, 2, 2) for _ in range(3))
    both.run(trains)
    up.run(one_sided(trains, up=True))
    down.run(one_sided(trains, up=False))

    assert (up.weights >= 0.0).all() and (down.weights >= 0.0).all()
    np.testing.assert_allclose(up.weights - down.weights, both.weights, atol=1e-6)


def test_lines_and_samples_have_trains_of_their_own():
    words = bits(random_words(0.5, (100, 100)))
    slots = words[..., :31] - 0.5

    for one, other in ((slots[1:], slots[:-1]), (slots[:, 1:], slots[:, :-1])):
        assert abs(4.0 * np.mean(one * other)) < 4.5 / np.sqrt(one.size)
    assert abs(4.0 * np.mean(slots[..., 1:] * slots[..., :-1])) < 4.5 / np.sqrt(3e5)


@pytest.mark.parametrize(
    ("rate", "length"), [(0.0005, 1), (0.01, 1), (0.1, 10), (0.31, 31), (9, 31)]
)
def test_train_length_management_uses_no_more_slots_than_the_largest_product_needs(rate, length):
    """BL = ceil(lr max|x| max|d| / dw_min), at most 31."""
    trains = trains_of([0.1, 0.02], [1.0, -0.4], rate)

    assert max(int((words & SLOTS).max()) for words in trains) < 2**length
    if rate >= 0.01:  # the largest of both pulses in every slot
        assert np.bitwise_count(trains.row_words[0, 0]) == length


def test_update_management_gives_the_largest_row_and_column_the_same_chance():
    rows, columns = np.tile([1e-4, 5e-5], (4000, 1)), np.tile([10.0, 1.0], (4000, 1))
    trains = trains_of(rows, columns, 0.5, dw_min=0.001)
    row, column = (bits(w)[:, 0].mean() for w in (trains.row_words, trains.column_words))

    assert row == pytest.approx(column, abs=4.5 * np.sqrt(0.5 / (4000 * 32)))


@pytest.mark.parametrize("length", [1, 5, 31])
def test_the_mean_change_is_the_outer_product_for_any_length(array_of, even_law, length):
    rows, columns = np.array([0.1, -0.05, 0.0, 0.02]), np.array([1.0, -0.7, 0.3])
    array = array_of(even_law(ConstantStep, **FREE), 4, 3)
    rules = TrainRules(desired_bl=length)
    rate = 0.01 * length
    array.update(np.tile(rows, (5000, 1)), np.tile(columns, (5000, 1)), rate, rules=rules)
    wanted = rate * np.outer(rows, columns)

    # Each slot adds dw_min with chance p: variance at most dw_min |mean|.
    error = 4.5 * np.sqrt(0.001 * np.abs(wanted) / 5000) + 1e-9
    assert (np.abs(array.weights / 5000 - wanted) <= error + 1e-4 * np.abs(wanted)).all()


def test_p5_the_mean_update_of_an_ideal_device_is_the_outer_product_within_2_percent(
    array_of, even_law
):
    """P5 of the physics reference."""
    rng = np.random.default_rng(2)
    rows, columns = rng.choice([-1, 1], 8) * rng.uniform(0.03, 0.1, 8), rng.uniform(0.3, 1.0, 8)
    array = array_of(even_law(ConstantStep, **FREE))
    for _ in range(10):
        array.update(np.tile(rows, (1000, 1)), np.tile(columns, (1000, 1)), 0.31)
    wanted = 0.31 * np.outer(rows, columns)

    np.testing.assert_allclose(array.weights / 1e4, wanted, rtol=0.02)


@settings(max_examples=50, deadline=None)
@given(
    st.lists(st.floats(-1, 1), min_size=1, max_size=6),
    st.lists(st.floats(-1, 1), min_size=1, max_size=6),
    st.floats(0.001, 0.031),
)
def test_deterministic_trains_meet_as_often_as_the_product_says_within_one(rows, columns, rate):
    trains = trains_of(rows, columns, rate, deterministic=True, update_bl_management=False)
    rows_on, columns_on = trains.row_words[0] & SLOTS, trains.column_words[0] & SLOTS
    met = np.bitwise_count(rows_on[:, None] & columns_on[None, :])
    wanted = rate / 0.001 * np.abs(np.outer(rows, columns))

    assert (np.abs(met - wanted) <= 1.0 + 1e-9).all()


def test_deterministic_trains_are_the_same_each_time_and_without_noise_so_are_weights(
    array_of, even_law
):
    ends = []
    for seed in (1, 2):
        array = array_of(even_law(ConstantStep, **FREE), 3, 2, seed)
        rules = TrainRules(deterministic=True)
        array.update(np.array([0.1, 0.05, -0.1]), np.array([1.0, 0.5]), 0.31, rules=rules)
        ends.append(array.weights)

    assert (ends[0] == ends[1]).all()
    np.testing.assert_allclose(ends[0][:, 0], [0.031, 0.016, -0.031], atol=1e-6)


def test_a_column_or_row_of_zeros_stays_where_it_is(array_of):
    array = array_of(ConstantStep(), 3, 3)
    array.update(np.zeros(3), np.ones(3), 1.0)
    array.update(np.ones(3), np.array([1.0, 0.0, 1.0]), 1.0)

    assert (array.weights[:, 1] == 0.0).all() and (array.weights[:, 0] != 0.0).all()


@pytest.mark.parametrize(
    ("rows", "columns", "rate"),
    [
        ([np.nan], [1.0], 0.1),
        ([[1.0], [1.0]], [1.0], 0.1),
        ([1.0], [1.0], -0.1),
        ([1.0], [1.0], np.nan),
    ],
)
def test_an_update_that_makes_no_sense_is_refused_before_any_pulse(array_of, rows, columns, rate):
    array = array_of(ConstantStep(), 1, 1)
    with pytest.raises(RangeError, match="accepts"):
        array.update(np.array(rows), np.array(columns), rate)

    assert array.samples == 0


def test_trains_of_another_size_than_the_array_are_refused(array_of):
    with pytest.raises(RangeError, match="do not fit"):
        array_of(ConstantStep(), 3, 3).update(np.ones(3), np.ones(4), 0.1)


@pytest.mark.parametrize("slots", [0, 32])
def test_a_train_has_one_to_thirty_one_slots(slots):
    with pytest.raises(RangeError, match="1 to 31"):
        TrainRules(desired_bl=slots)


@pytest.mark.parametrize(("row", "column"), [(2.2e-313, 0.0), (2.2e-313, 1.0), (1e200, 1e200)])
def test_numbers_at_the_ends_of_the_range_make_trains_without_a_warning(row, column):
    trains = trains_of([[row]], [[column]], 1 / 64)
    together = trains.row_words & trains.column_words & SLOTS

    assert np.bitwise_count(together).item() == (31 if row > 1.0 else 0)
