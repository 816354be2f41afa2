"""A sweep of 1,000 points on the simulated 2636B, binary read-back included, in this process."""

import time

import numpy as np
import pytest
import pyvisa
from benchmarks.figures import Figure

POINTS = 1000
OHM = 10e3
TARGET = 50e-3
CHIP = f"""
[chip]
preset = "neurram-130nm"
rows = 2
columns = 2

[[instrument]]
name = "smu"
model = "keithley2636b"
address = "USB0::0x05E6::0x2636::04400001::INSTR"

[[resistor]]
between = ["smu.a_hi", "ground"]
ohm = {OHM}

[wiring]
"lab.gate" = "gate.0"
"""
PRINT = f"format.data = format.REAL32 printbuffer(1, {POINTS}, smua.nvbuffer1.readings)"
SETUP = "smua.measure.nplc = 0.01 smua.measure.delay = 0 smua.source.output = 1"
SCRIPT = (
    "smua.nvbuffer1.clear() smua.nvbuffer1.appendmode = 1 "
    f"for i = 1, {POINTS} do smua.source.levelv = (i - 1) / {POINTS - 1} "
    f"smua.measure.i(smua.nvbuffer1) end {PRINT}"
)
MODEL = (
    f"smua.trigger.source.linearv(0, 1, {POINTS}) smua.trigger.source.action = 1 "
    "smua.trigger.measure.i(smua.nvbuffer1) smua.trigger.measure.action = 1 "
    f"smua.trigger.count = {POINTS} smua.trigger.initiate() waitcomplete() {PRINT}"
)


@pytest.mark.benchmark(timer=time.process_time)
@pytest.mark.parametrize(("kind", "program"), [("a script", SCRIPT), ("the trigger model", MODEL)])
def bench_a_sweep_of_a_2636b(benchmark, figures, tmp_path, kind, program):
    chip = tmp_path / "chip.toml"
    chip.write_text(CHIP, encoding="utf-8")
    address = "USB0::0x05E6::0x2636::04400001::INSTR"
    manager = pyvisa.ResourceManager(f"{chip}@labcim")
    with manager.open_resource(address, write_termination="\n") as smu:
        smu.write(SETUP)
        size = 4 * POINTS + 3

        def sweep():
            smu.write(program)
            return smu.read_bytes(size)

        data = sweep()
        amps = np.frombuffer(data[2:-1], "<f4")
        assert np.allclose(amps, np.linspace(0.0, 1.0, POINTS) / OHM, rtol=1e-3, atol=300e-9)
        benchmark.pedantic(sweep, rounds=15, warmup_rounds=2)
    figures.add(
        Figure(
            f"2636B, sweep of 1,000 points by {kind}, binary read-back, in-process",
            benchmark.stats.stats.median,
            TARGET,
        )
    )
