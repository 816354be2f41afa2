"""The simulated 2636B against its manual (2600BS-901-01) and data sheet, on a known resistor."""

import struct
from types import SimpleNamespace

import numpy as np
import pytest
from resistor_bench import Line, ResistorBench

from labcim.sim_backend.instruments.keithley2636b import Keithley2636B

OHM = 10e3
ERRORS = "print(errorqueue.next())"


class Bench(ResistorBench):
    """Resistors whose terminals take what instruments say about their ports."""

    def __init__(self, resistance: float) -> None:
        super().__init__(resistance)
        self.ports: dict[str, object] = {}
        self.chip_file.wiring = {}

    def set_port(self, terminal, port):
        self.ports[terminal] = port


def made(bench=None, **options):
    bench = bench or Bench(OHM)
    spec = SimpleNamespace(name="smu", serial="4400001", options=options)
    return Keithley2636B(bench, spec), bench


class Talk(Line):
    """Says Lua, and returns what it printed as numbers where they are some."""

    def __init__(self, instrument):
        super().__init__(instrument)
        self.instrument = instrument

    def numbers(self, message):
        return [float(word) for word in self.query(message).replace(",", "\t").split("\t")]

    def errors(self):
        return [code for code, _ in self.instrument.errors.pop_all()]


@pytest.fixture
def smu():
    return Talk(made()[0])


@pytest.fixture
def bench_and_smu():
    instrument, bench = made()
    return bench, Talk(instrument)


# --- after reset (section 7, "default value" of each attribute) ---


@pytest.mark.parametrize(
    ("attribute", "value"),
    [
        ("source.func", 1), ("source.levelv", 0), ("source.limiti", 0.1), ("source.limitv", 20),
        ("source.autorangev", 1), ("source.autorangei", 1), ("source.output", 0),
        ("source.offmode", 0), ("source.offlimiti", 1e-3), ("source.delay", 0),
        ("source.settling", 0), ("source.highc", 0), ("measure.nplc", 1), ("measure.autozero", 2),
        ("measure.autorangei", 1), ("measure.lowrangei", 1e-10), ("measure.delay", -1),
        ("measure.count", 1), ("measure.filter.enable", 0), ("measure.filter.type", 1),
        ("sense", 0),
        ("trigger.count", 1), ("trigger.arm.count", 1), ("trigger.endpulse.action", 1),
        ("trigger.endsweep.action", 0), ("trigger.source.action", 0), ("nvbuffer1.n", 0),
        ("nvbuffer1.collectsourcevalues", 1), ("nvbuffer1.collecttimestamps", 1),
        ("nvbuffer1.appendmode", 0),
    ],
)  # fmt: skip
def test_an_attribute_is_after_reset_what_the_manual_says(smu, attribute, value):
    smu.write("smub.source.levelv = 1 smub.measure.nplc = 3 smub.sense = 1 reset()")
    assert smu.numbers(f"print(smub.{attribute})") == [pytest.approx(value)]


def test_it_identifies_itself_as_the_real_one_does(smu):
    assert smu.query("*IDN?") == "Keithley Instruments Inc., Model 2636B, 4400001, 3.2.2"
    assert smu.query("print(localnode.model, localnode.serialno)") == "2636B\t4400001"


# --- what is refused, by number (section 8, error summary list) ---


@pytest.mark.parametrize(
    ("message", "code"),
    [
        ("smua.source.levelv = 203", 1101),
        ("smua.source.levelv = -203", 1102),
        ("smua.source.leveli = 1.6", 1101),
        ("smua.source.limiti = 1e-11", 1102),
        ("smua.source.limitv = 0.01", 1102),
        ("smua.measure.nplc = 26", 1101),
        ("smua.measure.nplc = 0.0001", 1102),
        ("smua.source.levelv = 'high'", -104),
        ("smua.source.levelv = 0/0", -222),
        ("smua.source.func = 2", -224),
        ("smua.sense = 2", -224),
        ("smua.source.levelv = 50 smua.source.limiti = 0.5", 5007),
        ("smua.source.limiti = 1 smua.source.levelv = 30", 5007),
        ("smua.source.rangev = 2 smua.source.levelv = 2.1", 5005),
        ("smua.source.levelv = 5 smua.source.rangev = 2", 5005),
        ("smua.source.levelv = 30 smua.source.output = 1", 802),
        ("smua.source.output = 1 smua.source.levelv = 30", 802),
        ("smua.source.output = 1 smua.source.rangev = 200", 802),
        ("smua.source.output = 1 smua.sense = smua.SENSE_CALA", 5008),
        ("smua.measure.v(smua)", 5033),
        ("smua.measure.v(5)", 5033),
        ("smua.measure.count = 2 smua.measure.filter.count = 2 smua.measure.filter.enable = 1 "
         "smua.measure.v()", 5025),
        ("smua.measure.v(smua.nvbuffer1) smua.nvbuffer1.collecttimestamps = 0", 5032),
        ("smua.nvbuffer1.timestampresolution = 1e-7", 5047),
        ("print(smua.nvbuffer1[1])", 4900),
        ("smua.trigger.source.action = 1 smua.source.output = 1 smua.trigger.initiate()", 5059),
        ("smua.trigger.measure.action = 1 smua.trigger.initiate()", 5060),
        ("smua.trigger.source.linearv(0, 1, 3) smua.trigger.source.action = 1 "
         "smua.trigger.initiate()", 5061),
        ("smua.trigger.source.logv(-1, 1, 3, 0)", 1401),
        ("smua.source.offmode = 2 smua.contact.check()", 5048),
        ("smua.source.limiti = 1e-4 smua.source.output = 1 smua.contact.r()", 5050),
        ("smua.cal.unlock('wrong')", 5019),
        ("smua.cal.date = 0", 5016),
        ("setup.recall(3)", -314),
        ("format.data = 7", 1406),
        ("format.byteorder = 2", 1404),
        ("smua.source.colour = 1", -286),
        ("smua.source.levelv = = 1", -285),
    ],
)  # fmt: skip
def test_a_wrong_command_is_refused_by_its_number(smu, message, code):
    smu(message)
    assert smu.errors() == [code]


def test_a_refused_level_changes_nothing(smu):
    smu.write("smua.source.levelv = 1 smua.source.levelv = 500")
    assert smu.numbers("print(smua.source.levelv)") == [1.0]


def test_the_interlock_lets_high_voltage_through():
    smu = Talk(made(interlock=True)[0])
    smu.write("smua.source.limiti = 1e-2 smua.source.levelv = 50 smua.source.output = 1")
    assert smu.errors() == []
    assert smu.numbers("print(smua.measure.v())") == [pytest.approx(50.0, rel=2e-4, abs=0.1)]


# --- ranges and accuracy (data sheet) ---


@pytest.mark.parametrize(
    ("level", "name"), [(0.2, 0.2), (0.202, 0.2), (0.21, 2.0), (2.02, 2.0), (19.0, 20.0)]
)
def test_the_source_range_follows_the_level(smu, level, name):
    smu.write(f"smua.source.levelv = {level}")
    assert smu.numbers("print(smua.source.rangev)") == [name]


@pytest.mark.parametrize(
    ("volts", "name", "gain", "offset"),
    [
        (1.0, 1e-4, 2e-4, 25e-9),
        (0.1, 1e-5, 2.5e-4, 1.5e-9),
        (1e-2, 1e-6, 2.5e-4, 400e-12),
    ],
)
def test_a_current_is_read_on_its_range_within_the_data_sheet(smu, volts, name, gain, offset):
    smu.write(f"smua.source.levelv = {volts} smua.source.output = 1")
    amps = smu.numbers("format.asciiprecision = 12 print(smua.measure.i())")[0]
    given = smu.instrument.channels["a"].stage.look(0.0).current
    assert amps == pytest.approx(given, abs=gain * abs(given) + offset + 1e-5 * name)
    assert smu.numbers("print(smua.measure.rangei)") == [name]


def test_a_level_is_given_within_the_data_sheet(bench_and_smu):
    bench, smu = bench_and_smu
    smu.write("smua.source.levelv = 1.5 smua.source.output = 1")
    assert bench.levels["smu.a_hi"] == pytest.approx(1.5, abs=2e-4 * 1.5 + 600e-6)
    assert bench.levels["smu.a_hi"] != 1.5


def test_two_instruments_differ_and_one_stays_itself():
    def reading(serial):
        spec = SimpleNamespace(name="smu", serial=serial, options={})
        smu = Talk(Keithley2636B(Bench(OHM), spec))
        smu.write("format.asciiprecision = 12 smua.source.levelv = 1 smua.source.output = 1")
        return smu.numbers("print(smua.measure.i())")

    assert reading("1") == reading("1")
    assert reading("1") != reading("2")


def test_noise_falls_with_the_square_root_of_the_integration_time(smu):
    def spread(cycles):
        smu.write(
            f"smua.measure.nplc = {cycles} smua.measure.rangei = 1e-4 smua.source.levelv = 1 "
            "smua.source.output = 1 smua.measure.count = 400 smua.measure.i(smua.nvbuffer1)"
        )
        return np.std(smu.numbers("format.asciiprecision = 14 printbuffer(1, 400, smua.nvbuffer1)"))

    assert spread(0.01) / spread(1) == pytest.approx(10.0, rel=0.25)


def test_beyond_a_fixed_range_there_is_the_overflow_number(smu):
    smu.write("smua.measure.rangei = 1e-5 smua.source.levelv = 1 smua.source.output = 1")
    assert smu.numbers("print(smua.measure.i())") == [9.91e37]
    assert smu.numbers("print(status.measurement.instrument.smua.condition)") == [128.0]


# --- sourcing and limits ---


def test_a_current_limit_holds_the_source_back_and_says_so(smu):
    smu.write("smua.source.limiti = 1e-5 smua.source.levelv = 1 smua.source.output = 1")
    amps, volts = smu.numbers("print(smua.measure.iv())")
    assert amps == pytest.approx(1e-5, rel=1e-3) and volts == pytest.approx(0.1, abs=1e-3)
    assert smu.query("print(smua.source.compliance)") == "true"
    registers = "status.measurement.instrument.smua.condition, status.measurement.condition"
    assert smu.numbers(f"print({registers})") == [2.0, 2.0 + 8192.0 * 0]


def test_a_power_limit_holds_the_source_back(smu):
    smu.write("smua.source.limitp = 1e-6 smua.source.levelv = 1 smua.source.output = 1")
    assert smu.numbers("print(smua.measure.i())") == [pytest.approx(1e-6, rel=1e-2)]


def test_a_current_is_sourced_within_its_voltage_limit(smu):
    smu.write(
        "smub.source.func = smub.OUTPUT_DCAMPS smub.source.leveli = 1e-4 smub.source.output = 1"
    )
    assert smu.numbers("print(smub.measure.v())") == [pytest.approx(1.0, abs=2e-3)]
    smu.write("smub.source.limitv = 0.5")
    assert smu.numbers("print(smub.measure.v())") == [pytest.approx(0.5, abs=2e-3)]
    assert smu.query("print(smub.source.compliance)") == "true"


@pytest.mark.parametrize(
    ("words", "level"),
    [("", 0.0), ("smua.source.offmode = 1", 0.0), ("smua.source.offmode = 2", None)],
)
def test_off_is_zero_volts_or_an_open_relay(bench_and_smu, words, level):
    bench, smu = bench_and_smu
    smu.write(f"{words} smua.source.levelv = 1 smua.source.output = 1 smua.source.output = 0")
    held = bench.levels["smu.a_hi"]
    assert held is None if level is None else held == level


def test_each_channel_has_its_own_terminal(bench_and_smu):
    bench, smu = bench_and_smu
    smu.write("smub.source.levelv = 0.5 smub.source.output = 1")
    assert bench.levels["smu.b_hi"] == pytest.approx(0.5, abs=2e-3)
    assert bench.levels["smu.a_hi"] == 0.0


def test_remote_sensing_takes_the_sense_leads(bench_and_smu):
    bench, smu = bench_and_smu
    smu.write("smua.sense = smua.SENSE_REMOTE")
    assert bench.ports["smu.a_hi"].sensed == ("smu.a_sense_hi", "smu.a_sense_lo")
    smu.write("smua.reset()")
    assert bench.ports["smu.a_hi"].sensed is None


def test_high_capacitance_mode_has_no_small_current_ranges(smu):
    smu.write(
        "smua.source.highc = 1 smua.source.levelv = 1e-4 smua.source.output = 1 smua.measure.i()"
    )
    assert smu.numbers("print(smua.measure.rangei)") == [1e-6]


# --- time ---


@pytest.mark.parametrize(
    ("words", "seconds"),
    [
        ("smua.measure.nplc = 1 smua.measure.delay = 0 smua.measure.v()", 0.02),
        ("smua.measure.nplc = 5 smua.measure.delay = 0.1 smua.measure.v()", 0.2),
        ("smua.measure.count = 4 smua.measure.delay = 0 smua.measure.v(smua.nvbuffer1)", 0.08),
        ("smua.measure.interval = 0.05 smua.measure.count = 3 smua.measure.delay = 0 "
         "smua.measure.v(smua.nvbuffer1)", 0.12),
        ("smua.measure.filter.count = 10 smua.measure.filter.enable = 1 smua.measure.delay = 0 "
         "smua.measure.v()", 0.2),
        ("delay(2.5)", 2.5),
        ("trigger.wait(0.7)", 0.7),
        ("trigger.timer[1].delay = 0.3", 0.0),
        ("smua.source.delay = 0.4 smua.source.output = 1 smua.source.levelv = 1", 0.4),
    ],
)  # fmt: skip
def test_time_passes_as_commanded(bench_and_smu, words, seconds):
    bench, smu = bench_and_smu
    smu.write(words)
    assert bench.clock.now == pytest.approx(seconds, abs=1e-9)


def test_the_timer_counts_simulated_time(smu):
    assert smu.numbers("timer.reset() delay(1.25) print(timer.measure.t())") == [1.25]


# --- buffers ---


def test_a_buffer_keeps_readings_with_all_that_belongs_to_them(smu):
    smu.write(
        "smua.source.levelv = 0.5 smua.source.output = 1 smua.measure.count = 3 "
        "smua.measure.delay = 0 smua.measure.iv(smua.nvbuffer1, smua.nvbuffer2)"
    )
    columns = "b.readings, b.sourcevalues, b.timestamps, b.measureranges, b.sourceranges"
    rows = smu.numbers(f"b = smua.nvbuffer1 printbuffer(1, b.n, {columns})")
    table = np.array(rows).reshape(3, 5)
    assert np.allclose(table[:, 0], 5e-5, rtol=3e-3)
    assert np.all(table[:, 1] == 0.5)
    assert table[:, 2] == pytest.approx([0.0, 0.02, 0.04])
    assert np.all(table[:, 3:] == [1e-4, 2.0])
    assert smu.query("printbuffer(1, 1, b.measurefunctions, b.sourceoutputstates)") == (
        "Amps DC, On"
    )


def test_without_append_mode_each_command_begins_anew_and_with_it_goes_on(smu):
    smu.write("for i = 1, 3 do smua.measure.v(smua.nvbuffer1) end")
    assert smu.numbers("print(smua.nvbuffer1.n)") == [1.0]
    smu.write("smua.nvbuffer1.appendmode = 1 for i = 1, 3 do smua.measure.v(smua.nvbuffer1) end")
    assert smu.numbers("print(smua.nvbuffer1.n, smua.nvbuffer1.next)") == [4.0, 5.0]
    smu.write("smua.nvbuffer1.clear()")
    assert smu.numbers("print(smua.nvbuffer1.n)") == [0.0]


def test_a_made_buffer_is_as_large_as_was_said_and_collects_nothing_besides(smu):
    smu.write("buf = smua.makebuffer(3) buf.appendmode = 1")
    assert smu.query("print(buf.capacity, buf.sourcevalues, buf.timestamps)") == (
        "3.00000e+00\tnil\tnil"
    )
    smu.write("for i = 1, 4 do smua.measure.v(buf) end")
    assert smu.errors() == [5038]
    smu.write("buf.clear() buf.fillmode = smua.FILL_WINDOW for i = 1, 4 do smua.measure.v(buf) end")
    assert smu.errors() == []
    assert smu.numbers("print(buf.n)") == [3.0]


def test_more_buffers_than_there_is_memory_are_refused(smu):
    smu.write("a = smua.makebuffer(1500000) b = smua.makebuffer(1500000)")
    assert smu.errors() == [-225]
    assert smu.query("print(b)") == "nil"


@pytest.mark.parametrize(("kind", "form"), [("REAL32", "f"), ("REAL64", "d")])
@pytest.mark.parametrize(("order", "mark"), [("LITTLEENDIAN", "<"), ("BIGENDIAN", ">")])
def test_a_buffer_is_printed_in_binary(smu, kind, form, order, mark):
    smu.write("smua.source.levelv = 1 smua.source.output = 1 smua.measure.count = 20")
    smu.write("smua.measure.i(smua.nvbuffer1)")
    smu.core.feed(
        f"format.data = format.{kind} format.byteorder = format.{order} "
        "printbuffer(1, 20, smua.nvbuffer1)\n".encode(),
        True,
    )
    reply = smu.core.read(10**6)[0]
    assert reply[:2] == b"#0" and reply[-1:] == b"\n"
    values = struct.unpack(f"{mark}20{form}", reply[2:-1])
    assert np.allclose(values, 1e-4, rtol=3e-3)


def test_printing_ends_where_the_buffer_does(smu):
    smu.write("smua.measure.count = 2 smua.measure.v(smua.nvbuffer1)")
    assert len(smu.numbers("printbuffer(0, 9, smua.nvbuffer1)")) == 2


# --- measuring ---


def test_resistance_and_power_are_of_both_readings(smu):
    smu.write("smua.source.levelv = 1 smua.source.output = 1")
    assert smu.numbers("print(smua.measure.r())") == [pytest.approx(OHM, rel=2e-3)]
    assert smu.numbers("print(smua.measure.p())") == [pytest.approx(1e-4, rel=3e-3)]


def test_a_relative_reading_has_its_zero_taken_away(smu):
    smu.write("smua.source.levelv = 1 smua.source.output = 1 smua.measure.rel.leveli = 1e-4")
    smu.write("smua.measure.rel.enablei = 1")
    assert abs(smu.numbers("print(smua.measure.i())")[0]) < 1e-6


def test_measure_and_step_reads_before_it_steps(bench_and_smu):
    bench, smu = bench_and_smu
    smu.write("smua.source.levelv = 1 smua.source.output = 1")
    amps, volts = smu.numbers("print(smua.measureivandstep(smua.nvbuffer1, smua.nvbuffer2, 0.25))")
    assert volts == pytest.approx(1.0, abs=2e-3) and amps == pytest.approx(1e-4, rel=3e-3)
    assert bench.levels["smu.a_hi"] == pytest.approx(0.25, abs=2e-3)


def test_status_of_a_reading_says_what_was_the_matter(smu):
    smu.write("smua.source.rangev = 2 smua.measure.rangei = 1e-3 smua.source.limiti = 1e-5")
    smu.write("smua.measure.autorangev = 0 smua.source.levelv = 1 smua.source.output = 1")
    smu.write("smua.sense = 1 smua.measure.i(smua.nvbuffer1)")
    assert smu.numbers("print(smua.nvbuffer1.statuses[1])") == [0x40 + 0x10]


# --- the trigger model ---

SWEEP = (
    "smua.trigger.source.{} smua.trigger.source.action = 1 smua.measure.delay = 0 "
    "smua.trigger.measure.iv(smua.nvbuffer1, smua.nvbuffer2) smua.trigger.measure.action = 1 "
    "smua.trigger.count = {} smua.source.output = 1 smua.trigger.initiate() waitcomplete()"
)


@pytest.mark.parametrize(
    ("words", "levels"),
    [
        ("linearv(0, 1, 5)", [0.0, 0.25, 0.5, 0.75, 1.0]),
        ("listv({0.1, -0.3, 0.2})", [0.1, -0.3, 0.2]),
        ("logv(0.01, 1, 3, 0)", [0.01, 0.1, 1.0]),
    ],
)
def test_a_sweep_measures_at_each_of_its_levels(smu, words, levels):
    smu.write(SWEEP.format(words, len(levels)))
    assert smu.errors() == []
    printed = "printbuffer(1, smua.nvbuffer1.n, smua.nvbuffer1.sourcevalues, smua.nvbuffer1)"
    table = np.array(smu.numbers(printed)).reshape(-1, 2)
    assert table[:, 0] == pytest.approx(levels, rel=1e-5)
    assert table[:, 1] == pytest.approx(np.array(levels) / OHM, rel=2e-3, abs=120e-9)


def test_a_sweep_takes_a_source_delay_and_an_integration_for_each_point(bench_and_smu):
    bench, smu = bench_and_smu
    smu.write("smua.source.delay = 0.01 smua.measure.nplc = 0.5")
    start = bench.clock.now
    smu.write(SWEEP.format("linearv(0, 1, 10)", 10))
    assert bench.clock.now - start == pytest.approx(10 * (0.01 + 0.01), abs=1e-6)


@pytest.mark.parametrize(("action", "level"), [("SOURCE_IDLE", 0.0), ("SOURCE_HOLD", 0.7)])
def test_after_a_sweep_the_level_is_idle_or_held(bench_and_smu, action, level):
    bench, smu = bench_and_smu
    smu.write(f"smua.trigger.endsweep.action = smua.{action}")
    smu.write(SWEEP.format("listv({0.7})", 1))
    assert bench.levels["smu.a_hi"] == pytest.approx(level, abs=2e-3)


def test_a_sweep_waits_for_a_trigger_and_is_seen_sweeping_until_it_is_done(smu):
    smu.write("smua.trigger.arm.stimulus = trigger.EVENT_ID")
    smu.write(SWEEP.format("linearv(0, 1, 3)", 3))
    sweeping = "print(status.operation.sweeping.condition)"
    assert smu.numbers(sweeping) == [2.0]
    assert smu.numbers("print(smua.nvbuffer1.n)") == [0.0]
    smu.write("*trg")
    assert smu.numbers(sweeping) == [2.0]
    assert smu.numbers(sweeping) == [0.0]
    assert smu.numbers("print(smua.nvbuffer1.n)") == [3.0]


def test_abort_takes_a_channel_out_of_a_sweep_that_waits(smu):
    smu.write("smua.trigger.arm.stimulus = trigger.EVENT_ID")
    smu.write(SWEEP.format("linearv(0, 1, 3)", 3))
    smu.write("smua.abort()")
    smu.write("*trg")
    assert smu.numbers("print(smua.nvbuffer1.n)") == [0.0]


def test_the_end_of_a_sweep_asks_for_service(smu):
    asked: list[bool] = []
    smu.core.on_service_request = lambda: asked.append(True)
    smu.write(
        "status.operation.sweeping.ptr = 0 status.operation.sweeping.ntr = 2 "
        "status.operation.sweeping.enable = 2 status.operation.enable = status.operation.SWE "
        "status.request_enable = status.OSB"
    )
    smu.write(SWEEP.format("linearv(0, 1, 3)", 3))
    assert asked == [True]


def test_a_timer_spaces_the_points_of_a_sweep(smu):
    smu.write(
        "smua.measure.nplc = 0.01 trigger.timer[1].delay = 0.05 trigger.timer[1].count = 4 "
        "trigger.timer[1].passthrough = true "
        "trigger.timer[1].stimulus = smua.trigger.ARMED_EVENT_ID "
        "smua.trigger.source.stimulus = trigger.timer[1].EVENT_ID"
    )
    smu.write(SWEEP.format("linearv(0, 1, 4)", 4))
    times = smu.numbers("printbuffer(1, 4, smua.nvbuffer1.timestamps)")
    assert times == pytest.approx([0.0, 0.05, 0.10, 0.15], abs=1e-6)


def test_pulses_return_to_the_idle_level(bench_and_smu):
    bench, smu = bench_and_smu
    levels = []
    bench.drive = lambda name, volts, **how: (
        levels.append(volts) or ResistorBench.drive(bench, name, volts, **how)
    )
    smu.write("smua.trigger.endpulse.action = smua.SOURCE_IDLE")
    smu.write(SWEEP.format("listv({0.5, 0.6})", 2))
    assert np.round(levels[-4:], 2).tolist() == [0.5, 0.0, 0.6, 0.0]


def test_one_channel_steps_while_the_other_measures_on_its_events(smu):
    smu.write(
        "smub.source.levelv = 0.5 smub.source.output = 1 smub.trigger.count = 3 "
        "smub.trigger.measure.i(smub.nvbuffer1) smub.trigger.measure.action = 1 "
        "smub.trigger.measure.stimulus = smua.trigger.SOURCE_COMPLETE_EVENT_ID "
        "smub.measure.delay = 0 smub.trigger.initiate()"
    )
    smu.write(SWEEP.format("linearv(0, 1, 3)", 3))
    assert smu.numbers("print(smua.nvbuffer1.n, smub.nvbuffer1.n)") == [3.0, 3.0]


@pytest.mark.parametrize(
    ("script", "count"),
    [
        ("SweepVLinMeasureI(smua, 0, 1, 1e-3, 6)", 6),
        ("SweepVLogMeasureI(smua, 0.01, 1, 1e-3, 6)", 6),
        ("SweepVListMeasureI(smua, {0.1, 0.2, 0.3}, 1e-3, 3)", 3),
        ("SweepILinMeasureV(smua, 0, 1e-4, 1e-3, 6)", 6),
        ("SweepIListMeasureV(smua, {1e-5, 2e-5}, 1e-3, 2)", 2),
        ("PulseVMeasureI(smua, 0, 1, 0.05, 0.1, 4)", 4),
    ],
)
def test_a_factory_script_fills_the_first_buffer_and_turns_the_output_off(smu, script, count):
    smu.write(script)
    assert smu.errors() == []
    assert smu.numbers("print(smua.nvbuffer1.n, smua.source.output)") == [count, 0.0]
    columns = "smua.nvbuffer1.sourcevalues, smua.nvbuffer1.readings"
    table = np.array(smu.numbers(f"printbuffer(1, {count}, {columns})")).reshape(-1, 2)
    ratio = OHM if script.startswith("SweepI") else 1.0 / OHM
    assert table[:, 1] == pytest.approx(table[:, 0] * ratio, rel=3e-3, abs=1e-3 * ratio)


# --- what is kept ---


def test_a_setup_is_kept_and_recalled_with_the_output_off(smu):
    smu.write("smua.source.levelv = 0.3 smua.source.output = 1 setup.save(2) reset()")
    assert smu.numbers("print(smua.source.levelv)") == [0.0]
    smu.write("setup.recall(2)")
    assert smu.numbers("print(smua.source.levelv, smua.source.output)") == [0.3, 0.0]


def test_a_power_cycle_forgets_what_was_not_saved(smu):
    smu.write("setup.save(1) setup.poweron = 1")
    for line in ("loadscript kept", "print('kept')", "endscript", "kept.save()", "x = 5"):
        smu(line)
    for line in ("loadscript lost", "print('lost')", "endscript"):
        smu(line)
    smu.write("smua.source.levelv = 0.4 smua.source.output = 1 smua.measure.v(smua.nvbuffer1)")
    smu.write("smua.savebuffer(smua.nvbuffer1) smub.measure.v(smub.nvbuffer1)")
    smu.instrument.power_cycle()
    assert smu.query("print(x, lost, smua.source.output)") == "nil\tnil\t0.00000e+00"
    assert smu.query("kept()") == "kept"
    assert smu.numbers("print(smua.nvbuffer1.n, smub.nvbuffer1.n)") == [1.0, 0.0]
    assert int(smu.query("*ESR?")) & 128


def test_a_channel_is_reset_by_itself(smu):
    smu.write("smua.source.levelv = 0.4 smub.source.levelv = 0.5 smua.reset()")
    assert smu.numbers("print(smua.source.levelv, smub.source.levelv)") == [0.0, 0.5]


def test_texts_are_kept_under_names(smu):
    smu.write("userstring.add('chip', 'A7')")
    assert smu.query("print(userstring.get('chip'))") == "A7"
    assert smu.query("for name in userstring.catalog() do print(name) end") == "chip"


def test_bits_are_counted_from_one(smu):
    assert smu.query("print(bit.bitand(6, 3), bit.set(0, 3), bit.test(4, 3))") == (
        "2.00000e+00\t4.00000e+00\ttrue"
    )


# --- the name space, as a driver walks it ---


def test_a_place_of_the_tree_tells_what_is_in_it(smu):
    smu.write("mt = getmetatable(smua.source)")
    assert smu.query("print(mt.Getters.levelv ~= nil, mt.Setters.levelv ~= nil)") == "true\ttrue"
    assert smu.query("print(mt.Getters.compliance ~= nil, mt.Setters.compliance)") == "true\tnil"
    smu.write("mt = getmetatable(smua)")
    assert smu.query("print(type(mt.Objects.source), type(mt.Objects.reset))") == "table\tfunction"
    assert smu.query("print(mt.Objects.OUTPUT_ON, mt.luatype)") == "1.00000e+00\tnil"
    assert smu.query("print(getmetatable(smua.nvbuffer1).luatype)") == "reading_buffer"
    assert smu.query("print(getmetatable(smua.nvbuffer1.readings).luatype)") == "synchronous_table"


def test_what_is_told_of_the_tree_changes_nothing_in_it(smu):
    smu.write("mt = getmetatable(smua.source) mt.Getters.levelv = nil mt.__index = nil")
    smu.write("mt.Setters.levelv(0.25)")
    assert smu.numbers("print(smua.source.levelv)") == [0.25]


def test_every_name_of_the_global_table_can_be_walked_over(smu):
    names, name = [], "nil"
    while (found := smu.query(f"print(next(_G, {name}))")) != "nil":
        names.append(found.split("\t")[0])
        name = f"'{names[-1]}'"
    assert {"smua", "smub", "status", "print", "printbuffer", "SweepVLinMeasureI"} <= set(names)
    assert len(names) == len(set(names))
