"""The simulated TDS2024B against its programmer manual (071-1075) and its data sheet."""

import numpy as np
import pytest
from scope_bench import scope_bench

GAIN = 0.03  # of the data sheet
NOTHING = '0,"No events to report - queue empty"'


@pytest.fixture
def it(tmp_path):
    with scope_bench(tmp_path) as made:
        yield made


def events(it):
    it.say("HEAD OFF")
    it.say("*ESR?")
    return it.say("ALLEV?")


def volts(it, channel="CH1"):
    """Return times and volts of a record, by the manual's formulas."""
    it.say(f"HEAD OFF;:DAT:SOU {channel};ENC ASCI")
    codes = np.array([float(code) for code in it.say("CURVE?").split(",")])
    xincr, xzero, ymult, yzero, yoff = (
        it.number(f"WFMPRE:{name}?") for name in ("XIN", "XZE", "YMU", "YZE", "YOF")
    )
    return xzero + xincr * np.arange(len(codes)), yzero + ymult * (codes - yoff)


# -- language ------------------------------------------------------------------------------------


def test_it_says_who_it_is_and_that_the_power_came_on(it):
    assert it.say("*IDN?") == "TEKTRONIX,TDS 2024B,C100044,CF:91.1CT FV:v22.16"
    assert it.say("*ESR?") == "128"
    assert it.say("ALLEV?") == ':ALLEV 401,"Power on; "'


def test_headers_are_whole_short_or_none(it):
    assert it.say("CH1:SCA?") == ":CH1:SCALE 1.0E0"
    assert it.say("VERB OFF;:CH1:SCA?") == ":CH1:SCA 1.0E0"
    assert it.say("HEAD OFF;:CH1:SCA?") == "1.0E0"


def test_a_common_query_never_has_a_header(it):
    assert it.say("*OPC?") == "1"


def test_queries_of_one_message_are_answered_together(it):
    assert it.say("CH1:COUP?;BAN?") == ":CH1:COUPLING DC;:CH1:BANDWIDTH OFF"


def test_a_query_of_a_branch_tells_all_of_it(it):
    told = it.say("CH1?")
    assert told.startswith(":CH1:SCALE 1.0E0;POSITION 0.0E0;COUPLING DC;BANDWIDTH OFF;PROBE 1.0E1")
    assert it.say("SEL?").startswith(":SELECT:CH1 1;CH2 0;CH3 0;CH4 0;MATH 0;REFA 0")


def test_a_query_of_the_trigger_branch_tells_all_of_the_trigger_and_can_be_sent_back(it):
    it.say("TRIG:MAI:EDGE:SOU CH3;SLO FALL;:TRIG:MAI:MOD NORM;:TRIG:MAI:PUL:SOU CH2")
    told = it.say("TRIG?")
    assert told.startswith(
        ":TRIGGER:MAIN:MODE NORMAL;TYPE EDGE;:TRIGGER:MAIN:HOLDOFF:VALUE 5.0E-7;"
        ":TRIGGER:MAIN:LEVEL 0.0E0;:TRIGGER:MAIN:EDGE:SOURCE CH3;COUPLING DC;SLOPE FALL"
    )
    assert ":TRIGGER:MAIN:VIDEO:SOURCE CH1;POLARITY NORMAL;SYNC LINE;LINE 1;STANDARD NTSC" in told
    it.say("FAC")
    assert it.say("TRIG?") != told
    it.say(told)
    assert it.say("TRIG?") == told


def test_a_query_of_the_pulse_or_the_video_trigger_tells_all_of_it(it):
    assert it.say("TRIG:MAI:PUL?") == (
        ":TRIGGER:MAIN:PULSE:SOURCE CH1;"
        ":TRIGGER:MAIN:PULSE:WIDTH:POLARITY POSITIVE;WIDTH 1.0E-3;WHEN EQUAL"
    )
    assert it.say("HEAD OFF;:TRIG:MAI:VID?") == "CH1;NORMAL;LINE;1;NTSC"


def test_a_query_of_the_measurement_branch_tells_every_slot(it):
    it.say("MEASU:MEAS2:TYP FREQ;SOU CH2")
    told = it.say("MEASU?").split(";")
    assert told[3:6] == [":MEASUREMENT:MEAS2:TYPE FREQUENCY", 'UNITS "Hz"', "SOURCE CH2"]
    assert told[-3:] == [":MEASUREMENT:IMMED:TYPE PERIOD", 'UNITS "s"', "SOURCE1 CH1"]
    assert len(told) == 3 * 6


def test_a_query_of_the_cursor_branch_tells_settings_only_and_can_be_sent_back(it):
    it.say("CURS:FUNC VBA;VBA:POSITION1 -1E-4;POSITION2 1E-4")
    told = it.say("CURS?")
    assert told == (
        ":CURSOR:FUNCTION VBARS;:CURSOR:SELECT:SOURCE CH1;"
        ":CURSOR:VBARS:UNITS SECONDS;POSITION1 -1.0E-4;POSITION2 1.0E-4;"
        ":CURSOR:HBARS:UNITS VOLTS;POSITION1 -3.2E0;POSITION2 3.2E0"
    )
    assert it.say("CURS:SEL?") == ":CURSOR:SELECT:SOURCE CH1"


def test_a_query_of_the_display_branch_tells_all_of_the_display(it):
    it.say("DIS:STY DOT;CONTR 30")
    assert it.say("DIS?") == ":DISPLAY:FORMAT YT;STYLE DOTS;CONTRAST 30"


def test_an_older_word_is_answered_with_the_newer_one(it):
    it.say("CH2:VOL 0.5")
    assert it.say("CH2:VOL?") == ":CH2:SCALE 5.0E-1"
    assert it.say("HOR:SEC?") == ":HORIZONTAL:MAIN:SCALE 5.0E-4"


def test_an_unknown_header_is_event_113(it):
    events(it)
    it.say("FOO:BAR 1")
    assert it.say("*ESR?") == "32"
    assert it.say("EVM?") == '113,"Undefined header; FOO:BAR"'


def test_events_are_not_seen_before_the_status_register_is_read(it):
    it.say("*CLS;HEAD OFF")
    it.say("FOO")
    assert it.say("EVENT?") == "1"
    assert it.say("EVM?") == '1,"No events to report - new events pending *ESR?"'
    it.say("*ESR?")
    assert it.say("EVQ?") == "1"
    assert it.say("EVENT?") == "113"
    assert it.say("EVM?") == NOTHING


def test_reading_the_register_again_drops_the_events_before(it):
    it.say("*CLS;HEAD OFF")
    it.say("FOO")
    it.say("*ESR?")
    it.say("*ESR?")
    assert it.say("ALLEV?") == NOTHING


def test_events_that_are_not_enabled_are_not_noted(it):
    it.say("*CLS;DESE 0")
    it.say("FOO")
    assert it.say("*ESR?") == "0"


@pytest.mark.parametrize(
    ("message", "code"),
    [("CH1:COUP FOO", 224), ("CH1:SCA", 109), ("CH1:SCA 1,2", 108), ("CH5:SCA 1", 114),
     ("CH1:SCA (1)", 178), ("MATH:DEFINE \"CH1*CH2\"", 2235), ("*SAV 11", 222)],
)  # fmt: skip
def test_what_is_wrong_has_its_number(it, message, code):
    events(it)
    it.say(message)
    assert events(it).startswith(f"{code},")


def test_a_value_out_of_range_is_forced_to_the_nearest_and_noted(it):
    events(it)
    it.say("CH1:SCA 1000")
    assert it.number("CH1:SCA?") == 50.0  # 5 V behind a 10X probe
    assert it.say("*ESR?") == "16"
    assert events(it).startswith(NOTHING)


def test_a_time_scale_goes_to_the_nearest_of_the_1_2_5_5_sequence(it):
    it.say("HEAD OFF;:HOR:SCA 3e-6")
    assert it.number("HOR:SCA?") == 2.5e-6


def test_the_probe_factor_scales_what_is_shown(it):
    it.say("HEAD OFF;:CH1:PRO 1")
    assert it.number("CH1:SCA?") == pytest.approx(0.1)


# -- settings that are kept ----------------------------------------------------------------------


def test_a_setup_is_kept_and_taken_again(it):
    it.say("HEAD OFF;:CH1:SCA 0.5;*SAV 3;*RST;:CH1:SCA?")
    assert it.number("CH1:SCA?") == 1.0
    it.say("*RCL 3")
    assert it.number("CH1:SCA?") == 0.5


def test_what_it_has_learnt_can_be_sent_back(it):
    it.say("CH2:SCA 0.5;:TRIG:MAI:LEV 0.2;:HOR:SCA 1e-6;:SEL:CH2 ON")
    told = it.say("*LRN?")
    it.say("*RST")
    it.say(told)
    assert it.say("*LRN?") == told
    assert events(it).startswith('401,"Power on')


def test_factory_turns_headers_on_again_and_reset_does_not(it):
    it.say("HEAD OFF;*RST")
    assert it.say("CH1:SCA?") == "1.0E0"
    it.say("FAC")
    assert it.say("CH1:SCA?") == ":CH1:SCALE 1.0E0"


def test_a_power_cycle_ends_a_wait(it):
    it.arm()
    it.say("*WAI;:CH2:SCA 0.5")
    it.scope.power_cycle()
    assert it.say("CH2:SCA?") == ":CH2:SCALE 1.0E0"


def test_a_power_cycle_keeps_settings_and_loses_the_record(it):
    it.arm()
    it.pulse(0.8)
    assert it.say("*OPC?") == "1"
    it.scope.power_cycle()
    assert it.say("*ESR?") == "128"
    it.say("HEAD OFF")
    assert it.number("CH1:SCA?") == 0.2
    assert it.say("ACQ:NUMAC?") == "0"


@pytest.mark.parametrize(
    ("header", "word", "told"),
    [("POLARITY", "INV", "INVERT"), ("STANDARD", "PAL", "PAL"), ("SYNC", "LINEN", "LINENUM")],
)
def test_a_video_trigger_is_set_up(it, header, word, told):
    it.say(f"HEAD OFF;:TRIG:MAI:VID:{header} {word}")
    assert it.say(f"TRIG:MAI:VID:{header}?") == told


# -- acquisition ---------------------------------------------------------------------------------


def test_a_single_sequence_holds_the_pulse_from_pretrigger_to_end(it):
    it.arm()
    assert it.say("BUSY?") == "1"
    it.pulse(0.8, 1e-6)
    assert it.say("*OPC?") == "1"
    times, seen = volts(it)
    assert times[0] == pytest.approx(-2.5e-6)
    assert len(times) == 2500
    assert np.median(seen[times < -0.1e-6]) == pytest.approx(0.0, abs=0.03)
    inside = seen[(times > 0.1e-6) & (times < 0.9e-6)]
    assert np.median(inside) == pytest.approx(0.8, rel=GAIN, abs=0.03)
    assert np.median(seen[times > 1.1e-6]) == pytest.approx(0.0, abs=0.03)


def test_the_record_is_a_snapshot_of_the_node(it):
    it.arm(across=2.5e-7)
    start = it.bench.clock.now
    it.pulse(0.8, 1e-6, edge=200e-9)
    it.say("*OPC?")
    times, seen = volts(it)
    trigger = start + 200e-9 * 0.3 / 0.8
    # A straight edge, the top, a straight edge; the width is between the half-way points.
    corners = np.array([0.0, 200e-9, 1000e-9, 1200e-9])
    node = np.interp(trigger + times, start + corners, [0.0, 0.8, 0.8, 0.0])
    assert np.abs(seen - node).max() < GAIN * 0.8 + 0.1 * 0.2 + 0.05


def test_a_bench_that_is_years_old_loses_no_edge(it):
    it.bench.clock.advance_to(3e8)  # where a number has a step of 60 ns
    it.arm(across=2.5e-8, level=0.4)
    it.pulse(0.8, 1e-6, edge=50e-9)
    assert it.say("*OPC?") == "1"
    assert it.number("MEASU:IMM:TYP RIS;VAL?") == pytest.approx(40e-9, rel=0.1)


def test_nothing_is_answered_until_the_sequence_is_complete(it):
    it.arm()
    assert it.say("*OPC?") is None
    assert it.say("ACQ:STATE?") == "1"
    it.pulse(0.8)
    assert it.say("*OPC?") == "1"
    assert it.say("ACQ:STATE?;:TRIG:STATE?") == "0;SAVE"


def test_completion_is_noted_when_the_sequence_is_complete_and_asks_for_service(it):
    it.arm()
    it.say("*CLS;*ESE 1;*SRE 32;*OPC")
    core = it.say.core
    assert core.read_status_byte() & 0x60 == 0
    it.pulse(0.8)
    assert core.read_status_byte() & 0x60 == 0x60
    assert it.say("*ESR?") == "1"
    assert it.say("EVM?") == '402,"Operation complete; "'


def test_completion_is_noted_at_once_where_nothing_is_waited_for(it):
    it.say("*CLS;*OPC")
    assert it.say("*ESR?") == "1"


def test_what_comes_after_wai_waits_for_the_sequence(it):
    it.arm()
    assert it.say("*WAI;:CH2:SCA 0.5") is None
    assert it.say("CH2:SCA?") is None
    it.pulse(0.8)
    assert it.number("CH2:SCA?") == 0.5


def test_a_device_clear_ends_the_wait_and_forgets_what_was_held_back(it):
    it.arm()
    it.say("*WAI;:CH2:SCA 0.5")
    it.say.core.clear()
    assert it.number("CH2:SCA?") == 1.0


def test_a_pulse_below_the_level_does_not_trigger(it):
    it.arm(level=0.3)
    it.pulse(0.2)
    assert it.say("BUSY?") == "1"


def test_a_pulse_before_it_is_ready_is_missed(it):
    it.say("HEAD OFF;:CH1:SCA 0.2;:HOR:SCA 1e-3;:TRIG:MAI:MOD NORM;LEV 0.3")
    it.say("ACQ:STOPA SEQ;STATE RUN")
    it.pulse(0.8)  # 5 ms of pretrigger are not there yet
    assert it.say("BUSY?") == "1"
    assert it.say("TRIG:STATE?") == "READY"
    it.pulse(0.8)
    assert it.say("BUSY?") == "0"


def test_only_time_that_the_time_base_commands_passes(it):
    it.arm(across=1e-6)
    start = it.bench.clock.now
    it.pulse(0.8, 1e-6)
    it.say("*OPC?")
    # From the trigger on the rising edge to the end of the right half of the screen.
    assert it.bench.clock.now - start == pytest.approx(5e-6, rel=0.01)


def test_a_falling_edge_triggers_where_it_is_asked_for(it):
    it.arm(TRIG__MAI__EDGE__SLO="FALL")
    it.pulse(0.8, 1e-6)
    it.say("*OPC?")
    times, seen = volts(it)
    assert np.median(seen[(times > -0.8e-6) & (times < -0.1e-6)]) == pytest.approx(0.8, abs=0.05)


def test_the_external_input_triggers(it):
    it.hold(0.0, "src.sync")
    it.arm(level=0.3, TRIG__MAI__EDGE__SOU="EXT", TRIG__MAI__LEV=1.0)
    it.pulse(3.0, terminal="src.sync")
    assert it.say("BUSY?") == "0"


def test_a_pulse_trigger_takes_only_the_width_that_is_asked_for(it):
    it.arm(TRIG__MAI__TYP="PUL", TRIG__MAI__PUL__WID__WID=2e-6, TRIG__MAI__PUL__WID__WHEN="EQ",
           TRIG__MAI__LEV=0.4)  # fmt: skip
    it.pulse(0.8, 1e-6)
    assert it.say("BUSY?") == "1"
    it.pulse(0.8, 2e-6)
    assert it.say("BUSY?") == "0"
    times, seen = volts(it)
    assert np.median(seen[(times > -1.8e-6) & (times < -0.1e-6)]) == pytest.approx(0.8, abs=0.05)


@pytest.mark.parametrize(("when", "short", "long"), [("IN", "0", "1"), ("OUT", "1", "0")])
def test_pulses_shorter_or_longer_trigger(it, when, short, long):
    for width, still in ((1e-6, short), (4e-6, long)):
        it.arm(TRIG__MAI__TYP="PUL", TRIG__MAI__PUL__WID__WID=2e-6,
               TRIG__MAI__PUL__WID__WHEN=when, TRIG__MAI__LEV=0.4)  # fmt: skip
        it.pulse(0.8, width)
        assert it.say("BUSY?") == still


def test_an_average_needs_as_many_triggers(it):
    it.arm(ACQ__MOD="AVE", ACQ__NUMAV=4)
    for _ in range(3):
        it.pulse(0.8)
        assert it.say("BUSY?") == "1"
        it.bench.advance(1e-3)
    it.pulse(0.8)
    assert it.say("BUSY?;:ACQ:NUMAC?") == "0;4"


def test_an_average_has_less_noise_than_a_sample(it):
    spread = {}
    for mode in ("SAM", "AVE"):
        it.arm(scale=0.02, level=0.05, ACQ__MOD=mode, ACQ__NUMAV=64)
        it.pulse(0.06, 1e-6, 64, 1e-4)
        assert it.say("BUSY?") == "0"
        times, seen = volts(it)
        spread[mode] = seen[times < -0.1e-6].std()
    assert spread["AVE"] < spread["SAM"]


def test_peak_detect_catches_a_pulse_between_two_samples(it):
    it.arm(across=1e-3, level=0.3, TRIG__MAI__EDGE__SOU="CH1", ACQ__MOD="PEAK")
    it.pulse(0.8, 100e-9)
    it.say("*OPC?")
    assert it.say("WFMPRE:PT_F?") == "ENV"
    assert volts(it)[1].max() > 0.7


def test_free_running_it_shows_what_is_there(it):
    it.hold(1.5)
    it.bench.advance(10e-3)
    _, seen = volts(it)
    assert np.median(seen) == pytest.approx(1.5, rel=GAIN, abs=0.1)
    assert it.bench.clock.now == 10e-3


def test_a_wave_that_runs_freely_triggers_by_itself(it):
    it.bench.waveforms.run("src.out", lambda t: 0.5 * np.sin(2e3 * np.pi * t), 1e-3)
    it.say("HEAD OFF;:CH1:SCA 0.2;:HOR:SCA 5e-4;:TRIG:MAI:MOD NORM;LEV 0.1")
    it.say("ACQ:STOPA SEQ;STATE RUN")
    assert it.say("*OPC?") == "1"
    assert it.number("MEASU:IMM:TYP FREQ;VAL?") == pytest.approx(1e3, rel=2e-3)
    assert it.number("MEASU:IMM:TYP PK2;VAL?") == pytest.approx(1.0, rel=0.06)
    assert it.number("MEASU:IMM:TYP CRM;VAL?") == pytest.approx(0.5 / np.sqrt(2), rel=0.05)
    assert it.number("MEASU:IMM:TYP PERI;VAL?") == pytest.approx(1e-3, rel=2e-3)


def test_a_forced_trigger_needs_no_signal(it):
    it.arm()
    it.say("TRIG FORC")
    assert it.say("BUSY?") == "0"


def test_what_is_not_shown_is_not_told(it):
    it.say("DAT:SOU CH3")
    events(it)
    assert it.say("CURVE?") is None
    assert events(it).startswith('2244,"Waveform requested is not turned on')


# -- the inputs ----------------------------------------------------------------------------------


def test_the_converter_has_8_bits_and_25_levels_a_division(it):
    it.arm(scale=0.2)
    it.pulse(0.8)
    it.say("*OPC?;:DAT:ENC ASCI")
    codes = {int(code) for code in it.say("CURVE?").split(",")}
    assert it.number("WFMPRE:YMU?") == pytest.approx(0.2 / 25)
    assert max(codes) <= 127 and min(codes) >= -128


def test_what_leaves_the_range_stays_at_its_end_and_measurements_say_so(it):
    it.arm(scale=0.05, level=0.1)
    it.pulse(0.8)
    it.say("*OPC?;:DAT:ENC ASCI")
    assert max(int(code) for code in it.say("CURVE?").split(",")) == 127
    events(it)
    it.say("MEASU:IMM:TYP MAXI;VAL?")
    assert events(it).startswith('2228,"Measurement error, Positive Clipping')


def test_the_position_moves_the_codes_and_not_the_volts(it):
    it.arm()
    it.say("CH1:POS -2")
    it.hold(0.4)
    it.say("ACQ:STOPA RUNST;:TRIG:MAI:MOD AUTO;:ACQ:STATE RUN")
    assert it.number("WFMPRE:YOF?") == -50.0
    assert np.median(volts(it)[1]) == pytest.approx(0.4, rel=GAIN, abs=0.03)


def test_an_edge_is_as_slow_as_the_bandwidth(it):
    it.bench.drive("src.out", 0.0, impedance=0.0)  # which the probe's capacitance does not load
    it.arm(scale=0.2, across=2.5e-9, level=0.4)
    it.pulse(0.8, 1e-6, edge=0.0)
    it.say("*OPC?")
    assert it.number("MEASU:IMM:TYP RIS;VAL?") == pytest.approx(0.35 / 200e6, rel=0.15)


def test_between_samples_a_sine_is_a_sine(it):
    hertz = 100e6  # 20 samples a period, shown with 1,000 points
    it.bench.waveforms.run("src.out", lambda t: 0.6 * np.sin(2 * np.pi * hertz * t), 1 / hertz)
    it.say("HEAD OFF;:CH1:SCA 0.2;:HOR:SCA 2.5e-9;:TRIG:MAI:MOD NORM;LEV 0")
    it.say("ACQ:STOPA SEQ;STATE RUN")
    times, seen = volts(it)
    wave = np.stack([np.sin(2 * np.pi * hertz * times), np.cos(2 * np.pi * hertz * times)])
    size, *_ = np.linalg.lstsq(wave.T, seen, rcond=None)
    assert np.abs(seen - size @ wave).max() < 3.5 * 0.2 / 25
    assert it.number("MEASU:IMM:TYP FREQ;VAL?") == pytest.approx(hertz, rel=0.01)


def test_the_limit_makes_edges_slower(it):
    it.arm(scale=0.2, across=2.5e-8, level=0.4, CH1__BAN="ON")
    it.pulse(0.8, 1e-6, edge=0.0)
    it.say("*OPC?")
    assert it.number("MEASU:IMM:TYP RIS;VAL?") == pytest.approx(0.35 / 20e6, rel=0.05)


def test_alternating_coupling_blocks_the_level(it):
    it.hold(2.0)
    it.say("HEAD OFF;:CH1:COUP AC;SCA 0.2")
    assert np.median(volts(it)[1]) == pytest.approx(0.0, abs=0.05)


def test_inverted_is_upside_down(it):
    it.hold(0.4)
    it.say("CH1:INV ON;SCA 0.2")
    assert np.median(volts(it)[1]) == pytest.approx(-0.4, rel=GAIN, abs=0.03)


def test_a_factor_that_the_probe_has_not_makes_wrong_volts(tmp_path):
    with scope_bench(tmp_path, "options = { probe = { ch1 = 1 } }") as it:
        it.hold(0.4)
        it.say("CH1:SCA 2")  # it believes in 10X
        assert np.median(volts(it)[1]) == pytest.approx(4.0, rel=GAIN, abs=0.3)


def test_the_same_serial_number_has_the_same_errors(tmp_path):
    seen = []
    for run in ("a", "b"):
        folder = tmp_path / run
        folder.mkdir()
        with scope_bench(folder) as it:
            it.hold(1.5)
            seen.append(volts(it)[1])
    assert (seen[0] == seen[1]).all()


# -- transfer ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("encoding", "width", "dtype", "middle"),
    [("RIB", 1, "i1", 0), ("RPB", 1, "u1", 128), ("RIB", 2, ">i2", 0), ("RPB", 2, ">u2", 32768),
     ("SRI", 2, "<i2", 0), ("SRP", 2, "<u2", 32768)],
)  # fmt: skip
def test_every_encoding_says_the_same_volts(it, encoding, width, dtype, middle):
    it.arm()
    it.pulse(0.8)
    it.say("*OPC?")
    _, expected = volts(it)
    it.say(f"DAT:ENC {encoding};WID {width}")
    told = it.raw("CURVE?")
    count = str(2500 * width).encode()
    assert told.startswith(b"#4" + count)
    codes = np.frombuffer(told[6:], dtype).astype(float)
    assert it.number("WFMPRE:YOF?") == middle
    found = it.number("WFMPRE:YMU?") * (codes - it.number("WFMPRE:YOF?"))
    assert found == pytest.approx(expected)


@pytest.mark.parametrize(
    ("words", "encoding"),
    [("ENC ASC", "ASCII"), ("ENC BIN;BN_F RP;BYT_O MSB", "RPBINARY"),
     ("ENC BIN;BN_F RP;BYT_O LSB", "SRPBINARY"), ("ENC BIN;BN_F RI;BYT_O LSB", "SRIBINARY"),
     ("ENC ASC;ENC BIN", "RIBINARY")],
)  # fmt: skip
def test_the_preamble_and_the_data_settings_are_the_same(it, words, encoding):
    it.say(f"HEAD OFF;:WFMPRE:{words};BIT_N 16")
    assert it.say("DAT:ENC?;WID?") == f"{encoding};2"


def test_branches_tell_all_of_themselves(it):
    assert it.say("HOR:MAI?") == ":HORIZONTAL:MAIN:SCALE 5.0E-4;POSITION 0.0E0"
    assert it.say("TRIG:MAI:PUL:WID?") == (
        ":TRIGGER:MAIN:PULSE:WIDTH:POLARITY POSITIVE;WIDTH 1.0E-3;WHEN EQUAL"
    )
    assert it.say("CURS:HBA?").startswith(":CURSOR:HBARS:UNITS VOLTS;POSITION1 -3.2E0")
    assert it.say("MEASU:MEAS1?") == ':MEASUREMENT:MEAS1:TYPE NONE;UNITS "";SOURCE CH1'


def test_a_part_of_the_record_is_told_in_either_order(it):
    it.arm()
    it.pulse(0.8)
    it.say("*OPC?;:DAT:ENC ASCI")
    whole = it.say("CURVE?").split(",")
    it.say("DAT:STAR 200;STOP 101")
    assert it.say("CURVE?").split(",") == whole[100:200]
    assert it.say("WFMPRE:NR_P?") == "100"


def test_preamble_and_curve_come_together(it):
    it.arm()
    it.pulse(0.8)
    it.say("*OPC?;:DAT:ENC ASCI")
    preamble, curve = it.say("WFMPRE?"), it.say("CURVE?")
    assert it.say("WAVF?") == f"{preamble};{curve}"
    fields = preamble.split(";")
    assert fields[:5] == ["1", "8", "ASC", "RI", "MSB"]
    assert fields[6] == ('"Ch1, DC coupling, 2.0E-1 V/div, 5.0E-7 s/div, 2500 points, Sample mode"')


def test_a_waveform_is_kept_in_a_reference(it):
    it.arm()
    it.pulse(0.8)
    it.say("*OPC?;:SAV:WAVE CH1,REFB;:SEL:REFB ON")
    _, seen = volts(it)
    assert (volts(it, "REFB")[1] == seen).all()


def test_a_curve_can_be_sent_into_a_reference(it):
    it.say("HEAD OFF;:DAT:DEST REFA;ENC RIB;:SEL:REFA ON")
    it.say(b"CURVE #3100" + bytes(range(100)))
    it.say("DAT:SOU REFA;ENC ASCI;STOP 100")
    assert [int(code) for code in it.say("CURVE?").split(",")] == list(range(100))


def test_a_difference_of_channels_is_a_waveform(it):
    it.hold(1.0)
    it.hold(0.25, "src.other")
    it.say('SEL:CH2 ON;:SEL:MATH ON;:MATH:DEFINE "CH1 - CH2"')
    assert np.median(volts(it, "MATH")[1]) == pytest.approx(0.75, abs=0.25)


# -- measurements --------------------------------------------------------------------------------


def test_measurements_of_a_pulse_are_those_of_its_shape(it):
    it.arm(across=5e-7)
    it.pulse(0.8, 1e-6, 2, 3e-6, edge=100e-9)
    it.say("*OPC?")
    shown = {kind: it.number(f"MEASU:IMM:TYP {kind};VAL?")
             for kind in ("PWI", "RIS", "FALL", "MAXI", "MINI", "MEAN")}  # fmt: skip
    assert shown["PWI"] == pytest.approx(1e-6, rel=0.01)
    assert shown["RIS"] == pytest.approx(80e-9, rel=0.1)
    assert shown["FALL"] == pytest.approx(80e-9, rel=0.1)
    assert shown["MAXI"] == pytest.approx(0.8, rel=0.06)
    assert shown["MINI"] == pytest.approx(0.0, abs=0.05)
    assert it.say("MEASU:IMM:UNI?") == '"V"'


def test_what_has_no_period_is_no_number_and_event_2202(it):
    it.arm()
    it.pulse(0.8)
    it.say("*OPC?")
    events(it)
    assert it.say("MEASU:IMM:TYP FREQ;VAL?") == "9.9E37"
    assert events(it).startswith('2202,"Measurement error, No period found')


def test_a_slot_that_measures_nothing_says_so(it):
    events(it)
    assert it.say("MEASU:MEAS3:VAL?") == "9.9E37"
    assert events(it).startswith("2231,")


def test_a_slot_measures_its_own_source(it):
    it.hold(0.5, "src.other")
    it.say("HEAD OFF;:SEL:CH2 ON;:CH2:SCA 0.2;:MEASU:MEAS2:SOU CH2;TYP MEAN")
    assert it.number("MEASU:MEAS2:VAL?") == pytest.approx(0.5, rel=0.05, abs=0.03)


def test_cursors_tell_what_is_between_them(it):
    it.say("HEAD OFF;:CURS:HBA:POSITION1 1.0;POSITION2 -0.5")
    assert it.number("CURS:HBA:DELT?") == 1.5
    it.say("CURS:VBA:POSITION1 0;POSITION2 1e-3;UNI HER")
    assert it.number("CURS:VBA:DELT?") == pytest.approx(1e3)


# -- tidiness ------------------------------------------------------------------------------------


def test_a_scope_that_is_stopped_has_no_probe_on_the_bench(it):
    it.say("ACQ:STATE STOP")
    assert it.bench.waveforms.is_idle


def test_an_hour_of_pulses_does_not_grow_its_memory(it):
    it.arm()
    it.say("ACQ:STOPA RUNST;STATE RUN")
    for _ in range(50):
        it.pulse(0.8, 1e-6, 1000, 2e-6)
        assert it.say("ACQ:STATE?") == "1"
    assert len(it.scope.acquisition._probes["CH1"].parts) < 20
