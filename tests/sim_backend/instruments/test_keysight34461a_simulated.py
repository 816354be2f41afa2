"""The simulated 34461A against its service guide, on resistors; and its driver against it."""

import math

import numpy as np
import pytest
from resistor_bench import Line

from labcim.capabilities import Flag
from labcim.errors import RangeError
from labcim.instrument import SafePhase
from labcim.instruments.keysight34461a import Keysight34461A as Driver
from labcim.limits import TerminalLimits
from labcim.sim_backend.bench import SimulatedBench

CHIP = """
[chip]
preset = "neurram-130nm"
rows = 1
columns = 1
seed = 3
[[instrument]]
name = "dmm"
model = "keysight34461a"
address = "DMM"
[wiring]
"dmm.hi" = "node"
"dmm.sense" = "far"
[[resistor]]
between = ["node", "far"]
ohm = 1.0
[[resistor]]
between = ["far", "ground"]
ohm = 1e4
[[resistor]]
between = ["far", "lab.source"]
ohm = 1e6
[[resistor]]
between = ["dmm.i", "lab.current"]
ohm = 1e3
"""
NO_ERROR = '+0,"No error"'
NODE = 1e4 / (1e6 + 1e4)  # of the source, without load


@pytest.fixture
def bench(tmp_path):
    path = tmp_path / "chip.toml"
    path.write_text(CHIP)
    made = SimulatedBench(path)
    yield made
    made.close()


@pytest.fixture
def dmm(bench):
    return Line(bench.simulated["dmm"])


def source(bench, volts):
    bench.drive("lab.source", volts, impedance=1e-3)


def number(dmm, query):
    return float(dmm(query))


# -- settings --------------------------------------------------------------------------------


def test_a_reset_is_a_dc_voltmeter_that_ranges_by_itself(dmm):
    dmm("CONF:CURR:DC 1;:TRIG:SOUR BUS;:SAMP:COUN 7;*RST")
    assert dmm("FUNC?;:VOLT:RANG:AUTO?;:VOLT:IMP:AUTO?;:VOLT:ZERO:AUTO?") == '"VOLT";1;0;1'
    assert dmm("TRIG:SOUR?;:SAMP:COUN?;:TRIG:DEL:AUTO?;:FORM?") == "IMM;1;1;ASC,9"
    assert number(dmm, "VOLT:NPLC?") == 10.0


@pytest.mark.parametrize(
    ("header", "least", "most", "default"),
    [
        ("VOLT:RANG", 0.1, 1000.0, 10.0),
        ("VOLT:AC:RANG", 0.1, 750.0, 10.0),
        ("CURR:RANG", 1e-4, 3.0, 0.1),
        ("RES:RANG", 100.0, 1e8, 1e3),
        ("VOLT:NPLC", 0.02, 100.0, 10.0),
        ("TRIG:DEL", 0.0, 3600.0, 0.0),
        ("TRIG:COUN", 1.0, 1e6, 1.0),
        ("SAMP:COUN", 1.0, 1e6, 1.0),
        ("FREQ:APER", 0.01, 1.0, 0.1),
        ("CALC:LIM:UPP", -1e15, 1e15, 0.0),
    ],
)
def test_minimum_maximum_and_default_are_told_and_taken(dmm, header, least, most, default):
    for word, value in (("MIN", least), ("MAX", most), ("DEF", default)):
        assert number(dmm, f"{header}? {word}") == pytest.approx(value)
        dmm(f"{header} {word}")
        assert number(dmm, f"{header}?") == pytest.approx(value)
    assert dmm("SYST:ERR?") == NO_ERROR


@pytest.mark.parametrize(("asked", "got"), [("3", 10.0), ("0.05", 0.1), ("120 mV", 1.0)])
def test_a_range_is_the_smallest_that_holds_the_value(dmm, asked, got):
    dmm(f"VOLT:RANG {asked}")
    assert number(dmm, "VOLT:RANG?") == got
    assert dmm("VOLT:RANG:AUTO?") == "0"


def test_an_integration_time_is_the_next_longer_one(dmm):
    dmm("VOLT:NPLC 3")
    assert number(dmm, "VOLT:NPLC?") == 10.0


@pytest.mark.parametrize(
    ("message", "error"),
    [
        ("VOLT:RANG 1001", '-222,"Data out of range"'),
        ("VOLT:NPLC 200", '-222,"Data out of range"'),
        ("VOLT:RES 1e-6", '+311,"Not able to specify resolution with Auto range"'),
        ("VOLT:RANG 1;RES 1e-9", '+532,"Not able to achieve requested resolution"'),
        ("CONF:VOLT:DC AUTO,1e-6", '+311,"Not able to specify resolution with Auto range"'),
        ("TRIG:SOUR INT", '-224,"Illegal parameter value"'),
        ("SAMP:SOUR TIM", '-113,"Undefined header"'),
        ("SAMP:COUN:PRET 2", '-113,"Undefined header"'),
        ("TRIG:LEV 1", '-113,"Undefined header"'),
        ("VOLT:APER 1", '-113,"Undefined header"'),
        ("*TRG", '-211,"Trigger ignored"'),
        ("FETC?", '-230,"Data corrupt or stale"'),
        ("DATA:REM? 1", '-230,"Data corrupt or stale"'),
        ("TRIG:SOUR BUS;:READ?", '-214,"Trigger deadlock"'),
        ("TRIG:SOUR BUS;:INIT;:FETC?", '-214,"Trigger deadlock"'),
        ("TRIG:SOUR BUS;:INIT;:INIT", '-213,"Init ignored"'),
        ("*RCL 3", '+291,"Not able to recall state: it is empty"'),
        ("FUNC VOLT", '-158,"String data not allowed"'),
        ("CURR:TERM 5", '-224,"Illegal parameter value"'),
        ('FUNC "RES";:CALC:SCAL 1', '-221,"Settings conflict"'),
    ],
)
def test_what_it_cannot_do_is_refused(dmm, message, error):
    assert dmm(message) is None
    if error.startswith("-158"):
        assert dmm("SYST:ERR?").startswith("-1")
    else:
        assert dmm("SYST:ERR?") == error
    assert dmm("SYST:ERR?") == NO_ERROR


def test_settings_are_kept_and_survive_a_loss_of_power(dmm, bench):
    dmm("CONF:RES 1e5;*SAV 2;*RST;*SRE 16;*ESE 1")
    bench.simulated["dmm"].power_cycle()
    assert dmm("FUNC?;*SRE?;*ESE?;*ESR?") == '"VOLT";0;0;128'
    dmm("*RCL 2")
    assert dmm("FUNC?") == '"RES"'
    assert number(dmm, "RES:RANG?") == 1e5


def test_enable_registers_survive_a_loss_of_power_where_they_should(dmm, bench):
    dmm("*PSC 0;*SRE 32;*ESE 1")
    bench.simulated["dmm"].power_cycle()
    assert dmm("*SRE?;*ESE?") == "32;1"


def test_the_configuration_is_told_in_quotes(dmm):
    dmm("CONF:VOLT:DC 10,0.00001")
    assert dmm("CONF?") == '"VOLT +1.00000000E+01,+1.00000000E-05"'
    dmm("CONF:CONT")
    assert dmm("CONF?") == '"CONT"'


# -- what is seen ----------------------------------------------------------------------------


def test_the_input_loads_what_it_measures_unless_it_is_set_high(bench, dmm):
    source(bench, 50.0)
    inner = 1.0 / (1.0 / 1e4 + 1.0 / 1e6 + 1e-7)
    loaded = 50.0 / 1e6 * inner
    assert number(dmm, "MEAS:VOLT:DC?") == pytest.approx(loaded, abs=4e-5 * loaded + 7e-6)
    dmm("CONF:VOLT:DC 1;:VOLT:IMP:AUTO 1")
    free = 50.0 * NODE
    assert number(dmm, "READ?") == pytest.approx(free, abs=4e-5 * free + 7e-6)
    assert free - loaded > 3.0 * (4e-5 * free + 7e-6)
    dmm("VOLT:RANG 100")
    assert number(dmm, "READ?") < free - 2e-4


@pytest.mark.parametrize(("volts", "scale"), [(5.0, 0.1), (50.0, 1.0), (150.0, 10.0)])
def test_ranges_go_up_beyond_120_and_down_below_10_per_cent(bench, dmm, volts, scale):
    source(bench, volts)
    dmm("CONF:VOLT:DC;:READ?")
    assert number(dmm, "VOLT:RANG?") == scale


def test_beyond_a_range_there_is_an_overload_once(bench, dmm):
    source(bench, -50.0)
    dmm("CONF:VOLT:DC 0.1;:SAMP:COUN 2")
    assert dmm("READ?") == "-9.90000000E+37,-9.90000000E+37"
    assert dmm("STAT:QUES:COND?;:STAT:QUES?;:STAT:QUES?") == "0;1;0"
    assert dmm("SYST:ERR?") == NO_ERROR


def test_an_ammeter_is_its_shunt(bench, dmm):
    for volts, scale, shunt in ((0.05, 1e-4, 100.0), (1.0, 1e-3, 100.0), (5.0, 1e-2, 5.0)):
        bench.drive("lab.current", volts, impedance=1e-3)
        current = volts / (1e3 + shunt)
        assert number(dmm, f"MEAS:CURR:DC? {scale}") == pytest.approx(
            current, abs=5e-4 * current + 2.5e-4 * scale
        )


def test_four_wires_leave_the_lead_out(dmm):
    true = 1e4
    two, four = number(dmm, "MEAS:RES?"), number(dmm, "MEAS:FRES?")
    assert four == pytest.approx(true, abs=1e-4 * true + 0.1)
    assert two - four == pytest.approx(1.0, abs=0.25)


def test_an_ohmmeter_puts_its_test_current_on_the_line(bench, dmm):
    dmm("CONF:RES 1e4")
    assert bench.look("dmm.hi", 1e-3).current == pytest.approx(1e-4)
    dmm("CONF:VOLT:DC")
    assert abs(bench.look("dmm.hi", 1e-3).voltage) < 1e-9


def test_ten_kilohm_are_no_continuity_and_no_diode(dmm):
    assert dmm("MEAS:CONT?") == "+9.90000000E+37"
    assert number(dmm, "STAT:QUES?") == 512
    assert dmm("MEAS:DIOD?") == "+9.90000000E+37"


def test_a_ratio_is_of_the_input_to_the_sense_terminals(bench, dmm):
    source(bench, 50.0)
    assert number(dmm, "MEAS:VOLT:DC:RAT?") == pytest.approx(1.0, abs=2e-4)


def test_a_pt100_is_read_as_a_temperature(bench, dmm):
    dmm("CONF:TEMP RTD")
    assert dmm("READ?") == "+9.90000000E+37"  # 10 kohm is no Pt100
    assert dmm("STAT:QUES?") == "16"


def test_integration_longer_tells_more(bench, dmm):
    source(bench, 5.0)
    spread = {}
    for cycles in (0.02, 1.0):
        dmm(f"CONF:VOLT:DC 0.1;:VOLT:NPLC {cycles};:VOLT:ZERO:AUTO 0;:SAMP:COUN 400")
        readings = np.array(dmm("READ?").split(","), dtype=float)
        spread[cycles] = readings.std()
    assert spread[0.02] / spread[1.0] == pytest.approx(math.sqrt(50.0), rel=0.25)


# -- time, triggers, memory ------------------------------------------------------------------


def test_a_reading_takes_delay_integration_and_its_zero_reading(bench, dmm):
    dmm("CONF:VOLT:DC 1;:VOLT:NPLC 1;:TRIG:DEL 0.01;:READ?")
    assert bench.clock.now == pytest.approx(0.01 + 2.0 / 60.0)
    dmm("VOLT:ZERO:AUTO 0;:READ?")
    assert bench.clock.now == pytest.approx(0.02 + 3.0 / 60.0)


def test_readings_are_made_while_others_let_time_pass(bench, dmm):
    source(bench, 5.0)
    dmm("CONF:VOLT:DC 0.1;:VOLT:NPLC 1;:VOLT:ZERO:AUTO 0;:TRIG:DEL 0;:SAMP:COUN 10;:INIT")
    bench.advance(4.5 / 60.0)
    assert dmm("DATA:POIN?;:STAT:OPER:COND?") == f"+4;{16 + 512}"
    source(bench, 2.5)
    bench.advance(1.0)
    found = [float(text) for text in dmm("FETC?").split(",")]
    assert dmm("DATA:POIN?;:STAT:OPER:COND?") == "+10;512"
    steps = [5.0 * NODE] * 4 + [2.5 * NODE] * 6
    assert found == pytest.approx(steps, rel=2e-3)


def test_endless_triggers_keep_the_newest_ten_thousand_readings(bench, dmm):
    dmm("CONF:VOLT:DC 1;:VOLT:NPLC 0.02;:VOLT:ZERO:AUTO 0;:TRIG:DEL 0;:TRIG:COUN INF;:INIT")
    bench.advance(3600.0)
    assert dmm("DATA:POIN?;:STAT:QUES:COND?") == "+10000;16384"
    dmm("ABOR")
    assert dmm("STAT:OPER:COND?;:DATA:POIN?") == "512;+10000"


def test_a_million_readings_are_waited_for_without_making_them_all(bench, dmm):
    dmm("CONF:VOLT:DC 1;:VOLT:NPLC 0.02;:VOLT:ZERO:AUTO 0;:TRIG:DEL 0;:SAMP:COUN 1E6;:INIT;*WAI")
    assert bench.clock.now == pytest.approx(300.0)
    assert dmm("DATA:POIN?;:STAT:QUES:COND?;:STAT:OPER:COND?") == "+10000;16384;512"


def test_a_bus_trigger_brings_its_samples(dmm):
    dmm("CONF:VOLT:DC;:TRIG:SOUR BUS;:TRIG:COUN 2;:SAMP:COUN 3;:INIT")
    assert dmm("STAT:OPER:COND?") == "48"
    dmm("*TRG;*WAI")
    assert dmm("DATA:POIN?;:STAT:OPER:COND?") == f"+3;{48 + 512}"
    dmm("*TRG;*WAI")
    assert dmm("DATA:POIN?;:STAT:OPER:COND?") == "+6;512"


def test_another_setting_empties_the_memory(dmm):
    dmm("READ?")
    dmm("VOLT:NPLC 1")
    assert dmm("DATA:POIN?;:STAT:OPER:COND?") == "+0;256"


def test_readings_are_taken_out_as_a_block_of_text_or_of_doubles(dmm):
    dmm("SAMP:COUN 3;:INIT;*WAI")
    block = dmm("R? 2")
    assert block.startswith("#231") and block.count("E") == 2
    dmm("FORM REAL,64;:FORM:BORD SWAP")
    dmm.core.feed(b"DATA:REM? 1\n", True)
    reply, _ = dmm.core.read(100)
    assert reply[:3] == b"#18" and abs(np.frombuffer(reply[3:11], "<f8")[0]) < 1e-3
    assert dmm("DATA:POIN?") == "+0"


def test_the_last_reading_has_its_unit(dmm):
    assert dmm("DATA:LAST?") == "+9.91000000E+37 VDC"
    dmm("MEAS:RES?")
    assert dmm("DATA:LAST?").endswith("E+04 OHM")


# -- math ------------------------------------------------------------------------------------


def test_null_takes_the_first_reading_off(bench, dmm):
    source(bench, 5.0)
    dmm("CONF:VOLT:DC 0.1;:VOLT:NULL 1")
    assert abs(number(dmm, "READ?")) < 1e-9
    assert number(dmm, "VOLT:NULL:VAL?") == pytest.approx(5.0 * NODE, rel=2e-3)
    dmm("VOLT:NULL:VAL 0.01;:READ?")
    assert number(dmm, "READ?") == pytest.approx(5.0 * NODE - 0.01, rel=2e-3)


def test_dbm_is_of_the_reference_resistance(bench, dmm):
    source(bench, 50.0)
    dmm("CONF:VOLT:DC 1;:CALC:SCAL:DBM:REF 50;:CALC:SCAL:FUNC DBM;:CALC:SCAL 1")
    watts = (50.0 * NODE) ** 2 / 50.0
    assert number(dmm, "READ?") == pytest.approx(10.0 * math.log10(watts / 1e-3), abs=0.02)


def test_statistics_are_those_of_the_readings(bench, dmm):
    source(bench, 5.0)
    dmm("CONF:VOLT:DC 0.1;:CALC:AVER 1;:SAMP:COUN 20")
    readings = np.array(dmm("READ?").split(","), dtype=float)
    found = [float(text) for text in dmm("CALC:AVER:ALL?").split(",")]
    expected = [readings.mean(), readings.std(ddof=1), readings.min(), readings.max()]
    assert found == pytest.approx(expected, rel=1e-3)  # nine digits of each reading are told
    assert number(dmm, "CALC:AVER:COUN?") == 20.0
    dmm("CALC:AVER:CLE")
    assert number(dmm, "CALC:AVER:AVER?") == pytest.approx(9.91e37)


def test_a_limit_that_is_failed_sets_its_bit(bench, dmm):
    source(bench, 5.0)
    dmm("CONF:VOLT:DC 0.1;:CALC:LIM:LOW 0.1;:CALC:LIM:UPP 0.2;:CALC:LIM 1;:READ?")
    assert dmm("STAT:QUES:COND?") == "2048"
    dmm("CALC:LIM:CLE")
    assert dmm("STAT:QUES:COND?") == "0"


# -- the driver ------------------------------------------------------------------------------


@pytest.fixture
def driver(dmm):
    made = Driver(BlockLine(dmm))
    made.initialise()
    return made


class BlockLine:
    """A line that can read blocks."""

    def __init__(self, line):
        self.line, self.address = line, line.address
        self.write, self.query, self.close = line.write, line.query, line.close

    def query_block(self, message, size=None):
        core = self.line.core
        core.feed(message.encode() + b"\n", True)
        data, _ = core.read(10**7)
        digits = int(data[1:2])
        size = int(data[2 : 2 + digits])
        return data[2 + digits : 2 + digits + size]


def test_the_driver_reads_volts_amperes_and_ohms(bench, driver):
    assert driver.resistance(cycles=1.0)[0] == pytest.approx(10001.0, rel=3e-4)
    source(bench, 50.0)
    bench.drive("lab.current", 1.0, impedance=1e-3)
    assert driver.voltage()[0] == pytest.approx(50.0 * NODE, rel=2e-3)
    assert driver.current(full_scale=1e-3)[0] == pytest.approx(1.0 / 1100.0, rel=1e-3)


def test_the_driver_flags_what_is_beyond_the_range(bench, driver):
    source(bench, 50.0)
    value, flags = driver.voltage(full_scale=0.1)
    assert math.isnan(value) and flags is Flag.OVER_RANGE


def test_the_driver_reads_many_as_one_block(bench, driver):
    source(bench, 5.0)
    values, flags = driver.readings("voltage", 500, full_scale=0.1, cycles=0.2)
    assert values == pytest.approx(np.full(500, 5.0 * NODE), rel=2e-3)
    assert not flags.any()
    assert driver.voltage(full_scale=0.1)[0] == pytest.approx(5.0 * NODE, rel=2e-3)


def test_the_driver_makes_an_ohmmeter_safe(bench, driver):
    driver.function = "resistance"
    assert abs(bench.look("dmm.hi", 1e-3).current) > 1e-5
    driver.safe(SafePhase.SOURCES)
    assert driver.function == "voltage"
    assert abs(bench.look("dmm.hi", 1e-3).voltage) < 1e-9


def test_the_driver_keeps_an_ohmmeter_off_a_chip(dmm):
    driver = Driver(BlockLine(dmm), {"hi": TerminalLimits(0.0, 4.0, 1e-2)})
    with pytest.raises(RangeError, match="10 V"):
        driver.resistance()


def test_every_setting_of_the_driver_can_be_read(driver):
    settings = driver.settings()
    assert settings["function"] == "voltage" and settings["voltage_autorange"] is True
    assert "stored" not in settings


@pytest.mark.parametrize(
    ("poll", "done"), [("DATA:POIN?", "+3"), ("STAT:OPER:COND?", "512"), ("STAT:QUES?;:R?", "")]
)
def test_who_polls_and_does_nothing_else_sees_the_readings_come(dmm, poll, done):
    dmm("CONF:VOLT:DC 10;:SAMP:COUN 3;:INIT")
    answers = [dmm(poll) for _ in range(9)]
    if done:
        assert done in answers
    assert dmm("STAT:OPER:COND?") in ("0", "512")  # no longer measuring


@pytest.mark.parametrize(
    ("sent", "scale"),
    [
        ("CONF:VOLT:DC 100 MV", "VOLT +1.00000000E-01"),
        ("CONF:CURR:DC 90 UA", "CURR +1.00000000E-04"),
        ("CONF:RES 9 KOHM,1 OHM", "RES +1.00000000E+04"),
        ("CONF:FRES 1 MOHM", "FRES +1.00000000E+06"),
    ],
)
def test_a_range_may_be_sent_with_its_unit(dmm, sent, scale):
    dmm(sent)
    assert dmm("CONF?;:SYST:ERR?").startswith(f'"{scale}')
    assert dmm("SYST:ERR?") == NO_ERROR


def test_a_range_in_the_unit_of_another_quantity_is_refused(dmm):
    dmm("CONF:VOLT:DC 1 A")
    assert dmm("SYST:ERR?").startswith("-131,")


def test_a_temperature_sensor_may_be_named_with_its_type(dmm):
    dmm("CONF:TEMP FRTD,85;:CONF:TEMP RTD,85,1")
    assert dmm("SYST:ERR?") == NO_ERROR
    dmm("CONF:TEMP RTD,91")
    assert dmm("SYST:ERR?").startswith("-222,")


# -- stored states and uptime --------------------------------------------------------------------


def test_a_stored_state_outlives_power_and_goes_when_all_are_deleted(bench, dmm):
    dmm("CONF:RES;:MEM:STAT:NAME 1,OHMS;*SAV 1")
    bench.simulated["dmm"].power_cycle()
    assert dmm("MEM:STAT:NAME? 1;:MEM:STAT:VAL? 1") == '"OHMS";1'
    dmm("*RCL 1")
    assert dmm("FUNC?") == '"RES"'
    dmm("MEM:STAT:DEL:ALL")
    assert dmm("MEM:STAT:VAL? 1;NAME? 1") == '0;"STATE_1"'


def test_uptime_is_told_in_days_hours_minutes_and_seconds_since_power_on(bench, dmm):
    bench.advance(86400.0 + 2 * 3600.0 + 3 * 60.0 + 4.5)
    assert dmm("SYST:UPT?") == "+1,+2,+3,+4"
    bench.simulated["dmm"].power_cycle()
    assert dmm("SYST:UPT?") == "+0,+0,+0,+0"
