"""Neighbours that warm each other: phase-change cells against the Arrhenius law (correction 8)."""

import numpy as np
import pytest

from labcim.errors import RecipeError

HEATING = "[chip.heating]\nneighbour = {k}\ndiagonal = {d}\n"
CENTRE = np.array([12], np.uint32)  # of 5 x 5
BESIDE, ACROSS = [7, 11, 13, 17], [6, 8, 16, 18]
PULSES, WIDTH = 300, 100e-9


@pytest.fixture
def warmed(make_chip):
    """Melt the centre cell many times over, between amorphous neighbours; give the chip."""

    def made(rest="", **changes):
        chip = make_chip(f"pcm{len(rest)}", rest, preset="pcm-mushroom", rows=5, **changes)
        chip.state.cells["conductance"] = chip.state.cells["reached"] = 1e-6
        chip.state.cells["conductance"][12] = chip.state.cells["reached"][12] = 20e-6
        chip.pulse_cells(CENTRE, -2.4, WIDTH, 5.0, count=PULSES)
        return chip

    return made


def written(chip):
    return np.array(chip.state.cells["conductance"])


def test_by_default_no_cell_feels_its_neighbour(warmed):
    found = written(warmed())
    assert (np.delete(found, 12) == 1e-6).all()


def test_thermal_crosstalk_crystallises_neighbours_by_the_arrhenius_law(warmed):
    chip = warmed(HEATING.format(k=3e6, d=1e6))
    found, p = written(chip), chip.state.parameters[0]
    first = chip.truth.pulses()[0]
    watts = abs(float(first["amplitude"])) * float(first["current"])

    def law(kelvin_a_watt):
        kelvin = 300.0 + kelvin_a_watt * watts
        per_second = np.exp(-2.6 / 8.617333262e-5 * (1 / kelvin - 1 / 383.15)) / 3.16e8
        return p["highest"] - (p["highest"] - 1e-6) * np.exp(-per_second * PULSES * WIDTH)

    assert 400.0 < 3e6 * watts + 300.0 < 1000.0
    assert found[BESIDE] == pytest.approx([law(3e6)] * 4, rel=1e-5)
    assert found[ACROSS] == pytest.approx([law(1e6)] * 4, rel=1e-5)
    assert found[BESIDE].min() > found[ACROSS].max() >= 1e-6
    assert found[BESIDE].min() > 1.01e-6
    assert (np.delete(found, [*BESIDE, *ACROSS, 12]) == 1e-6).all()
    assert len(chip.truth.pulses()) == PULSES  # warmth is no stimulus


def test_a_pulse_shorter_than_the_warmth_takes_warms_less(warmed):
    quick = written(warmed(HEATING.format(k=3e6, d=0.0)))[BESIDE]
    slow = written(warmed(HEATING.format(k=3e6, d=0.0) + "time = 1e-6\n"))[BESIDE]

    assert (slow < quick).all()


def test_lines_warm_as_requests_for_cells_do(warmed, make_chip):
    rest = HEATING.format(k=3e6, d=1e6)
    asked = written(warmed(rest))
    chip = make_chip("lines", rest, preset="pcm-mushroom", rows=5)
    chip.state.cells["conductance"] = chip.state.cells["reached"] = 1e-6
    chip.state.cells["conductance"][12] = chip.state.cells["reached"][12] = 20e-6
    rows, columns, gates = np.full(5, np.nan), np.full(5, np.nan), np.zeros(5)
    rows[2], columns[2], gates[2] = 0.0, 2.4, 5.0
    chip.apply(rows, columns, gates, WIDTH, count=PULSES)

    assert written(chip) == pytest.approx(asked, rel=1e-9)


def test_cells_that_feel_no_warmth_are_refused_by_name(make_chip):
    with pytest.raises(RecipeError, match="neurram-130nm"):
        make_chip("rram", HEATING.format(k=1e6, d=0.0))
