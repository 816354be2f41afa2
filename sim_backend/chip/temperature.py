"""The temperature of a simulated chip: what its file says, until somebody heats or cools it.

What was set lies in the state, in ``temperature.bin``: kelvin, and the bench time since which it
holds, two little-endian floats. Without that file the chip file's temperature holds since 0 s.
"""

from pathlib import Path

import numpy as np

from labcim.errors import RangeError

from ..devices import kernels
from ..devices.finding import find_model
from .chip_file import ChipFile
from .state import ChipState, parameters_of
from .state_files import COLDEST, HOTTEST, TEMPERATURE


def change_temperature(chip_file: ChipFile, state: ChipState, kelvin: float) -> None:
    """Let a chip go on at ``kelvin`` K from now on; what its cells came through is kept.

    Raises RangeError for a temperature below 4 K or above 1000 K.
    """
    if not COLDEST <= kelvin <= HOTTEST:  # NaN, too
        raise RangeError(f"temperature = {kelvin} K: accepts {COLDEST:g} to {HOTTEST:g} K")
    if kelvin == float(state.parameters["temperature"][0]):
        return
    model, now = find_model(chip_file.preset.model), state.clock.now
    if model.laws.settle_cell is not None:
        kernels.settle_cells(
            state.cells, state.devices, state.parameters, state.seed, now, float(kelvin)
        )
    _keep(state.folder / TEMPERATURE, np.array([kelvin, now], "<f8").tobytes())
    # In place: whoever holds these arrays sees the new laws.
    state.parameters[...] = parameters_of(chip_file, (kelvin, now))
    state.devices[...] = model.draw(state.seed, state.devices.size, state.parameters)


def _keep(path: Path, record: bytes) -> None:
    """Write the record over the last one: a stage does this a hundred times on its way."""
    with path.open("r+b" if path.exists() else "wb", buffering=0) as file:
        file.write(record)
