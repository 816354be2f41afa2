"""Cycles and waits of the board, against the single pulses and readings that they are made of."""

from contextlib import ExitStack

import numpy as np
import pytest
from board_bench import board_on
from scipy import stats

from labcim.capabilities import Train
from labcim.errors import RangeError
from labcim.sim_backend.chip.truth import cycle_counts

CELLS = np.arange(24, dtype=np.uint32)
OXIDE = "oxram-1t1r-64k"
SET, RESET = Train(1.9, 1e-6, gate=1.3), Train(-2.2, 2e-6, gate=3.0)


@pytest.fixture
def pair(tmp_path):
    """Give a function that returns two boards on chips that are alike, with their benches."""
    with ExitStack() as stack:

        def make(preset, rows=4, columns=6, **options):
            found = []
            for name in ("one", "other"):
                folder = tmp_path / f"{preset}-{name}"
                folder.mkdir()
                bench, board, _ = stack.enter_context(
                    board_on(folder, preset, rows, columns, **options)
                )
                found += [bench, board]
            return found

        yield make


def same_state(one, other):
    assert one.chip.state.cells.tobytes() == other.chip.state.cells.tobytes()
    assert one.chip.clock.now == other.chip.clock.now


@pytest.mark.parametrize("preset", [OXIDE, "ag-asi-ecm", "stt-mram"])
def test_unread_cycles_do_bit_for_bit_what_single_pulses_do(pair, preset):
    one, board, other, single = pair(preset)
    board.cycle(CELLS, SET, RESET, 300)
    for _ in range(300):
        single.pulse(CELLS, SET)
        single.pulse(CELLS, RESET)
    same_state(one, other)


@pytest.mark.parametrize("options", [{}, {"more": 'kind = "passive"'}])
def test_read_cycles_are_bit_for_bit_single_pulses_and_readings(pair, options):
    one, board, other, single = pair(OXIDE, rows=2, columns=3, low=-4.0, **options)
    cells = CELLS[:6]
    cycled = board.cycle(cells, SET, RESET, 15, voltage=0.2, gate=2.5, averages=3)
    high, low, times = [], [], []
    for _ in range(15):
        times.append(one.chip.clock.now and single.pulse(cells, SET).time.min())
        high.append(single.read(cells, 0.2, gate=2.5, averages=3).conductance)
        single.pulse(cells, RESET)
        low.append(single.read(cells, 0.2, gate=2.5, averages=3).conductance)
    same_state(one, other)
    assert np.array_equal(cycled.high, high)
    assert np.array_equal(cycled.low, low)
    assert cycled.time.tolist() == times
    assert cycled.count == 15


def test_cycles_wear_cells_as_single_pulses_do_until_they_die(pair):
    worn = "[chip.constants]\nwear_onset = 100.0\nlife = 400.0\nwear_low_resistance = 0.3"
    one, board, other, single = pair(OXIDE, end=worn)
    board.cycle(CELLS, SET, RESET, 600)
    for _ in range(600):
        single.pulse(CELLS, SET)
        single.pulse(CELLS, RESET)
    same_state(one, other)
    assert 0 < np.count_nonzero(one.chip.stuck) < 24


def test_cycles_of_several_messages_go_on_where_the_last_one_ended(pair, monkeypatch):
    one, board, other, whole = pair(OXIDE)
    parts = board.cycle(CELLS, SET, RESET, 40, voltage=0.2, gate=2.5)
    monkeypatch.setattr("labcim.instruments._board_cycling._VALUES_EACH", 500)
    pieces = whole.cycle(CELLS, SET, RESET, 40, voltage=0.2, gate=2.5)
    same_state(one, other)
    assert np.array_equal(parts.high, pieces.high)
    assert np.array_equal(parts.time, pieces.time)
    assert (parts.count, parts.ended) == (pieces.count, pieces.ended)


def test_the_truth_log_counts_every_pulse_of_cycles(pair):
    one, board, _, _ = pair(OXIDE)
    board.cycle(CELLS, SET, RESET, 70_000)
    records = one.chip.truth.cycles()
    up = records["amplitude"] > 0.0
    for polarity in (up, ~up):
        counts = np.bincount(records["cell"][polarity], cycle_counts(records)[polarity])
        assert counts.tolist() == [70_000] * 24
    assert sorted(set(records["amplitude"].tolist())) == pytest.approx([-2.2, 1.9])
    board.cycle(CELLS, SET, RESET, 3, voltage=0.2, gate=2.5)
    assert len(one.chip.truth.pulses()) == 3 * 48
    assert len(one.chip.truth.reads()) == 3 * 48


@pytest.mark.parametrize(
    ("preset", "train", "threshold"),
    [
        (OXIDE, Train(1.45, 1e-3, gate=1.3), 25e-6),
        (OXIDE, Train(-2.0, 1e-3, gate=3.0), 60e-6),
        ("ag-asi-ecm", Train(3.6, 1e-3, gate=2.0), 20e-6),
        ("ag-diffusive", Train(0.42, 1e-2, gate=1.0), 1e-6),
        ("stt-mram", Train(0.45, 1e-3, gate=2.5), 1e-6),
        ("pcm-mushroom", Train(0.9, 1e-3, gate=2.5), 1e-6),
    ],
)
def test_a_delay_is_the_shortest_pulse_after_which_the_current_has_crossed(
    pair, preset, train, threshold
):
    _, board, other, single = pair(preset)
    if preset == OXIDE:
        before = SET if train.amplitude < 0.0 else RESET
        board.pulse(CELLS, before)
        single.pulse(CELLS, before)
    kept = other.chip.state.cells.copy()
    found = board.time_to_threshold(CELLS, train, threshold, clock=20e-9)
    came = ~np.isnan(found.delay)
    assert came.sum() >= 8
    assert found.width == pytest.approx(np.where(came, found.delay, train.width), rel=1e-9)
    for cell in np.flatnonzero(came)[:8]:
        volts, gate = float(found.amplitude[cell]), float(found.gate[cell])
        for clocks, crossed in ((-1, False), (0, True), (1, True)):
            width = found.delay[cell] + clocks * 20e-9
            if width < 20e-9:
                continue
            other.chip.state.cells[:] = kept
            peak = other.chip.pulse_cells(
                CELLS[cell : cell + 1], volts, width, gate,
                current_limit=1e-3, start=found.time[cell : cell + 1],
            )  # fmt: skip
            if train.amplitude < 0.0:  # what flows at its end is what the next pulse begins with
                at = found.time[cell : cell + 1] + width
                now = other.chip.pulse_cells(CELLS[cell : cell + 1], volts, 1e-12, gate, start=at)
                assert bool(now[0] <= threshold) == crossed
            else:
                assert bool(peak[0] >= threshold) == crossed


def test_a_delay_leaves_the_chip_as_a_pulse_of_its_width_would(pair):
    one, board, other, single = pair(OXIDE)
    board.pulse(CELLS, RESET)
    single.pulse(CELLS, RESET)
    found = board.time_to_threshold(CELLS, Train(1.45, 1e-4, gate=1.3), 25e-6, clock=20e-9)
    assert np.isnan(found.delay).any()
    assert not np.isnan(found.delay).all()
    for cell in range(24):
        other.chip.pulse_cells(
            CELLS[cell : cell + 1], 1.45, float(found.width[cell]), float(np.float32(1.3)),
            current_limit=1e-3, start=found.time[cell : cell + 1],
        )  # fmt: skip
    mine, theirs = one.chip.state.cells, other.chip.state.cells
    assert mine["conductance"] == pytest.approx(theirs["conductance"], rel=1e-6)
    assert mine["pulses"].tolist() == theirs["pulses"].tolist()
    log = one.chip.truth.pulses()[-24:]
    assert log["width"][np.argsort(log["cell"])] == pytest.approx(found.width, rel=1e-6)


def test_delays_of_ag_asi_cells_are_exponential_with_the_presets_time(tmp_path):
    volts, spread = 3.2, "[chip.constants]\nvoltage_spread = 0.0"
    with board_on(tmp_path, "ag-asi-ecm", 40, 50, end=spread) as (_, board, _clock):
        cells = np.arange(2000, dtype=np.uint32)
        found = board.time_to_threshold(cells, Train(volts, 10e-3, gate=2.0), 20e-6, clock=20e-9)
    expected = 2.85e5 * np.exp(-volts / 0.155)
    assert not np.isnan(found.delay).any()
    assert stats.kstest(found.delay, "expon", args=(0.0, expected)).pvalue > 0.01


def test_delays_of_diffusive_cells_are_lognormal_with_the_presets_spread(tmp_path):
    same = "[chip.constants]\nthreshold_spread = 0.0"
    with board_on(tmp_path, "ag-diffusive", 40, 50, end=same) as (_, board, _clock):
        cells = np.arange(2000, dtype=np.uint32)
        found = board.time_to_threshold(cells, Train(0.4, 1.0, gate=1.0), 1e-6, clock=20e-9)
    log = np.log(found.delay / (1e-3 * np.exp(-(0.4 - 0.3) / 0.05)))
    assert stats.kstest(log, "norm", args=(0.0, 0.47)).pvalue > 0.01


def test_delays_of_filaments_spread_as_jitter_over_volts_per_decade(tmp_path):
    alike = (
        "[chip.constants]\nset_spread = 0.0\nslope_spread = 0.0\nwindow_spread = 0.0\n"
        "cycle_spread = 0.0\njitter = 0.01\nfloor_device_spread = 0.0\nfloor_cycle_spread = 0.0\n"
        "gate_threshold_spread = 0.0\nformed_spread = 0.0\n"
    )
    with board_on(tmp_path, OXIDE, 40, 50, end=alike) as (bench, board, _clock):
        bench.chip.state.cells["conductance"] = 6e-6
        cells = np.arange(2000, dtype=np.uint32)
        found = board.time_to_threshold(cells, Train(1.3, 1.0, gate=1.3), 20e-6, clock=20e-9)
    assert np.log10(found.delay).std() == pytest.approx(0.01 / 0.08, rel=0.06)


def test_one_cell_after_the_other_is_timed_where_wires_are_resistive(pair):
    wires = "[chip.wires]\nrow = 1.0\ncolumn = 1.0"
    one, board, _, _ = pair(OXIDE, rows=3, columns=3, end=wires)
    cells = CELLS[:9]
    board.pulse(cells, RESET)
    first = len(one.chip.truth.pulses())
    up = Train(1.45, 1e-4, gate=1.3)
    found = board.time_to_threshold(cells, up, 25e-6, clock=20e-9)
    log = one.chip.truth.pulses()[first:]
    own = log[np.abs(log["amplitude"]) > 1.0]
    assert own["width"][np.argsort(own["cell"])] == pytest.approx(found.width, rel=1e-6)
    came = ~np.isnan(found.delay)
    assert came.any()
    assert (found.peak_current[came] >= 25e-6).all()
    assert (found.peak_current[~came] < 25e-6).all()


@pytest.mark.parametrize(
    ("set_train", "reset_train", "count", "says"),
    [
        (Train(9.0, 1e-6, gate=1.3), RESET, 5, "9 V"),
        (SET, Train(-9.0, 1e-6, gate=1.3), 5, "-9 V"),
        (SET, RESET, 0, "count"),
        (Train(1.9, 1e-6, gate=1.3, count=2), RESET, 5, "2 pulses"),
        (SET, Train(-2.0, float("nan"), gate=3.0), 5, "width"),
    ],
)
def test_cycles_out_of_limits_are_refused_and_nothing_moves(
    pair, set_train, reset_train, count, says
):
    one, board, _, _ = pair(OXIDE)
    with pytest.raises(RangeError, match=says):
        board.cycle(CELLS, set_train, reset_train, count)
    assert one.chip.truth.pulses().size == one.chip.truth.cycles().size == 0


@pytest.mark.parametrize(
    ("train", "threshold", "clock", "says"),
    [
        (Train(1.4, 1e-3, gate=9.0), 1e-5, 1e-6, "gate"),
        (Train(1.4, 1e-3, gate=1.3), -1e-5, 1e-6, "threshold"),
        (Train(1.4, 1e-3, gate=1.3), float("nan"), 1e-6, "threshold"),
        (Train(1.4, 1e-3, gate=1.3, current_limit=1e-5), 1e-4, 1e-6, "threshold"),
        (Train(1.4, 1e-3, gate=1.3), 1e-5, 1e-9, "clock"),
        (Train(1.4, 1e-3, gate=1.3), 1e-5, 2e-3, "clock"),
        (Train(1.4, 1e-3, gate=1.3, rise=1e-7), 1e-5, 1e-6, "rise"),
    ],
)
def test_waits_out_of_limits_are_refused_and_nothing_moves(pair, train, threshold, clock, says):
    one, board, _, _ = pair(OXIDE)
    with pytest.raises(RangeError, match=says):
        board.time_to_threshold(CELLS, train, threshold, clock=clock)
    assert one.chip.truth.pulses().size == 0
