"""A multimeter beside a source-meter, driver to simulated instrument over VISA."""

import pytest

from labcim.errors import RangeError
from labcim.instruments.keithley2450 import Keithley2450
from labcim.instruments.keysight33522b import Keysight33522B
from labcim.instruments.keysight34461a import Keysight34461A
from labcim.limits import TerminalLimits
from labcim.sim_backend.bench import SimulatedBench
from labcim.transport import VisaTransport

CHIP = """
[chip]
preset = "neurram-130nm"
rows = 2
columns = 2
seed = 3
stuck = 0.0
formed = true

[[instrument]]
name = "smu"
model = "keithley2450"
address = "USB0::0x05E6::0x2450::04412345::INSTR"

[[instrument]]
name = "dmm"
model = "keysight34461a"
address = "USB0::0x2A8D::0x1301::MY53212345::INSTR"

[[instrument]]
name = "awg"
model = "keysight33522b"
address = "USB0::0x0957::0x2C07::MY52812345::INSTR"

[wiring]
"dmm.hi" = "lab.pad"

[[resistor]]
between = ["smu.hi", "lab.pad"]
ohm = 500.0

[[resistor]]
between = ["lab.pad", "ground"]
ohm = 1e4
"""


@pytest.fixture
def bench(tmp_path):
    path = tmp_path / "chip.toml"
    path.write_text(CHIP)
    made = SimulatedBench.shared(path)
    yield made
    made.close()


@pytest.fixture
def drivers(bench):
    limits = {"hi": TerminalLimits(0.0, 1.5, 1e-3)}
    opened = []

    def opening(kind, name):
        address = next(it.address for it in bench.chip_file.instrument if it.name == name)
        transport = VisaTransport(address, f"{bench.chip_file.path}@labcim")
        opened.append(kind(transport, limits))
        opened[-1].identify()
        opened[-1].initialise()
        return opened[-1]

    yield opening
    for driver in opened:
        driver.make_safe()
        driver.close()


def test_a_multimeter_at_the_pad_leaves_the_contact_out_of_a_resistance(drivers):
    smu, dmm = drivers(Keithley2450, "smu"), drivers(Keysight34461A, "dmm")
    smu.source(0.5, current_limit=1e-3)
    sourced, current, _ = smu.measure()
    at_pad, flags = dmm.voltage(full_scale=1.0)
    loaded = 1.0 / (1.0 / 1e4 + 1.0 / 10e6)
    assert not flags
    assert sourced / current == pytest.approx(loaded + 500.0, rel=1e-3)
    assert at_pad / current == pytest.approx(loaded, rel=1e-3)


def test_a_multimeter_is_refused_as_an_ohmmeter_on_the_chip(bench, drivers):
    dmm = drivers(Keysight34461A, "dmm")
    with pytest.raises(RangeError, match="10 V"):
        dmm.resistance()
    assert abs(bench.look("dmm.hi", 1e-3).voltage) < 1e-9


def test_a_bus_trigger_s_readings_are_made_while_the_generator_plays(bench, drivers):
    dmm, awg = drivers(Keysight34461A, "dmm"), drivers(Keysight33522B, "awg")
    dmm.send("CONF:VOLT:DC 1;:VOLT:NPLC 0.2;:VOLT:ZERO:AUTO 0;:TRIG:DEL 0;:SAMP:COUN 100;:INIT")
    awg.pulse(1, 1.0, width=1e-3, period=2e-3, count=20)
    assert dmm.stored == 13  # of 3 ms each, in 40 ms
