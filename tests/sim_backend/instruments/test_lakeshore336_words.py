"""Words of the simulated 336 that have no third party to ask them. Model 336 User's Manual, 6.6."""

import math

import pytest
from chuck_bench import Chuck, chucks


class Line(Chuck):
    """Leaves the ends of lines away."""

    def __call__(self, message):
        return super().__call__(message).removesuffix("\r\n")


@pytest.fixture
def new_line(tmp_path):
    with chucks(tmp_path) as make:
        yield lambda options="second_stage = true": Line(make(f"noise = 0.0, {options}").bench)


@pytest.fixture
def said(new_line):
    return new_line()


def test_units_after_one_that_is_refused_are_carried_out(said):
    said("*CLS")
    assert said("NONSENSE?;KRDG? A;*ESR?") == "+300.000;32"


def test_a_setpoint_is_in_the_units_of_its_input(said):
    said("INTYPE A,2,1,0,1,2;SETP 1,50")
    assert said("SETP? 1;CRDG? A") == "+050.000;+026.850"
    said("RANGE 1,3")
    said.bench.advance(900.0)
    assert float(said("CRDG? A")) == pytest.approx(50.0, abs=0.02)
    said("INTYPE A,2,1,0,1,3")
    assert float(said("SETP? 1")) == pytest.approx(119.397, abs=1e-3)  # IEC 60751 at 50 C
    said("SETP 1,115.541")  # 40 C
    assert float(said("SETP? 1")) == pytest.approx(115.541, abs=1e-3)


@pytest.mark.parametrize(
    ("kind", "state", "ohm"),
    [
        ("0,0,0,0,1", 1, 0.0),  # disabled
        ("2,0,2,0,1", 129, 0.0),  # 110 ohm on a range of 100
        ("2,0,3,0,1", 0, 110.452),
        ("1,0,0,0,1", 1, 110.452e-5),  # a diode's 10 uA, and no curve that fits
    ],
)
def test_a_sensor_reads_what_its_type_and_range_let_it(kind, state, ohm, said):
    said(f"INTYPE A,{kind}")
    assert int(said("RDGST? A")) == state
    assert float(said("SRDG? A")) == pytest.approx(ohm, abs=1e-3)


def test_sensors_of_option_cards_are_refused(said):
    said("*CLS;INTYPE A,4,1,0,0,1")
    assert said("*ESR?;INTYPE? A") == "16;2,1,0,1,1"


def test_a_loop_without_a_reading_gives_nothing(said):
    said("OUTMODE 1,1,3,0;SETP 1,350;RANGE 1,3")  # input C has no sensor
    said.bench.advance(600.0)
    assert said("HTR? 1;KRDG? A") == "+000.0;+300.000"
    said("OUTMODE 1,1,0,0")
    said.bench.advance(600.0)
    assert said("HTR? 1;KRDG? A") == "+000.0;+300.000"


def test_a_loop_can_follow_the_other_plates_sensor(said):
    said("INTYPE B,2,1,0,1,1;OUTMODE 1,1,2,0;SETP 1,310;RANGE 1,1")
    said.bench.advance(5000.0)
    # The other plate stays cold, so that the loop gives all of its 1 W over 3 K/W.
    assert said("HTR? 1") == "+100.0"
    assert float(said("KRDG? A")) == pytest.approx(303.0, abs=0.01)


def test_the_derivative_damps_the_overshoot(new_line):
    highest = []
    for d in (0, 100):
        said = new_line()
        said(f"PID 1,80,60,{d};SETP 1,350;RANGE 1,3;MNMXRST")
        said.bench.advance(1500.0)
        assert float(said("KRDG? A")) == pytest.approx(350.0, abs=0.1)
        highest.append(float(said("MDAT? A").split(",")[1]))
    assert highest[1] < highest[0] - 0.2


def test_manual_output_is_added_to_a_loop(said):
    said("PID 1,0,0,0;MOUT 1,25;SETP 1,300;RANGE 1,2")
    said.bench.advance(1e4)
    assert said("HTR? 1") == "+025.0"
    assert float(said("KRDG? A")) == pytest.approx(300.0 + 0.25 * 10.0 * 3.0, abs=0.01)


def test_heaters_have_no_monitor_mode_and_voltages_no_medium_range(said):
    said("*CLS;OUTMODE 1,4,1,0")
    assert said("*ESR?") == "16"
    said("RANGE 3,2")
    assert said("*ESR?;RANGE? 3") == "16;0"


def test_a_warm_up_supply_works_until_the_setpoint(said):
    said("WARMUP 3,0,60;OUTMODE 3,5,1,0;SETP 3,320;RANGE 3,1")
    assert said("AOUT? 3") == "+060.0"
    said("SETP 3,290")
    assert said("AOUT? 3") == "+000.0"


def test_a_monitor_output_of_two_polarities(said):
    said("ANALOG 4,1,1,350,250,1;OUTMODE 4,4,1,0")
    assert said("AOUT? 4") == "+000.0"
    said("ANALOG 4,1,1,300,200,1")
    assert said("AOUT? 4") == "+100.0"


def test_the_trip_of_one_input_turns_all_outputs_off(said):
    said("INTYPE B,2,1,0,1,1;OUTMODE 2,1,2,0;SETP 2,310;RANGE 2,3")
    said("TLIMIT A,320;SETP 1,350;RANGE 1,3")
    said.bench.advance(600.0)
    assert said("RANGE? 1;RANGE? 2") == "0;0"


def test_an_alarm_goes_back_by_its_deadband_unless_it_latches(said):
    said("ALARM A,1,305,250,2,0,0,0")
    assert said("ALARMST? A") == "0,0"
    said("SETP 1,310;RANGE 1,3")
    said.bench.advance(600.0)
    assert said("ALARMST? A") == "1,0"
    said("SETP 1,304")
    said.bench.advance(900.0)
    assert said("ALARMST? A") == "1,0"  # within the deadband
    said("SETP 1,302")
    said.bench.advance(900.0)
    assert said("ALARMST? A") == "0,0"


def test_operation_events_reach_the_status_byte_and_ask_for_service(said):
    said("*CLS;OPSTE 8;*SRE 128")
    said("RAMP 1,1,60;SETP 1,310;RANGE 1,3")
    assert int(said("*STB?")) & 0xC0 == 0
    said("OPSTR?")
    said.bench.advance(5.0)
    said("OPSTR?")
    said.bench.advance(60.0)
    assert int(said("*STB?")) & 0xC0 == 0xC0
    assert int(said("OPSTR?")) & 8


def test_the_power_switch_keeps_all_but_ranges(said):
    said("SETP 1,333;PID 1,11,12,0;RAMP 1,0,5;INNAME A,cold;RANGE 1,3;*CLS")
    said.chuck.power_cycle()
    assert said("RANGE? 1;SETP? 1;PID? 1") == "0;+333.000;+0011.0,+0012.0,+000.0"
    assert said("INNAME? A;*ESR?") == "cold           ;128"
    said("OUTMODE 1,1,1,1;RANGE 1,2")
    said.chuck.power_cycle()
    assert said("RANGE? 1") == "2"


def test_factory_settings_want_a_99_and_take_user_curves_away(said):
    said('CRVHDR 21,"mine","1",3,400,2;CRVPT 21,1,100,270;IEEE 7;*CLS')
    said("DFLT 1")
    assert said("*ESR?;IEEE?") == "16;07"
    said("DFLT 99")
    assert said("CRVPT? 21,1;IEEE?") == "+0.00000,+0.00000;12"


def test_a_filter_makes_readings_quieter(new_line):
    said = new_line("second_stage = false")
    said.chuck._noise = 0.05
    spread = []
    for words in ("FILTER A,0,16,10", "FILTER A,1,16,10"):
        said(words)
        readings = [float(said("KRDG? A")) for _ in range(400)]
        mean = sum(readings) / 400
        spread.append(math.sqrt(sum((r - mean) ** 2 for r in readings) / 399))
    assert spread[0] / spread[1] == pytest.approx(4.0, rel=0.2)


@pytest.mark.parametrize("mode", [1, 2])
def test_autotuning_finds_gains_that_bring_a_step_to_rest(mode, said):
    said("PID 1,3,5,0;SETP 1,330;RANGE 1,3")
    said.bench.advance(4000.0)
    said(f"ATUNE 1,{mode}")
    assert said("TUNEST?") == "1,1,0,00"
    said.bench.advance(300.0)
    assert said("TUNEST?") == "0,1,0,00"
    assert int(said("OPST?")) & 32
    p, i, d = (float(word) for word in said("PID? 1").split(","))
    # A plate of 3 K/W and 180 s, a sensor 2 s late: slope 1/60 K/s for each percent.
    assert 2.0 < p < 30.0
    assert i > 10.0
    assert (d > 0.0) is (mode == 2)
    said("SETP 1,340;MNMXRST")
    said.bench.advance(300.0)
    assert float(said("KRDG? A")) == pytest.approx(340.0, abs=0.1)
    assert float(said("MDAT? A").split(",")[1]) < 342.5


@pytest.mark.parametrize(
    "words", ["RANGE 1,0", "RANGE 1,3;SETP 1,400", "RANGE 1,3;OUTMODE 1,3,1,0"]
)
def test_a_loop_that_is_not_at_rest_is_not_tuned(words, said):
    said(words)
    said("ATUNE 1,1")
    assert said("TUNEST?") == "0,1,1,00"


def test_who_changes_a_loop_ends_its_tuning(said):
    said("RANGE 1,3;ATUNE 1,1")
    said.bench.advance(1.0)
    said("PID 1,11,12,0")
    assert said("TUNEST?;PID? 1") == "0,1,0,00;+0011.0,+0012.0,+000.0"
    said.bench.advance(600.0)
    assert float(said("KRDG? A")) == pytest.approx(300.0, abs=0.1)
