"""Neighbours that warm each other: kelvin at a cell for each watt that a cell beside it turns over.

The warmth of a pulse comes and goes with one time constant, so that of one shorter than that a
neighbour feels 1 - exp(-width / time); cells that are pulsed together add. What a cell makes of it
is its model's law `warm_cell`. Warmth is no stimulus: it is not on the truth log.
"""

import math

import numpy as np
from numba import njit
from numpy.typing import NDArray

from labcim.errors import RecipeError

from ..devices.finding import find_model
from ..devices.laws import warm_cell
from ..devices.layout import Record
from .chip_file import ChipFile
from .lines import Floats
from .state import ChipState

LEAST = 1.0  # K: what is colder changes nothing


class Neighbours:
    """The warmth between the cells of one chip. Raises RecipeError where its cells feel none."""

    def __init__(self, chip_file: ChipFile, state: ChipState) -> None:
        self._heating, self._state = chip_file.chip.heating, state
        self._shape = chip_file.chip.rows, chip_file.chip.columns
        if find_model(chip_file.preset.model).laws.warm_cell is None:
            raise RecipeError(
                f"chip.heating: cells of the preset {chip_file.chip.preset!r} feel no warmth of"
                " their neighbours: accepts phase-change presets"
            )

    def warm(
        self,
        cells: NDArray[np.uint32],
        volts: Floats,
        peak: Floats,
        width: float,
        count: int,
        start: Floats,
    ) -> None:
        """Warm what lies around pulsed cells. volts: V, peak: A, start: s, (cells,); width: s."""
        felt = 1.0
        if self._heating.time > 0.0:
            felt = -math.expm1(-width / self._heating.time)
        power = np.abs(volts) * peak * felt
        order = np.argsort(start, kind="stable")
        for step in np.split(order, np.flatnonzero(np.diff(start[order])) + 1):
            rise = self._rise(cells[step], power[step])
            warmed = np.flatnonzero(rise >= LEAST).astype(np.uint32)
            if warmed.size:
                state = self._state
                _warm_cells(
                    state.cells, state.devices, state.parameters[0], state.seed, warmed,
                    np.minimum(state.parameters[0]["temperature"] + rise[warmed],
                               self._heating.most),
                    width * count, float(start[step[0]]),
                )  # fmt: skip

    def _rise(self, cells: NDArray[np.uint32], power: Floats) -> Floats:
        """Return the kelvin that every cell is warmed by, flat."""
        rows, columns = self._shape
        watts = np.zeros((rows + 2, columns + 2))
        np.add.at(watts, (cells // columns + 1, cells % columns + 1), power)
        beside = watts[:-2, 1:-1] + watts[2:, 1:-1] + watts[1:-1, :-2] + watts[1:-1, 2:]
        across = watts[:-2, :-2] + watts[:-2, 2:] + watts[2:, :-2] + watts[2:, 2:]
        found: Floats = self._heating.neighbour * beside + self._heating.diagonal * across
        return found.ravel()


@njit(cache=True, nogil=True, error_model="numpy")
def _warm_cells(
    cells: NDArray[np.void],
    devices: NDArray[np.void],
    p: Record,
    seed: int,
    chosen: NDArray[np.uint32],
    temperature: Floats,
    duration: float,
    time: float,
) -> None:
    for i in range(chosen.size):
        index = chosen[i]
        warm_cell(cells[index], devices[index], p, seed, index, time, temperature[i], duration)
