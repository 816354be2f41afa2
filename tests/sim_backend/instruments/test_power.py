"""The bench's power switch: outputs are off, what is not stored is gone, the parser starts anew."""

import pytest

from labcim.errors import RangeError
from labcim.sim_backend.bench import SimulatedBench, simulated_models

CHIP = """
[chip]
preset = "neurram-130nm"
rows = 2
columns = 2
[wafer]
dies = [[0, 0], [1, 0]]
"""


@pytest.fixture(scope="module")
def bench(tmp_path_factory):
    chip = tmp_path_factory.mktemp("power") / "chip.toml"
    tables = "".join(
        f'[[instrument]]\nname = "{model}"\nmodel = "{model}"\naddress = "GPIB0::{place}::INSTR"\n'
        for place, model in enumerate(simulated_models(), 1)
    )
    chip.write_text(CHIP + tables)
    with SimulatedBench(chip) as made:
        yield made


def core_of(bench, model):
    return bench.instruments[f"GPIB0::{simulated_models().index(model) + 1}::INSTR"]


def ask(bench, model, words):
    core = core_of(bench, model)
    core.feed(words.encode() + b"\n", True)
    return core.read(10_000)[0].decode().strip()


@pytest.mark.parametrize("model", simulated_models())
def test_an_instrument_that_was_off_holds_no_voltage_and_knows_its_name(bench, model):
    who = ask(bench, model, "*IDN?")
    bench.power_cycle(model)
    driven = [name for name, state in bench.terminals.items()
              if name.startswith(f"{model}.") and state.drives and state.voltage]  # fmt: skip
    assert driven == []
    assert ask(bench, model, "*IDN?") == who


def test_an_output_is_off_after_a_power_cycle(bench):
    core_of(bench, "keithley2450").feed(b":SOUR:VOLT 1;:OUTP ON\n", True)
    assert bench.terminals["keithley2450.hi"].voltage == pytest.approx(1.0, rel=1e-3)
    assert ask(bench, "clock", "POWER keithley2450") == ""
    assert ask(bench, "keithley2450", ":OUTP?") == "0"
    assert bench.terminals["keithley2450.hi"].voltage == 0.0


def test_half_a_message_and_an_unread_reply_are_gone_with_the_power(bench):
    core_of(bench, "keithley2450").feed(b"*IDN?\n:SOUR:VO", False)
    bench.power_cycle("keithley2450")
    assert not core_of(bench, "keithley2450").has_reply
    assert ask(bench, "keithley2450", "*IDN?").startswith("KEITHLEY")


def test_an_instrument_that_is_not_there_cannot_be_turned_off(bench):
    with pytest.raises(RangeError, match="no instrument 'lamp'"):
        bench.power_cycle("lamp")
    assert ask(bench, "clock", "POWER lamp").startswith("ERROR there is no instrument 'lamp'")
