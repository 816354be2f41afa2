"""Fewer points that show the same: spikes stay, loops stay loops, gaps stay gaps."""

import numpy as np
import pytest

from labcim.gui.plots.thinning import in_sight, limits, on_axes, peaks, spread_out, with_margin


@pytest.mark.parametrize("count", [1_000, 1_001, 123_457])
def test_a_single_spike_in_either_direction_survives(count):
    x, y = np.arange(count, dtype=float), np.zeros(count)
    for place, height in ((0, 5.0), (count // 3, 9.0), (count // 2, -7.0), (count - 1, 6.0)):
        spiky = y.copy()
        spiky[place] = height
        thin_x, thin_y = peaks(x, spiky, 200)
        assert len(thin_y) <= 204
        assert thin_x[thin_y == height].tolist() == [place]


def test_thinned_points_are_points_of_the_trace_in_their_order():
    rng = np.random.default_rng(3)
    angle = np.linspace(0, 20, 50_000)
    x, y = np.cos(angle), np.sin(angle) + rng.normal(0, 0.01, angle.size)
    thin_x, thin_y = peaks(x, y, 2_000)
    place = {pair: k for k, pair in enumerate(zip(x.tolist(), y.tolist(), strict=True))}
    order = [place[pair] for pair in zip(thin_x.tolist(), thin_y.tolist(), strict=True)]
    assert order == sorted(order)
    assert (thin_y.min(), thin_y.max()) == (y.min(), y.max())


def test_single_unknown_points_vanish_and_a_long_gap_stays_one():
    x, y = np.arange(10_000.0), np.sin(np.arange(10_000.0))
    y[::7] = np.nan
    y[4_000:6_000] = np.nan
    thin_x, thin_y = peaks(x, y, 500)
    in_gap = (thin_x > 4_100) & (thin_x < 5_900)
    assert np.isnan(thin_y[in_gap]).all() and in_gap.any()
    assert np.isfinite(thin_y[(thin_x < 3_900) | (thin_x > 6_100)]).all()


def test_a_short_trace_is_left_as_it_is():
    x, y = np.arange(5.0), np.array([1.0, np.nan, 2.0, 3.0, 4.0])
    assert peaks(x, y, 5)[1] is y


def test_what_is_in_sight_has_a_neighbour_on_each_side_so_that_lines_reach_the_edge():
    x = np.arange(10.0)
    assert in_sight(x, x, 3.5, 5.5)[0].tolist() == [3, 4, 5, 6]
    assert in_sight(x, x, -5, 0.5)[0].tolist() == [0, 1]
    assert in_sight(x, x, 20, 30)[0].tolist() == [9]


def test_evenly_picked_points_include_both_ends_and_repeat_none():
    kept = spread_out(123_456, 5_000)
    assert (len(kept), kept[0], kept[-1]) == (5_000, 0, 123_455)
    assert len(set(kept.tolist())) == 5_000
    assert np.arange(10)[spread_out(10, 5_000)].tolist() == list(range(10))


def test_a_log_axis_counts_what_has_no_place_on_it_and_only_that():
    x = np.array([1.0, 10.0, 0.0, -1.0, np.nan, 100.0])
    trace = on_axes("", x, np.ones(6), x_log=True, y_log=False)
    assert trace.left_out == 2
    assert trace.x[[0, 1, 5]].tolist() == [0, 1, 2]
    assert np.isnan(trace.x[2:5]).all() and not trace.sorted


@pytest.mark.parametrize(
    ("x", "in_order"),
    [([1, 2, 2, 3], True), ([1, 3, 2], False), ([1, np.nan, 3], False), ([], True), ([4], True)],
)
def test_a_trace_is_in_order_if_x_never_falls_and_is_known(x, in_order):
    places = np.array(x, float)
    assert on_axes("", places, places * 0, x_log=False, y_log=False).sorted is in_order


def test_infinite_values_are_left_out_of_limits():
    trace = on_axes("", np.arange(3.0), np.array([1.0, np.inf, 5.0]), x_log=False, y_log=False)
    assert limits([trace.y]) == (1, 5)
    assert limits([np.array([]), np.array([np.nan])]) is None


@pytest.mark.parametrize("ends", [(0, 0), (7, 7), (-3, -3), (1e-12, 1e-12), (0, 1)])
def test_a_view_always_has_some_width(ends):
    low, high = with_margin(*ends)
    assert low < ends[0] and high > ends[1]


def test_enormous_and_infinite_values_of_both_signs_are_taken_without_complaint():
    huge = np.array([1.7e308, 1.7e308, np.inf, -np.inf])
    trace = on_axes("", huge, huge, x_log=False, y_log=False)
    assert np.isfinite(trace.x).tolist() == [True, True, False, False]
