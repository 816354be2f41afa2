"""The 2450 in TSP mode: the words of its manual (2450-901-01, section 8), on a known resistor."""

from types import SimpleNamespace

import numpy as np
import pytest
from resistor_bench import Line, ResistorBench

from labcim.sim_backend.instruments.keithley2450 import Keithley2450

OHM = 10e3


class Bench(ResistorBench):
    """Resistors whose terminals take what instruments say about their ports."""

    def __init__(self) -> None:
        super().__init__(OHM)
        self.chip_file.wiring = {}

    def set_port(self, terminal, port):
        """Every resistor is between the terminal and ground, whatever the port."""


class Talk(Line):
    """Says Lua, and returns what it printed as numbers."""

    def __init__(self, language="TSP"):
        self.bench = Bench()
        options = {"language": language} if language else {}
        spec = SimpleNamespace(name="smu", serial="04400001", options=options)
        self.instrument = Keithley2450(self.bench, spec)
        super().__init__(self.instrument)

    def numbers(self, message):
        return [float(word) for word in self.query(message).replace(",", "\t").split("\t")]

    def errors(self):
        return [code for code, _ in self.instrument.errors.pop_all()]


@pytest.fixture
def smu():
    return Talk()


def on(smu):
    smu.write(
        "smu.source.func = smu.FUNC_DC_VOLTAGE smu.measure.func = smu.FUNC_DC_CURRENT "
        "smu.source.ilimit.level = 1e-3 smu.source.level = 1 smu.source.output = smu.ON"
    )


def test_the_language_is_that_of_the_power_on_and_is_chosen_for_the_next():
    smu = Talk(language="")
    smu.write("*LANG TSP")
    assert smu.query("*LANG?") == "TSP" and smu.query(":SOUR:FUNC?") == "VOLT"
    smu.instrument.power_cycle()
    assert smu.query("print(localnode.model)") == "2450"
    smu(":SOUR:FUNC?")
    assert smu.errors() == [-285]
    smu.write("*LANG SCPI")
    smu.instrument.power_cycle()
    assert smu.query(":SOUR:FUNC?") == "VOLT"


@pytest.mark.parametrize("language", ["TSP", ""])
def test_replies_wait_in_line_in_tsp_and_are_interrupted_in_scpi(language):
    smu = Talk(language)
    for _ in range(2):
        smu.core.feed(b"print(1)\n" if language else b"*IDN?\n", True)
    assert smu.errors() == ([] if language else [-410])


@pytest.mark.parametrize(
    ("attribute", "value"),
    [
        ("smu.source.func", "smu.FUNC_DC_VOLTAGE"),
        ("smu.measure.func", "smu.FUNC_DC_CURRENT"),
        ("smu.source.output", "smu.OFF"),
        ("smu.source.autorange", "smu.ON"),
        ("smu.measure.sense", "smu.SENSE_2WIRE"),
        ("smu.terminals", "smu.TERMINALS_FRONT"),
        ("smu.source.ilimit.level", "0.000105"),
        ("smu.measure.nplc", "1"),
    ],
)
def test_an_attribute_is_after_reset_what_the_manual_says(smu, attribute, value):
    smu.write("reset()")
    assert smu.query(f"print({attribute})") == value


def test_a_value_with_a_name_is_printed_and_compared_by_it(smu):
    on(smu)
    assert smu.query("print(smu.source.output, smu.source.output == smu.ON)") == "smu.ON\ttrue"
    smu.write("smu.source.output = 0")
    assert smu.query("print(smu.source.output)") == "smu.OFF"


def test_it_measures_what_it_sources(smu):
    on(smu)
    assert smu.numbers("print(smu.measure.read())") == [pytest.approx(1.0 / OHM, rel=1e-3)]
    smu.write("smu.measure.func = smu.FUNC_RESISTANCE")
    assert smu.numbers("print(smu.measure.read())") == [pytest.approx(OHM, rel=1e-3)]


def test_readings_go_into_a_buffer_with_what_belongs_to_them(smu):
    on(smu)
    smu.write("smu.measure.count = 3 smu.measure.read(defbuffer1)")
    columns = "b.readings, b.sourcevalues, b.relativetimestamps, b.sourcestatuses"
    rows = smu.numbers(f"b = defbuffer1 printbuffer(1, b.n, {columns})")
    table = np.array(rows).reshape(3, 4)
    assert table[:, 0] == pytest.approx(1.0 / OHM, rel=1e-3)
    assert table[:, 1] == pytest.approx(1.0, rel=1e-3)
    assert table[:, 2] == pytest.approx([0.0, 1 / 60, 2 / 60], abs=1e-5)
    assert smu.query("print(b[2] == b.readings[2], b.units[1])") == "true\tAmp DC"
    smu.write("b.clear()")
    assert smu.numbers("print(b.n)") == [0.0]


def test_a_buffer_is_made_used_and_deleted(smu):
    on(smu)
    smu.write("b = buffer.make(50) smu.measure.read(b)")
    assert smu.numbers("print(b.n, b.capacity)") == [1.0, 50.0]
    smu.write("buffer.delete(b)")
    assert smu.query("print(b.n)") == "nil"
    assert smu.errors() == [-224]


@pytest.mark.parametrize(
    ("words", "levels"),
    [
        ("smu.source.sweeplinear('s', 0, 1, 5, 1e-3)", np.linspace(0, 1, 5)),
        ("smu.source.sweeplinearstep('s', 0, 1, 0.5, 1e-3)", np.linspace(0, 1, 3)),
        ("smu.source.sweeplog('s', 0.01, 1, 3, 1e-3)", [0.01, 0.1, 1.0]),
        ("smu.source.sweeplinear('s', 0, 1, 3, 0, 1, smu.RANGE_BEST, smu.OFF, smu.ON, defbuffer1)",
         [0.0, 0.5, 1.0, 1.0, 0.5, 0.0]),
    ],
)  # fmt: skip
def test_a_sweep_is_loaded_and_run(smu, words, levels):
    on(smu)
    smu.write(f"{words} trigger.model.initiate() waitcomplete()")
    assert smu.errors() == []
    amps = smu.numbers("printbuffer(1, defbuffer1.n, defbuffer1)")
    assert amps == pytest.approx(np.array(levels) / OHM, rel=1e-3, abs=30e-9)
    assert smu.query("print(trigger.model.state())").startswith("trigger.STATE_IDLE")


def test_a_simple_loop_fills_a_buffer(smu):
    on(smu)
    smu.write("trigger.model.load('SimpleLoop', 4, 0.01) trigger.model.initiate() waitcomplete()")
    assert smu.numbers("print(defbuffer1.n)") == [4.0]


def test_a_refusal_stands_in_the_event_log(smu):
    smu.write("smu.source.level = 500")
    assert smu.numbers("print(eventlog.getcount(eventlog.SEV_ERROR))") == [1.0]
    number, words, *_ = smu.query("print(eventlog.next())").split("\t")
    assert float(number) == -222 and words.startswith("Data out of range")
    assert smu.query("print(eventlog.next())").startswith("0\tNo error")


@pytest.mark.parametrize(
    ("message", "code"),
    [
        ("smu.source.func = 'volts'", -224),
        ("smu.source.level = 'high'", -104),
        ("smu.source.output = 7", -224),
        ("smu.measure.nplc = 100", -222),
        ("smu.source.colour = 1", -286),
        ("display.settext('TEXT9', 'x')", -224),
        ("trigger.model.load('Nothing')", -224),
    ],
)
def test_a_wrong_command_is_refused_by_its_number(smu, message, code):
    smu(message)
    assert smu.errors() == [code]


def test_a_limit_that_holds_the_source_back_is_told(smu):
    on(smu)
    smu.write("smu.source.ilimit.level = 1e-5")
    assert smu.numbers("print(smu.measure.read())") == [pytest.approx(1e-5, rel=1e-3)]
    assert smu.query("print(smu.source.ilimit.tripped)") == "smu.ON"


def test_time_passes_as_commanded(smu):
    smu.write("delay(1.5)")
    assert smu.bench.clock.now == pytest.approx(1.5)
