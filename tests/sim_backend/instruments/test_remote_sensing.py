"""Two and four wires through contacts of 10 Ohm each, to a resistor of 100 Ohm."""

import pytest
from resistor_bench import Line

from labcim.sim_backend.bench import SimulatedBench

CHIP = """
[chip]
preset = "neurram-130nm"
rows = 2
columns = 2

[[instrument]]
name = "smu"
model = "{model}"
address = "GPIB0::24::INSTR"

[[resistor]]
between = ["smu.hi", "top"]
ohm = 10.0

[[resistor]]
between = ["top", "bottom"]
ohm = 100.0

[[resistor]]
between = ["bottom", "smu.lo"]
ohm = 10.0

[wiring]
"smu.sense_hi" = "top"
"smu.sense_lo" = "bottom"
"smu.lo" = "ground"
"""
SAY = {
    "keithley2400": (
        ":SENS:FUNC 'VOLT','CURR';:SENS:CURR:PROT 0.02;:FORM:ELEM VOLT,CURR",
        ":SYST:RSEN 1",
        ":READ?",
    ),
    "keithley2450": (
        ":SOUR:VOLT:ILIM 0.02",
        ":SENS:CURR:RSEN 1",
        ":READ? 'defbuffer1', SOUR, READ",
    ),
}


@pytest.fixture(params=SAY)
def model(request):
    return request.param


@pytest.fixture
def smu(model, tmp_path):
    chip = tmp_path / "chip.toml"
    chip.write_text(CHIP.format(model=model))
    with SimulatedBench(chip) as bench:
        yield Line(bench.simulated["smu"])


@pytest.mark.parametrize(("wires", "ohm"), [(2, 120.0), (4, 100.0)])
def test_remote_sensing_takes_the_contacts_out(smu, model, wires, ohm):
    set_up, remote, read = SAY[model]
    smu(set_up)
    if wires == 4:
        smu(remote)
    smu(":SOUR:VOLT 1;:OUTP 1")
    volts, amps = (float(field) for field in smu(read).split(","))
    assert volts == pytest.approx(1.0, abs=2e-3)
    assert volts / amps == pytest.approx(ohm, rel=2e-3)
