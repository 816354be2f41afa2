"""Whatever is said to the simulated 33522B and 34461A, they answer or refuse, and go on."""

import random
import re

import pytest
from resistor_bench import Line

from labcim.sim_backend.bench import SimulatedBench

CHIP = """
[chip]
preset = "neurram-130nm"
rows = 1
columns = 1
seed = 3
[[instrument]]
name = "awg"
model = "keysight33522b"
address = "AWG"
[[instrument]]
name = "dmm"
model = "keysight34461a"
address = "DMM"
[wiring]
"dmm.hi" = "awg.ch1"
"awg.sync" = "dmm.trigger"
"awg.trigger" = "dmm.trigger"
"""
PARAMETERS = (
    "", "0", "1", "-1", "1E-6", "1E9", "2.5", "-2.5", "100", "1000", "NAN", "1,2,3", "MIN", "MAX",
    "DEF", "INF", "ON", "OFF", "ONCE", "AUTO,MAX", "2,WAIT", "SIN", "PULS", "ARB", "NOIS", "PRBS",
    "RAMP", "SQU", "DC", "BUS", "IMM", "EXT", "TIM", "TRIG", "GAT", "INV", "POS", "SWE", "LIST",
    "CH2", "REAL,64", "ASC", '"VOLT"', '"CURR:AC"', '"FRES"', '"FREQ"', "w1,0,1,0,1,0,1,0,-1",
)  # fmt: skip


def one_of(pattern, chance):
    """Return a header that a pattern allows."""
    question = "?" * pattern.endswith("?")
    header = re.sub(r"<\d+\.\.\d+>", lambda _: chance.choice("12"), pattern.rstrip("?"))
    header = re.sub(r"\{([^}]*)\}", lambda it: chance.choice(it.group(1).split("|")), header)
    while "[" in header:
        header = re.sub(
            r"\[([^\[\]]*)\]", lambda it: it.group(1) if chance.random() < 0.5 else "", header
        )
    header = header.replace("::", ":")
    return (header if header.startswith((":", "*")) else f":{header}") + question


@pytest.mark.parametrize("seed", range(4))
def test_any_sequence_of_messages_is_carried_out_or_refused(tmp_path, seed):
    path = tmp_path / "chip.toml"
    path.write_text(CHIP)
    chance = random.Random(seed)
    with SimulatedBench(path) as bench:
        lines = {name: Line(bench.simulated[name]) for name in ("awg", "dmm")}
        patterns = {name: bench.simulated[name].command_table.patterns for name in lines}
        for _ in range(400):
            name = chance.choice(("awg", "dmm"))
            units = [
                f"{one_of(chance.choice(patterns[name]), chance)} {chance.choice(PARAMETERS)}"
                for _ in range(chance.choice((1, 1, 2, 3)))
            ]
            core = lines[name].core
            core.feed(";".join(unit.strip() for unit in units).encode() + b"\n", True)
            core.discard_replies()
            bench.advance(chance.choice((0.0, 1e-6, 1e-3, 0.1)))
        for line, model in ((lines["awg"], "33522B"), (lines["dmm"], "34461A")):
            line("ABOR" if model == "34461A" else "ABOR1;:ABOR2")
            assert model in line("*IDN?")
            assert line("*RST;*CLS;:SYST:ERR?") == '+0,"No error"'
