"""Analog HfO2 behind a board (D1): compliance currents, loops, states, the shape of the current."""

import numpy as np
import pytest
from board_bench import board_on

from labcim.analysis.sweeps import reset_voltage, staircase
from labcim.capabilities import Train

CARD = "hfo2-analog"
CURRENTS = np.linspace(10e-6, 200e-6, 8)
READ_GATE = 2.5
SPREAD = np.hypot(0.10, 0.05)  # V: of thresholds, device to device and cycle to cycle
DWELL, SLOWER = 1e-3, 3 * 0.08  # s; V that a dwell of 1 ms is worth against 1 us


def gate_of(current):
    """Return V on the gate at which the transistor saturates at that current in A."""
    return 0.6 + np.sqrt(2.0 * current / 247e-6)


def conductance(board, cells, volts=0.2, averages=1):
    found = board.read(cells, volts, gate=READ_GATE, averages=averages)
    assert found.good.all()
    return found.conductance


def swept(board, cell, stop, gate, step=0.05, double=True):
    volts = staircase(0.0, stop, step, double=double)
    return board.sweep(int(cell), volts, dwell=DWELL, gate=gate, current_limit=5e-3)


@pytest.fixture
def board(tmp_path):
    with board_on(tmp_path, CARD, 32, 32, seed=3, gate=5.5) as (_, board, _clock):
        board.aperture = 1e-3
        yield board


def test_d1_conductance_is_linear_in_the_compliance_current_of_a_dc_sweep(board):
    """Eight currents, 10 to 200 uA; G = I_C / 0.45 V of nine cells in turn."""
    cells = board.topology.all_cells()[: 9 * 33 : 33]
    reached = []
    for current in CURRENTS:
        for cell in cells:
            swept(board, cell, -3.6, 5.5, step=0.2, double=False)
            swept(board, cell, 3.8, gate_of(current), step=0.1)
        reached.append(np.median(conductance(board, cells)))
    slope, offset = np.polyfit(CURRENTS, reached, 1)
    off_line = np.var(reached - (slope * CURRENTS + offset)) / np.var(reached)

    assert 1.0 - off_line > 0.98
    assert 1.0 / slope == pytest.approx(0.45, rel=0.05)


def test_d1_loops_switch_within_three_sigma_of_the_presets_thresholds(board):
    """SET where a cell that was off triples; RESET where its current is largest; 1 ms a point.

    A SET line begins at its threshold, a RESET line at (500 uS - G) / (800 uS/V) beyond it.
    """
    cells = board.topology.all_cells()[::33]
    board.pulse(cells, Train(-3.6, 1e-3, 5.5))
    before = conductance(board, cells)
    sets, resets = [], []
    for cell, start in zip(cells, before, strict=True):
        up = swept(board, cell, 3.4, gate_of(200e-6))
        risen = up.current > max(3.0 * start, 20e-6) * up.voltage
        if start < 20e-6:
            sets.append(up.voltage[np.argmax(risen & (up.voltage > 0.3))])
        top = conductance(board, np.array([cell], np.uint32))[0]
        down = swept(board, cell, -1.9, READ_GATE, double=False)
        beyond = (500e-6 - top) / 800e-6
        resets.append(-reset_voltage(down.voltage, down.current) - beyond)
    within_set = np.abs(np.array(sets) - (1.55 - SLOWER + 0.05)) < 3.0 * SPREAD + 0.05
    within_reset = np.abs(np.array(resets) - (1.35 - SLOWER)) < 3.0 * SPREAD + 0.05

    assert len(sets) >= 20 and len(resets) == cells.size
    assert within_set.mean() >= 0.97 and within_reset.mean() >= 0.97
    assert np.median(sets) == pytest.approx(1.55 - SLOWER + 0.05, abs=0.1)
    assert np.median(resets) == pytest.approx(1.35 - SLOWER, abs=0.1)


def test_d1_the_medians_of_both_states_are_those_of_the_measured_set(board):
    """7.43 kOhm within 5 %, 156 kOhm within 15 % (1,024 cells, NI-RRAM-Python)."""
    cells = board.topology.all_cells()
    low, high = [], []
    for _ in range(6):
        board.pulse(cells, Train(3.0, 1e-6, 1.3))
        low.append(conductance(board, cells))
        board.pulse(cells, Train(-3.5, 1e-6, 3.0))
        high.append(conductance(board, cells))

    assert 1.0 / np.median(low) == pytest.approx(7430.0, rel=0.05)
    assert 1.0 / np.median(high) == pytest.approx(156e3, rel=0.15)


def test_d1_currents_above_75_microsiemens_are_ohmic_within_5_percent_up_to_300_millivolts(board):
    cells = board.topology.all_cells()
    board.pulse(cells, Train(-3.6, 1e-3, 5.5))
    board.pulse(cells, Train(3.0, 1e-6, 1.3))
    at = {volts: conductance(board, cells, volts, averages=50) for volts in (0.05, 0.3)}
    conducting = at[0.05] > 75e-6
    deviation = at[0.3][conducting] / at[0.05][conducting] - 1.0

    assert conducting.sum() > 900
    assert np.abs(np.median(deviation)) < 0.05
    assert np.percentile(deviation, 90) < 0.05
