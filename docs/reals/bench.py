"""A simulated chip with given constants, measured through its board as the real one was."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import tomli_w

import labcim
from labcim.app.bench import Bench
from labcim.capabilities import Cells, Train
from labcim.sim_backend.devices.preset import load_preset

PRESET = "oxram-1t1r-64k"
SET = Train(3.0, 1e-6, gate=1.3)  # BL 3.0 V, WL 1.3 V
RESET = Train(-3.5, 1e-6, gate=3.0)  # SL 3.5 V, WL 3.0 V
READ, READ_GATE = 0.2, 2.5
AVERAGES = 100  # of 10 us: 1 ms, as 1,000 samples at 1 MS/s
LAST = 50  # cycles

LIMITS = """
cells = "board"
clock = "clock"
[bench]
name = "reals"
visa = "chip.toml@labcim"
[chip]
identity = "twin"
rows = {side}
columns = {side}
[chip.limits]
row = {{ low = "0 V", high = "4 V", current = "10 mA" }}
column = {{ low = "0 V", high = "4 V", current = "100 mA" }}
gate = {{ low = "0 V", high = "5.5 V", current = "1 mA" }}
[instruments.board]
driver = "crossbar_board"
address = "TCPIP0::board::inst0::INSTR"
[instruments.clock]
driver = "simulated_clock"
address = "TCPIP0::clock::inst0::INSTR"
"""


@contextmanager
def opened(
    folder: Path, constants: dict, *, side: int, seed: int, formed: bool = True
) -> Iterator[Bench]:
    """Make a chip of side x side cells, none of them dead, and open its bench."""
    folder.mkdir(parents=True)
    names = {"board": "crossbar_board", "clock": "clock"}
    chip = {
        "chip": {
            "preset": PRESET, "rows": side, "columns": side, "seed": seed,
            "stuck": 0.0, "formed": formed, "constants": constants,
        },
        "state": {"truth": "pulses"},
        "instrument": [
            {"name": name, "model": model, "address": f"TCPIP0::{name}::inst0::INSTR"}
            for name, model in names.items()
        ],
    }  # fmt: skip
    (folder / "chip.toml").write_text(tomli_w.dumps(chip), encoding="utf-8")
    (folder / "bench.toml").write_text(LIMITS.format(side=side), encoding="utf-8")
    with labcim.open_bench(folder / "bench.toml", record=folder / "record.sqlite") as bench:
        yield bench


def cycled(cells: Cells, kept: tuple[int, ...]) -> tuple[np.ndarray, np.ndarray]:
    """Cycle all cells to the last of ``kept``; return S of both states then, (cells, kept)."""
    everyone = cells.topology.all_cells()
    low, high = [], []
    for cycle in range(1, max(kept) + 1):
        cells.pulse(everyone, SET)
        if cycle in kept:
            low.append(seen(cells))
        cells.pulse(everyone, RESET)
        if cycle in kept:
            high.append(seen(cells))
    return np.column_stack(low), np.column_stack(high)


def seen(cells: Cells, voltage: float = READ) -> np.ndarray:
    """Return conductances in S of all cells; an unusable reading ends it."""
    readings = cells.read(cells.topology.all_cells(), voltage, gate=READ_GATE, averages=AVERAGES)
    if readings.flags.any():
        raise SystemExit(f"{int((readings.flags != 0).sum())} readings at {voltage} V are flagged")
    return readings.conductance


def gates_for(constants: dict, conductance: np.ndarray) -> np.ndarray:
    """Return the gates in V whose saturation current leaves nominal cells at ``conductance`` S."""
    preset = load_preset(PRESET).changed(constants=constants)
    compliance, transistor = preset.compliance, preset.transistor
    current = conductance * compliance.compliance_voltage
    return transistor.gate_threshold + np.sqrt(2.0 * current / transistor.beta)


def written(cells: Cells, constants: dict, conductance: np.ndarray) -> None:
    """RESET all cells, and SET each to about its conductance in S by the gate that allows it."""
    everyone = cells.topology.all_cells()
    cells.pulse(everyone, SET)
    cells.pulse(everyone, Train(-3.5, 1e-6, gate=4.0))
    cells.pulse(everyone, Train(3.0, 1e-6, gate=gates_for(constants, conductance)))
