"""A source-meter that gives a current to a cell, or to a resistor beside the chip."""

import numpy as np
import pytest
from resistor_bench import Line

from labcim.sim_backend.bench import SimulatedBench

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
address = "GPIB0::1::INSTR"

{more}

[wiring]
"smu.hi" = "{place}"
"lab.gate" = "gate.0"
"ground" = "column[0:1]"
"""


@pytest.fixture
def bench(request, tmp_path):
    more, place = getattr(request, "param", ("", "row.0"))
    chip = tmp_path / "chip.toml"
    chip.write_text(CHIP.format(more=more, place=place))
    with SimulatedBench(chip) as bench:
        bench.drive("lab.gate", 3.0)
        yield bench


def sourcing(bench, amps, volts):
    smu = Line(bench.simulated["smu"])
    smu(f":SOUR:FUNC CURR;:SENS:FUNC 'VOLT';:SOUR:CURR:VLIM {volts};:SOUR:CURR {amps};:OUTP 1")
    return smu


def test_a_cell_gets_the_current_and_never_the_voltage_limit(bench):
    before = bench.chip.true_conductance().copy()
    smu = sourcing(bench, 1e-6, 5.0)
    volts = float(smu(":READ?"))
    # Behind its transistor, so that it is a little more than over the cell alone.
    assert volts == pytest.approx(1e-6 / before[0], rel=0.05)
    assert np.array_equal(bench.chip.true_conductance(), before)
    levels = [float(a["value"]) for a in bench.truth.actions() if a["target"] == b"smu.hi"]
    assert max(levels[1:]) < 0.1 or levels == [0.0, 1.0]


def test_a_current_that_sets_the_cell_does_so_and_is_then_given_at_less_voltage(bench):
    smu = sourcing(bench, 6e-5, 5.0)
    first = float(smu(":READ?"))
    assert float(smu(":READ?")) <= first
    assert bench.chip.true_conductance()[0] > 3e-5


@pytest.mark.parametrize(
    "bench",
    [('[[resistor]]\nbetween = ["smu.hi", "ground"]\nohm = 2e3\n', "spare")],
    indirect=True,
)
@pytest.mark.parametrize(("amps", "volts"), [(1e-3, 2.0), (-1e-3, -2.0), (1e-2, 5.0)])
def test_a_resistor_gets_the_current_up_to_the_limit(bench, amps, volts):
    smu = sourcing(bench, amps, 5.0)
    assert float(smu(":READ?")) == pytest.approx(volts, rel=1e-3)
    assert smu(":SOUR:CURR:VLIM:TRIP?") == str(int(abs(volts) == 5.0))
