"""The simulated Lake Shore 336 answers as the manual says, and as third parties ask."""

import pytest
from chuck_bench import chucks

from labcim.errors import RecipeError


@pytest.fixture
def new_line(tmp_path):
    with chucks(tmp_path) as make:
        yield lambda options="noise = 0.0": make(options)


@pytest.mark.parametrize(
    "message",
    ["KRDG? A\r\n", "KRDG? A\n", "KRDG?A", "krdg? a", " KRDG? A "],
    ids=["QCoDeS", "lakeshore", "InstrumentKit", "small", "blanks"],
)
def test_a_reading_ends_with_return_and_newline_however_it_is_asked_for(new_line, message):
    assert new_line()(message) == "+300.000\r\n"


def test_it_says_who_it_is_and_what_it_is_set_up_for(new_line):
    said = new_line()
    assert said("*IDN?").startswith("LSCI,MODEL336,")
    assert said("INTYPE? A;OUTMODE? 1;RANGE? 1") == "2,1,0,1,1;1,1,0;0\r\n"
    assert said("RAMP? 1;RAMPST? 1;HTR? 1;HTRST? 1") == "0,+000.1;0;+000.0;0\r\n"
    assert said("RDGST? A;RDGST? B") == "000;001\r\n"


def test_the_sensor_is_a_pt100(new_line):
    said = new_line("room = 373.15, noise = 0.0")
    said.bench.advance(1e5)
    # IEC 60751: 138.5055 ohm at 100 C.
    assert float(said("SRDG? A")) == pytest.approx(138.5055, abs=1e-3)
    assert float(said("CRDG? A")) == pytest.approx(100.0, abs=2e-3)


def test_gains_are_taken_as_qcodes_writes_them_back(new_line):
    said = new_line()
    said("*CLS")
    assert said("PID 1,50,+0050.0,+000.0\n\r\n") == ""
    assert said("PID? 1") == "+0050.0,+0050.0,+000.0\r\n"
    assert said("*ESR?") == "0\r\n"


def test_what_it_does_not_know_sets_a_bit_and_has_no_answer(new_line):
    said = new_line()
    assert said("*ESR?") == "128\r\n"  # it was just turned on
    assert said("SYST:ERR?") == ""
    assert said("*ESR?") == "32\r\n"
    assert said("SETP 1,5000") == ""
    assert said("SETP 9,300") == ""
    assert said("*ESR?") == "16\r\n"
    assert said("SETP? 1;*ESR?") == "+300.000;0\r\n"


def test_it_heats_in_simulated_time_and_the_chip_with_it(new_line):
    said = new_line()
    said("SETP 1,350;RANGE 1,3")
    assert said("KRDG? A") == "+300.000\r\n"
    said.bench.advance(600.0)
    assert float(said("KRDG? A")) == pytest.approx(350.0, abs=0.05)
    assert said.bench.chip.temperature == pytest.approx(350.0, abs=0.5)
    assert float(said("HTR? 1")) == pytest.approx(100.0 * 50.0 / 300.0, abs=0.2)


def test_a_low_range_is_too_weak_for_a_hot_chuck(new_line):
    said = new_line()
    said("SETP 1,400;RANGE 1,2")
    said.bench.advance(1e4)
    assert float(said("KRDG? A")) == pytest.approx(330.0, abs=0.05)  # 10 W, 3 K/W
    assert said("HTR? 1") == "+100.0\r\n"


def test_a_sensor_that_breaks_reads_nothing_and_stops_the_heating(new_line):
    said = new_line("sensor_fails = 1000.0, noise = 0.0")
    said("SETP 1,400;RANGE 1,3")
    said.bench.advance(999.0)
    assert said("RDGST? A") == "000\r\n"
    said.bench.advance(1.0)
    assert said("KRDG? A;RDGST? A;SRDG? A") == "+000.000;129;+000.000\r\n"
    said.bench.advance(1e4)
    assert said.bench.chip.temperature == pytest.approx(300.0, abs=0.01)


def test_the_trip_turns_the_heater_off(new_line):
    said = new_line()
    said("TLIMIT A,350;SETP 1,400;RANGE 1,3")
    said.bench.advance(600.0)
    assert said("RANGE? 1;TLIMIT? A") == "0;+350.000\r\n"


def test_an_open_heater_warms_nothing_and_says_so(new_line):
    said = new_line('heater = "open"')
    said("SETP 1,400;RANGE 1,3")
    said.bench.advance(600.0)
    assert said("HTRST? 1") == "1\r\n"
    assert said.bench.chip.temperature == 300.0


def test_readings_scatter_as_the_option_says_and_are_the_same_for_a_seed(new_line):
    both = [new_line("noise = 0.05") for _ in range(2)]
    readings = [[float(said("KRDG? A")) for _ in range(400)] for said in both]
    assert readings[0] == readings[1]
    mean = sum(readings[0]) / 400
    spread = (sum((r - mean) ** 2 for r in readings[0]) / 399) ** 0.5
    assert spread == pytest.approx(0.05, rel=0.15)


def test_options_that_nobody_knows_are_named(new_line):
    with pytest.raises(RecipeError, match="chuck: heat is not a known key"):
        new_line("heat = 3")


def test_a_reset_brings_back_the_loop_and_not_only_what_is_told_of_it(new_line):
    said = new_line("noise = 0.0")
    said("PID 1,2,900,0;RAMP 1,1,0.5;TLIMIT A,310;*RST")
    assert said("PID? 1") == "+0020.0,+0020.0,+000.0\r\n"
    assert said("RAMP? 1") == "0,+000.1\r\n"
    fresh = new_line("noise = 0.0")
    for line in (said, fresh):
        line("SETP 1,340;RANGE 1,3")
        line.bench.clock.advance(900.0)
    assert said("KRDG? A;RANGE? 1") == fresh("KRDG? A;RANGE? 1")
    assert float(said("KRDG? A")) > 330.0
