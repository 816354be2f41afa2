"""Every simulated instrument bears whatever it is sent: no crash, no hang, bounded queues."""

import os
import re

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from labcim.sim_backend.bench import SimulatedBench, simulated_models
from labcim.sim_backend.wire.message import MessageCore

CASES = int(os.environ.get("LABCIM_CASES", "100"))  # make test-all asks for more
HARSH = settings(
    max_examples=CASES, deadline=None, derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)  # fmt: skip
CHIP = """
[chip]
preset = "neurram-130nm"
rows = 2
columns = 2
formed = true
[wafer]
dies = [[0, 0], [1, 0]]
"""
WORDS = [
    "*IDN?", "*RST", "*CLS", "*STB?", "*ESR?", "*TRG", "*OPC?", "*SAV 1", "*RCL 9", "1", "0", "-1",
    "1e99", "NAN", "9.9E37", "MIN", "MAX", "DEF", "ON", "OFF", '"x"', "'", '"', "(@1,2)", "(@",
    "#0", "#13abc", "#9", "?", ",", ";", ":", " ", "print(1)", "print(", "smua", "=", "nil", "end",
    "A", "[", "]", "\t", "\xff", "%s", "{}",
]  # fmt: skip


def vocabulary(dialect):
    """Return words that this instrument knows: headers as the manual writes them, and others."""
    table = getattr(type(dialect), "command_table", None)
    patterns = table.patterns if table else []
    known = [re.sub(r"\[:?([^\]]*)\]|<[^>]*>|[{}]|\|.*?(?=[}:?]|$)", "", text) for text in patterns]
    return WORDS + [text for text in known if text]


@pytest.fixture(scope="module")
def bench(tmp_path_factory):
    chip = tmp_path_factory.mktemp("garbage") / "chip.toml"
    tables = "".join(
        f'[[instrument]]\nname = "{model}"\nmodel = "{model}"\naddress = "GPIB0::{place}::INSTR"\n'
        for place, model in enumerate(simulated_models())
    )
    chip.write_text(CHIP + tables)
    with SimulatedBench(chip) as made:
        yield made


@pytest.mark.parametrize("model", simulated_models())
@HARSH
@given(data=st.data())
def test_an_instrument_bears_any_words_and_still_says_who_it_is(bench, model, data):
    dialect = bench.simulated[model]
    words = st.sampled_from(vocabulary(dialect))
    line = data.draw(st.lists(st.tuples(words, st.sampled_from(["", " ", ",", ";", ";:"])),
                              max_size=6))  # fmt: skip
    core = MessageCore(dialect)
    core.feed("".join(a + b for a, b in line).encode("latin-1"), True)
    core.feed(data.draw(st.binary(max_size=12)), True)
    core.clear()
    assert len(dialect.errors) <= 1000
    core.feed(b"*IDN?\n", True)
    assert core.read(1000)[0]
