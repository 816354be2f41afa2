"""Phase change through the board: what a chip's wires may and may not change."""

import numpy as np
import pytest
from board_bench import board_on

from labcim.capabilities import Train

RESETS = [Train(-1.6, 1e-6, gate=4.0), Train(-1.6, 1e-6, gate=4.0, count=3)]
SETS = [
    Train(-2.6, 50e-9, gate=5.0),
    Train(1.2, 1e-6, gate=3.0),
    Train(1.2, 1e-6, gate=3.0, count=4),
]


@pytest.mark.parametrize("trains", [RESETS, SETS], ids=["resets", "sets"])
def test_repeated_pulses_scatter_alike_on_ideal_and_on_all_but_ideal_lines(tmp_path, trains):
    """The last digit of a voltage must not decide whether a cell is written anew."""
    held = []
    for name, wires in (("ideal", ""), ("wired", "[chip.wires]\nrow = 1e-3\ncolumn = 1e-3\n")):
        (tmp_path / name).mkdir()
        with board_on(tmp_path / name, "pcm-mushroom", 24, 24, end=wires) as (simulated, board, _):
            board.enabled = True
            for train in trains:
                board.pulse(board.topology.all_cells(), train)
            held.append(simulated.chip.true_conductance())
    ideal, wired = held
    error = np.hypot(ideal.std(), wired.std()) / np.sqrt(ideal.size)

    assert abs(ideal.mean() - wired.mean()) < error
    np.testing.assert_allclose(wired, ideal, rtol=1e-3)
