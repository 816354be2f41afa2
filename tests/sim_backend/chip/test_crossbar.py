"""The crossbar: both ways in agree, floating lines carry nothing, and the truth is told."""

import numpy as np
import pytest

from labcim.errors import RangeError

NAN = np.nan


def one(row, column, columns=5):
    return np.array([row * columns + column], dtype=np.uint32)


def lines(chip, row, column, amplitude, gate, others):
    """Return line voltages that mean one cell: positive SET, others at that level."""
    rows, columns = np.full(chip.rows, others), np.zeros(chip.columns)
    rows[row], columns[column] = max(amplitude, 0.0), max(-amplitude, 0.0)
    gates = np.zeros(chip.columns)
    gates[column] = gate
    return rows, columns, gates


@pytest.mark.parametrize("others", ["inhibited", "floating"])
def test_fast_and_general_path_move_a_cell_to_the_same_bit(make_chip, others):
    fast, general = make_chip("fast"), make_chip("general")
    for step, amplitude in enumerate((1.6, 2.1, -1.9, -2.4, 1.7)):
        gate = 2.5 if amplitude > 0 else 5.0
        # The inhibit level of a RESET is that of the raised column.
        level = NAN if others == "floating" else max(-amplitude, 0.0)
        peak = fast.pulse_cells(one(2, 3), amplitude, 1e-6, gate)
        result = general.at_rest(*lines(general, 2, 3, amplitude, gate, level))
        general.apply(*lines(general, 2, 3, amplitude, gate, level), 1e-6)
        for chip in (fast, general):
            chip.clock.advance(1e-3 * (step + 1))
        assert (fast.state.cells == general.state.cells).all()
        assert abs(result.row_current[2]) <= peak[0] * (1 + 1e-12)
    pulses = [chip.truth.pulses() for chip in (fast, general)]
    for name in ("cell", "amplitude", "width", "gate", "conductance", "current"):
        assert (pulses[0][name] == pulses[1][name]).all()


def test_fast_and_general_path_read_the_same_current(make_chip):
    fast, general = make_chip("fast"), make_chip("general")
    for _ in range(20):
        current = fast.read_cells(one(4, 1), 0.2, 2.5, aperture=1e-5)
        result = general.line_currents(*lines(general, 4, 1, 0.2, 2.5, NAN), aperture=1e-5)
        assert result.row_current[4] == current[0] == -result.column_current[1]


def test_a_multiplication_is_the_sum_of_its_cells(make_chip):
    """Rows driven, columns grounded, all gates on: I = G^T V of the true conductances."""
    chip = make_chip()
    volts = np.array([0.05, -0.0, 0.1, 0.2, 0.15, 0.02])
    result = chip.at_rest(volts, np.zeros(5), np.full(5, 2.5))
    conductance = chip.true_conductance().reshape(6, 5)

    # Below 0.2 V the transistor is as resistive as at the reference read, to a part in a thousand.
    np.testing.assert_allclose(-result.column_current, conductance.T @ volts, rtol=2e-3)


@pytest.mark.parametrize("gate", [2.5, 1.2, 0.9])
@pytest.mark.parametrize("volts", [0.2, 3.0])
def test_no_net_current_flows_into_floating_lines(make_chip, gate, volts):
    chip = make_chip(rows=7, columns=9)
    rows, columns = np.full(7, NAN), np.full(9, NAN)
    rows[2], columns[3] = volts, 0.0
    rest = chip.at_rest(rows, columns, np.full(9, gate))
    held = chip.at_rest(rest.row_voltage, rest.column_voltage, np.full(9, gate))
    through = held.row_current[2]

    assert through > 0.0
    loose_rows, loose_columns = np.delete(held.row_current, 2), np.delete(held.column_current, 3)
    assert np.abs(np.concatenate([loose_rows, loose_columns])).max() < 1e-6 * through
    assert held.column_current[3] == pytest.approx(-through, rel=1e-6)
    assert (rest.row_voltage <= volts + 1e-9).all() and (rest.row_voltage >= -1e-9).all()


def test_a_sneak_path_adds_to_the_current_of_a_cell(make_chip):
    chip = make_chip()
    rows, columns = np.full(6, NAN), np.full(5, NAN)
    rows[0], columns[0] = 0.2, 0.0
    alone = chip.at_rest(rows, columns, np.array([2.5, 0, 0, 0, 0])).row_current[0]
    sneaking = chip.at_rest(rows, columns, np.full(5, 2.5)).row_current[0]

    assert sneaking > alone * 1.05


@pytest.mark.parametrize("along", ["row", "column", "cell"])
def test_gates_run_along_what_the_chip_file_says(make_chip, along):
    chip = make_chip(gate_along=along)
    gates = np.zeros(chip.topology.gates)
    gates[3] = 2.5
    result = chip.at_rest(np.full(6, 0.2), np.zeros(5), gates)
    open_rows, open_columns = (
        np.flatnonzero(result.row_current),
        np.flatnonzero(result.column_current),
    )
    expected = {"row": (1, 5), "column": (6, 1), "cell": (1, 1)}[along]

    assert (len(open_rows), len(open_columns)) == expected


def test_the_set_terminal_is_the_one_that_the_chip_file_says(make_chip):
    """With columns as bit lines, a raised column is a SET."""
    chip = make_chip(set_terminal="column")
    before = chip.true_conductance(one(1, 1))[0]
    rows, columns, gates = np.zeros(6), np.zeros(5), np.zeros(5)
    columns[1], gates[1] = 2.6, 2.5
    rows[[0, 2, 3, 4, 5]] = 2.6
    chip.apply(rows, columns, gates, 1e-6)

    assert chip.true_conductance(one(1, 1))[0] > before
    assert chip.truth.pulses()["amplitude"] == pytest.approx([2.6])


def test_every_pulse_of_a_train_is_on_the_truth_log(make_chip):
    chip = make_chip()
    cells = np.array([3, 17, 29], dtype=np.uint32)
    chip.pulse_cells(
        cells, np.array([1.5, -1.6, 1.7]), 2e-6, np.array([2.5, 5.0, 2.4]), count=3, gap=8e-6
    )
    pulses = chip.truth.pulses()

    assert pulses["cell"].tolist() == [3] * 3 + [17] * 3 + [29] * 3
    assert pulses["amplitude"].tolist() == pytest.approx([1.5] * 3 + [-1.6] * 3 + [1.7] * 3)
    assert pulses["time"][:3] == pytest.approx([0.0, 1e-5, 2e-5])
    assert (pulses["width"] == np.float32(2e-6)).all()
    assert (pulses["operation"] == pulses["operation"][0]).all()
    np.testing.assert_allclose(pulses["conductance"][2::3], chip.true_conductance(cells), rtol=1e-6)


def test_a_read_that_can_move_cells_is_a_pulse_too(make_chip):
    chip = make_chip()
    chip.read_cells(one(0, 0), 0.2, 2.5, aperture=1e-3)
    assert len(chip.truth.pulses()) == 0
    chip.read_cells(one(0, 0), 1.8, 2.5, aperture=1e-3)

    assert len(chip.truth.pulses()) == 1
    assert len(chip.truth.reads()) == 2


def test_a_chip_that_logs_pulses_only_reads_the_same(make_chip):
    full = make_chip("full")
    short = make_chip("short", rest='[state]\ntruth = "pulses"')
    currents = [c.read_cells(one(1, 2), 0.2, 2.5, aperture=1e-5) for c in (full, short)]

    assert currents[0] == currents[1]
    assert (len(full.truth.reads()), len(short.truth.reads())) == (1, 0)


def test_the_same_seed_is_the_same_chip_and_another_seed_another(make_chip):
    first, again, other = make_chip("a"), make_chip("b"), make_chip("c", seed=4)

    assert (first.state.cells == again.state.cells).all()
    assert not np.allclose(first.true_conductance(), other.true_conductance())


def test_stuck_cells_come_at_the_rate_of_the_chip_file(make_chip):
    chip = make_chip(rows=100, columns=200, stuck=0.01)
    rate = chip.stuck.mean()
    chip.pulse_cells(chip.topology.all_cells(), -3.3, 1e-6, 5.0)
    before = chip.true_conductance()[chip.stuck]
    chip.pulse_cells(chip.topology.all_cells(), 3.3, 1e-6, 2.5)

    assert rate == pytest.approx(0.01, abs=4 * np.sqrt(0.01 * 0.99 / 20_000))
    assert (chip.true_conductance()[chip.stuck] == before).all()


@pytest.mark.parametrize(
    "wrong",
    [
        {"cells": np.array([30], np.uint32)},
        {"amplitude": np.nan},
        {"gate": np.inf},
        {"width": 0.0},
        {"width": np.nan},
        {"gap": -1.0},
        {"count": 0},
        {"count": 2**31},
        {"start": np.array([np.nan])},
    ],
)
def test_a_stimulus_that_makes_no_sense_is_refused_and_changes_nothing(make_chip, wrong):
    chip = make_chip()
    asked = {"cells": one(0, 0), "amplitude": 1.5, "width": 1e-6, "gate": 2.5} | wrong
    before = chip.state.cells.copy()
    with pytest.raises(RangeError, match=r"accepts|the chip has cells"):
        chip.pulse_cells(**asked)

    assert (chip.state.cells == before).all() and len(chip.truth) == 0
