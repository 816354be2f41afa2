"""A reading that is made again shows what one that is made anew would, to the last bit."""

import numpy as np
import pytest

from labcim.sim_backend.chip.nets import TerminalState

CELL = """
[wiring]
"smu.hi" = "matrix.row1"
"awg.ch1" = "matrix.row2"
"ground" = "matrix.row4"
"matrix.column[1:6]" = "row[0:5]"
"matrix.column[11:15]" = "column[0:4]"
"matrix.column[21:25]" = "gate[0:4]"
"""


def connected(make_bench, name, **changes):
    """One row's cells between source-meter and ground; gates 0 and 1 are open."""
    bench = make_bench(name, rest=CELL, **changes)
    pairs = [("matrix.row1", 1), ("matrix.row2", 21), ("matrix.row2", 22)]
    for row, column in [*pairs, ("matrix.row4", 11), ("matrix.row4", 12)]:
        bench.connect(row, f"matrix.column{column}")
    bench.drive("awg.ch1", 2.5)
    bench.drive("smu.hi", 0.2, impedance=1e-3, current_limit=1e-3)
    return bench


def touch(bench):
    """Put on a terminal what is there: nothing changes, and nothing is known any more."""
    state = bench.wiring.terminals["smu.hi"]
    bench.wiring.put("smu.hi", TerminalState(state.voltage, True, 1e-3, state.current_limit))


@pytest.mark.parametrize("set_terminal", ["row", "column"])
def test_readings_and_their_log_are_the_same_bit_for_bit(make_bench, set_terminal):
    again = connected(make_bench, "again", set_terminal=set_terminal)
    anew = connected(make_bench, "anew", set_terminal=set_terminal)
    for _ in range(20):
        touch(anew)
        assert again.measure("smu.hi", 1e-3) == anew.measure("smu.hi", 1e-3)
    assert np.array_equal(again.chip.state.truth.valid(), anew.chip.state.truth.valid())
    assert again.clock.now == anew.clock.now


def test_a_level_a_relay_or_a_gate_that_changes_is_seen_at_once(make_bench):
    bench = connected(make_bench, "chip")
    both = [bench.measure("smu.hi", 1.0).current for _ in range(3)][-1]
    bench.disconnect("matrix.row4", "matrix.column12")
    one = bench.measure("smu.hi", 1.0).current
    assert 0.0 < one < 0.95 * both
    bench.drive("smu.hi", 0.1, impedance=1e-3, current_limit=1e-3)
    assert bench.measure("smu.hi", 1.0).current == pytest.approx(0.5 * one, rel=0.15)
    bench.drive("awg.ch1", 0.0)
    assert bench.measure("smu.hi", 1.0).current == 0.0


def test_a_cell_that_was_pulsed_meanwhile_reads_anew(make_bench):
    bench = connected(make_bench, "chip")
    before = [bench.measure("smu.hi", 1e-3).current for _ in range(3)][-1]
    bench.pulse("smu.hi", -2.2, 1e-3)
    assert bench.measure("smu.hi", 1e-3).current < 0.8 * before


def test_a_limit_still_limits(make_bench):
    bench = connected(make_bench, "chip")
    bench.drive("smu.hi", 0.2, impedance=1e-3, current_limit=1e-7)
    for _ in range(3):
        seen = bench.measure("smu.hi", 1e-3)
        assert seen.in_compliance
        assert seen.current == 1e-7
