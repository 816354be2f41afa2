"""What the chip file says of an instrument is taken, or refused by name."""

import pytest

from labcim.errors import RecipeError
from labcim.sim_backend.bench import SimulatedBench, simulated_models

CHIP = """
[chip]
preset = "neurram-130nm"
rows = 2
columns = 2
[wafer]
dies = [[0, 0]]

[[instrument]]
name = "tool"
model = "{model}"
address = "GPIB0::1::INSTR"
options = {{ {options} }}
"""


def opened(tmp_path, model, options):
    chip = tmp_path / "chip.toml"
    chip.write_text(CHIP.format(model=model, options=options))
    return SimulatedBench(chip)


@pytest.mark.parametrize("model", simulated_models())
def test_an_option_that_a_model_does_not_take_is_refused_by_its_name(tmp_path, model):
    with pytest.raises(RecipeError, match=r"options of tool: no_such_option is not a known key"):
        opened(tmp_path, model, "no_such_option = 1")


@pytest.mark.parametrize(
    ("model", "options", "said"),
    [
        ("keithley2450", 'language = "FORTH"', "accepts SCPI, SCPI2400, TSP"),
        ("keithley3706a", "interlock = 4", "accepts 0 to 3"),
        ("keysightb1500a", 'slots = ["B9999A"]', "accepts B1"),
        ("lakeshore336", "power = -1.0", "options of tool"),
        ("crossbar_board", "gain = 0.0", "options of tool"),
    ],
)
def test_a_value_that_cannot_be_is_refused_with_what_can(tmp_path, model, options, said):
    with pytest.raises(RecipeError, match=said):
        opened(tmp_path, model, options)
