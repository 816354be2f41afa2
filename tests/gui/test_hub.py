"""What a window sees of the documents that were told, one by one or by the thousand."""

import threading
import tracemalloc
from contextlib import contextmanager

import numpy as np
import pytest

from labcim.documents import PULSE, Channel, Channels, Pulses
from labcim.gui.run.hub import Hub
from labcim.plots import PlotSpec
from labcim.plotted import plotted

from .hub_story import CHANNELS, Story

NAN = np.nan
EVERYTHING = {"run", "rows", "map", "log", "results", "progress"}


@pytest.fixture
def hub():
    return Hub()


class Clock:
    def __init__(self):
        self.now = 100.0

    def __call__(self):
        return self.now


def test_a_hub_that_was_told_nothing_shows_nothing(hub):
    assert (hub.start, hub.channels, hub.stop, hub.attempt, hub.last_stimulus) == (None,) * 5
    assert (hub.plots, hub.map_names, hub.rows(), hub.log(), hub.results()) == ((), (), {}, [], [])
    assert hub.map("conductance").shape == (0, 0)
    assert hub.cell(0) == {}
    assert hub.recently_pulsed().size == 0
    assert hub.counts.documents == hub.counts.dropped == 0


def test_the_first_look_after_a_reset_sees_everything_changed_and_the_next_nothing(hub):
    hub.look()
    hub.reset()
    assert hub.look() == EVERYTHING
    assert hub.look() == set()


def test_a_look_says_what_each_document_changed(hub):
    story = Story(hub)
    assert hub.look() == EVERYTHING
    story.channels()
    assert hub.look() == {"run", "rows", "map"}
    story.read(cell=[0], conductance=[1e-6])
    assert hub.look() == {"rows", "map", "progress"}
    story.pulse([1])
    assert hub.look() == {"map", "progress"}
    story.attempt()
    assert hub.look() == {"progress"}
    story.result("yield", 1.0, outcome="PASS")
    assert hub.look() == {"results"}
    story.note("warm today")
    assert "log" in hub.look()
    story.stop()
    assert hub.look() == {"run", "log", "progress"}
    assert hub.look() == set()


def test_looking_at_the_rows_does_not_make_the_next_look_miss_that_they_changed(hub):
    story = Story(hub).channels()
    hub.look()
    story.read(cell=[0], conductance=[1e-6])
    assert len(hub.rows()["cell"]) == 1
    assert "rows" in hub.look()


def test_the_structural_documents_are_all_there(hub):
    story = Story(hub).channels()
    story.attempt("u2")
    story.stop("stopped", "asked to")
    assert hub.start.run == hub.stop.run == story.run
    assert hub.channels.channels == CHANNELS
    assert [plot.title for plot in hub.plots] == ["Target", "Levels"]
    assert hub.attempt.unit == "u2"
    assert hub.stop.reason == "asked to"


def test_counts_are_those_of_the_documents(hub):
    story = Story(hub).channels()
    story.read(cell=[0, 1, 2])
    story.pulse([0, 1], count=5)
    story.done("u1")
    counts = hub.counts
    assert (counts.documents, counts.readings, counts.pulses) == (5, 3, 10)
    assert (counts.units_done, counts.units, counts.dropped) == (1, 2, 0)


def test_only_the_newest_rows_are_kept_and_the_others_are_counted():
    hub = Hub(rows=5)
    story = Story(hub).channels()
    for first in range(0, 40, 4):
        story.read(cell=[0] * 4, time=np.arange(first, first + 4))
    assert hub.rows()["time"].tolist() == [35, 36, 37, 38, 39]
    assert hub.counts.readings == 40
    assert hub.counts.dropped == 35


def test_a_batch_larger_than_what_is_kept_still_reaches_every_cell_of_the_map():
    hub = Hub(rows=2)
    story = Story(hub).channels()
    story.read(cell=range(6), conductance=np.arange(6.0), time=np.arange(6))
    assert hub.map("conductance").ravel().tolist() == [0, 1, 2, 3, 4, 5]
    assert hub.rows()["time"].tolist() == [4, 5]
    assert hub.counts.dropped == 4


def test_rows_that_were_handed_out_never_change(hub):
    hub = Hub(rows=4)
    story = Story(hub).channels()
    story.read(cell=[0, 1, 2], time=[1, 2, 3])
    before = hub.rows()["time"]
    for _ in range(9):
        story.read(cell=[0, 1, 2], time=[7, 8, 9])
        hub.look()
    assert before.tolist() == [1, 2, 3]
    with pytest.raises(ValueError):
        before[0] = 5


def test_only_the_rows_of_the_channels_that_are_asked_for_come(hub):
    story = Story(hub).channels()
    story.read(cell=[4], time=[2])
    assert set(hub.rows(["time", "nonsense"])) == {"time"}


def test_of_a_cell_that_comes_twice_in_a_batch_the_later_row_is_shown(hub):
    story = Story(hub).channels()
    story.read(cell=[3, 3, 3], conductance=[1.0, 2.0, 0.5])
    assert hub.map("conductance")[1, 0] == 0.5


def test_a_cell_whose_latest_row_is_no_number_is_shown_as_unknown(hub):
    story = Story(hub).channels()
    story.read(cell=[3], conductance=[1.0])
    story.read(cell=[3], conductance=[NAN])
    assert np.isnan(hub.map("conductance")[1, 0])
    assert np.isnan(hub.cell(3)["conductance"])


def test_the_latest_value_of_a_cell_stays_when_its_row_is_long_gone():
    hub = Hub(rows=3)
    story = Story(hub).channels()
    story.read(cell=[0], conductance=[7.0])
    for _ in range(20):
        story.read(cell=[1], conductance=[1.0])
        hub.look()
    assert hub.map("conductance")[0, 0] == 7.0
    assert hub.cell(0)["conductance"] == 7.0


def test_a_map_offers_the_declared_quantities_then_conductance_then_pulses(hub):
    Story(hub).channels()
    assert hub.map_names == ("target", "conductance", "pulses in this run")


def test_before_a_run_declares_its_channels_no_map_is_offered_that_would_stay_chosen(hub):
    Story(hub)
    assert hub.start is not None
    assert hub.map_names == ()


def test_a_place_by_row_and_column_is_as_good_as_one_by_cell(hub):
    channels = tuple(Channel(name=n, dtype=d) for n, d in
                     (("row", "<u2"), ("column", "<u2"), ("conductance", "<f4")))  # fmt: skip
    story = Story(hub).channels(channels, ())
    story.read_raw({
        "row": np.array([1, 0], "<u2"), "column": np.array([2, 1], "<u2"),
        "conductance": np.array([5.0, 6.0], "<f4"),
    })  # fmt: skip
    shown = hub.map("conductance")
    assert (shown[1, 2], shown[0, 1]) == (5.0, 6.0)
    assert np.count_nonzero(np.isfinite(shown)) == 2


def test_readings_that_tell_no_cell_have_only_a_map_of_pulses(hub):
    channels = (Channel(name="line", dtype="<u4"), Channel(name="conductance", dtype="<f8"))
    story = Story(hub).channels(channels, (PlotSpec("G", "map", "conductance"),))
    story.read_raw({"line": np.zeros(1, "<u4"), "conductance": np.ones(1)})
    assert hub.map_names == ("pulses in this run",)
    assert len(hub.rows()["line"]) == 1


def test_rows_of_cells_outside_the_array_do_not_disturb_the_others(hub):
    story = Story(hub).channels()
    story.read(cell=[6, 2, 4_000_000_000], conductance=[1.0, 2.0, 3.0])
    assert hub.map("conductance")[0, 2] == 2.0
    assert np.count_nonzero(np.isfinite(hub.map("conductance"))) == 1
    assert len(hub.rows()["cell"]) == 3


def test_negative_places_are_not_those_at_the_other_end(hub):
    channels = tuple(Channel(name=n, dtype="<i4") for n in ("row", "column", "level"))
    story = Story(hub).channels(channels, (PlotSpec("L", "map", "level"),))
    story.read_raw({n: np.array([v], "<i4") for n, v in
                    (("row", -1), ("column", 0), ("level", 3))})  # fmt: skip
    assert np.isnan(hub.map("level")).all()


def test_pulses_are_added_up_for_each_cell(hub):
    story = Story(hub).channels()
    story.pulse([0, 0, 5], count=3)
    story.pulse([5, 99])
    assert np.nan_to_num(hub.map("pulses in this run")).tolist() == [[6, 0, 0], [0, 0, 4]]
    assert np.isnan(hub.map("pulses in this run")[0, 1])
    assert hub.cell(0)["pulses in this run"] == 6
    assert hub.cell(1) == {"pulses in this run": 0}


def test_cells_count_as_recently_pulsed_for_half_a_second():
    clock = Clock()
    hub = Hub(clock=clock)
    story = Story(hub).channels()
    story.pulse([5, 1])
    clock.now += 0.4
    story.pulse([2])
    assert hub.recently_pulsed().tolist() == [1, 2, 5]
    clock.now += 0.2
    assert hub.recently_pulsed().tolist() == [2]
    clock.now += 0.4
    assert hub.recently_pulsed().tolist() == []
    assert hub.recently_pulsed(since=9.0).tolist() == [1, 2, 5]


def test_the_last_stimulus_is_the_last_pulse_of_the_last_train(hub):
    story = Story(hub).channels()
    story.pulse([0], amplitude=9.0)
    story.pulse([1, 2], amplitude=-1.5, gate=2.5, peak_current=1e-4)
    last = hub.last_stimulus
    assert (last.amplitude, last.gate, last.wall_time) == (-1.5, 2.5, 1e9 + story.time)
    assert last.peak_current == pytest.approx(1e-4)


def test_a_cell_tells_every_channel_of_its_latest_row(hub):
    story = Story(hub).channels()
    story.read(cell=[4, 4], target=[1e-5, 2e-5], accepted=[False, True], time=[123456.789, 2.5])
    assert hub.cell(4) == {
        "cell": 4, "target": 2e-5, "conductance": 0, "accepted": 1, "time": 2.5,
        "pulses in this run": 0,
    }  # fmt: skip
    assert hub.cell(-1) == hub.cell(6) == {}


def test_channels_of_text_and_of_curves_do_no_harm(hub):
    odd = (
        Channel(name="remark", dtype="<U4"),
        Channel(name="curve", dtype="<f8", shape=(3,)),
        Channel(name="nonsense", dtype="no such dtype"),
        Channel(name="more nonsense", dtype="f8,,"),
        Channel(name="anything", dtype="O"),
    )
    story = Story(hub).channels((*CHANNELS, *odd), (PlotSpec("R", "map", "remark"),))
    columns = {c.name: np.zeros(2, c.dtype) for c in CHANNELS}
    columns |= {"remark": np.array(["good", "bad"], "<U4"), "curve": np.ones((2, 3))}
    story.read_raw(columns)
    assert hub.rows()["remark"].tolist() == ["good", "bad"]
    assert "curve" not in hub.rows()
    assert "remark" not in hub.map_names


@pytest.mark.parametrize(
    "spoil",
    [
        {"conductance": np.zeros(3)},
        {"conductance": np.zeros((2, 2))},
        {"conductance": np.array(["a", "b"])},
        {"conductance": None},
    ],
    ids=["longer", "not flat", "text", "missing"],
)
def test_rows_that_are_not_as_declared_are_counted_and_left_out(hub, spoil):
    story = Story(hub).channels()
    columns = {c.name: np.zeros(2, c.dtype) for c in CHANNELS} | spoil
    story.read_raw({name: array for name, array in columns.items() if array is not None})
    story.read(cell=[1])
    assert len(hub.rows()["cell"]) == 1
    assert hub.counts.dropped == 2


def test_readings_that_come_before_their_channels_are_counted_and_left_out(hub):
    story = Story(hub)
    story.read(cell=[0, 1])
    assert hub.rows() == {}
    assert hub.counts.dropped == 2


def test_readings_of_a_run_that_was_joined_late_are_counted_and_left_out(hub):
    story = Story(Hub())  # the beginning went to somebody else
    story.hub = hub
    story.read(cell=[0, 1])
    story.pulse([1])
    story.done("u1")
    assert hub.rows() == {}
    assert hub.counts.dropped == 2
    assert hub.counts.units_done == 0
    Story(hub, "next run").channels()
    story.read(cell=[0, 1, 2])
    assert hub.rows()["cell"].size == 0
    assert hub.counts.dropped == 3


def test_a_plot_that_cannot_be_understood_leaves_the_others(hub):
    story = Story(hub)
    good = {"title": "T", "kind": "map", "y": "target"}
    plots = (good, {"kind": "map", "depth": 3}, good | {"kind": "hologram"}, good | {"y": [1]}, "T")
    story.say(Channels, channels=CHANNELS, plots=plots)
    assert [plot.title for plot in hub.plots] == ["T"]


def test_a_train_that_is_none_is_left_out(hub):
    story = Story(hub).channels()
    for train in (np.zeros(2), np.zeros((1, 1), PULSE), np.zeros(0, PULSE)):
        story.say(Pulses, unit="u1", attempt=1, train=train)
    assert hub.counts.pulses == 0
    assert hub.last_stimulus is None


def test_rows_and_channels_for_a_plot_are_of_one_run(hub):
    story = Story(hub).channels()
    story.read(cell=[0, 1], target=[1e-5] * 2, conductance=[1e-5, 2e-5], accepted=[True, True])
    spec = hub.plots[1]
    found = hub.drawable(spec)
    shown = plotted(spec, found.rows, found.channels, found.shape)
    assert shown.traces[0].x.tolist() == pytest.approx([10, 20])  # µS
    Story(hub, "another").channels((Channel(name="line", dtype="<u4"),), ())
    assert hub.drawable(spec) is None


def test_a_new_run_forgets_what_belongs_to_the_old_one_but_not_the_log(hub):
    story = Story(hub).channels()
    story.read(cell=[0], conductance=[1.0], target=[3.0])
    story.pulse([0])
    story.done("u1")
    story.result("yield", 0.5, outcome="FAIL")
    story.stop()
    lines = len(hub.log())
    Story(hub, "second").channels()
    assert hub.stop is None
    assert hub.attempt is None
    assert hub.last_stimulus is None
    assert hub.results() == []
    assert hub.rows()["cell"].size == 0
    assert (hub.counts.documents, hub.counts.readings, hub.counts.units_done) == (2, 0, 0)
    assert np.isnan(hub.map("target")).all()
    assert np.isnan(hub.map("pulses in this run")).all()
    assert len(hub.log()) == lines + 1


def test_on_the_same_chip_the_conductances_stay_until_they_are_read_again(hub):
    story = Story(hub).channels()
    story.read(cell=[0, 1, 2], conductance=[1.0, 2.0, 3.0])
    second = Story(hub, "second").channels()
    assert hub.map("conductance").ravel()[:3].tolist() == [1, 2, 3]
    assert hub.earlier_cells() == 3
    second.read(cell=[1, 2], conductance=[20.0, NAN])
    shown = hub.map("conductance").ravel()
    assert shown[:2].tolist() == [1, 20]
    assert np.isnan(shown[2])
    assert hub.earlier_cells() == 1
    assert hub.cell(0) == {"conductance before this run": 1.0, "pulses in this run": 0.0}
    assert "conductance before this run" not in hub.cell(1)
    assert hub.channel("conductance before this run").unit == "S"


def test_the_conductances_outlive_a_run_that_reads_none(hub):
    Story(hub).channels().read(cell=[0], conductance=[1.0])
    lines = (Channel(name="line", dtype="<u4"), Channel(name="conductance", dtype="<f8", unit="S"))
    Story(hub, "second").channels(lines, ())
    assert hub.map_names == ("conductance", "pulses in this run")
    assert hub.map("conductance")[0, 0] == 1.0
    Story(hub, "third").channels()
    assert hub.map("conductance")[0, 0] == 1.0


@pytest.mark.parametrize(
    "other", [{"chip": "chip 8"}, {"rows": 3}, {"bench": "right"}, {"mode": "HARDWARE"}]
)
def test_nothing_of_another_chip_is_shown(hub, other):
    Story(hub).channels().read(cell=[0], conductance=[1.0])
    Story(hub, "second", **other).channels()
    assert np.isnan(hub.map("conductance")).all()
    assert hub.earlier_cells() == 0


def test_a_run_that_resumes_the_one_shown_goes_on_with_its_maps_and_units(hub):
    story = Story(hub).channels()
    story.read(cell=[0], conductance=[1.0], target=[4.0])
    story.done("u1")
    story.stop("aborted", "emergency stop")
    Story(hub, "second", resumes=story.run).channels()
    assert hub.map("target")[0, 0] == 4.0
    assert hub.counts.units_done == 1
    assert hub.rows()["cell"].size == 0


def test_after_a_reset_nothing_is_left_and_the_line_numbers_go_on(hub):
    Story(hub).channels().read(cell=[0], conductance=[1.0])
    _, last = hub.new_log(0)
    hub.reset()
    assert (hub.start, hub.log(), hub.map_names) == (None, [], ())
    assert hub.resets == 1
    Story(hub).channels()
    assert np.isnan(hub.map("conductance")).all()
    assert [line.number for line in hub.new_log(last)[0]] == [last + 1]


def test_a_single_cell_and_a_million_are_both_arrays():
    for side in (1, 1024):
        hub = Hub()
        story = Story(hub, rows=side, columns=side).channels()
        story.read(cell=[side * side - 1], conductance=[3.0])
        story.pulse([0])
        assert hub.map("conductance").shape == (side, side)
        assert hub.map("conductance")[-1, -1] == 3.0
        assert hub.map("pulses in this run")[0, 0] == 1.0


def test_an_array_too_large_to_draw_costs_no_memory_and_no_rows(hub):
    story = Story(hub, rows=10**6, columns=10**6).channels()
    story.read(cell=[7])
    story.pulse([7])
    assert hub.map_names == ()
    assert hub.map("conductance").shape == (0, 0)
    assert len(hub.rows()["cell"]) == 1
    assert hub.counts.pulses == 1


@contextmanager
def peak_below(most):
    """Fail if more than ``most`` bytes are taken at any time."""
    tracemalloc.start()
    try:
        yield
        assert tracemalloc.get_traced_memory()[1] < most
    finally:
        tracemalloc.stop()


def test_memory_is_bounded_while_rows_events_and_results_arrive_and_nobody_looks():
    hub = Hub(rows=1000)
    curve = Channel(name="curve", dtype="<f8", shape=(10_000,))
    story = Story(hub).channels((*CHANNELS, curve))
    with peak_below(25e6):
        for _ in range(60):  # 240 MB of curves
            columns = {c.name: np.zeros(50, c.dtype) for c in CHANNELS}
            story.read_raw(columns | {"curve": np.zeros((50, 10_000))})
            story.event("again " * 1000)
            story.result("x" * 100, 1.0)


def test_memory_is_bounded_while_long_texts_arrive_and_nobody_looks():
    hub = Hub()
    remark = Channel(name="remark", dtype="<U100000")
    story = Story(hub).channels((remark,), ())
    with peak_below(250e6):
        for _ in range(1000):  # 400 MB of text
            story.read_raw({"remark": np.zeros(1, "<U100000")})
    assert hub.counts.dropped == 1000 - len(hub.rows()["remark"]) > 500


def test_memory_is_bounded_while_a_burst_of_pulses_arrives_and_nobody_looks():
    hub = Hub(clock=Clock())
    story = Story(hub).channels()
    with peak_below(2e6):
        for _ in range(200):  # 7 MB of pulses
            story.pulse([0] * 1000)
    assert hub.counts.pulses == 200_000


def test_many_threads_lose_nothing(hub):
    story = Story(hub).channels()
    looked = []
    ended = threading.Event()

    def tell(cell):
        for _ in range(200):
            story.read(cell=[cell], conductance=[float(cell)])
            story.pulse([cell])

    def look():
        while not ended.is_set():
            looked.append(len(hub.rows()["cell"]))
            hub.look()

    threads = [threading.Thread(target=tell, args=(cell,)) for cell in range(6)]
    looking = threading.Thread(target=look)
    for thread in (*threads, looking):
        thread.start()
    for thread in threads:
        thread.join()
    ended.set()
    looking.join()
    assert hub.counts.readings == len(hub.rows()["cell"]) == 1200
    assert hub.map("pulses in this run").ravel().tolist() == [200] * 6
    assert hub.map("conductance").ravel().tolist() == [0, 1, 2, 3, 4, 5]
    assert looked == sorted(looked)
