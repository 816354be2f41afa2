"""The state of a simulated chip: a folder of memory-mapped files that outlives every process.

    header.bin    one HEADER record: identity, clock, counters
    cells.bin     one record for each cell, of the dtype that its model says
    truth.bin     TRUTH records, append-only
    actions.bin   ACTION records, append-only
    temperature.bin  kelvin, and bench time since which it holds; only once it was changed

The pages belong to the kernel's cache, so that a process that is killed loses nothing.
"""

import os
import shutil
import struct
import time

import numpy as np
from numpy.typing import NDArray

from labcim.errors import RecordError

from ..devices.finding import find_model
from ..devices.layout import TRUTH
from .append_log import AppendLog
from .chip_file import ChipFile
from .clock import SimClock
from .state_files import ACTION, FORMAT, HEADER, MAGIC, checked_header, kept_temperature

PACKED_ACTION = struct.Struct("<dqd24s16s40s")
"""An ACTION, for one record at a time: numpy takes a microsecond for each field."""


def parameters_of(chip_file: ChipFile, warm: tuple[float, float] | None = None) -> NDArray[np.void]:
    """Return the preset's constants at the chip's temperature, shape (1,).

    warm: K, and since when in s; None is what the chip file says, from the beginning.
    """
    chip = chip_file.chip
    kelvin, since = (chip.temperature, 0.0) if warm is None else warm
    return chip_file.preset.parameters(
        temperature=kelvin, temperature_since=since, gated=chip.kind == "1T1R"
    )


class ChipState:
    """The open state of a chip. Use `create` once, then `ChipState(chip_file)`."""

    def __init__(self, chip_file: ChipFile) -> None:
        folder = chip_file.state_folder
        self.folder = folder
        if not (folder / "header.bin").is_file():
            raise RecordError(f"chip {chip_file.path.name} has no state in {folder}")
        self._check(chip_file)
        model = find_model(chip_file.preset.model)
        self._header = np.asarray(np.memmap(folder / "header.bin", HEADER, "r+", shape=(1,)))
        size = chip_file.chip.rows * chip_file.chip.columns
        self.cells: NDArray[np.void] = np.asarray(
            np.memmap(folder / "cells.bin", model.cell, "r+", shape=(size,))
        )
        self.parameters = parameters_of(chip_file, kept_temperature(folder))
        self.seed = chip_file.chip.seed
        self.devices = model.draw(self.seed, size, self.parameters)
        self._operation = self._header["operation"]
        self.clock = SimClock(self._header["clock"])
        self.truth = AppendLog(folder / "truth.bin", TRUTH, self._header["truth_tail"])
        self.actions = AppendLog(folder / "actions.bin", ACTION, self._header["action_tail"])

    def _check(self, chip_file: ChipFile) -> None:
        """Raise RecordError where the state is damaged, or of another chip than the file says."""
        header = checked_header(self.folder)
        for name, wants in _identity(chip_file).items():
            kept = header[name]
            has = kept.decode(errors="replace") if isinstance(kept, bytes) else kept
            if has != wants:
                raise RecordError(
                    f"chip file {chip_file.path.name} says {name} = {wants}, its state in "
                    f"{self.folder} was made with {has}: use labcim chip reset, or name another"
                )

    def next_operation(self) -> int:
        """Return the number of the stimulus call that begins now."""
        number = (int(self._operation[0]) + 1) % 2**32
        self._operation[0] = number
        return number

    def close(self) -> None:
        """Write everything back and let go of the files."""
        self.truth.close()
        self.actions.close()


def _identity(chip_file: ChipFile) -> dict[str, int | str]:
    """Return what a state belongs to, by its names in HEADER. Without gates, none run along."""
    chip = chip_file.chip
    return {
        "rows": chip.rows,
        "columns": chip.columns,
        "seed": chip.seed,
        "preset": chip.kind_of_cells(),
        "kind": chip.kind,
        "gate_along": chip.gate_along if chip.kind == "1T1R" else "",
        "set_terminal": chip.set_terminal,
    }


def create(chip_file: ChipFile) -> None:
    """Make the state of a new chip. Raises RecordError if there is one already.

    It is made beside its place and moved there whole: a state is complete or absent.
    """
    folder = chip_file.state_folder
    if folder.exists():
        raise RecordError(f"{folder} exists already; use labcim chip reset to start it anew")
    draft = folder.with_name(f".{folder.name}.{os.getpid()}")
    shutil.rmtree(draft, ignore_errors=True)
    draft.mkdir(parents=True)
    chip = chip_file.chip
    parameters = parameters_of(chip_file)
    size = chip.rows * chip.columns
    model = find_model(chip_file.preset.model)
    cells = np.zeros(size, model.cell)
    devices = model.draw(chip.seed, size, parameters)
    model.first_state(cells, devices, parameters, chip.seed, stuck=chip.stuck, formed=chip.formed)
    header = np.zeros(1, HEADER)
    header["magic"], header["format"] = MAGIC, FORMAT
    for name, value in _identity(chip_file).items():
        header[name] = value
    header["made_at"] = time.time_ns()
    cells.tofile(draft / "cells.bin")
    header.tofile(draft / "header.bin")
    (draft / "truth.bin").touch()
    (draft / "actions.bin").touch()
    draft.rename(folder)
