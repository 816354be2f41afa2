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
{board}

[[instrument]]
name = "clock"
model = "clock"
address = "TCPIP0::clock::inst0::INSTR"
"""


@contextmanager
def board_on(
    folder: Path, preset: str, rows: int, columns: int, *, seed: int = 1, more: str = "",
    low: float = 0.0, high: float = 4.0, gate: float = 5.0, current: float = 10e-3,
    gate_low: float = 0.0, board: str = "", end: str = "",
) -> Iterator[tuple[SimulatedBench, CrossbarBoard, SimulatedClock]]:  # fmt: skip
    """Give the simulated bench, the board's driver and the clock's.

    more: lines of the chip file's [chip] table.  board: of the board's table.  end: at the end.
    low, high, gate_low, gate, current: V, A, limits of lines and gates.
    """
    path = folder / f"{preset}-{rows}x{columns}-{seed}.toml"
    text = _CHIP.format(
        preset=preset, rows=rows, columns=columns, seed=seed, more=more, board=board
    )
    path.write_text(f"{text}\n{end}\n", encoding="utf-8")
    limits = {
        "row": TerminalLimits(low=low, high=high, current=current),
        "column": TerminalLimits(low=low, high=high, current=current),
        "gate": TerminalLimits(low=gate_low, high=gate, gate=True),
    }
    simulated = SimulatedBench.shared(path)
    driver = CrossbarBoard(VisaTransport("TCPIP0::board::inst0::INSTR", f"{path}@labcim"), limits)
    clock = SimulatedClock(VisaTransport("TCPIP0::clock::inst0::INSTR", f"{path}@labcim"))
    try:
        driver.initialise()
        yield simulated, driver, clock
    finally:
        driver.close()
        clock.close()
        simulated.close()
