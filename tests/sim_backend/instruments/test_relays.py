"""Relays take their time, bounce under voltage, wear out and stick. Figures: data sheet, 3730."""

import itertools
from pathlib import Path

import numpy as np
import pytest
from switch_bench import Matrix

from labcim.errors import RecipeError
from labcim.sim_backend.bench import SimulatedBench
from labcim.sim_backend.instruments._relays import WEAR

SETTLE, BOUNCE = 4e-3, 1e-3  # s
FRESH, WORN = 0.5, 2.0  # ohm
LIFE = 1e8  # closures without load
ENDS = ("matrix.row1", "matrix.slot1.column1")


def aged(folder, closures, hot=0, **options):
    """Give relay 1101 a past, as it stands in the chip's state folder."""
    Matrix(folder)
    path = folder / "relays_matrix_slot1_3730.bin"
    wear = np.fromfile(path, WEAR)
    wear[0] = (closures, hot)
    wear.tofile(path)
    return Matrix(folder, **options)


def worn_out(folder, **wear):
    """Return a matrix whose relay 1101 is far beyond any life, and closes once more."""
    matrix = aged(folder, **wear)
    matrix.say("channel.close('1101')")
    return matrix


# --- time and bounce ---


def test_without_a_live_source_a_contact_closes_once_when_it_has_settled(tmp_path):
    matrix = Matrix(tmp_path)
    matrix.say("channel.close('1101')")
    assert matrix.bench.log == [(SETTLE, "close", *ENDS)]
    assert matrix.bench.hot == []


def test_a_contact_that_closes_under_voltage_bounces_and_rests_before_it_has_settled(tmp_path):
    matrix = Matrix(tmp_path)
    matrix.bench.wiring.is_live = True
    matrix.say("channel.close('1101')")
    times, moves = zip(*[(time, what) for time, what, _, _ in matrix.bench.log], strict=True)
    assert moves[0] == moves[-1] == "close"
    assert "open" in moves
    assert all(one != other for one, other in itertools.pairwise(moves))
    assert list(times) == sorted(times)
    assert times[-1] - times[0] <= BOUNCE
    assert times[-1] <= SETTLE
    assert matrix.bench.now == pytest.approx(SETTLE)
    assert matrix.bench.hot == [("hot close", "matrix.1101")]


def test_a_contact_that_opens_under_voltage_lets_go_within_its_settling_time(tmp_path):
    matrix = Matrix(tmp_path)
    matrix.say("channel.close('1101')")
    matrix.bench.log.clear()
    matrix.bench.wiring.is_live = True
    matrix.say("channel.open('1101')")
    [(time, what, *_)] = matrix.bench.log
    assert what == "open"
    assert SETTLE < time < 2 * SETTLE
    assert matrix.bench.now == pytest.approx(2 * SETTLE)


def test_the_same_seed_bounces_the_same_and_another_does_not(tmp_path):
    def bounces(folder, seed):
        folder.mkdir()
        matrix = Matrix(folder, seed=seed)
        matrix.bench.wiring.is_live = True
        matrix.say("channel.close('1101')")
        return matrix.bench.log

    first, again, other = (bounces(tmp_path / str(n), seed) for n, seed in enumerate((1, 1, 2)))
    assert first == again
    assert first != other


def both_closed(matrix):
    """Return for how long 1101 and 1102 conduct together while one gives way to the other."""
    matrix.say("channel.close('1101')")
    matrix.bench.log.clear()
    matrix.bench.wiring.is_live = True
    began = matrix.bench.now
    matrix.say("channel.exclusiveclose('1102')")
    closed, since, both = {ENDS}, began, 0.0
    for time, what, *ends in matrix.bench.log:
        both += (time - since) * (len(closed) == 2)
        since = time
        (closed.add if what == "close" else closed.discard)(tuple(ends))
    return both


@pytest.mark.parametrize(
    ("rule", "least", "most"),
    [("BREAK_BEFORE_MAKE", 0.0, 0.0), ("MAKE_BEFORE_BREAK", 0.3 * SETTLE, 1.5 * SETTLE)],
)
def test_make_before_break_bridges_two_lines_and_break_before_make_never(
    rule, least, most, tmp_path
):
    matrix = Matrix(tmp_path)
    matrix.say(f"channel.connectrule = channel.{rule}")
    assert least <= both_closed(matrix) <= most


def test_without_a_rule_two_lines_may_be_bridged_and_may_not(tmp_path):
    found = []
    for seed in range(12):
        (tmp_path / str(seed)).mkdir()
        matrix = Matrix(tmp_path / str(seed), seed=seed)
        matrix.say("channel.connectrule = channel.OFF")
        found.append(both_closed(matrix) > 0.0)
    assert True in found
    assert False in found


def test_sequential_closing_takes_a_settling_time_for_each(tmp_path):
    matrix = Matrix(tmp_path)
    matrix.say("channel.connectsequential = channel.ON channel.close('1101:1105')")
    assert matrix.bench.now == pytest.approx(5 * SETTLE)


# --- wear ---


def test_closures_are_counted_over_the_power_switch_and_over_processes(tmp_path):
    matrix = Matrix(tmp_path)
    for _ in range(3):
        matrix.say("channel.close('1101') channel.open('1101')")
    matrix.instrument.power_cycle()
    assert matrix.say("print(channel.getcount('1101,1102'))") == "3,0"
    assert Matrix(tmp_path).say("print(channel.getcount('1101,1102'))") == "3,0"


@pytest.mark.parametrize("used", [0.0, 0.1, 0.3])
def test_the_resistance_of_a_contact_grows_with_its_closures(used, tmp_path):
    matrix = aged(tmp_path, round(used * LIFE), contact_resistance=True)
    matrix.say("channel.close('1101')")
    assert matrix.bench.ohms[ENDS] == pytest.approx(FRESH + used * (WORN - FRESH), abs=1e-4)


@pytest.mark.parametrize(("used", "ohm"), [(0.3, 0.0), (0.4, FRESH + 0.4 * (WORN - FRESH))])
def test_contacts_of_less_than_an_ohm_are_ideal_unless_asked_for(used, ohm, tmp_path):
    matrix = aged(tmp_path, round(used * LIFE))
    matrix.say("channel.close('1101')")
    assert matrix.bench.ohms[ENDS] == pytest.approx(ohm, abs=1e-4)


def test_a_closure_under_voltage_wears_as_a_thousand_without(tmp_path):
    matrix = aged(tmp_path, closures=1000, hot=1000, contact_resistance=True)
    matrix.say("channel.close('1101')")
    used = (matrix.bench.ohms[ENDS] - FRESH) / (WORN - FRESH)
    assert used == pytest.approx(1000 / 1e5, rel=1e-3)


def test_a_tenth_of_the_relays_does_not_reach_the_rated_life(tmp_path):
    lives = np.concatenate(
        [Matrix(tmp_path, seed=seed).instrument.bank("1101").lives for seed in range(40)]
    )
    assert np.mean(lives < 1.0) == pytest.approx(0.1, abs=4.0 * (0.09 / lives.size) ** 0.5)


# --- sticking ---


@pytest.mark.parametrize(("how", "conducts"), [("closed", True), ("open", False)])
def test_a_stuck_relay_says_what_it_was_told_and_does_what_it_wants(how, conducts, tmp_path):
    matrix = Matrix(tmp_path, stuck={"matrix.1101": how})
    assert (ENDS in matrix.bench.ohms) is conducts
    matrix.say("channel.close('1101')")
    assert (matrix.closed(), ENDS in matrix.bench.ohms) == ("1101", conducts)
    matrix.say("channel.open('1101')")
    assert (matrix.closed(), ENDS in matrix.bench.ohms) == ("nil", conducts)


def test_a_worn_out_relay_stays_open(tmp_path):
    matrix = worn_out(tmp_path, closures=1_000_000_000)
    assert matrix.closed() == "1101"
    assert ENDS not in matrix.bench.ohms


def test_a_relay_that_was_worn_out_under_voltage_is_welded(tmp_path):
    matrix = worn_out(tmp_path, closures=1_000_000, hot=1_000_000)
    matrix.say("channel.open('1101')")
    assert matrix.closed() == "nil"
    assert ENDS in matrix.bench.ohms


def test_a_stuck_relay_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(RecipeError, match="matrix has no channel '1900'"):
        Matrix(tmp_path, stuck={"matrix.1900": "open"})


# --- the power switch ---


@pytest.mark.parametrize(
    ("model", "channel", "holds"),
    [("keithley3706a", "1101", True), ("keithley707b", "1A01", False)],
)
def test_latching_relays_hold_without_power_and_reeds_do_not(model, channel, holds, tmp_path):
    matrix = Matrix(tmp_path, model)
    matrix.say(f"channel.close('{channel}')")
    matrix.instrument.power_off()
    assert bool(matrix.bench.ohms) is holds
    matrix.instrument.power_on()
    assert matrix.bench.ohms == {}
    assert matrix.closed() == "nil"


def test_a_bench_that_is_closed_holds_no_file_of_its_relays(tmp_path):
    path = tmp_path / "chip.toml"
    path.write_text(
        '[chip]\npreset = "neurram-130nm"\nrows = 2\ncolumns = 2\n'
        '[[instrument]]\nname = "matrix"\nmodel = "keithley3706a"\naddress = "MATRIX"\n'
    )
    with SimulatedBench(path) as bench:
        bench.simulated["matrix"].execute(b"channel.close('1101')")
        assert held(tmp_path)
    assert not held(tmp_path)
    with SimulatedBench(path) as bench:
        assert bench.simulated["matrix"].execute(b"print(channel.getcount('1101'))") == b"1"


def held(folder):
    """Return the files of relays below a folder that this process maps."""
    maps = Path("/proc/self/maps").read_text()
    return [line for line in maps.splitlines() if str(folder) in line and "relays_" in line]
