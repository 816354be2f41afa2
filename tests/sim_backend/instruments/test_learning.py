"""A chip of pulse-law cells learns through a board: products, errors, parallel updates."""

import numpy as np
import pytest
from board_bench import board_on

from labcim.capabilities import Coding, Overlap

INPUTS, OUTPUTS = 8, 4
CODING = Coding(voltage=0.2, bits=8, gate=3.0, signs="phases", output_bits=14)


class Delta:
    """The delta rule on a chip, whose conductances count from the middle of their window."""

    def __init__(self, board, middle, span, seed):
        self.board, self.middle, self.span = board, middle, span
        self.random, self.seen = np.random.default_rng(seed), 0
        self.wanted = self.random.uniform(-0.4, 0.4, (INPUTS, OUTPUTS))

    def outputs(self, inputs):
        """Return inputs @ weights, weights from -1 to 1 over the window."""
        found = self.board.multiply(inputs, CODING)
        assert not found.flags.any()
        current = found.current / CODING.voltage
        return (current - inputs.sum(axis=1, keepdims=True) * self.middle) / self.span

    def learn(self, samples, gain):
        for _ in range(samples):
            inputs = self.random.uniform(-1.0, 1.0, (1, INPUTS))
            off = inputs @ self.wanted - self.outputs(inputs)
            overlap = Overlap(1.0, -1.0, 1e-6, gate_up=3.0, gate_down=5.0, first=self.seen)
            self.board.update(inputs, np.clip(gain * off, -1.0, 1.0), overlap)
            self.seen += 1


@pytest.mark.parametrize(
    ("preset", "middle", "span", "left"),
    [
        ("gokmen-vlasov", 5e-6, 4e-6, 0.03),
        ("rpu-target", 40.8e-9, 31.9e-9, 0.06),
        ("reram-es", 50e-6, 40e-6, 0.6),
    ],
)
def test_a_chip_learns_a_linear_map_through_products_and_parallel_updates(
    tmp_path, preset, middle, span, left
):
    """left: of the squared error of the true weights; a write of `reram-es` is off by 0.1 each."""
    with board_on(tmp_path, preset, INPUTS, OUTPUTS, seed=4) as (simulated, board, _):
        delta = Delta(board, middle, span, seed=1)
        delta.learn(400, 1.0)
        weights = (simulated.chip.true_conductance().reshape(INPUTS, OUTPUTS) - middle) / span

    assert np.mean((weights - delta.wanted) ** 2) < left * np.mean(delta.wanted**2)
