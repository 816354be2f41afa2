"""Learning by updates on the board: the parallel one against pulses cell by cell (P5, P6)."""

import numpy as np
from board_bench import board_on

from labcim.capabilities import Coding, Overlap, Train

ROWS, COLUMNS, SAMPLES, SLOTS = 8, 4, 120, 10
GATE = 3.0
CODING = Coding(gate=GATE, pulse=1e-3, output_bits=16)


def steps_of(simulated):
    """Return the mean step of the cells in S: 8 uS over a range of 2, 2e-4 a step."""
    p = simulated.chip.state.parameters[0]
    return float((p["highest"] - p["lowest"]) / (p["w_max"] - p["w_min"]) * p["dw_min"])


class Teacher:
    """A linear task: the chip's deviations from its start shall become ``wanted``, in steps."""

    def __init__(self, seed):
        random = np.random.default_rng(seed)
        self.wanted = random.uniform(-300.0, 300.0, (ROWS, COLUMNS))
        self.inputs = random.uniform(-1.0, 1.0, (SAMPLES, ROWS))
        self.test = random.uniform(-1.0, 1.0, (60, ROWS))

    def train(self, simulated, board, update):
        """Learn sample by sample; return the loss of the test set now and then."""
        step = steps_of(simulated)
        start = board.multiply(np.eye(ROWS), CODING).current / CODING.voltage
        losses = []
        for number, x in enumerate(self.inputs):
            if number % 40 == 0:
                losses.append(self._loss(board, start, step))
            found = board.multiply(x[None], CODING).current[0] / CODING.voltage
            error = x @ self.wanted - (found - x @ start) / step  # in steps
            update(board, number, x, np.clip(error / 500.0, -1.0, 1.0))
        return [*losses, self._loss(board, start, step)]

    def _loss(self, board, start, step):
        found = board.multiply(self.test, CODING).current / CODING.voltage
        off = self.test @ self.wanted - (found - self.test @ start) / step
        return float(np.mean(off**2))


RATE = 4  # samples of ten slots: 40 steps where both values are 1


def in_parallel(board, number, x, d):
    """P5: one request for all cells."""
    overlap = Overlap(
        1.0, -1.0, 1e-6, SLOTS, gate_up=GATE, gate_down=GATE, seed=5, first=RATE * number
    )
    board.update(np.tile(x, (RATE, 1)), np.tile(d, (RATE, 1)), overlap)


def column_by_column(board, number, x, d):
    """P6: each cell gets its own number of pulses; the board opens one gate after the other."""
    random = np.random.default_rng([number, 7])
    counts = RATE * SLOTS * np.outer(x, d)
    whole = np.floor(np.abs(counts) + random.uniform(size=counts.shape)).astype(int)
    signed = (np.sign(counts) * whole).astype(int).ravel()
    for count in np.unique(np.abs(signed[signed != 0])):
        cells = np.flatnonzero(np.abs(signed) == count).astype(np.uint32)
        volts = np.sign(signed[cells]).astype(float)
        board.pulse(cells, Train(volts, 1e-6, GATE, count=int(count)))


def test_p6_updates_column_by_column_learn_as_parallel_ones_do_and_their_pulses_are_counted(
    tmp_path,
):
    """Loss curves of three tasks: equal within the scatter of tasks, and as many pulses."""
    losses, pulses = {}, {}
    for name, update in (("parallel", in_parallel), ("digital", column_by_column)):
        losses[name], pulses[name] = [], []
        for seed in (1, 2, 3):
            folder = tmp_path / f"{name}{seed}"
            folder.mkdir()
            with board_on(folder, "idealized-steps", ROWS, COLUMNS, seed=seed) as bench:
                simulated, board, _ = bench
                losses[name].append(Teacher(seed).train(simulated, board, update))
                pulses[name].append(len(simulated.chip.truth.pulses()))
    curves = {name: np.log10(np.array(found)) for name, found in losses.items()}
    gap = curves["parallel"] - curves["digital"]
    for curve in curves.values():
        assert (curve[:, -1] < curve[:, 0] - 1.0).all()  # the loss has fallen tenfold
    scatter = np.concatenate(list(curves.values())).std(axis=0, ddof=1)
    assert (np.abs(gap.mean(axis=0)) < scatter).all()
    counted = [np.mean(pulses[name]) for name in ("parallel", "digital")]
    assert abs(counted[0] / counted[1] - 1.0) < 0.05
