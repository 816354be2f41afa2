"""What every network of conductors obeys, on crossbars of all shapes and all degenerate kinds."""

import os
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from random_networks import SIDES, networks, terminal_currents, voltages_for

from labcim.errors import RangeError
from labcim.sim_backend.circuit import Network, Sinh, Voltages, solve, solve_nonlinear
from labcim.sim_backend.circuit.superlu import solve_superlu

few = settings(max_examples=60, deadline=None, derandomize=True)


def _near(a, b, relative=1e-9, absolute=1e-18):
    largest = max(np.abs(a).max(), np.abs(b).max())
    np.testing.assert_allclose(a, b, rtol=0, atol=relative * largest + absolute)


@few
@given(networks(shorts=True))
def test_all_voltages_are_those_of_sparse_lu(network):
    voltages = voltages_for(network)
    ours = solve(network, voltages)
    rows, columns = solve_superlu(network, voltages.on(network))
    np.testing.assert_allclose(ours.row_voltage, rows[0], rtol=0, atol=1e-9)
    np.testing.assert_allclose(ours.column_voltage, columns[0], rtol=0, atol=1e-9)


@few
@given(networks(shorts=True))
def test_no_current_is_lost_at_any_node(network):
    ours = solve(network, voltages_for(network))
    most = max(np.abs(ours.row_current).max(), np.abs(ours.column_current).max())
    assert ours.kcl_residual <= 1e-9 * most + 1e-18


@few
@given(networks(shorts=True))
def test_the_power_that_goes_in_is_lost_in_the_branches(network):
    ours = solve(network, voltages_for(network))
    assert ours.power >= 0.0 or abs(ours.power) < 1e-18
    assert ours.power == pytest.approx(ours.losses, rel=1e-9, abs=1e-18)


@few
@given(networks())
def test_what_one_terminal_does_to_another_it_has_done_to_it(network):
    first, second = voltages_for(network, 1), voltages_for(network, 2)
    theirs = [np.concatenate([v.on(network)[s][0] for s in SIDES]) for v in (first, second)]
    currents = [terminal_currents(solve(network, v)) for v in (first, second)]
    one, other = theirs[0] @ currents[1], theirs[1] @ currents[0]
    power = abs(theirs[0] @ currents[0]) + abs(theirs[1] @ currents[1])
    assert one == pytest.approx(other, abs=1e-10 * power + 1e-20)


@few
@given(networks(shorts=True), st.floats(-3, 3), st.floats(-3, 3))
def test_voltages_add_up(network, a, b):
    first, second = voltages_for(network, 1), voltages_for(network, 2)
    mixed = Voltages(*(a * getattr(first, s) + b * getattr(second, s) for s in SIDES))
    one, other, both = (terminal_currents(solve(network, v)) for v in (first, second, mixed))
    scale = max(np.abs(one).max(), np.abs(other).max())
    np.testing.assert_allclose(both, a * one + b * other, rtol=0, atol=1e-8 * scale + 1e-18)


@few
@given(networks(), st.floats(0.01, 100))
def test_all_resistances_times_k_make_the_currents_one_kth(network, k):
    names = ("row_wire", "column_wire", *SIDES)
    larger = {name: getattr(network, name) * k for name in names}
    scaled = replace(network, conductance=network.conductance / k, **larger)
    voltages = voltages_for(network)
    _near(
        terminal_currents(solve(scaled, voltages)) * k, terminal_currents(solve(network, voltages))
    )


@few
@given(networks(wires=(), afloat=False), st.integers(0, 2**31))
def test_more_wire_resistance_never_lets_more_current_through(network, seed):
    rng = np.random.default_rng(seed)
    more = network.row_wire * np.where(rng.random(network.row_wire.shape) < 0.3, 3.0, 1.0)
    one_volt = Voltages(left=1.0)
    before = solve(network, one_volt).power
    after = solve(replace(network, row_wire=more), one_volt).power
    assert after <= before * (1 + 1e-9)


@few
@given(networks(shorts=True))
def test_driving_the_other_way_is_the_transposed_network(network):
    turned = Network(
        network.conductance.T, np.transpose(network.column_wire), np.transpose(network.row_wire),
        network.top, network.bottom, network.left, network.right,
    )  # fmt: skip
    given_ = voltages_for(network)
    other = Voltages(given_.top, given_.bottom, given_.left, given_.right)
    one, same = solve(network, given_), solve(turned, other)
    _near(one.row_voltage, same.column_voltage.T)
    _near(one.left, same.top, 1e-8)


@few
@given(networks(wires=(), afloat=False), st.integers(0, 2**31))
def test_vanishing_wire_leaves_the_product_of_voltages_and_conductances(network, seed):
    cells = network.conductance
    inputs = np.random.default_rng(seed).uniform(-1, 1, cells.shape[0])
    errors = []
    for r in (1e-2, 1e-3):
        thin = Network(cells, r, r)
        errors.append(np.abs(-solve(thin, Voltages(left=inputs)).bottom - inputs @ cells).max())
    ideal = -solve(Network(cells), Voltages(left=inputs)).bottom
    _near(ideal, inputs @ cells, 1e-12)
    assert errors[1] == pytest.approx(errors[0] / 10, rel=0.02, abs=1e-12 * np.abs(cells).sum())


@few
@given(st.integers(1, 40), st.integers(0, 2**31))
def test_one_row_is_a_ladder(columns, seed):
    rng = np.random.default_rng(seed)
    cells, wire = rng.uniform(1e-6, 1e-3, columns), rng.uniform(0.1, 100, columns + 1)
    seen = 0.0  # siemens, from the far end on: the continued fraction
    for g, r in zip(cells[::-1], wire[:-1][::-1], strict=True):
        seen = 1.0 / (r + 1.0 / (g + seen))
    ladder = Network(cells[None], wire[None])
    assert solve(ladder, Voltages(left=2.0)).left[0] == pytest.approx(2.0 * seen, rel=1e-12)
    standing = Network(cells[:, None], 0.0, wire[:, None], np.inf, 0.0, 0.0, np.inf)
    assert solve(standing, Voltages(top=2.0)).top[0] == pytest.approx(2.0 * seen, rel=1e-12)


@few
@given(networks(shorts=True))
def test_a_net_that_no_terminal_holds_is_at_zero_volts(network):
    loose = replace(network, left=np.inf, right=np.inf, top=np.inf, bottom=np.inf)
    ours = solve(loose, voltages_for(network))
    assert not ours.row_voltage.any()
    assert not ours.column_voltage.any()
    assert not terminal_currents(ours).any()


@few
@given(networks(wires=(), open_cells=False, afloat=False))
def test_a_floating_line_follows_the_others(network):
    assume(min(network.shape) > 1)
    left = np.array(network.left)
    left[0] = np.inf
    afloat = replace(network, left=left, right=np.inf)
    ours = solve(afloat, Voltages(left=1.0))
    assert ours.left[0] == 0.0
    assert 0.0 < ours.row_voltage[0].min() <= ours.row_voltage[0].max() < 1.0
    assert abs(ours.cell_current[0].sum()) <= 1e-12 * np.abs(ours.cell_current).max()


@few
@given(networks(), st.integers(1, 4))
def test_many_inputs_at_once_are_what_they_are_one_by_one(network, inputs):
    many = voltages_for(network, inputs=inputs)
    together = solve(network, many)
    for k in range(inputs):
        alone = solve(network, Voltages(*(np.asarray(getattr(many, s))[k] for s in SIDES)))
        np.testing.assert_array_equal(together.row_voltage[k], alone.row_voltage)
        np.testing.assert_array_equal(together.cell_current[k], alone.cell_current)


def test_any_number_of_threads_finds_the_same_bits():
    rng = np.random.default_rng(5)
    network = Network(rng.uniform(1e-5, 1e-4, (150, 130)), 1.0, 1.0, 10.0, np.inf, np.inf, 10.0)
    voltages = Voltages(left=rng.uniform(0, 0.5, 150))
    one, *others = (solve(network, voltages, threads=n) for n in (1, 2, 3))
    for other in others:
        np.testing.assert_array_equal(one.row_voltage, other.row_voltage)
        np.testing.assert_array_equal(one.column_voltage, other.column_voltage)


FRESH = """
import hashlib, numpy as np
from labcim.sim_backend.circuit import Network, Voltages, solve
found = hashlib.sha256()
for size in (40, 200):
    network = Network(np.random.default_rng(1).uniform(1e-5, 1e-4, (size, size)), 1.0, 1.0)
    found.update(solve(network, Voltages(left=0.3), tolerance=1e-6).bottom.tobytes())
print(found.hexdigest())
"""


@pytest.mark.slow
def test_compiled_anew_or_taken_from_the_cache_the_solver_finds_the_same_bits(tmp_path):
    command, place = [sys.executable, "-c", FRESH], {**os.environ, "NUMBA_CACHE_DIR": str(tmp_path)}
    new, cached = (
        subprocess.run(command, env=place, check=True, capture_output=True).stdout for _ in range(2)
    )
    assert new == cached


def test_what_was_solved_before_leaves_no_trace():
    rng = np.random.default_rng(6)
    network = Network(rng.uniform(1e-5, 1e-4, (17, 23)), 1.0, 1.0)
    voltages = Voltages(left=rng.uniform(0, 0.5, 17))
    law = Sinh(network.conductance, 3.0)
    first = solve(network, voltages), solve_nonlinear(network, law, voltages)
    for shape in ((17, 23), (30, 18)):
        other = Network(rng.uniform(1e-6, 1.0, shape), 100.0, 1.0)
        solve(other, Voltages(left=1e150, bottom=-1e150))
        solve_nonlinear(other, Sinh(other.conductance, 1.0), Voltages(left=5.0))
        again = solve(network, voltages), solve_nonlinear(network, law, voltages)
        for before, after in zip(first, again, strict=True):
            np.testing.assert_array_equal(before.row_voltage, after.row_voltage)
            np.testing.assert_array_equal(before.bottom, after.bottom)


def test_an_answer_that_is_kept_or_a_part_of_it_is_never_written_over():
    network = Network(np.full((130, 140), 1e-5), 1.0, 1.0)
    kept = solve(network, Voltages(left=1.0)).row_voltage
    before, part = kept.copy(), solve(network, Voltages(left=2.0)).column_voltage[3:50:2].T
    after = part.copy()
    for k in range(6):
        solve(network, Voltages(left=3.0 + k))
    np.testing.assert_array_equal(kept, before)
    np.testing.assert_array_equal(part, after)


def test_a_shorted_cell_carries_what_the_resistances_around_it_let_through():
    cells = np.array([[0.0, 0.0], [0.0, np.inf]])
    network = Network(cells, 1.0, 2.0, 10.0, np.inf, np.inf, 20.0)
    expected = 1.0 / (10.0 + 1.0 + 1.0 + 2.0 + 20.0)
    ours = solve(network, Voltages(left=[0.0, 1.0]))
    assert ours.cell_current[1, 1] == pytest.approx(expected, rel=1e-12)
    assert -ours.bottom[1] == pytest.approx(expected, rel=1e-12)


def test_a_better_conductor_is_nearer_to_a_short():
    for conductance in (1e3, 1e6, 1e12):
        network = Network(np.array([[conductance, 1e-6]]), 1.0, 1.0)
        expected = 1.0 / (1.0 + 1.0 + 1.0 / conductance)
        ours = solve(network, Voltages(left=1.0))
        assert ours.cell_current[0, 0] == pytest.approx(expected, rel=1e-5)
        assert ours.cell_voltage[0, 0] == pytest.approx(expected / conductance, rel=1e-5, abs=1e-15)


@pytest.mark.parametrize(
    ("network", "voltages"),
    [
        (Network(np.ones((1, 1)), left=0.0, right=0.0), Voltages(left=1.0, right=0.5)),
        (Network(np.full((1, 1), np.inf)), Voltages(left=1.0)),
    ],
)
def test_a_short_between_ideal_drivers_is_refused(network, voltages):
    with pytest.raises(RangeError, match="V apart"):
        solve(network, voltages)


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"conductance": np.array([[-1.0]])}, "conductance = -1 S"),
        ({"row_wire": np.nan}, "row_wire"),
        ({"row_wire": np.ones((2, 2))}, r"row_wire has shape \(2, 2\)"),
        ({"conductance": np.ones(3)}, "accepts \\(rows, columns\\)"),
        ({"left": [1.0, 1.0]}, "left has shape"),
    ],
)
def test_a_network_that_cannot_be_is_refused(wrong, told):
    with pytest.raises(RangeError, match=told):
        Network(**({"conductance": np.ones((1, 1))} | wrong))


@pytest.mark.parametrize(("amperes", "volts"), [(1.0, 1.0), (1e-6, 1e-3), (1.0, 1e-9)])
def test_a_large_array_corrected_in_float32_is_the_one_of_sparse_lu(amperes, volts):
    rng = np.random.default_rng(7)
    cells = 10 ** rng.uniform(-6, -4, (200, 190)) * amperes
    network = Network(cells, 2.0, 2.0, 10.0, np.inf, np.inf, 10.0)
    voltages = Voltages(left=rng.uniform(0, volts, 200))
    rows, columns = solve_superlu(network, voltages.on(network))
    ours = solve(network, voltages)
    np.testing.assert_allclose(ours.row_voltage, rows[0], rtol=0, atol=1e-11 * volts)
    np.testing.assert_allclose(ours.column_voltage, columns[0], rtol=0, atol=1e-11 * volts)
