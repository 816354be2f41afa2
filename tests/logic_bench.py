"""A simulated board with a chip of binary cells, whose truth can be set and seen."""

from pathlib import Path
from typing import Any

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
INSTRUMENTS = """

[[instrument]]
name = "board"
model = "crossbar_board"
address = "TCPIP0::board::inst0::INSTR"

[[instrument]]
name = "clock"
model = "clock"
address = "TCPIP0::clock::inst0::INSTR"
"""


BENCH = """
cells = "board"
clock = "clock"

[bench]
name = "logic bench"
visa = "chip.toml@labcim"

[chip]
identity = "logic"
rows = {rows}
columns = {columns}
gate_along = "{gate_along}"
set_terminal = "{set_terminal}"

[chip.limits]
row = {{ high = "4 V", current = "20 mA" }}
column = {{ high = "4 V", current = "20 mA" }}
gate = {{ high = "5.5 V" }}

[instruments.board]
driver = "crossbar_board"
address = "TCPIP0::board::inst0::INSTR"

[instruments.clock]
driver = "simulated_clock"
address = "TCPIP0::clock::inst0::INSTR"
"""


def write_bench(folder: Path, rows: int, columns: int, **chip: Any) -> Path:
    """Write a chip of binary cells, nominal unless ``spread`` says otherwise, and its bench file.

    constants: those of the preset that are others.  Returns the bench file's path.
    """
    folder.mkdir(parents=True, exist_ok=True)
    constants = chip.pop("constants", {})
    table = {"preset": "abrupt-binary", "stuck": 0.0, "formed": True, "spread": 0.0, **chip}
    lines = [f"{key} = {_toml(value)}" for key, value in table.items()]
    text = f"[chip]\nrows = {rows}\ncolumns = {columns}\n" + "\n".join(lines)
    text += "\n[chip.constants]\n" + "\n".join(f"{k} = {v}" for k, v in constants.items())
    (folder / "chip.toml").write_text(text + INSTRUMENTS)
    ways = {"gate_along": "column", "set_terminal": "row"}
    told = {key: chip.get(key, way) for key, way in ways.items()}
    (folder / "bench.toml").write_text(BENCH.format(rows=rows, columns=columns, **told))
    return folder / "bench.toml"


class LogicBench:
    """Board and chip of one shape, without a station around them; see `write_bench`."""

    def __init__(self, folder: Path, rows: int, columns: int, **chip: Any) -> None:
        path = write_bench(folder, rows, columns, **chip).with_name("chip.toml")
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


def _toml(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else repr(value).replace("'", '"')
