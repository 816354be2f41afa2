"""Products and updates of whole arrays on the simulated board, each cell with noise of its own."""

import numpy as np
import pytest
from benchmarks.figures import Figure

from labcim.capabilities import Coding, Overlap
from labcim.instruments.crossbar_board import CrossbarBoard
from labcim.sim_backend.bench import SimulatedBench
from labcim.transport import VisaTransport

WIRES = "[chip.wires]\nrow = 1.0\ncolumn = 1.0\ndriver = 10.0\nsense = 10.0\n"
ADDRESS = "TCPIP0::board::inst0::INSTR"


@pytest.fixture
def board_with(tmp_path):
    """Make a board with a formed 1T1R chip of that preset and size; close both at the end."""
    opened = []

    def make(preset, size, rest=""):
        path = tmp_path / "chip.toml"
        path.write_text(
            f'[chip]\npreset = "{preset}"\nrows = {size}\ncolumns = {size}\nformed = true\n'
            f'stuck = 0.0\n{rest}\n[[instrument]]\nname = "board"\nmodel = "crossbar_board"\n'
            f'address = "{ADDRESS}"\n'
        )
        simulated = SimulatedBench.shared(path)
        board = CrossbarBoard(VisaTransport(ADDRESS, f"{path}@labcim"))
        opened.extend([board, simulated])
        board.initialise()
        return board

    yield make
    for one in opened:
        one.close()


@pytest.mark.parametrize(
    ("preset", "size", "batch", "rest"),
    [
        ("ecram-metal-oxide", 1024, 128, ""),
        ("neurram-130nm", 1024, 128, ""),
        ("neurram-130nm", 256, 1000, WIRES),
    ],
)
def bench_a_product_through_the_board(benchmark, figures, board_with, preset, size, batch, rest):
    board = board_with(preset, size, rest)
    inputs = np.random.default_rng(1).uniform(-1.0, 1.0, (batch, size))
    benchmark.pedantic(lambda: board.multiply(inputs, Coding(gate=3.0)), rounds=3, warmup_rounds=1)
    wires = ", wires of 1 Ω" if rest else ""
    what = f"product {size}×{size}, batch {batch}, through the board, {preset}{wires}"
    figures.add(Figure(what, benchmark.stats.stats.median))


def bench_an_update_through_the_board(benchmark, figures, board_with):
    board = board_with("ecram-metal-oxide", 256)
    random = np.random.default_rng(1)
    rows, columns = random.uniform(-1.0, 1.0, (2, 1, 256))
    overlap = Overlap(1.0, -1.0, gate_up=3.0, gate_down=3.0)
    benchmark.pedantic(lambda: board.update(rows, columns, overlap), rounds=5, warmup_rounds=1)
    updated = board.update(rows, columns, overlap)
    pulses = int(updated.up.sum() + updated.down.sum())
    what = f"update 256×256 of 31 slots through the board, {pulses} pulses logged"
    figures.add(Figure(what, benchmark.stats.stats.median))
