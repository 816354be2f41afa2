"""The chip's circuit against ngspice and against the laws of circuits, through the chip's calls."""

import sys
from pathlib import Path

import numpy as np
import pytest
from scipy import sparse
from scipy.sparse.linalg import splu

from labcim.sim_backend.circuit import Gated, Network, Sinh, Voltages

sys.path.insert(0, str(Path(__file__).parents[1] / "circuit"))
from spice import operating_point

from labcim.sim_backend.chip.small_signal import SmallSignal

NAN, INF = np.nan, np.inf
WIRES = """
[chip.wires]
row = 1.7
column = 2.3
driver = 40.0
sense = 15.0
row_side = "{row_side}"
column_side = "{column_side}"
"""
FAULTS = """
[faults]
open_cells = [[1, 1], [3, 2]]
shorted_cells = [[2, 0]]
short_resistance = 25.0
broken = [["row.4", 2], ["column.1", 3]]
"""


def wires(row_side="left", column_side="bottom"):
    return WIRES.format(row_side=row_side, column_side=column_side)


def passive(make_chip, rng, shape, preset, rest):
    chip = make_chip(
        "passive", rest, preset=preset, kind="passive", rows=shape[0], columns=shape[1]
    )
    chip.state.cells["conductance"] = 10.0 ** rng.uniform(-5.3, -4.0, chip.size)
    chip.state.cells["relaxation"] = 0.0
    return chip


def floating(rng, count, low, high, share=0.3):
    levels = rng.uniform(low, high, count)
    levels[rng.random(count) < share] = NAN
    levels[0] = high
    return levels


def witness(chip, rows, columns, folder, law, *, faults=False, sides=("left", "bottom")):
    """Solve what the chip file says with ngspice; return V of nodes and A into driven lines."""
    m, n = chip.rows, chip.columns
    conductance = np.array(law.conductance if not isinstance(law, np.ndarray) else law)
    row_wire, column_wire = np.full((m, n + 1), 1.7), np.full((m + 1, n), 2.3)
    if faults:
        row_wire[4, 2] = column_wire[3, 1] = INF
        conductance[1, 1] = conductance[3, 2] = 0.0
        conductance[2, 0] = 1 / 25.0
    ends = {"left": INF, "right": INF, "top": INF, "bottom": INF}
    near = np.where(np.isnan(rows), INF, 15.0)
    below = np.where(np.isnan(columns), INF, 15.0)
    for side in sides:
        ends[side] = near if side in ("left", "right") else below
    network = Network(conductance, row_wire, column_wire, **ends)
    volts = Voltages(*(np.nan_to_num(v) for v in (rows, rows, columns, columns)))
    nodes = operating_point(network, volts, folder, None if isinstance(law, np.ndarray) else law)
    row_end = nodes[0][:, 0 if "left" in sides else -1]
    column_end = nodes[1][-1 if "bottom" in sides else 0]
    into_rows = (rows - row_end) / (15.0 + 1.7)
    into_columns = (columns - column_end) / (15.0 + 2.3)
    return nodes, np.concatenate([into_rows, into_columns])


def currents(result):
    return np.concatenate([result.row_current, result.column_current])


def assert_alike(found, expected, bound):
    assert (np.isnan(found) == np.isnan(expected)).all()
    worst = np.nanmax(np.abs(found - expected)) / np.nanmax(np.abs(expected))
    assert worst <= bound


@pytest.mark.parametrize("shape", [(1, 6), (7, 5), (18, 32), (32, 32)], ids=str)
def test_p3_ohmic_cells_on_resistive_lines_carry_what_ngspice_finds(make_chip, shape, tmp_path):
    rng = np.random.default_rng(shape)
    chip = passive(make_chip, rng, shape, "neurram-130nm", wires())  # ohmic, and no transistors
    rows, columns = (floating(rng, count, 0.0, 0.2) for count in shape)
    columns[-1] = 0.0
    found = chip.at_rest(rows, columns, np.zeros(0))
    cells = chip.true_conductance().reshape(shape)
    nodes, expected = witness(chip, rows, columns, tmp_path, cells)

    assert_alike(currents(found), expected, 1e-9)
    loose = np.isnan(rows)
    np.testing.assert_allclose(found.row_voltage[loose], nodes[0][loose, 0], atol=1e-9)


def by_sparse_lu(cells, rows, columns):
    """Return A into rows (left) and columns (bottom) by Kirchhoff at every node: see `WIRES`."""
    row, column = np.arange(2 * cells.size).reshape(2, *cells.shape)
    branches = [
        (row.ravel(), column.ravel(), cells.ravel()),
        (row[:, :-1].ravel(), row[:, 1:].ravel(), 1 / 1.7),
        (column[:-1].ravel(), column[1:].ravel(), 1 / 2.3),
    ]
    matrix = sparse.csc_array((2 * cells.size, 2 * cells.size))
    for a, b, siemens in branches:
        g = np.broadcast_to(siemens, a.shape)
        entries = np.concatenate([g, g, -g, -g])
        places = (np.concatenate([a, b, a, b]), np.concatenate([a, b, b, a]))
        matrix += sparse.csc_array((entries, places), shape=matrix.shape)
    ends = np.concatenate([row[:, 0], column[-1]])
    volts = np.concatenate([rows, columns])
    into = np.repeat([1 / (15.0 + 1.7), 1 / (15.0 + 2.3)], cells.shape)
    matrix += sparse.csc_array((into, (ends, ends)), shape=matrix.shape)
    driven = np.zeros(2 * cells.size)
    driven[ends] = into * volts
    nodes = splu(matrix).solve(driven)
    return into * (volts - nodes[ends])


def test_p3_the_chip_of_128_x_128_carries_what_sparse_lu_finds_to_1e_9(make_chip):
    rng = np.random.default_rng(128)
    chip = passive(make_chip, rng, (128, 128), "neurram-130nm", wires())
    rows, columns = rng.uniform(0.0, 0.2, 128), np.zeros(128)
    found = chip.at_rest(rows, columns, np.zeros(0))
    cells = chip.true_conductance().reshape(128, 128)

    assert_alike(currents(found), by_sparse_lu(cells, rows, columns), 1e-9)


@pytest.mark.parametrize("sides", [("left", "bottom"), ("right", "top")], ids=str)
def test_p3_open_shorted_and_broken_ones_are_where_ngspice_has_them(make_chip, sides, tmp_path):
    rng = np.random.default_rng(5)
    chip = passive(make_chip, rng, (8, 6), "neurram-130nm", wires(*sides) + FAULTS)
    rows, columns = floating(rng, 8, 0.0, 0.2), floating(rng, 6, 0.0, 0.2)
    found = chip.at_rest(rows, columns, np.zeros(0))
    cells = chip.true_conductance().reshape(8, 6)
    _, expected = witness(chip, rows, columns, tmp_path, cells, faults=True, sides=sides)

    assert_alike(currents(found), expected, 1e-9)


@pytest.mark.parametrize("shape", [(6, 9), (16, 16), (32, 32)], ids=str)
def test_p3_cells_of_sinh_carry_what_ngspice_finds(make_chip, shape, tmp_path):
    rng = np.random.default_rng(shape)
    chip = passive(make_chip, rng, shape, "taox-passive", wires())
    rows, columns = (floating(rng, count, 0.0, 1.2) for count in shape)
    columns[-1] = 0.0
    found = chip.at_rest(rows, columns, np.zeros(0))
    g, p = chip.true_conductance().reshape(shape), chip.state.parameters[0]
    alpha = p["nonlinearity"] * np.exp(-g / p["nonlinear_scale"])
    at_read = alpha * p["read_voltage"]
    law = Sinh(g * at_read / np.sinh(at_read), alpha)
    _, expected = witness(chip, rows, columns, tmp_path, law)

    assert_alike(currents(found), expected, 1e-6)


def test_p3_transistors_on_resistive_lines_carry_what_ngspice_finds(make_chip, tmp_path):
    rng = np.random.default_rng(2)
    shape = (12, 10)
    chip = make_chip("gated", wires(), rows=12, columns=10)
    chip.state.devices["gate_threshold"] = 0.6
    p = chip.state.parameters[0]
    rows, gates = rng.uniform(0.0, 1.0, 12), rng.uniform(0.8, 2.5, 10)
    rows[[2, 7]] = NAN
    columns = np.zeros(10)
    found = chip.at_rest(rows, columns, gates)
    # Conductance is of filament and transistor together, at the reference read: less the latter,
    # from I = beta/2 (o^2 - (o - v)^2) with o the overdrive and v the voltage across it.
    whole, overdrive = chip.true_conductance().reshape(shape), p["read_gate"] - 0.6
    drawn = whole * p["read_voltage"]
    across = overdrive - np.sqrt(overdrive**2 - 2.0 * drawn / p["beta"])
    filament = drawn / (p["read_voltage"] - across)
    law = Gated(filament, np.broadcast_to(gates, shape), 0.6, float(p["beta"]))
    _, expected = witness(chip, rows, columns, tmp_path, law)

    assert_alike(currents(found), expected, 1e-6)


@pytest.mark.parametrize("kind", ["passive", "1T1R"])
def test_wires_of_almost_no_resistance_are_ideal_wires(make_chip, kind):
    preset = "taox-passive" if kind == "passive" else "neurram-130nm"
    tiny = "[chip.wires]\nrow = 1e-6\ncolumn = 1e-6\n"
    chips = [make_chip(n, r, kind=kind, preset=preset) for n, r in (("i", ""), ("e", tiny))]
    rows = np.array([0.2, 0.1, 0.15, NAN, NAN, 0.05])
    columns, gates = np.array([NAN, 0.0, 0.0, NAN, 0.02]), np.full(5, 2.5)
    ideal, exact = (chip.at_rest(rows, columns, gates) for chip in chips)

    assert [chip.exact for chip in chips] == [False, True]
    assert_alike(currents(exact), currents(ideal), 1e-6)
    np.testing.assert_allclose(exact.row_voltage, ideal.row_voltage, atol=1e-6)
    writing = np.full(6, 1.2), np.array([1.2, 1.2, 0.0, 1.2, 1.2]), np.full(5, 2.5)
    writing[0][1] = 2.4
    for chip in chips:
        chip.apply(*writing, 1e-6)
    records = [chip.truth.pulses() for chip in chips]
    for name in ("cell", "time", "width"):
        assert (records[0][name] == records[1][name]).all()
    np.testing.assert_allclose(records[0]["amplitude"], records[1]["amplitude"], atol=1e-5)
    np.testing.assert_allclose(*(chip.true_conductance() for chip in chips), rtol=1e-4)


def test_p3_the_error_of_a_product_grows_with_the_wire(make_chip):
    volts, errors = np.linspace(0.05, 0.2, 6), []
    for ohm in (0.5, 2.0, 8.0):
        rest = f"[chip.wires]\nrow = {ohm}\ncolumn = {ohm}\n"
        chip = make_chip(f"w{ohm}", rest, kind="passive", preset="neurram-130nm")
        got = -chip.at_rest(volts, np.zeros(5), np.zeros(0)).column_current
        ideal = chip.true_conductance().reshape(6, 5).T @ volts
        assert (got < ideal).all()
        errors.append(np.abs(got / ideal - 1).max())
    assert errors[0] < errors[1] < errors[2]
    assert errors[1] / errors[0] == pytest.approx(4.0, rel=0.05)  # to first order in the resistance


def test_a_reading_is_the_solution_with_what_its_readings_saw(make_chip):
    """Cells scatter, and the currents into all lines still add up to nothing."""
    chip = make_chip("noisy", wires(), preset="taox-passive", kind="passive")
    rows, columns = np.array([0.2, 0.1, NAN, 0.2, 0.0, 0.1]), np.zeros(5)
    rest = currents(chip.at_rest(rows, columns, np.zeros(0)))
    reads = [
        currents(chip.line_currents(rows, columns, np.zeros(0), aperture=1e-6)) for _ in range(20)
    ]

    assert np.nansum(np.array(reads), axis=1) == pytest.approx(np.zeros(20), abs=1e-9 * rest[0])
    scatter = np.std(reads, axis=0)[:2] / rest[:2]
    assert (0.002 < scatter).all() and (scatter < 0.1).all()
    logged = chip.truth.reads()
    assert len(logged) == 20 * 20  # row 4 is at 0 V, as the columns are, and row 2 comes to it
    assert (chip.state.cells["reads"][20:25] == 0).all()


def test_shorted_and_open_cells_never_move_and_the_short_conducts_with_its_gate_off(make_chip):
    chip = make_chip("faulty", wires() + FAULTS.replace(', ["column.1", 3]', ""))
    before = chip.state.cells["conductance"].copy()
    rows, gates = np.full(6, 2.6), np.zeros(5)
    rest = chip.at_rest(np.full(6, 0.2), np.zeros(5), gates)
    gates[[0, 1]] = 2.5
    chip.apply(rows, np.zeros(5), gates, 1e-6)
    moved = np.flatnonzero(chip.state.cells["conductance"] != before)

    assert rest.row_current[2] == pytest.approx(0.2 / (25.0 + 2 * 15.0 + 1.7 + 4 * 2.3), rel=1e-6)
    assert np.abs(np.delete(rest.row_current, 2)).max() == 0.0
    assert 10 not in moved and 6 not in moved and 0 in moved
    assert set(chip.truth.pulses()["cell"]).isdisjoint({6, 10})


def test_the_same_seed_moves_an_exact_chip_to_the_same_bit(make_chip):
    found = []
    for name in ("one", "two"):
        chip = make_chip(name, wires(), preset="taox-passive", kind="passive")
        rows, columns = np.full(6, NAN), np.full(5, NAN)
        rows[1], columns[2] = 2.3, 0.0
        chip.apply(rows, columns, np.zeros(0), 1e-6)
        read = chip.line_currents(np.full(6, 0.2), np.zeros(5), np.zeros(0), aperture=1e-5)
        found.append(chip.state.cells.tobytes() + read.column_current.tobytes())
    assert found[0] == found[1]


@pytest.mark.parametrize("sides", [("left", "bottom"), ("both", "top")], ids=str)
def test_p2_a_transposed_product_is_that_of_the_transposed_matrix(make_chip, sides):
    """<x, G y> = <G^T x, y> to 1e-9 with ohmic cells, wires and all, where both ends are alike."""
    rest = wires(*sides).replace("driver = 40.0", "driver = 15.0")
    chip = make_chip("both", rest, preset="neurram-130nm", kind="passive")
    small = SmallSignal(chip.state, chip.chip_file)
    conductance = small.conductance(np.zeros(0))
    x, y = np.linspace(0.0, 0.2, 6), np.linspace(0.1, 0.2, 5)
    there = -chip.at_rest(x, np.zeros(5), np.zeros(0)).column_current
    back = -chip.at_rest(np.zeros(6), y, np.zeros(0)).row_current

    assert there @ y == pytest.approx(x @ back, rel=1e-9)
    np.testing.assert_allclose(x @ small.matrix(conductance), there, rtol=1e-9)
    np.testing.assert_allclose(y @ small.matrix(conductance, transposed=True), back, rtol=1e-9)
    ideal = conductance.T @ x
    assert (np.abs(there / ideal - 1) <= 0.05).all() and (there < ideal).all()


def test_p2_different_drivers_and_sense_channels_keep_it_within_a_percent(make_chip):
    chip = make_chip("apart", wires(), preset="neurram-130nm", kind="passive")
    small = SmallSignal(chip.state, chip.chip_file)
    conductance = small.conductance(np.zeros(0))
    forward, back = (small.matrix(conductance, transposed=t) for t in (False, True))

    assert 0.0 < np.abs(forward / back.T - 1.0).max() <= 0.01


def test_a_matrix_with_noise_is_a_reading_of_all_cells(make_chip):
    chip = make_chip("noise", wires(), preset="neurram-130nm")
    small = SmallSignal(chip.state, chip.chip_file)
    gates = np.array([2.5, 2.5, 0.0, 2.5, 2.5])
    quiet = small.conductance(gates)
    seen = [small.conductance(gates, aperture=1e-6) for _ in range(30)]

    assert (quiet[:, 2] == 0.0).all() and (np.delete(quiet, 2, axis=1) > 0.0).all()
    off = np.mean(seen, axis=0)[:, :2] / quiet[:, :2] - 1.0
    assert 0.0 < np.abs(off).max() < 0.05
    assert (chip.state.cells["reads"].reshape(6, 5) == [30, 30, 0, 30, 30]).all()
