"""What a current limit lets through before it takes hold."""

import math

import numpy as np
import pytest

from labcim.sim_backend.chip.limit_loop import LimitLoop

SLOW = LimitLoop(((1e-6, 1e-3), (1e-4, 50e-6)), capacitance=200e-12)
LIMIT = 10e-6
WIDE_OPEN = 3.0  # V on the gate


def test_the_response_is_that_of_the_smallest_range_that_holds_the_limit():
    limits = [1e-7, 1e-6, 2e-6, 1e-4, 1.0]
    assert [SLOW.response(limit) for limit in limits] == [1e-3, 1e-3, 50e-6, 50e-6, 50e-6]


def test_the_cable_discharges_by_the_time_constant_of_cable_and_cell():
    parts = list(SLOW.discharge(2.0, 200e-6, LIMIT))
    volts, seconds = np.array(parts).T
    middle = np.cumsum(seconds) - 0.5 * seconds
    assert volts == pytest.approx(2.0 * np.exp(-middle / (200e-12 * 10e3)))


def test_the_discharge_ends_where_the_limit_can_hold_the_rest():
    parts = list(SLOW.discharge(2.0, 1.5 * LIMIT, LIMIT))
    assert 0 < len(parts) < 8
    assert all(volts > 2.0 / 1.5 for volts, _ in parts)


def test_the_peak_does_not_depend_on_the_cable_and_its_duration_does():
    short, long = (LimitLoop(((1.0, 1e-6),), farads) for farads in (1e-11, 1e-9))
    first, other = (list(loop.discharge(1.0, 1e-3, 1e-5)) for loop in (short, long))
    assert first[0][0] == other[0][0]
    assert sum(s for _, s in other) == pytest.approx(100.0 * sum(s for _, s in first))


@pytest.fixture
def cell(make_bench):
    """A cell in its high state between the source-meter and ground, its gate wide open."""
    wiring = '[wiring]\n"smu.hi" = "row.0"\n"awg.ch1" = "gate.0"\nground = "column.0"\n'
    bench = make_bench(rest=wiring, rows=1, columns=1)
    bench.drive("awg.ch1", 5.0)
    bench.dwell("smu.hi", -2.0, 1e-3, math.inf)
    bench.drive("smu.hi", 0.0)
    bench.drive("awg.ch1", WIDE_OPEN)
    return bench


def last_pulses(bench, before):
    return bench.truth.pulses()[before:]


def test_without_a_loop_the_limit_holds_at_once(cell):
    before = len(cell.truth.pulses())
    cell.dwell("smu.hi", 2.2, 1e-3, LIMIT)
    (pulse,) = last_pulses(cell, before)
    assert pulse["current"] == pytest.approx(LIMIT)


def test_an_overshoot_is_part_of_its_pulse_on_the_log(cell):
    cell.set_loop("smu.hi", SLOW)
    before = len(cell.truth.pulses())
    cell.dwell("smu.hi", 2.2, 1e-3, LIMIT)
    (pulse,) = last_pulses(cell, before)
    assert pulse["width"] == pytest.approx(1e-3)
    assert pulse["amplitude"] == pytest.approx(2.2)
    conductance = cell.chip.true_conductance()[0]
    assert pulse["current"] == pytest.approx(2.2 * conductance, rel=0.1)
    assert pulse["current"] > 5.0 * LIMIT


def test_a_limit_that_holds_lets_no_more_through_until_it_has_let_go(cell):
    cell.set_loop("smu.hi", SLOW)
    cell.dwell("smu.hi", 2.0, 1e-3, LIMIT)
    before = len(cell.truth.pulses())
    cell.dwell("smu.hi", 2.2, 1e-3, LIMIT)
    (held,) = last_pulses(cell, before)
    assert held["current"] == pytest.approx(LIMIT)
    cell.drive("smu.hi", 0.0)
    cell.dwell("smu.hi", 2.2, 1e-3, LIMIT)
    again = last_pulses(cell, before)[-1]
    assert again["current"] > 5.0 * LIMIT


def test_a_limit_above_what_flows_lets_nothing_through_that_was_not_there(cell):
    cell.set_loop("smu.hi", SLOW)
    before = len(cell.truth.pulses())
    cell.dwell("smu.hi", 1.2, 1e-3, 1e-3)
    assert len(last_pulses(cell, before)) == 1
    assert cell.measure("smu.hi", 1e-3).in_compliance is False


def test_waiting_at_a_level_keeps_its_limit(cell):
    cell.drive("smu.hi", 2.2, current_limit=LIMIT)
    before = len(cell.truth.pulses())
    cell.advance(1e-3)
    (pulse,) = last_pulses(cell, before)
    assert pulse["current"] == pytest.approx(LIMIT)
