"""Flash through a board: its characteristic, pulse and verify, products (D10, P17)."""

import numpy as np
import pytest
from board_bench import board_on

from labcim.capabilities import LineState, Train
from labcim.errors import RangeError

READ, AT = 0.5, 1.4  # V: drain and gate of a verifying read
SLOPE = 1.6 * 8.617333262e-5 * 300.0  # V for a factor e of current
LOG = 0.15  # V of stress for a factor e of speed, as a staircase shows it
GATES, WIDTH = (6.0, -5.0), 1e-5  # to take electrons in, to take them out


class PulseAndVerify:
    """Brings currents to their targets; what it knows of a cell it has read."""

    def __init__(self, board, cells):
        self.board, self.cells = board, cells
        self.reference = np.full((2, len(cells)), 9.5)  # V of stress; too low at first
        self.pulses = np.zeros(len(cells), int)
        self.stress = np.zeros((2, len(cells)))
        board.aperture = 1e-3

    def threshold(self):
        """Return V above the read's gate that the current stands for, of each cell."""
        current = self.board.read(self.cells, READ, gate=AT).current
        return -SLOPE * np.log(np.maximum(current, 1e-11)), current

    def tune(self, targets, within, most=60):
        """Pulse until all currents are within a fraction of their targets; return them."""
        wanted = -SLOPE * np.log(targets)
        now, current = self.threshold()
        for _ in range(most):
            left = np.flatnonzero(np.abs(current / targets - 1.0) > within)
            if not left.size:
                break
            for side, sign in ((0, 1.0), (1, -1.0)):
                at = left[sign * (wanted - now)[left] > 0.0]
                if at.size:
                    self._push(side, sign, at, now, 0.7 * np.abs(wanted - now))
            before, (now, current) = now, self.threshold()
            self._learn(before, now)
        return current

    def _push(self, side, sign, at, now, change):
        speed = LOG * np.log(np.expm1(np.minimum(change[at], 1.0) / LOG))
        stress = np.clip(sign * now[at] + self.reference[side, at] + speed, 8.5, 14.0)
        gate = GATES[side]
        drain = np.clip(stress - gate if side == 0 else stress + gate, 2.6, 7.5)
        self.board.pulse(self.cells[at], Train(-sign * drain, WIDTH, gate))
        self.stress[side, at] = drain + abs(gate)
        self.pulses[at] += 1

    def _learn(self, before, now):
        """Take a new reference where a cell has moved: what its last stress must have met."""
        for side, sign in ((0, 1.0), (1, -1.0)):
            moved, stress = sign * (now - before), self.stress[side]
            known = (moved > 2e-4) & (stress > 0.0)
            speed = LOG * np.log(np.expm1(np.maximum(moved, 1e-6) / LOG))
            self.reference[side, known] = (stress - sign * before - speed)[known]
            self.reference[side, ~known & (stress > 0.0)] += LOG
        self.stress[:] = 0.0


@pytest.fixture
def flash(tmp_path):
    more = 'gate_along = "row"'
    with board_on(
        tmp_path, "nor-flash", 32, 16, seed=3, more=more, high=8.0, gate=6.0, gate_low=-6.0
    ) as opened:
        yield opened


def test_d10_log_current_is_linear_in_the_gate_over_five_decades(flash):
    _, board, _ = flash
    cells = board.topology.all_cells()[:64]
    board.aperture = 1e-3
    gates = np.arange(1.0, 1.7, 0.0025)
    currents = np.array([board.read(cells, READ, gate=g).current for g in gates])
    for seen in currents.T:
        used = (seen > 40e-12) & (seen < 5e-6)
        assert seen[used].max() / seen[used].min() >= 1e5
        slope, level = np.polyfit(gates[used], np.log10(seen[used]), 1)
        assert 1.0 / slope == pytest.approx(SLOPE * np.log(10.0), rel=0.03)
        assert np.abs(np.log10(seen[used]) - slope * gates[used] - level).max() < 0.15


def test_d10_pulses_and_reads_bring_currents_to_2_percent_of_their_targets(flash):
    simulated, board, _ = flash
    cells = board.topology.all_cells()
    targets = np.random.default_rng(1).uniform(10e-9, 1000e-9, len(cells))
    tuner = PulseAndVerify(board, cells)
    tuner.tune(targets, 0.015)
    true = simulated.chip.true_conductance() * READ

    assert np.mean(np.abs(true / targets - 1.0) < 0.02) >= 0.99
    assert tuner.pulses.mean() < 20


def test_p17_products_with_gate_coded_inputs_are_right_to_2_percent(flash):
    """The inputs' gate voltages are those that a cell of weight 1 needs, as in a current mirror."""
    _, board, _ = flash
    random = np.random.default_rng(2)
    weights = random.uniform(0.05, 1.0, (32, 16))
    weights[0, 0] = 1.0
    full = 30e-9
    PulseAndVerify(board, board.topology.all_cells()).tune(full * weights.ravel(), 0.012)
    gates = np.arange(1.2, 1.4201, 0.01)
    mirror = [board.read(np.array([0], np.uint32), READ, gate=g).current[0] for g in gates]
    found, wanted = [], []
    for inputs in random.uniform(0.02, 1.0, (20, 32)):
        coded = np.interp(np.log(inputs * full), np.log(mirror), gates)
        state = LineState(np.full(32, READ), np.zeros(16), coded, 1e-3)
        found.append(-board.apply([state])[0].columns)
        wanted.append(inputs @ weights * full)
    error = np.sqrt(np.mean((np.array(found) - wanted) ** 2) / np.mean(np.square(wanted)))

    assert error <= 0.02


def test_a_gate_beyond_its_window_is_refused_before_anything_is_sent(flash):
    _, board, _ = flash
    with pytest.raises(RangeError, match="gate"):
        board.pulse(board.topology.all_cells(), Train(-5.0, WIDTH, 6.5))
