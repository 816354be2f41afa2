"""The simulated 33522B: what runs, bursts, couples and is kept, against its service guide."""

import math
from types import SimpleNamespace

import numpy as np
import pytest
from resistor_bench import Line, ResistorBench

from labcim.sim_backend.bench import SimulatedBench
from labcim.sim_backend.instruments.keysight33522b import Keysight33522B

SPEC = SimpleNamespace(name="awg", serial="")
NO_ERROR = '+0,"No error"'
ON_BUS = "BURS:STAT 1;:TRIG:SOUR BUS;:OUTP 1"
CHIP = """
[chip]
preset = "neurram-130nm"
rows = 2
columns = 2
seed = 3
stuck = 0.0
formed = true
[[instrument]]
name = "awg"
model = "keysight33522b"
address = "AWG"
[[instrument]]
name = "dmm"
model = "keysight34461a"
address = "DMM"
[wiring]
"awg.ch1" = "row.0"
"dmm.hi" = "awg.ch2"
"awg.sync" = "dmm.trigger"
"lab.gating" = "awg.trigger"
"lab.gate" = "gate.0"
"ground" = "column[0:1]"
"""


@pytest.fixture
def bench():
    return ResistorBench(math.inf)


@pytest.fixture
def awg(bench):
    return Line(Keysight33522B(bench, SPEC))


@pytest.fixture
def whole(tmp_path):
    path = tmp_path / "chip.toml"
    path.write_text(CHIP)
    made = SimulatedBench(path)
    made.drive("lab.gate", 2.0)
    yield made
    made.close()


def number(line, query):
    return float(line(query))


def cycle(bench, terminal="awg.ch1"):
    return bench.played[terminal].cycle


# -- what runs freely ------------------------------------------------------------------------


def test_a_sine_that_runs_has_its_offset_for_a_mean_and_its_peaks(bench, awg):
    awg("OUTP:LOAD INF;:FREQ 1 KHZ;:VOLT 2;:VOLT:OFFS 0.5;:OUTP 1")
    levels = [level for level, _ in cycle(bench)]
    assert bench.levels["awg.ch1"] == pytest.approx(0.5)
    assert (max(levels), min(levels)) == pytest.approx((1.5, -0.5), abs=0.01)
    assert bench.played["awg.ch1"].period == pytest.approx(1e-3)
    awg("OUTP 0")
    assert bench.played == {} and bench.levels["awg.ch1"] is None


def test_a_square_s_duty_cycle_is_in_its_mean(bench, awg):
    awg("OUTP:LOAD INF;:FUNC SQU;:FUNC:SQU:DCYC 25;:VOLT:HIGH 4;:VOLT:LOW 0;:OUTP 1")
    assert bench.levels["awg.ch1"] == pytest.approx(1.0)


def test_a_setting_changes_what_runs(bench, awg):
    awg("FUNC SQU;:OUTP 1;:FREQ 5 KHZ")
    assert bench.played["awg.ch1"].period == pytest.approx(2e-4)


def test_a_pseudo_random_sequence_has_127_bits(bench, awg):
    awg("OUTP:LOAD INF;:FUNC PRBS;:VOLT 2;:OUTP 1")
    assert bench.played["awg.ch1"].period == pytest.approx(127e-3)
    ones = sum(time for level, time in cycle(bench) if level > 0.0)
    assert ones == pytest.approx(64e-3)


def test_bursts_that_time_triggers_repeat(bench, awg):
    awg("FUNC PULS;:BURS:NCYC 3;:TRIG:SOUR TIM;:TRIG:TIM 0.1;:BURS:STAT 1;:OUTP 1")
    assert bench.played["awg.ch1"].period == pytest.approx(0.1)
    assert len(cycle(bench)) == 2 * 3 + 1
    awg("TRIG:SOUR IMM;:BURS:INT:PER 0.05")
    assert bench.played["awg.ch1"].period == pytest.approx(0.05)


def test_a_gate_that_is_closed_lets_nothing_through(bench, awg):
    awg("FUNC SQU;:BURS:MODE GAT;:BURS:STAT 1;:OUTP 1")
    assert bench.played == {}
    awg("BURS:GATE:POL INV")
    assert "awg.ch1" in bench.played


# -- bursts on triggers ----------------------------------------------------------------------


def test_a_burst_goes_on_until_it_is_waited_for(bench, awg):
    awg(f"FUNC PULS;:BURS:NCYC 5;:{ON_BUS};*TRG")
    assert awg("*OPC?") == "1"
    assert bench.clock.now == pytest.approx(5e-3)


def test_a_trigger_while_a_burst_goes_on_is_ignored(awg):
    awg(f"FUNC PULS;:BURS:NCYC 5;:{ON_BUS};*TRG;*TRG")
    assert awg("SYST:ERR?") == '-211,"Trigger ignored"'
    awg("*WAI;*TRG")
    assert awg("SYST:ERR?") == NO_ERROR


def test_a_delay_comes_before_the_burst(bench, awg):
    awg(f"FUNC PULS;:TRIG:DEL 0.5;:{ON_BUS};*TRG;*WAI")
    assert bench.clock.now == pytest.approx(0.501)


def test_an_endless_burst_is_waited_for_by_nobody_and_aborted(bench, awg):
    awg(f"FUNC PULS;:BURS:NCYC INF;:{ON_BUS};*TRG")
    assert awg("*OPC?") == "1" and bench.clock.now == 0.0
    assert math.isinf(bench.played["awg.ch1"].count)
    awg("ABOR1")
    assert bench.played == {}


def test_only_a_set_number_of_triggers_is_taken_unless_they_always_are(bench, awg):
    awg(f"FUNC PULS;:INIT:CONT 0;:TRIG:COUN 2;:{ON_BUS};*TRG")
    assert awg("SYST:ERR?") == '-211,"Trigger ignored"'
    awg("INIT;*TRG;*WAI;*TRG;*WAI")
    assert awg("SYST:ERR?") == NO_ERROR
    awg("*TRG")
    assert awg("SYST:ERR?") == '-211,"Trigger ignored"'
    awg("INIT:CONT 1;:INIT")
    assert awg("SYST:ERR?") == '-213,"Init ignored"'


def test_the_operation_register_says_that_a_trigger_is_waited_for(awg):
    awg(f"FUNC PULS;:{ON_BUS}")
    assert awg("STAT:OPER:COND?") == "32"
    awg("*TRG")
    assert awg("STAT:OPER:COND?") == "0"
    awg("*WAI")
    assert awg("STAT:OPER:COND?") == "32"


def test_a_burst_of_a_ramp_starts_where_its_phase_says(bench, awg):
    awg(f"OUTP:LOAD INF;:FUNC RAMP;:FUNC:RAMP:SYMM 50;:VOLT 2;:{ON_BUS}")
    assert bench.levels["awg.ch1"] == pytest.approx(0.0)
    awg("BURS:PHAS 90")
    assert bench.levels["awg.ch1"] == pytest.approx(1.0)


# -- sweeps and lists ------------------------------------------------------------------------


def test_a_linear_sweep_has_the_mean_frequency_s_cycles(bench, awg):
    awg("OUTP:LOAD INF;:VOLT 2;:FREQ:STAR 100;:FREQ:STOP 300;:SWE:TIME 0.5;:SWE:STAT 1;:OUTP 1")
    levels = np.array([level for level, _ in cycle(bench)])
    rising = np.count_nonzero((levels[:-1] < 0.0) & (levels[1:] >= 0.0))
    assert rising + 1 == pytest.approx(200.0 * 0.5, abs=1.0)
    assert bench.played["awg.ch1"].period == pytest.approx(0.5 + 1e-3)


def test_a_logarithmic_sweep_spends_as_long_in_each_octave(bench, awg):
    awg("FREQ:STAR 100;:FREQ:STOP 400;:SWE:SPAC LOG;:SWE:TIME 1;:SWE:STAT 1;:OUTP 1")
    times = np.cumsum([time for _, time in cycle(bench)])
    first = np.searchsorted(times, 0.5)  # one octave: 100 Hz to 200 Hz
    assert first / 32.0 == pytest.approx(100.0 * 0.5 / math.log(2.0), abs=1.0)


def test_a_list_holds_each_frequency(bench, awg):
    awg("LIST:FREQ 100,1000;:LIST:DWEL 0.1;:TRIG:SOUR BUS;:FREQ:MODE LIST;:OUTP 1;*TRG;*WAI")
    assert bench.clock.now == pytest.approx(0.2)
    assert awg("LIST:FREQ:POIN?;:FREQ:MODE?") == "+2;LIST"


@pytest.mark.parametrize(
    ("message", "error"),
    [
        ("FUNC DC;:FREQ:MODE SWE", "sweep or list is not"),
        ("BURS:STAT 1;:SWE:STAT 1", "burst turned off"),
        ("SWE:STAT 1;:BURS:STAT 1", "sweep turned off"),
        ("SWE:STAT 1;:FUNC PULS", "sweep turned off"),
        ("FREQ:STOP 30E6;:OUTP 1;:SWE:STAT 1", "sweep too long"),
    ],
)
def test_sweeps_and_bursts_exclude_each_other(awg, message, error):
    awg(message)
    assert awg("SYST:ERR?").startswith(f'-221,"Settings conflict; {error}')
    assert awg("SYST:ERR?") == NO_ERROR


# -- arbitrary waveforms ---------------------------------------------------------------------


def test_a_name_that_is_loaded_is_not_loaded_again_until_memory_is_cleared(awg):
    awg("DATA:ARB steps, 0,0,0,0,1,1,1,1")
    awg("DATA:ARB steps, 0,0,0,0,1,1,1,1")
    assert awg("SYST:ERR?") == '+786,"Specified arb waveform already exists"'
    assert awg("DATA:VOL:FREE?;:DATA:ATTR:POIN? steps") == "+998992;+8"
    awg("DATA:VOL:CLE;:DATA:ARB steps, 0,0,0,0,1,1,1,1")
    assert awg("SYST:ERR?") == NO_ERROR


def test_codes_of_the_converter_are_of_16_bits(bench, awg):
    awg("DATA:ARB:DAC codes, 0,0,0,0,32767,32767,-32767,0")
    awg("FUNC:ARB codes;:FUNC ARB;:OUTP:LOAD INF;:VOLT 2;:FUNC:ARB:SRAT 1E3;:OUTP 1")
    assert [level for level, _ in cycle(bench)] == pytest.approx([0.0, 1.0, -1.0, 0.0])
    assert bench.played["awg.ch1"].period == pytest.approx(8e-3)


def test_one_sample_for_each_trigger_is_refused(awg):
    awg("FUNC:ARB:ADV TRIG")
    assert awg("SYST:ERR?").startswith('-221,"Settings conflict; advance by trigger')


# -- limits, coupling, extremes --------------------------------------------------------------


def test_levels_beyond_the_limits_are_clipped_with_an_error(awg):
    awg("OUTP:LOAD INF;:VOLT:LIM:HIGH 2;:VOLT:LIM:LOW 0;:VOLT 1;:VOLT:OFFS 1;:VOLT:LIM:STAT 1")
    assert awg("SYST:ERR?") == NO_ERROR
    awg("VOLT:HIGH 3")
    assert awg("SYST:ERR?").startswith('-222,"Data out of range; value clipped to upper limit"')
    assert number(awg, "VOLT:HIGH?") == pytest.approx(2.0)
    awg("VOLT:OFFS -1")
    assert number(awg, "VOLT:LOW?") == pytest.approx(0.0)


def test_limits_that_the_signal_exceeds_are_refused(awg):
    awg("VOLT:LIM:HIGH 0.01;:VOLT:LIM:STAT 1")
    assert awg("SYST:ERR?").startswith('-221,"Settings conflict; output limits')
    assert awg("VOLT:LIM:STAT?") == "0"


@pytest.mark.parametrize(
    ("header", "least", "most", "default"),
    [
        ("FREQ", 1e-6, 30e6, 1e3),
        ("VOLT", 1e-3, 10.0, 0.1),
        ("VOLT:OFFS", -4.95, 4.95, 0.0),
        ("FUNC:PULS:TRAN", 8.4e-9, 1e-6, 1e-8),
        ("BURS:NCYC", 1.0, 1e8, 1.0),
        ("TRIG:DEL", 0.0, 1000.0, 0.0),
        ("FUNC:ARB:SRAT", 1e-6, 250e6, 40e3),
        ("OUTP:LOAD", 1.0, 1e4, 50.0),
    ],
)
def test_minimum_maximum_and_default_are_told(awg, header, least, most, default):
    for word, value in (("MIN", least), ("MAX", most), ("DEF", default)):
        assert number(awg, f"{header}? {word}") == pytest.approx(value)
    awg(f"{header} MAX")
    assert number(awg, f"{header}?") == pytest.approx(most)
    assert awg("SYST:ERR?") == NO_ERROR


def test_the_highest_frequency_is_that_of_the_function(awg):
    awg("FUNC RAMP;:FREQ MAX")
    assert number(awg, "FREQ?") == pytest.approx(200e3)


def test_coupled_levels_and_frequencies_are_alike(awg):
    awg("VOLT:COUP 1;:FREQ:COUP 1;:VOLT 0.5;:FREQ 5 KHZ")
    assert number(awg, "SOUR2:VOLT?") == pytest.approx(0.5)
    awg("SOUR2:FREQ 7 KHZ")
    assert number(awg, "FREQ?") == pytest.approx(7e3)


def test_the_other_channel_tracks_inverted(bench, awg):
    awg("OUTP:LOAD INF;:TRAC INV;:FUNC SQU;:VOLT 2;:OUTP1 1;:OUTP2 1")
    assert cycle(bench, "awg.ch1")[0][0] == pytest.approx(1.0)
    assert cycle(bench, "awg.ch2")[0][0] == pytest.approx(-1.0)
    assert awg("TRAC?") == "INV"


def test_settings_are_kept_and_survive_a_loss_of_power(bench, awg):
    awg("FUNC SQU;:VOLT 0.5;:OUTP 1;*SAV 1;*RST;:DATA:ARB mine, 0,0,0,0,1,1,1,1")
    awg.core.dialect.power_cycle()
    assert awg("FUNC?;:OUTP?;:DATA:VOL:CAT?;*ESR?") == 'SIN;0;"EXP_RISE";128'
    awg("*RCL 1")
    assert awg("FUNC?;:OUTP?") == "SQU;1"
    assert bench.played["awg.ch1"].period == pytest.approx(1e-3)
    awg("*RCL 2")
    assert awg("SYST:ERR?") == '+810,"State has not been stored"'


def test_what_is_kept_does_not_change_with_the_settings(whole):
    awg = Line(whole.simulated["awg"])
    awg("VOLT 0.5;:BURS:NCYC 7;:TRAC ON;*SAV 0;:VOLT 0.7;:BURS:NCYC 9;:TRAC OFF;*RCL 0")
    assert number(awg, "VOLT?") == pytest.approx(0.5)
    assert number(awg, "BURS:NCYC?") == 7.0
    assert awg("TRAC?;:SYST:ERR?") == f"ON;{NO_ERROR}"


# -- on a bench ------------------------------------------------------------------------------


def test_what_runs_acts_on_the_cells_while_time_passes(whole):
    awg = Line(whole.simulated["awg"])
    awg("OUTP:LOAD INF;:FUNC PULS;:FUNC:PULS:WIDT 1E-6;PER 1E-4;:VOLT:HIGH 1;:VOLT:LOW 0;:OUTP 1")
    before = len(whole.truth.pulses())
    whole.advance(25e-4)
    pulses = whole.truth.pulses()[before:]
    assert len(pulses) == 25 and set(pulses["cell"]) == {0}
    awg("OUTP 0")
    whole.advance(1.0)
    assert len(whole.truth.pulses()) == before + 25


def test_a_multimeter_sees_mean_effective_value_and_frequency(whole):
    awg, dmm = Line(whole.simulated["awg"]), Line(whole.simulated["dmm"])
    awg("OUTP2:LOAD INF;:SOUR2:FREQ 1E3;:SOUR2:VOLT 2;:SOUR2:VOLT:OFFS 0.5;:OUTP2 1")
    assert number(dmm, "MEAS:VOLT:DC?") == pytest.approx(0.5, rel=2e-4)
    assert number(dmm, "MEAS:VOLT:AC?") == pytest.approx(1.0 / math.sqrt(2.0), rel=1.5e-3)
    assert number(dmm, "MEAS:FREQ?") == pytest.approx(1e3, rel=2e-4)
    assert number(dmm, "MEAS:PER?") == pytest.approx(1e-3, rel=2e-4)
    awg("SOUR2:FUNC SQU")
    assert number(dmm, "MEAS:VOLT:AC?") == pytest.approx(1.0, rel=1e-2)
    awg("OUTP2 0")
    assert abs(number(dmm, "MEAS:VOLT:AC?")) < 2e-3


def test_the_sync_connector_triggers_a_multimeter(whole):
    awg, dmm = Line(whole.simulated["awg"]), Line(whole.simulated["dmm"])
    dmm("CONF:VOLT:DC 10;:TRIG:SOUR EXT;:TRIG:COUN 3;:SAMP:COUN 2;:INIT")
    awg(f"FUNC PULS;:{ON_BUS}")
    assert dmm("STAT:OPER:COND?") == "48"
    awg("*TRG;*WAI")
    whole.advance(1.0)
    assert dmm("DATA:POIN?") == "+2"
    awg("OUTP:SYNC 0;*TRG;*WAI")
    whole.advance(1.0)
    assert dmm("DATA:POIN?") == "+2"


def test_a_level_at_the_trigger_connector_is_a_gate(whole):
    awg, dmm = Line(whole.simulated["awg"]), Line(whole.simulated["dmm"])
    awg("OUTP2:LOAD INF;:SOUR2:FUNC SQU;:SOUR2:VOLT 2;:SOUR2:BURS:MODE GAT;:SOUR2:BURS:STAT 1")
    awg("OUTP2 1")
    assert abs(number(dmm, "MEAS:VOLT:AC?")) < 2e-3
    whole.drive("lab.gating", 5.0)
    assert number(dmm, "MEAS:VOLT:AC?") == pytest.approx(1.0, rel=2e-3)
    whole.drive("lab.gating", 0.0)
    assert abs(number(dmm, "MEAS:VOLT:AC?")) < 2e-3


def test_an_edge_at_the_trigger_connector_fires_a_burst(whole):
    awg = Line(whole.simulated["awg"])
    awg("FUNC PULS;:BURS:STAT 1;:TRIG:SOUR EXT;:OUTP 1")
    whole.drive("lab.gating", 5.0)
    assert awg("STAT:OPER:COND?") == "0"
    awg("*WAI")
    whole.drive("lab.gating", 0.0)
    assert awg("STAT:OPER:COND?") == "32"
    awg("TRIG:SLOP NEG")
    whole.drive("lab.gating", 5.0)
    assert awg("STAT:OPER:COND?") == "32"
    whole.drive("lab.gating", 0.0)
    assert awg("STAT:OPER:COND?") == "0"


def test_bursts_that_are_too_long_to_repeat_leave_the_line_at_rest(bench, awg):
    awg("OUTP:LOAD INF;:VOLT:OFFS 0.3;:BURS:NCYC 1E6;:BURS:STAT 1;:OUTP 1")
    assert awg("SYST:ERR?").startswith('-221,"Settings conflict; burst too long')
    assert bench.levels["awg.ch1"] == pytest.approx(0.3) and bench.played == {}


def test_a_probe_sees_the_edges_of_pulses_that_run(whole):
    awg = Line(whole.simulated["awg"])
    probe = whole.waveforms.watch("awg.ch2")
    awg("OUTP2:LOAD INF;:SOUR2:FUNC PULS;:SOUR2:FUNC:PULS:PER 1E-5;:SOUR2:FUNC:PULS:WIDT 1E-6")
    awg("SOUR2:FUNC:PULS:TRAN 8E-7;:SOUR2:VOLT:HIGH 2;:SOUR2:VOLT:LOW 0;:OUTP2 1")
    start = whole.clock.now
    whole.advance(1e-3)
    times = start + 5e-5 + np.array([-1e-7, 3.1e-7, 9e-7, 5e-6])
    volts = probe.volts(times)
    assert volts[0] == pytest.approx(0.0, abs=1e-6) and volts[3] == pytest.approx(0.0, abs=1e-6)
    assert 0.5 < volts[1] < 1.5 < volts[2] <= 2.0 + 1e-6
