"""The table of the RPU target device, as a board finds it out (D26)."""

import numpy as np
import pytest
from board_bench import board_on

from labcim.capabilities import Train
from labcim.sim_backend.devices.preset import load_preset

GATE, READ, STEP = 3.0, 0.2, 1e-6
TEN = 10 * STEP  # a pulse that is worth ten steps


class Characterisation:
    """Readings and pulses of a board, in S and in steps; no look at the truth."""

    def __init__(self, board):
        self.board, self.cells = board, board.topology.all_cells()
        board.aperture = 1e-3

    def conductance(self):
        found = self.board.read(self.cells, READ, gate=GATE)
        assert found.good.all()
        return found.conductance

    def pulse(self, volts, steps, width=TEN):
        count = round(steps * STEP / width)
        self.board.pulse(self.cells, Train(volts, width, GATE, count=count))

    def table(self):
        """Return the table: each cell's average resistance, on/off, step, levels."""
        self.pulse(-1.0, 1500, 1500 * STEP)
        off = self.conductance()
        self.pulse(1.0, 600)
        step = (self.conductance() - off) / 600
        self.pulse(1.0, 1000, 1000 * STEP)
        on = self.conductance()
        levels = (on - off) / step
        ohms = (1.0 / off - 1.0 / on) / levels  # mean change of a cell's resistance, all the way
        return {"resistance": 2.0 / (on + off), "on_off": on / off, "levels": levels, "step": ohms}

    def half_select(self):
        """Return what a pulse of half the voltage does, as a fraction of a whole one's step."""
        self.pulse(-1.0, 500, 500 * STEP)
        start = self.conductance()
        self.pulse(0.5, 1000, 1000 * STEP)
        half = self.conductance()
        self.pulse(1.0, 100)
        whole = self.conductance() - half
        self.pulse(-1.0, 300)
        return np.mean(half - start) / 1000 / (np.mean(whole) / 100)

    def up_down(self):
        """Return the ratio of up and down steps of each cell, below the middle of its window."""
        before = self.conductance()
        self.pulse(1.0, 250)
        top = self.conductance()
        self.pulse(-1.0, 250)
        return (top - before) / (top - self.conductance())


@pytest.fixture(scope="module")
def found(tmp_path_factory):
    with board_on(tmp_path_factory.mktemp("rpu"), "rpu-target", 64, 64, seed=5) as (_, board, _):
        seen = Characterisation(board)
        table = seen.table()
        half = seen.half_select()
        return table, half, [np.mean([seen.up_down() for _ in range(3)], axis=0) for _ in range(2)]


WANTED = load_preset("rpu-target").reference


@pytest.mark.parametrize("entry", ["resistance", "on_off", "step", "levels"])
def test_d26_a_board_finds_the_entries_of_the_table_within_five_percent(found, entry):
    assert np.mean(found[0][entry]) == pytest.approx(WANTED[entry], rel=0.05)


@pytest.mark.parametrize(("entry", "unit"), [("resistance", 1.0), ("step", 100e3)])
def test_d26_a_board_finds_the_spreads_of_the_table_within_five_percent(found, entry, unit):
    """7 MOhm of the resistance, 30 % of the step."""
    spread = np.std(found[0][entry]) / unit
    assert spread == pytest.approx(WANTED[f"{entry}_spread"], rel=0.05)


def test_d26_half_the_voltage_moves_a_cell_by_10_kilohm(found):
    table, half, _ = found
    assert half * np.mean(table["step"]) == pytest.approx(WANTED["half_select_step"], rel=0.05)
    assert half == pytest.approx(0.1, rel=0.05)


def test_d26_up_steps_are_larger_by_5_percent_with_a_spread_of_2(found):
    """The spread is that between cells: what two measurements of them have in common."""
    first, again = found[2]
    assert np.mean([first, again]) == pytest.approx(WANTED["up_down_ratio"], rel=0.05)
    common = np.sqrt(np.cov(first, again)[0, 1]) / np.mean([first, again])
    assert common == pytest.approx(WANTED["up_down_ratio_spread"], rel=0.05)
