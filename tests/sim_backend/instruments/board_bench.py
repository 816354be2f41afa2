"""A board on a new chip of any preset, reached as hardware is: driver, PyVISA, simulated board."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from labcim.instruments.crossbar_board import CrossbarBoard
from labcim.instruments.simulated_clock import SimulatedClock
from labcim.limits import TerminalLimits
from labcim.sim_backend.bench import SimulatedBench
from labcim.transport import VisaTransport

_CHIP = """
[chip]
preset = "{preset}"
rows = {rows}
columns = {columns}
seed = {seed}
formed = true
stuck = 0.0
{more}

[[instrument]]
name = "board"
model = "crossbar_board"
address = "TCPIP0::board::inst0::INSTR"

[[instrument]]
name = "clock"
model = "clock"
address = "TCPIP0::clock::inst0::INSTR"
"""


@contextmanager
def board_on(
    folder: Path, preset: str, rows: int, columns: int, *, seed: int = 1, more: str = "",
    high: float = 4.0, gate: float = 5.0,
) -> Iterator[tuple[SimulatedBench, CrossbarBoard, SimulatedClock]]:  # fmt: skip
    """Give the simulated bench, the board's driver and the clock's.

    more: lines of the chip file's [chip] table.  high, gate: V, limits of lines and gates.
    """
    path = folder / f"{preset}-{rows}x{columns}-{seed}.toml"
    text = _CHIP.format(preset=preset, rows=rows, columns=columns, seed=seed, more=more)
    path.write_text(text, encoding="utf-8")
    limits = {
        "row": TerminalLimits(low=0.0, high=high, current=10e-3),
        "column": TerminalLimits(low=0.0, high=high, current=10e-3),
        "gate": TerminalLimits(low=0.0, high=gate, gate=True),
    }
    simulated = SimulatedBench.shared(path)
    board = CrossbarBoard(VisaTransport("TCPIP0::board::inst0::INSTR", f"{path}@labcim"), limits)
    clock = SimulatedClock(VisaTransport("TCPIP0::clock::inst0::INSTR", f"{path}@labcim"))
    try:
        board.initialise()
        yield simulated, board, clock
    finally:
        board.close()
        clock.close()
        simulated.close()
