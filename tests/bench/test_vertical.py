"""Vertical RRAM (D20) through the board: addresses, sneak paths, a matrix on each layer."""

import numpy as np
import pytest

from labcim.capabilities import Coding, Topology, Train
from labcim.errors import RangeError
from labcim.instruments.crossbar_board import CrossbarBoard
from labcim.limits import TerminalLimits
from labcim.programming.vertical import Vertical, sneak_conductance
from labcim.sim_backend.bench import SimulatedBench
from labcim.transport import VisaTransport

STACK = Vertical(layers=6, rows=4, columns=5)
CHIP = """
[chip]
preset = "taox-passive"
rows = 6
columns = 20
kind = "passive"
seed = {seed}
formed = true
stuck = 0.0
{rest}
[[instrument]]
name = "board"
model = "crossbar_board"
address = "TCPIP0::board::inst0::INSTR"
"""
# A pillar has 5 ohm from layer to layer, a plane next to nothing.
WIRES = "[chip.wires]\nrow = 0.05\ncolumn = 5.0\ndriver = 5.0\nsense = 1.0\n"
LIMITS = {name: TerminalLimits(low=0.0, high=4.0, current=10e-3) for name in ("row", "column")}


@pytest.fixture
def stack(tmp_path):
    """Make a stack on a board; give (simulated bench, board)."""
    opened = []

    def made(rest=WIRES, seed=4):
        path = tmp_path / f"stack{len(opened)}.toml"
        path.write_text(CHIP.format(rest=rest, seed=seed))
        simulated = SimulatedBench.shared(path)
        transport = VisaTransport("TCPIP0::board::inst0::INSTR", f"{path}@labcim")
        board = CrossbarBoard(transport, LIMITS)
        board.initialise()
        opened.append((simulated, board))
        return simulated, board

    yield made
    for simulated, board in opened:
        board.close()
        simulated.close()


def test_d20_a_cell_is_where_its_plane_meets_its_pillar(stack):
    simulated, board = stack()
    STACK.check(board.topology)
    board.pulse(STACK.cells(4, 2, 3), Train(2.4, 1e-6))
    pulses = simulated.truth.pulses()
    full = pulses["cell"][pulses["amplitude"] > 2.0]
    layers, rows, columns = STACK.places(pulses["cell"])

    assert full.tolist() == [4 * 20 + 2 * 5 + 3]
    on_pillar = (rows == 2) & (columns == 3)
    assert ((layers == 4) | on_pillar).all()  # half-selected: its plane, and its pillar
    assert on_pillar.sum() == 6 and len(pulses) == 6 + 19


def test_d20_addresses_go_there_and_back_and_none_beyond():
    every = np.arange(120, dtype=np.uint32)
    layers, rows, columns = STACK.places(every)
    assert (STACK.cells(layers, rows, columns) == every).all()
    assert STACK.layer(every.astype(float), 2).tolist()[1][0] == 2 * 20 + 5
    for wrong in ((6, 0, 0), (0, 4, 0), (0, 0, -1)):
        with pytest.raises(RangeError, match="accepts 0 to"):
            STACK.cells(*wrong)
    with pytest.raises(RangeError, match="20 columns"):
        STACK.check(Topology(6, 20))


@pytest.mark.parametrize("spread", [0.0, 0.3])
def test_d20_the_sneak_path_model_foretells_readings_with_floating_lines(stack, spread):
    """Exact for equal cells; within 10 % where they differ by 30 %."""
    simulated, board = stack("")
    simulated.chip.state.parameters["nonlinearity"] = 0.0
    drawn = np.random.default_rng(1).normal(0.0, spread, 120)
    simulated.chip.state.cells["conductance"] = 40e-6 * np.exp(drawn)
    simulated.chip.state.cells["relaxation"] = 0.0
    told = sneak_conductance(simulated.chip.true_conductance().reshape(6, 20)).ravel()
    board.bias(readings="float")
    cells = STACK.cells(np.arange(6), 1, np.arange(6) % 5)
    read = np.array([board.read(cells[k : k + 1], 0.1, averages=2000).conductance[0]
                     for k in range(6)])  # fmt: skip

    assert (read > 3.0 * simulated.chip.true_conductance(cells)).all()
    assert read == pytest.approx(told[cells], rel=0.01 if spread == 0.0 else 0.1)


@pytest.mark.parametrize("seed", [4, 5, 6])
def test_d20_each_layer_multiplies_within_three_percent(stack, seed):
    """Inputs on the pillars, as times; every plane is a sensed output at the same level."""
    simulated, board = stack(seed=seed)
    simulated.chip.state.cells["conductance"] = np.random.default_rng(seed).uniform(5e-6, 9e-5, 120)
    inputs = np.random.default_rng(seed + 10).uniform(-1.0, 1.0, (16, 20))
    coding = Coding(voltage=0.2, coding="width", pulse=20e-6, output_bits=12)
    found = board.multiply_transposed(inputs, coding)
    cells = simulated.chip.true_conductance().reshape(6, 20)
    wanted = 0.2 * inputs @ cells.T

    assert not found.flags.any()
    error = np.sqrt(np.mean((found.current - wanted) ** 2, axis=0) / np.mean(wanted**2, axis=0))
    assert error.max() <= 0.03
    assert cells[3] == pytest.approx(STACK.layer(simulated.chip.true_conductance(), 3).ravel())
