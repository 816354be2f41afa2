"""What `labcim chip new | copy | reset | heat | show` do."""

import shutil
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from labcim.errors import RangeError, RecordError
from labcim.units import show

from .chip_file import ChipFile
from .crossbar import CrossbarChip
from .holding import hold
from .state import create
from .state_files import COLDEST, HOTTEST
from .truth import Truth
from .wafer import made_dies

LONGEST_BAKE = 1e10  # s: three centuries


@dataclass(frozen=True, slots=True)
class ChipSummary:
    """What a chip is and how it stands. conductance_*: quartiles in S of formed cells, or NaN."""

    path: Path
    preset: str
    rows: int
    columns: int
    seed: int
    time: float
    formed: int
    stuck: int
    pulses: int
    reads: int
    actions: int
    conductance_quartiles: tuple[float, float, float]
    read_voltage: float
    read_gate: float


NEW_CHIP = """\
# What *is*, for the simulator. See the guide for all keys.
[chip]
preset = "{preset}"
rows = {rows}
columns = {columns}
seed = {seed}
stuck = 0.01

[[instrument]]
name = "board"
model = "crossbar_board"
address = "TCPIP0::board::inst0::INSTR"

[[instrument]]
name = "clock"
model = "clock"
address = "TCPIP0::clock::inst0::INSTR"
"""


def new_chip(
    path: Path, *, preset: str = "neurram-130nm", rows: int = 64, columns: int = 64, seed: int = 1
) -> ChipFile:
    """Write a chip file with a crossbar board, if there is none, and make the chip's state.

    Raises RecordError where the chip has a state already, RecipeError for an invalid chip file.
    """
    if not path.exists():
        text = NEW_CHIP.format(preset=preset, rows=rows, columns=columns, seed=seed)
        path.write_text(text, encoding="utf-8")
    chip_file = ChipFile.load(path)
    create(chip_file)
    return chip_file


def copy_chip(source: Path, target: Path) -> ChipFile:
    """Copy a chip file and its state: a second chip that stands exactly where the first does."""
    original = ChipFile.load(source)
    if target.exists():
        raise RecordError(f"{target} exists already")
    shutil.copyfile(source, target)
    twin = ChipFile.load(target)
    if twin.state_folder.exists():
        target.unlink()
        raise RecordError(f"{twin.state_folder} exists already")
    with hold(original.state_folder):
        shutil.copytree(original.state_folder, twin.state_folder)
    return twin


def reset_chip(path: Path) -> ChipFile:
    """Throw the chip's state away and make it anew: fresh from the fab, an empty truth log."""
    chip_file = ChipFile.load(path)
    if chip_file.state_folder.exists():
        with hold(chip_file.state_folder):
            shutil.rmtree(chip_file.state_folder)
    create(chip_file)
    return chip_file


@dataclass(frozen=True, slots=True)
class Heated:
    """What a chip went through. before, after: K.  time: s since it was made, when all was over."""

    before: float
    after: float
    time: float


def heat_chip(path: Path, kelvin: float, duration: float | None = None) -> Heated:
    """Bring a chip that no bench holds to ``kelvin`` K, and keep it so.

    duration: s of a bake: after it the chip is brought back to where it was. The chip's clock moves
    on by it. Raises RangeError for what no chip can be brought to or no clock can wait, and
    BenchHeldError where a bench holds the chip; nothing has then happened to it.
    """
    if not COLDEST <= kelvin <= HOTTEST:  # NaN, too
        accepted = f"accepts {show(COLDEST, 'K')} to {show(HOTTEST, 'K')}"
        raise RangeError(f"temperature = {show(kelvin, 'K')}: {accepted}")
    if duration is not None and not 0.0 < duration <= LONGEST_BAKE:
        accepted = f"accepts more than 0 s, up to {show(LONGEST_BAKE, 's')}"
        raise RangeError(f"duration = {show(duration, 's')}: {accepted}")
    chip_file = ChipFile.load(path)
    ensure_state(chip_file)
    with hold(chip_file.state_folder):
        for die in made_dies(chip_file):
            _heat(die, kelvin, duration)
        return _heat(chip_file, kelvin, duration)


def _heat(chip_file: ChipFile, kelvin: float, duration: float | None) -> Heated:
    chip = CrossbarChip(chip_file)
    try:
        before = chip.temperature
        chip.set_temperature(kelvin)
        if duration is not None:
            chip.clock.advance(duration)
            chip.set_temperature(before)
        return Heated(before, chip.temperature, chip.clock.now)
    finally:
        chip.close()


def show_chip(path: Path) -> ChipSummary:
    """Return how a chip stands, also while a bench holds it."""
    chip_file = ChipFile.load(path)
    truth = Truth(chip_file.state_folder)
    cells = truth.cells()
    good = cells["conductance"][(cells["formed"] != 0) & (cells["stuck"] == 0)]
    low, middle, high = np.percentile(good, [25, 50, 75]) if good.size else [np.nan] * 3
    pulses, reads = truth.counts()
    return ChipSummary(
        path=path,
        preset=chip_file.chip.preset,
        rows=chip_file.chip.rows,
        columns=chip_file.chip.columns,
        seed=chip_file.chip.seed,
        time=float(truth.header()["clock"]),
        formed=int((cells["formed"] != 0).sum()),
        stuck=int((cells["stuck"] != 0).sum()),
        pulses=pulses,
        reads=reads,
        actions=int(truth.header()["action_tail"]),
        conductance_quartiles=(float(low), float(middle), float(high)),
        read_voltage=chip_file.preset.read.read_voltage,
        read_gate=chip_file.preset.read.read_gate,
    )


def ensure_state(chip_file: ChipFile) -> None:
    """Make the chip's state where the chip has never been used."""
    if not chip_file.state_folder.exists():
        create(chip_file)
