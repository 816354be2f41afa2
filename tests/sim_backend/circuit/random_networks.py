"""Random crossbars of all shapes, with all that can be open, shorted, broken, ideal or afloat."""

import numpy as np
from hypothesis import strategies as st

from labcim.sim_backend.circuit import Network, Solution, Voltages

SIDES = ("left", "right", "top", "bottom")


def around(rng, shape, low, high, odd=(), share=0.15):
    """Return numbers spread over decades low to high, with some of the odd ones among them."""
    values = 10.0 ** rng.uniform(low, high, shape)
    for other in odd:
        values = np.where(rng.random(shape) < share, other, values)
    return values


@st.composite
def networks(draw, most=12, *, open_cells=True, shorts=False, wires=(0.0, np.inf), afloat=True):
    """Draw a network with every resistance and conductance of its own."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    rows, columns = draw(st.integers(1, most)), draw(st.integers(1, most))
    odd_wires = draw(st.lists(st.sampled_from(wires), unique=True)) if wires else []
    odd_cells = ([0.0] if open_cells else []) + ([np.inf] if shorts else [])
    cells = around(rng, (rows, columns), -6, -4, draw(st.sampled_from([odd_cells, []])), 0.1)
    ends = [
        around(rng, count, -1, 3, [np.inf] if afloat else [], 0.3)
        for count in (rows, rows, columns, columns)
    ]
    return Network(
        cells,
        around(rng, (rows, columns + 1), -1, 1.5, odd_wires),
        around(rng, (rows + 1, columns), -1, 1.5, odd_wires),
        *ends,
    )


def voltages_for(network: Network, seed: int = 0, inputs: int | None = None) -> Voltages:
    """Return random voltages between -1 and 1 V for every terminal."""
    rng = np.random.default_rng(seed)
    rows, columns = network.shape
    shapes = [(n,) if inputs is None else (inputs, n) for n in (rows, rows, columns, columns)]
    return Voltages(*(rng.uniform(-1, 1, shape) for shape in shapes))


def terminal_currents(solution: Solution) -> np.ndarray:
    """Return A from all terminals into the network, side after side."""
    return np.concatenate([getattr(solution, side) for side in SIDES], axis=-1)
