"""A simulated board with a chip of binary cells, whose truth can be set and seen."""

from pathlib import Path

import numpy as np

from labcim.capabilities import Topology
from labcim.instruments.crossbar_board import CrossbarBoard
from labcim.limits import TerminalLimits
from labcim.sim_backend.bench import SimulatedBench
from labcim.transport import VisaTransport

ONE, ZERO = 40e-6, 0.4e-6  # S, of the preset's cells
LIMITS = {
    "row": TerminalLimits(low=0.0, high=4.0, current=10e-3),
    "column": TerminalLimits(low=0.0, high=4.0, current=10e-3),
    "gate": TerminalLimits(low=0.0, high=5.0, gate=True),
}
INSTRUMENT = """
[[instrument]]
name = "board"
model = "crossbar_board"
address = "TCPIP0::board::inst0::INSTR"
"""


class LogicBench:
    """Board and chip of one shape; nominal cells unless ``spread`` says otherwise."""

    def __init__(self, folder: Path, rows: int, columns: int, **chip: object) -> None:
        constants = chip.pop("constants", {})
        table = {"preset": "abrupt-binary", "stuck": 0.0, "formed": True, "spread": 0.0, **chip}
        lines = [f"{key} = {_toml(value)}" for key, value in table.items()]
        text = f"[chip]\nrows = {rows}\ncolumns = {columns}\n" + "\n".join(lines)
        text += "\n[chip.constants]\n" + "\n".join(f"{k} = {v}" for k, v in constants.items())
        path = folder / "chip.toml"
        path.write_text(text + INSTRUMENT)
        self.simulated = SimulatedBench.shared(path)
        visa = f"{path}@labcim"
        self.board = CrossbarBoard(VisaTransport("TCPIP0::board::inst0::INSTR", visa), LIMITS)
        self.board.initialise()

    @property
    def topology(self) -> Topology:
        return self.board.topology

    @property
    def conductance(self) -> np.ndarray:
        """Return the true conductance in S, (rows, columns)."""
        chip = self.simulated.chip
        return chip.true_conductance().reshape(chip.rows, chip.columns)

    @property
    def bits(self) -> np.ndarray:
        """Return which cells truly conduct, (rows, columns)."""
        return self.conductance > np.sqrt(ONE * ZERO)

    def hold(self, bits: np.ndarray, one: float = ONE, zero: float = ZERO) -> None:
        """Let the cells truly hold bits, (rows, columns)."""
        cells = self.simulated.chip.state.cells
        cells["conductance"] = np.where(bits, one, zero).ravel()

    def close(self) -> None:
        self.board.close()
        self.simulated.close()


def _toml(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else repr(value).replace("'", '"')
