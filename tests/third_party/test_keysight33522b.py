"""QCoDeS 0.58's Keysight33522B and PyMeasure 0.16's Agilent33500, unmodified."""

import pytest
from pymeasure.instruments.agilent import Agilent33500
from qcodes.instrument_drivers.Keysight import Keysight33522B


@pytest.fixture
def qcodes_awg(road):
    driver = Keysight33522B("awg", road.addresses["awg"], visalib=road.visa)
    driver.write("*RST")
    yield driver
    driver.close()


@pytest.fixture
def pymeasure_awg(road):
    driver = Agilent33500(
        road.addresses["awg"],
        visa_library=road.visa,
        read_termination="\n",
        write_termination="\n",
    )
    yield driver
    driver.adapter.close()


def test_qcodes_pulses_a_channel(road, qcodes_awg):
    channel = qcodes_awg.ch1
    channel.function_type("PULS")
    channel.pulse_width(2e-6)
    channel.frequency(1e4)
    channel.amplitude(0.5)
    channel.offset(0.25)
    channel.burst_mode("N Cycle")
    channel.burst_ncycles(3)
    channel.trigger_source("BUS")
    channel.burst_state("ON")
    channel.output("ON")
    before = road.bench.clock.now
    qcodes_awg.force_trigger()
    assert qcodes_awg.ask("*OPC?") == "1"
    assert channel.pulse_width() == pytest.approx(2e-6)
    assert (channel.amplitude(), channel.offset()) == pytest.approx((0.5, 0.25))
    assert (channel.burst_ncycles(), channel.burst_state(), channel.output()) == (3, "ON", "ON")
    assert road.bench.clock.now - before == pytest.approx(3e-4)
    assert qcodes_awg.error() == (0, "No error")


def test_qcodes_reads_every_parameter(qcodes_awg):
    snapshot = qcodes_awg.snapshot(update=True)
    channel = snapshot["submodules"]["ch2"]["parameters"]
    assert channel["function_type"]["value"] == "SIN"
    assert channel["burst_polarity"]["value"] == "NORM"
    assert qcodes_awg.error() == (0, "No error")


def test_pymeasure_sets_a_pulse_and_triggers_it(road, pymeasure_awg):
    awg = pymeasure_awg
    awg.reset()
    awg.ch_1.shape = "PULS"
    awg.ch_1.pulse_period = 1e-3
    awg.ch_1.pulse_width = 1e-4
    awg.ch_1.amplitude = 1.0
    awg.ch_1.output_load = "INF"
    awg.ch_1.burst_ncycles = 2
    awg.ch_1.burst_state = True
    awg.trigger_source = "BUS"
    awg.ch_1.output = True
    before = road.bench.clock.now
    awg.trigger()
    assert awg.ch_1.amplitude == pytest.approx(2.0)  # high impedance: twice what it was into 50 ohm
    assert awg.ch_1.pulse_width == pytest.approx(1e-4)
    assert road.bench.clock.now - before == pytest.approx(2e-3)
    assert awg.check_errors() == []


def test_qcodes_sets_what_it_reads_of_a_channel(qcodes_awg):
    channel = qcodes_awg.ch2
    for name, value in {
        "function_type": "RAMP", "frequency": 2e3, "phase": 90.0, "amplitude_unit": "VRMS",
        "amplitude": 0.2, "offset": 0.1, "ramp_symmetry": 40.0, "trigger_source": "TIM",
        "trigger_slope": "NEG", "trigger_count": 3, "trigger_delay": 1e-3, "trigger_timer": 0.5,
        "output_polarity": "INV", "burst_mode": "Gated", "burst_ncycles": 7, "burst_phase": -30.0,
        "burst_polarity": "INV", "burst_int_period": 0.25, "output": "ON",
    }.items():  # fmt: skip
        parameter = channel.parameters[name]
        parameter(value)
        assert parameter.get() == (pytest.approx(value) if isinstance(value, float) else value)
    channel.burst_ncycles("INF")
    assert channel.burst_ncycles() == float("inf")
    qcodes_awg.sync.output("OFF")
    qcodes_awg.sync.source(2)
    assert (qcodes_awg.sync.output(), qcodes_awg.sync.source()) == ("OFF", 2)
    qcodes_awg.sync_channel_phases()
    assert qcodes_awg.error() == (0, "No error")


def test_qcodes_bursts_on_both_channels_at_one_trigger(road, qcodes_awg):
    for channel in (qcodes_awg.ch1, qcodes_awg.ch2):
        channel.function_type("PULS")
        channel.burst_ncycles(4)
        channel.trigger_source("BUS")
        channel.burst_state("ON")
        channel.output("ON")
    before = road.bench.clock.now
    assert qcodes_awg.ask("STATus:OPERation:CONDition?") == "32"
    qcodes_awg.force_trigger()
    assert qcodes_awg.ask("*OPC?") == "1"
    assert road.bench.clock.now - before == pytest.approx(4e-3)
    assert qcodes_awg.error() == (0, "No error")


def test_qcodes_sweeps_a_frequency(road, qcodes_awg):
    channel = qcodes_awg.ch1
    channel.trigger_source("BUS")
    for mode in ("SWEEP", "LIST", "FIXED", "CW"):
        channel.frequency_mode(mode)
        assert channel.frequency_mode() == {"SWEEP": "SWE", "FIXED": "CW"}.get(mode, mode)
    channel.frequency_mode("SWEEP")
    channel.output("ON")
    before = road.bench.clock.now
    qcodes_awg.force_trigger()
    assert qcodes_awg.ask("*OPC?") == "1"
    assert road.bench.clock.now - before == pytest.approx(1.0)
    assert qcodes_awg.error() == (0, "No error")


def test_what_runs_freely_acts_on_a_cell_as_time_passes(road, pymeasure_awg):
    awg = pymeasure_awg
    awg.reset()
    awg.ch_1.output_load = "INF"
    awg.ch_1.shape = "PULS"
    awg.ch_1.pulse_period = 1e-3
    awg.ch_1.pulse_width = 1e-5
    awg.ch_1.voltage_high = 1.2
    awg.ch_1.voltage_low = 0.0
    awg.ch_1.output = True
    assert awg.check_errors() == []
    before = len(road.bench.truth.pulses())
    with road.bench.lock:
        road.bench.connect("awg.ch1", "row.1")
        road.bench.advance(0.012)
    pulses = road.bench.truth.pulses()[before:]
    assert len(pulses) == 12
    assert pulses["width"] == pytest.approx(1e-5)


def test_pymeasure_sets_what_it_reads_of_a_channel(pymeasure_awg):
    pymeasure_awg.reset()
    for channel in (pymeasure_awg.ch_1, pymeasure_awg.ch_2):
        for name, value in {
            "shape": "SQU", "square_dutycycle": 30.0, "frequency": 5e3, "amplitude": 2.0,
            "offset": 0.5, "voltage_high": 2.0, "voltage_low": -1.0, "phase": 45.0,
            "ramp_symmetry": 20.0, "output_load": 100.0, "burst_mode": "GAT", "burst_period": 0.1,
            "burst_ncycles": 9, "pulse_hold": "DCYC", "arb_filter": "STEP", "arb_advance": "SRAT",
            "arb_srate": 1e5, "output": True, "amplitude_unit": "VRMS",
        }.items():  # fmt: skip
            setattr(channel, name, value)
            found = getattr(channel, name)
            assert found == (pytest.approx(value) if isinstance(value, float) else value), name
    assert pymeasure_awg.check_errors() == []


def test_pymeasure_couples_the_pulse_s_settings(pymeasure_awg):
    awg = pymeasure_awg
    awg.reset()
    awg.shape = "PULS"
    awg.pulse_period = 1e-3
    awg.pulse_dutycycle = 20.0
    assert awg.pulse_width == pytest.approx(2e-4)
    awg.pulse_transition = 1e-7
    assert awg.pulse_transition == pytest.approx(1e-7)
    awg.pulse_hold = "DCYC"
    awg.pulse_period = 2e-3
    assert awg.pulse_width == pytest.approx(4e-4)
    assert awg.check_errors() == []


def test_pymeasure_waits_for_its_trigger(road, pymeasure_awg):
    awg = pymeasure_awg
    awg.reset()
    awg.burst_ncycles = 5
    awg.trigger_source = "BUS"
    awg.burst_state = True
    awg.output = True
    awg.ext_trig_out = True
    before = road.bench.clock.now
    awg.trigger()
    awg.wait_for_trigger()
    assert awg.ext_trig_out is True
    assert road.bench.clock.now - before == pytest.approx(5e-3)
    awg.phase_sync()
    awg.beep()
    awg.display = "HERE"
    awg.clear_display()
    assert awg.check_errors() == []


def test_pymeasure_plays_codes_of_the_converter_in_a_burst(road, pymeasure_awg):
    awg = pymeasure_awg
    awg.reset()
    awg.data_volatile_clear()
    awg.data_arb("codes", [0, 0, 32767, 32767, -32767, -32767, 0, 0], data_format="DAC")
    awg.arb_file = "codes"
    awg.shape = "ARB"
    awg.arb_srate = 1e4
    awg.burst_ncycles = 2
    awg.trigger_source = "BUS"
    awg.burst_state = True
    awg.output = True
    before = road.bench.clock.now
    awg.trigger()
    assert awg.arb_file.strip('"') == "CODES"
    assert road.bench.clock.now - before == pytest.approx(2 * 8e-4)
    assert awg.check_errors() == []


def test_pymeasure_finds_that_a_name_is_loaded_already(pymeasure_awg):
    awg = pymeasure_awg
    awg.reset()
    for _ in range(2):
        awg.ch_1.data_arb("twice", [0, 0, 0, 0, 1, 1, 1, 1], data_format="float")
    assert [error[0] for error in awg.check_errors()] == [786]


def test_pymeasure_loads_an_arbitrary_waveform(pymeasure_awg):
    awg = pymeasure_awg
    awg.ch_1.data_volatile_clear()
    awg.ch_1.data_arb("test", [-1.0, -0.5, 0.0, 0.5, 1.0, 0.5, 0.0, -0.5], data_format="float")
    awg.ch_1.arb_file = "test"
    awg.ch_1.shape = "ARB"
    awg.ch_1.arb_srate = 1e6
    assert awg.ch_1.shape == "ARB"
    assert awg.ch_1.arb_srate == pytest.approx(1e6)
    assert awg.check_errors() == []
