"""I-V loops on cells with a closed form: modes, spans, hold, trip; and what is made of the rows."""

import numpy as np
import pytest
from fake_cells import FakeCells

from labcim.analysis.loops import deviation_from_ohmic, loops
from labcim.analysis.sweeps import set_voltage
from labcim.capabilities import Topology
from labcim.errors import RecipeError
from labcim.protocols.characterise.iv_sweep import IvSweep, iv_sweep

from .running import run

SIDE = Topology(4, 4)
BOTH = {"set_stop": "1 V", "reset_stop": "0.5 V", "step": "0.5 V"}


def swept(done):
    return {name: column[done.rows["swept"]] for name, column in done.rows.items()}


@pytest.mark.parametrize(
    ("span", "volts"),
    [
        ("SET first", [0, 0.5, 1, 0.5, 0, 0, -0.5, 0]),
        ("RESET first", [0, -0.5, 0, 0, 0.5, 1, 0.5, 0]),
        ("only SET", [0, 0.5, 1, 0.5, 0]),
        ("only RESET", [0, -0.5, 0]),
    ],
)
def test_a_span_goes_to_both_sides_or_to_one(span, volts):
    done = run(iv_sweep, IvSweep(span=span, **BOTH), FakeCells(SIDE))
    assert np.allclose(swept(done)["voltage"], volts)


def test_the_top_is_held_for_as_many_points_as_the_time_takes():
    recipe = IvSweep(span="only SET", hold="2.5 ms", dwell="1 ms", **BOTH)
    done = run(iv_sweep, recipe, FakeCells(SIDE))
    assert np.allclose(swept(done)["voltage"], [0, 0.5, 1, 1, 1, 1, 0.5, 0])


def test_the_first_action_of_a_unit_is_a_reading():
    cells = FakeCells(SIDE)
    cells.sweep = lambda *a, **k: pytest.fail("swept before it was read") if not cells.reads else 0
    steps = run(iv_sweep, IvSweep(cycles=1, mode="pulsed", read_at="read voltage"), cells)
    assert steps.rows["polarity"][0] == 0
    assert steps.rows["conductance"][0] == pytest.approx(10e-6, rel=0.05)


def test_pulses_read_at_bias_wait_between_points():
    cells = FakeCells(SIDE)
    recipe = IvSweep(mode="pulsed", pause="10 ms", span="only SET", **BOTH)
    done = run(iv_sweep, recipe, cells)
    assert cells.clock.slept == [10e-3] * 5
    assert np.isfinite(swept(done)["current"]).all()


def test_pulses_read_at_the_read_voltage_show_the_state_after_each_point():
    cells = FakeCells(SIDE, noise=0.0, floor=0.0)
    recipe = IvSweep(mode="pulsed", read_at="read voltage", pulses=1, dwell="1 us")
    rows = swept(run(iv_sweep, recipe, cells))
    assert np.isfinite(rows["conductance"]).all()
    assert {voltage for _, voltage, _ in cells.reads} == {0.2}
    up = rows["conductance"][rows["polarity"] == 1]
    assert np.all(np.diff(up) >= 0.0)
    assert up[-1] > 2.0 * up[0]


def test_a_trip_halts_the_way_out_and_returns():
    cells = FakeCells(SIDE, spread=0.0, redraw=0.0)
    recipe = IvSweep(span="only SET", set_trip="30 uA", set_limit="200 uA", step="0.1 V")
    done = run(iv_sweep, recipe, cells)
    rows = swept(done)
    (at,) = np.flatnonzero(rows["tripped"])
    assert np.abs(rows["current"][at]) > 30e-6
    assert np.all(np.abs(rows["current"][:at]) <= 30e-6)
    assert rows["voltage"].max() == rows["voltage"][at] < 2.5
    assert np.all(np.diff(rows["voltage"][at:]) < 0.0)
    assert rows["voltage"][-1] == 0.0
    assert done.finding("loops that tripped").value == 1.0


def test_without_a_trip_the_way_out_is_whole():
    rows = swept(run(iv_sweep, IvSweep(set_trip="150 uA", span="only SET"), FakeCells(SIDE)))
    assert rows["voltage"].max() == 2.5
    assert not rows["tripped"].any()


def test_pulses_whose_current_nobody_measures_trip_by_the_reading_after_them():
    cells = FakeCells(SIDE, spread=0.0, redraw=0.0)
    pulse = cells.pulse

    def unmeasured(chosen, train):
        delivered = pulse(chosen, train)
        delivered.peak_current[:] = np.nan
        return delivered

    cells.pulse = unmeasured
    recipe = IvSweep(mode="pulsed", read_at="read voltage", span="only SET", set_trip="30 uA")
    rows = swept(run(iv_sweep, recipe, cells))
    (at,) = np.flatnonzero(rows["tripped"])
    assert rows["conductance"][at] * rows["voltage"][at] > 30e-6
    assert rows["voltage"].max() == rows["voltage"][at] < 2.5


def test_a_trip_that_the_compliance_would_hide_is_refused():
    with pytest.raises(RecipeError, match=r"set_trip = 0\.0002 A.*holds the current first"):
        IvSweep.from_mapping({"set_trip": "200 uA", "set_limit": "200 uA"})


def test_every_loop_gets_its_findings_and_the_array_its_intervals():
    cells = FakeCells(SIDE, seed=3)
    done = run(iv_sweep, IvSweep(cells="all", cycles=3, dwell="1 us", set_limit="500 uA"), cells)
    assert sum(finding.name == "SET voltage" for finding in done.findings) == 16
    mean = done.finding("SET voltage, mean over cells")
    assert mean.low < mean.value < mean.high
    # 16 cells whose onsets scatter by 0.1 V: Student's t says 2.131 / 4 of the spread.
    spread = done.finding("SET voltage, spread over cells").value
    assert (mean.high - mean.low) / 2 == pytest.approx(2.1314 / 4 * spread, rel=1e-3)
    assert done.finding("on/off at read voltage, geometric mean").value > 5.0


def test_of_a_loop_that_was_cut_off_and_done_again_the_last_try_counts():
    cells = FakeCells(SIDE)
    rows = run(iv_sweep, IvSweep(dwell="1 us"), cells).rows
    cut = {name: np.concatenate([column[:40], column]) for name, column in rows.items()}
    cut["current"][:40] = 1.0

    def found(table):
        shown = {name: column[table["swept"]] for name, column in table.items()}
        return loops(shown, bend_to=0.3)

    assert found(cut) == found(rows)


def test_a_cell_that_only_bends_has_no_set_voltage():
    volts = np.linspace(0.0, 2.5, 51)
    assert np.isnan(set_voltage(volts, 5e-6 * 0.24 * np.sinh(volts / 0.24)))


def test_the_deviation_from_ohmic_is_that_of_the_law():
    """I = G V0 sinh(V / V0): I/V at 0.3 V is sinh(x)/x with x = 0.3 / 0.594, 4.3 % up."""
    volts = np.linspace(0.05, 0.3, 6)
    bend = deviation_from_ohmic(volts, 1e-4 * 0.594 * np.sinh(volts / 0.594), 0.3)
    assert bend == pytest.approx(np.sinh(0.505) / 0.505 - 1.0, rel=0.02)
    assert deviation_from_ohmic(volts, 1e-4 * volts, 0.3) < 1e-12
