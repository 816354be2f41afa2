"""Signals that go on while time passes, against what their cycles say."""

import math

import numpy as np
import pytest

from labcim.sim_backend.bench import SimulatedBench
from labcim.sim_backend.chip.playing import MOST_CYCLES, Signal, Signals

CHIP = """
[chip]
preset = "neurram-130nm"
rows = 2
columns = 2
seed = 3
stuck = 0.0
formed = true
[wiring]
"awg.ch1" = "row.0"
"awg.ch2" = "lab.elsewhere"
"lab.gate" = "gate.0"
"ground" = "column[0:1]"
"""
PULSE = ((2.0, 1e-6), (0.0, 9e-6))


@pytest.fixture
def bench(tmp_path):
    path = tmp_path / "chip.toml"
    path.write_text(CHIP)
    made = SimulatedBench(path)
    made.drive("lab.gate", 2.0)
    made.drive("awg.ch1", 0.0)
    made.drive("awg.ch2", 0.0)
    yield made
    made.close()


def dealt(signal, *durations, seen=lambda levels: abs(levels["t"]) > 0.5):
    signals = Signals()
    signals.put("t", signal)
    found = []
    for duration in durations:
        found.append(
            [
                (levels["t"], width, count, gap)
                for levels, width, count, gap in signals.deal(duration, lambda it, _: seen(it))
            ]
        )
        signals.go_on(duration)
    return found


def test_pulses_are_one_train_of_whole_cycles():
    assert dealt(Signal(PULSE, 5), 1.0) == [[pytest.approx((2.0, 1e-6, 5, 9e-6))]]


def test_a_pulse_that_time_cuts_is_dealt_in_two_parts():
    first, second, third = dealt(Signal(PULSE, 1), 4e-7, 4e-7, 1e-5)
    widths = [part[0][1] for part in (first, second, third)]
    assert widths == pytest.approx([4e-7, 4e-7, 2e-7])


def test_time_in_any_pieces_deals_every_pulse_once():
    pieces = np.random.default_rng(5).uniform(0.0, 7e-6, 200)
    found = [train for part in dealt(Signal(PULSE), *pieces) for train in part]
    stress = math.fsum(width * count for _, width, count, _ in found)
    whole, rest = divmod(float(pieces.sum()), 1e-5)
    assert stress == pytest.approx(whole * 1e-6 + min(rest, 1e-6), rel=1e-9)


def test_levels_of_both_signs_take_turns():
    square = ((2.0, 1e-6), (-2.0, 1e-6))
    ((*trains,),) = dealt(Signal(square), 1000 * 2e-6)
    assert [level for level, *_ in trains[:4]] == [2.0, -2.0, 2.0, -2.0]
    for sign in (2.0, -2.0):
        assert sum(count for level, _, count, _ in trains if level == sign) == 1000


def test_more_than_a_million_cycles_are_fewer_that_last_longer():
    (((_, width, count, gap),),) = dealt(Signal(PULSE), 4e6 * 1e-5)
    assert count == MOST_CYCLES
    assert (width, gap) == pytest.approx((4e-6, 36e-6))


def test_a_signal_that_waits_for_its_start_does_nothing_before():
    first, second = dealt(Signal(PULSE, 1, -1e-3), 1e-3, 1e-5)
    assert first == []
    assert second == [pytest.approx((2.0, 1e-6, 1, 0.0))]


def test_signals_that_start_together_act_together():
    signals = Signals()
    signals.put("a", Signal(((1.0, 2e-6), (0.0, 2e-6)), 3))
    signals.put("b", Signal(((0.0, 1e-6), (1.0, 2e-6), (0.0, 1e-6)), 3))
    trains = list(signals.deal(1.0, lambda levels, _: True))
    assert trains[0][0] == {"a": 1.0, "b": 0.0}
    assert trains[1][0] == {"a": 1.0, "b": 1.0}
    assert trains[2][0] == {"a": 0.0, "b": 1.0}


def test_cells_see_as_many_pulses_as_time_has_passed_for(bench):
    bench.play("awg.ch1", Signal(PULSE))
    bench.advance(7 * 1e-5)
    pulses = bench.truth.pulses()
    assert len(pulses) == 7 * 1 and set(pulses["cell"]) == {0}
    assert pulses["width"] == pytest.approx(np.full(7, 1e-6))
    bench.play("awg.ch1", None)
    bench.advance(1.0)
    assert len(bench.truth.pulses()) == 7


def test_a_clock_of_ten_years_loses_no_pulse(bench):
    bench.clock.advance(3.2e8)
    bench.play("awg.ch1", Signal(((2.0, 2e-8), (0.0, 8e-8)), 6))
    bench.advance(6e-7)
    assert len(bench.truth.pulses()) == 6
    bench.advance(1.0)
    assert len(bench.truth.pulses()) == 6


def test_a_signal_away_from_the_chip_costs_nothing(bench):
    bench.play("awg.ch2", Signal(tuple((level, 1e-6) for level in np.linspace(-5.0, 5.0, 50_000))))
    for _ in range(100):
        bench.advance(1.0)
    assert len(bench.truth.pulses()) == 0


def test_a_signal_that_runs_goes_on_while_another_terminal_pulses(bench):
    bench.play("awg.ch1", Signal(PULSE))
    bench.pulse("awg.ch2", 1.0, 1e-6, 10, 1e-5)
    assert len(bench.truth.pulses()) == 10
