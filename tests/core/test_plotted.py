"""What a PlotSpec shows: the same numbers for report and dashboard."""

import numpy as np
import pytest

from labcim.documents import Channel
from labcim.plots import PlotSpec
from labcim.plotted import plotted

CHANNELS = {
    c.name: c
    for c in (
        Channel(name="row", dtype="<u4"),
        Channel(name="column", dtype="<u4"),
        Channel(name="conductance", dtype="<f8", unit="S"),
        Channel(name="target", dtype="<f8", unit="S"),
        Channel(name="error", dtype="<f8", unit="S"),
        Channel(name="pulses", dtype="<u4"),
        Channel(name="good", dtype="?"),
        Channel(name="temperature", dtype="<f8", unit="K"),
    )
}
ROWS = {
    "row": np.array([0, 1, 1, 0], np.uint32),
    "column": np.array([0, 0, 2, 0], np.uint32),
    "conductance": np.array([5e-6, 10e-6, 20e-6, 8e-6]),
    "target": np.array([5e-6, 10e-6, 20e-6, 2e-3]),
    "error": np.array([-2e-6, 1e-6, 0.0, 0.5e-6]),
    "pulses": np.array([3, 1, 3, 0], np.uint32),
    "good": np.array([True, True, False, True]),
    "temperature": np.array([300.0, 300.0, 400.0, 400.0]),
}


def test_a_map_shows_the_latest_value_of_each_cell_and_nothing_where_none_was_read():
    shown = plotted(PlotSpec("G", "map", "conductance"), ROWS, CHANNELS, shape=(2, 4))
    expected = [[8, np.nan, np.nan, np.nan], [10, np.nan, 20, np.nan]]
    np.testing.assert_allclose(shown.picture, expected)
    assert (shown.y_label, shown.signed) == ("conductance (µS)", False)


def test_an_error_map_has_zero_in_the_middle():
    shown = plotted(PlotSpec("E", "map", "error"), ROWS, CHANNELS)
    assert shown.signed
    np.testing.assert_allclose(shown.levels, (-2.0, 2.0))


def test_one_dead_cell_does_not_stretch_the_colours():
    values = np.append(np.linspace(10e-6, 20e-6, 99), 1.0)
    rows = {"row": np.zeros(100, int), "column": np.arange(100), "conductance": values}
    shown = plotted(PlotSpec("G", "map", "conductance"), rows, CHANNELS)
    assert shown.levels[1] / shown.levels[0] == pytest.approx(2.0)


def test_whole_numbers_have_a_bar_each():
    (trace,) = plotted(PlotSpec("N", "histogram", "pulses"), ROWS, CHANNELS).traces
    np.testing.assert_allclose(trace.x, [-0.5, 0.5, 1.5, 2.5, 3.5])
    np.testing.assert_allclose(trace.y, [1, 1, 0, 2])


def test_only_rows_that_the_plot_asks_for_are_counted():
    (trace,) = plotted(PlotSpec("C", "cdf", "conductance", where="good"), ROWS, CHANNELS).traces
    np.testing.assert_allclose(trace.x, [5, 8, 10])
    np.testing.assert_allclose(trace.y, [1 / 6, 3 / 6, 5 / 6])


def test_curves_on_one_axis_share_its_scale():
    spec = PlotSpec("G", "line", "conductance", x="pulses", overlay=("target",))
    shown = plotted(spec, ROWS, CHANNELS)
    assert shown.y_label == "conductance (mS)"
    assert [trace.name for trace in shown.traces] == ["conductance", "target"]
    np.testing.assert_allclose(shown.traces[0].y, ROWS["conductance"] * 1e3)
    np.testing.assert_allclose(shown.traces[1].y, ROWS["target"] * 1e3)


def test_a_group_becomes_a_trace_for_each_value_with_its_unit():
    spec = PlotSpec("G", "scatter", "conductance", x="pulses", group="temperature")
    traces = plotted(spec, ROWS, CHANNELS).traces
    assert [trace.name for trace in traces] == ["temperature 300 K", "temperature 400 K"]
    np.testing.assert_allclose(traces[1].x, [3, 0])


def test_rows_without_a_group_are_a_trace_without_a_name():
    spec = PlotSpec("G", "scatter", "conductance", x="pulses", group="temperature")
    rows = ROWS | {"temperature": np.array([300.0, np.nan, np.nan, 300.0])}
    traces = plotted(spec, rows, CHANNELS).traces
    assert [trace.name for trace in traces] == ["temperature 300 K", ""]
    np.testing.assert_allclose(traces[1].x, [1, 3])


@pytest.mark.parametrize("kind", ["map", "line", "histogram", "cdf"])
def test_no_rows_make_an_empty_picture(kind):
    none = {name: array[:0] for name, array in ROWS.items()}
    shown = plotted(PlotSpec("G", kind, "conductance", x="pulses"), none, CHANNELS, shape=(2, 2))
    drawn = shown.traces[0].y if shown.picture is None else shown.picture
    assert np.nansum(drawn) == 0.0


def test_cells_that_the_array_does_not_have_are_left_out():
    odd = {**ROWS, "row": np.array([0, 5, 1, 0]), "column": np.array([0, 0, -1, 0])}
    shown = plotted(PlotSpec("G", "map", "conductance"), odd, CHANNELS, shape=(2, 2))
    np.testing.assert_allclose(shown.picture, [[8, np.nan], [np.nan, np.nan]])


def test_a_plot_knows_the_channels_it_needs():
    assert PlotSpec("", "map", "g", where="good").needs == {"row", "column", "g", "good"}
    assert PlotSpec("", "line", "i", x="v", group="cell").needs == {"v", "i", "cell"}
    assert PlotSpec("", "cdf", "g").needs == {"g"}


def test_a_protocol_that_plots_what_it_does_not_declare_is_refused():
    from labcim.protocol import protocol
    from labcim.recipe import Recipe

    class Odd(Recipe):
        protocol = "odd"

    for plot in (PlotSpec("a line", "line", "row"), PlotSpec("a map", "map", "heat")):
        with pytest.raises(ValueError, match="needs"):
            protocol(Odd, channels=tuple(CHANNELS.values()), plots=(plot,))


def test_a_table_shows_the_mean_over_the_values_of_two_channels_in_words():
    spec = PlotSpec("T", "table", "conductance", x="temperature", group="pulses", where="good")
    shown = plotted(spec, ROWS, CHANNELS)
    np.testing.assert_allclose(shown.picture, [[np.nan, 8], [10, np.nan], [5, np.nan]])
    assert shown.across == ("temperature", "300 K", "400 K")
    assert shown.down == ("pulses", "0", "1", "3")
    assert shown.levels == pytest.approx((5.0, 10.0))
