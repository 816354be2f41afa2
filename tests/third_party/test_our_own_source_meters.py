"""Our own drivers beside theirs: sweeps come back as one block over every road."""

import numpy as np
import pytest
from third_party.resistor_chip import OHM, resistor_chip

from labcim.instruments.keithley2400 import Keithley2400
from labcim.instruments.keithley2450 import Keithley2450
from labcim.limits import TerminalLimits
from labcim.transport import VisaTransport

CHIP = (
    resistor_chip("keithley2450", "GPIB0::18::INSTR")
    + """
[[resistor]]
between = ["old.hi", "ground"]
ohm = 10e3

[[instrument]]
name = "old"
model = "keithley2400"
address = "GPIB0::24::INSTR"
"""
)


@pytest.mark.parametrize(("driver", "name"), [(Keithley2450, "smu"), (Keithley2400, "old")])
def test_a_sweep_comes_back_as_one_block(road, driver, name):
    transport = VisaTransport(road.addresses[name], road.visa)
    smu = driver(transport, {"hi": TerminalLimits(0.0, 2.0, 1e-2)})
    try:
        smu.identify()
        smu.initialise()
        levels = np.linspace(0.0, 1.0, 201)
        seen = smu.sweep(levels, dwell=1e-3, current_limit=1e-3)
        assert seen.voltage == pytest.approx(levels, abs=1e-3)
        assert seen.current == pytest.approx(levels / OHM, abs=3e-7)
        assert np.all(np.diff(seen.time) >= 1e-3)
        smu.make_safe()
    finally:
        smu.close()
