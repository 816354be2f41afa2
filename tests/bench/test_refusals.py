"""More than the chip or an instrument stands is refused before a byte is sent, whoever asks.

The judge is the traffic: nothing may leave. The reason tells value, unit and limit.
"""

import math
from functools import partial

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import labcim
from labcim.app.recipes import spec_of
from labcim.capabilities import Train
from labcim.errors import RecipeError

from .refusing import CELLS, FEW, NO_NUMBERS, SIZE, Lab, board_lab, lab, probed_lab

__all__ = ["board_lab", "lab", "probed_lab"]

# --- cells: the same requests on both benches; the chip stands 3.6 V, gates 5.5 V, lines 5 mA ---


@pytest.mark.parametrize(
    ("amplitude", "limit"), [(3.7, "3.6 V"), (-3.7, "3.6 V"), (1e3, "3.6 V"), (-1e3, "3.6 V")]
)
def test_a_pulse_beyond_the_lines_is_refused(lab: Lab, amplitude: float, limit: str) -> None:
    value = {3.7: "3.7 V", 1e3: "1 kV"}[abs(amplitude)]
    lab.refuses(lambda: lab.cells.pulse(CELLS, Train(amplitude, 1e-6, 2.0)), value, limit)


@pytest.mark.parametrize("value", NO_NUMBERS)
def test_a_pulse_or_gate_that_is_no_number_is_refused(lab: Lab, value: float) -> None:
    lab.refuses(lambda: lab.cells.pulse(CELLS, Train(value, 1e-6, 2.0)), "amplitude", "V")
    lab.refuses(lambda: lab.cells.pulse(CELLS, Train(1.0, 1e-6, value)), "gate", "V")
    lab.refuses(lambda: lab.cells.pulse(CELLS, Train(1.0, value, 2.0)), "width")


@pytest.mark.parametrize(("gate", "said"), [(5.6, "5.6 V"), (-0.1, "-100 mV")])
def test_a_gate_beyond_its_window_is_refused(lab: Lab, gate: float, said: str) -> None:
    lab.refuses(lambda: lab.cells.pulse(CELLS, Train(1.0, 1e-6, gate)), said, "5.5 V")
    lab.refuses(lambda: lab.cells.read(CELLS, 0.1, gate=gate), said, "5.5 V")


@FEW
@given(
    place=st.integers(0, SIZE * SIZE - 1),
    bad=st.sampled_from([*NO_NUMBERS, 3.61, -3.61, 50.0]),
    which=st.sampled_from(["amplitude", "gate"]),
)
def test_one_bad_element_of_a_block_is_refused_with_the_whole_block(
    board_lab: Lab, probed_lab: Lab, place: int, bad: float, which: str
) -> None:
    amplitudes, gates = np.full(SIZE * SIZE, 1.0), np.full(SIZE * SIZE, 2.0)
    (amplitudes if which == "amplitude" else gates)[place] = bad
    if which == "gate" and bad == 3.61:
        gates[place] = 5.51
    for held in (board_lab, probed_lab):
        cells, train = held.cells, Train(amplitudes, 1e-6, gates)
        held.refuses(partial(cells.pulse, CELLS, train), "V")
        held.refuses(partial(cells.pulse_read, CELLS, train, 0.2, delay=0.0, gate=2.0), "V")


@pytest.mark.parametrize("voltage", [*NO_NUMBERS, 3.61, -3.61])
def test_a_read_voltage_beyond_the_lines_is_refused(lab: Lab, voltage: float) -> None:
    lab.refuses(lambda: lab.cells.read(CELLS, voltage, gate=2.0), "V")
    lab.refuses(lambda: lab.cells.record(CELLS, voltage, rate=10.0, count=2, gate=2.0), "V")


@FEW
@given(place=st.integers(0, 20), bad=st.sampled_from([*NO_NUMBERS, 3.61, -3.61]))
def test_one_bad_point_of_a_sweep_is_refused_with_the_whole_sweep(
    board_lab: Lab, probed_lab: Lab, place: int, bad: float
) -> None:
    points = np.linspace(0.0, 2.0, 21)
    points[place] = bad
    for held in (board_lab, probed_lab):
        sweep = partial(held.cells.sweep, 0, points, dwell=1e-3, gate=2.0, current_limit=1e-4)
        held.refuses(sweep, "V")


@pytest.mark.parametrize("limit", [math.nan, math.inf, 5.1e-3])
def test_a_sweep_with_more_current_than_a_line_carries_is_refused(lab: Lab, limit: float) -> None:
    lab.refuses(
        lambda: lab.cells.sweep(0, np.ones(3), dwell=1e-3, gate=2.0, current_limit=limit), "A"
    )


@pytest.mark.parametrize("cells", [[SIZE * SIZE], [-1], [0.5]])
def test_a_cell_that_the_chip_has_not_got_is_refused(lab: Lab, cells: list[float]) -> None:
    lab.refuses(lambda: lab.cells.pulse(np.array(cells), Train(1.0, 1e-6, 2.0)), "accepts")


# --- recipes ---

VOLTAGES = {
    "form": ["gate_stop", "drain_stop", "read_gate"],
    "iv_sweep": ["set_stop", "reset_stop", "set_gate", "reset_gate"],
    "program_image": ["cap", "set_gate", "reset_gate", "read_gate"],
    "write_verify": ["cap", "set_gate", "reset_gate", "read_gate"],
    "read_map": ["read_gate"],
    "contact_check": ["read_gate"],
}
ASKED = [(protocol, name) for protocol, names in VOLTAGES.items() for name in names]


@pytest.mark.parametrize(("protocol", "name"), ASKED)
def test_a_recipe_that_asks_too_much_of_the_chip_is_refused(
    lab: Lab, protocol: str, name: str
) -> None:
    recipe = labcim.new_recipe(protocol, **{name: "5.6 V"})
    limit = "5.5 V" if "gate" in name else "3.6 V"
    lab.refuses(lambda: lab.host.run(spec_of(recipe), recipe), name, "5.6 V", limit)


@pytest.mark.parametrize(("protocol", "name"), ASKED)
@pytest.mark.parametrize("value", [math.nan, math.inf, "nan V", "-inf V", -1.0])
def test_a_recipe_with_what_is_no_voltage_is_refused_when_it_is_read(
    protocol: str, name: str, value: object
) -> None:
    with pytest.raises(RecipeError, match=name):
        labcim.new_recipe(protocol, **{name: value})


def test_a_recipe_with_more_current_than_a_line_carries_is_refused(lab: Lab) -> None:
    recipe = labcim.new_recipe("iv_sweep", set_limit="6 mA")
    lab.refuses(lambda: lab.host.run(spec_of(recipe), recipe), "set_limit", "6 mA", "5 mA")
