"""What arrays without transistors can and cannot do, and what lines take of short pulses."""

import numpy as np
import pytest

from labcim.errors import RangeError, RecipeError
from labcim.sim_backend.chip.chip_file import ChipFile

SELECTOR = "[chip.selector]\nleakage = 3.3e-11\nsteepness = 0.1\n"
WIRES = "[chip.wires]\nrow = 1.0\ncolumn = 1.0\ndriver = 10.0\nsense = 10.0\n"
NONE = np.zeros(0)


def read_margin(make_chip, name, rest, kind, volts):
    """Return (I_low - I_high) / I_low of one cell by V/2 while all others are at 100 uS.

    The worst pattern: every half-selected cell adds as much as it can.
    """
    chip = make_chip(name, rest, preset="taox-passive", kind=kind, rows=64, columns=64)
    rows, columns = np.full(64, volts / 2), np.full(64, volts / 2)
    rows[40], columns[50] = volts, 0.0
    currents = []
    chip.state.cells["relaxation"] = 0.0
    for conductance in (100e-6, 5e-6):
        chip.state.cells["conductance"] = 100e-6
        chip.state.cells["conductance"][40 * 64 + 50] = conductance
        currents.append(-chip.at_rest(rows, columns, NONE).column_current[50])
    return float((currents[0] - currents[1]) / currents[0])


def test_d27_a_passive_64_x_64_fails_its_read_margin_and_a_selector_saves_it(make_chip):
    bare = read_margin(make_chip, "bare", WIRES, "passive", 0.2)
    selected = read_margin(make_chip, "selected", WIRES + SELECTOR, "1S1R", 1.6)
    # The selector by itself, at what it gets of 1.6 V and at half of that: above 1e3.
    assert np.sinh(1.4 / 0.1) / np.sinh(0.7 / 0.1) >= 1e3
    # On ideal wires, 63 cells at half the voltage carry 31 times the cell's own current.
    ideal = read_margin(make_chip, "ideal", "", "passive", 0.2)
    assert ideal == pytest.approx(0.95 / 32.5, rel=0.02)
    assert bare < ideal < 0.1 < selected


def test_a_selector_takes_its_part_of_a_pulse(make_chip):
    """The truth log tells what the cell itself saw: the rest is V_s asinh(I / I_0)."""
    chip = make_chip("part", SELECTOR, preset="taox-passive", kind="1S1R", rows=1, columns=1)
    chip.state.cells["relaxation"] = 0.0
    chip.state.cells["conductance"] = 20e-6
    rest = chip.at_rest(np.array([1.6]), np.zeros(1), NONE)
    chip.apply(np.array([1.6]), np.zeros(1), NONE, 1e-6)
    (pulse,) = chip.truth.pulses()
    across = 0.1 * np.arcsinh(rest.row_current[0] / 3.3e-11)

    assert 1.0 < across < 1.4
    assert pulse["amplitude"] == pytest.approx(1.6 - across, rel=1e-5)


def test_p3_of_a_short_pulse_a_cell_sees_what_its_lines_let_through(make_chip):
    """Elmore: of n segments of R and C behind R_D, node k charges with R_D n C + R C sum(n - m)."""
    rest = WIRES + "row_capacitance = 1e-13\ncolumn_capacitance = 2e-13\n"
    rest = rest.replace("row = 1.0", "row = 500.0").replace("driver = 10.0", "driver = 2e3")
    chip = make_chip("slow", rest, preset="taox-passive", kind="passive")
    chip.state.cells["conductance"] = 0.1e-6  # so that nothing is lost in the wires but time
    row = 2e3 * 6 * 1e-13 + 500.0 * 1e-13 * sum(6 - m + 0.5 for m in range(1, 5))
    column = 2e3 * 7 * 2e-13 + 1.0 * 2e-13 * sum(7 - m + 0.5 for m in range(1, 5))
    rows, columns = np.full(6, 1.0), np.full(5, 1.0)
    rows[2], columns[3] = 2.0, 0.0
    for width in (1e-9, 4e-9, 1e-6):
        chip.apply(rows, columns, NONE, width)
        pulse = chip.truth.pulses()[-12:]
        (met,) = pulse[pulse["cell"] == 2 * 5 + 3]
        expected = 2.0 * (1.0 - np.exp(-width / (row + column)))
        assert met["amplitude"] == pytest.approx(expected, rel=0.01)
    assert chip.settling == pytest.approx((row + column) * np.log(1e3), rel=0.3)


def test_many_half_selects_are_all_on_the_log_and_take_few_solutions(make_chip):
    chip = make_chip("many", WIRES, preset="taox-passive", kind="passive")
    rows, columns = np.full(6, 1.2), np.full(5, 1.2)
    rows[2], columns[3] = 2.4, 0.0
    chip.apply(rows, columns, NONE, 1e-6, count=1000)
    pulses = chip.truth.pulses()

    assert len(pulses) == 1000 * 10
    assert (np.bincount(pulses["cell"], minlength=30) == 1000).sum() == 10
    assert (chip.state.cells["pulses"] == np.bincount(pulses["cell"], minlength=30)).all()


@pytest.mark.parametrize(
    ("table", "said"),
    [
        ('kind = "1S1R"\n', "selector"),
        ("[chip.selector]\nleakage = 1e-9\nsteepness = 0.1\n", "selector"),
        ("[chip.wires]\nrow = -1.0\n", "row"),
        ("[chip.wires]\nrow = nan\n", "row"),
        ('[chip.wires]\nrow_side = "top"\n', "row_side"),
        ("[faults]\nopen_cells = [[6, 0]]\n", "6 x 5"),
        ("[faults]\nopen_cells = [[1, 0]]\nshorted_cells = [[1, 0]]\n", "both"),
        ('[faults]\nbroken = [["row.2", 6]]\n', "segment 6"),
        ('[faults]\nbroken = [["gate.2", 1]]\n', "broken"),
    ],
)
def test_a_chip_file_that_makes_no_sense_says_what_is_wrong(write_chip, table, said):
    with pytest.raises(RecipeError, match=said):
        ChipFile.load(write_chip("wrong", table))


def test_a_voltage_that_no_circuit_can_tell_is_refused(make_chip):
    chip = make_chip("refused", WIRES, preset="taox-passive", kind="passive")
    with pytest.raises(RangeError, match="finite"):
        chip.apply(np.full(6, np.inf), np.zeros(5), NONE, 1e-6)


PROBED = """
[wiring]
"smu.hi" = "matrix.row1"
"ground" = "matrix.row2"
"matrix.column[1:6]" = "row[0:5]"
"matrix.column[11:15]" = "column[0:4]"
"""


@pytest.mark.parametrize("wires", ["", WIRES], ids=["ideal", "wires"])
def test_a_probe_station_sees_the_sneak_paths_of_a_passive_array(make_bench, wires):
    """One row driven, one column grounded, all else open: the cell, and others beside it."""
    bench = make_bench(rest=wires + PROBED, preset="neurram-130nm", kind="passive")
    bench.chip.state.cells["relaxation"] = 0.0
    bench.connect("matrix.row1", "matrix.column3")  # row 2
    bench.connect("matrix.row2", "matrix.column14")  # column 3
    bench.drive("smu.hi", 0.2)
    read = bench.measure_current("smu.hi", 1e-3)
    cells = bench.chip.true_conductance().reshape(6, 5)
    expected = 0.2 * sneaking(cells, 2, 3)

    assert read == pytest.approx(expected, rel=0.01)
    assert read > 0.2 * cells[2, 3] * 1.3
    assert len(bench.truth.pulses()) == 0


def sneaking(cells, row, column):
    """Return the conductance in S between a row and a column while all other lines float."""
    rows, columns = cells.shape
    laplacian = np.zeros((rows + columns, rows + columns))
    for i in range(rows):
        for j in range(columns):
            for a, b in ((i, i), (rows + j, rows + j)):
                laplacian[a, b] += cells[i, j]
            laplacian[i, rows + j] -= cells[i, j]
            laplacian[rows + j, i] -= cells[i, j]
    inverse = np.linalg.pinv(laplacian)
    a, b = row, rows + column
    return 1.0 / (inverse[a, a] + inverse[b, b] - 2.0 * inverse[a, b])


def test_a_level_that_stands_on_a_passive_array_moves_its_cells_while_time_passes(make_bench):
    bench = make_bench(rest=PROBED, preset="taox-passive", kind="passive")
    bench.connect("matrix.row1", "matrix.column3")
    bench.connect("matrix.row2", "matrix.column14")
    before = bench.chip.true_conductance()[2 * 5 + 3]
    bench.drive("smu.hi", 2.2)
    bench.advance(1e-6)

    assert bench.chip.true_conductance()[2 * 5 + 3] > before
    assert bench.truth.pulses()["amplitude"][bench.truth.pulses()["cell"] == 13] == pytest.approx(
        [2.2]
    )
