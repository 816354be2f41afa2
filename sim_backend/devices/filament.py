"""The filament model: oxide cells that are formed once and switch along a log-time line.

Positive pulses SET (more conductance), negative ones RESET; a fresh cell is formed by either. The
parts are in the files beside this one: kinetics, forming, conduction, noise, variation.
"""

from typing import final

import numpy as np
from numpy.typing import NDArray

from ._filament_conduction import cell_current, present_conductance, sinh_form
from ._filament_kinetics import pulse_cell, settle_cell
from ._filament_layout import CELL, DEVICE
from ._filament_noise import observed_conductance
from ._filament_preset import FilamentPreset
from ._filament_variation import draw_devices, first_state
from .model import CellModel, Laws


@final
class Filament(CellModel):
    """Filamentary oxide RRAM."""

    preset = FilamentPreset
    device = DEVICE
    cell = CELL
    laws = Laws(pulse_cell, present_conductance, observed_conductance, cell_current, settle_cell)
    hold_draws = True
    sinh_form = staticmethod(sinh_form)

    def draw(self, seed: int, size: int, parameters: NDArray[np.void]) -> NDArray[np.void]:
        """See `CellModel.draw`."""
        return draw_devices(seed, size, parameters)

    def first_state(
        self,
        cells: NDArray[np.void],
        devices: NDArray[np.void],
        parameters: NDArray[np.void],
        seed: int,
        *,
        stuck: float,
        formed: bool,
    ) -> None:
        """See `CellModel.first_state`."""
        first_state(cells, devices, parameters, seed, stuck=stuck, formed=formed)
