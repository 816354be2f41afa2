"""What a cell model is.

State in; voltages, time, temperature and counters of random draws in; state out. A model knows no
wire and no protocol, and the chip knows no model: it asks for what is here.
"""

from __future__ import annotations

import sys
import zlib
from abc import ABC, abstractmethod
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from .preset import Preset

# What the chip, not the preset, says to the laws; see `Preset.parameters`.
OF_THE_CHIP = ("temperature", "temperature_since", "gated")

_by_record: dict[Any, CellModel] = {}


@dataclass(frozen=True, slots=True)
class Laws:
    """The compiled functions of one cell; arguments exactly as in `laws`.

    settle_cell: None where nothing that a cell has come through depends on temperature.
    warm_cell: None where a cell does not feel that its neighbours are pulsed.
    """

    pulse_cell: Any
    present_conductance: Any
    observed_conductance: Any
    cell_current: Any
    settle_cell: Any = None
    warm_cell: Any = None


class CellModel(ABC):
    """One kind of cell: records, laws, and how its cells come from the fab.

    preset: the class of its presets.  device: dtype of what a cell is made of, drawn again from the
    seed whenever a chip is opened.  cell: dtype of its state, which the chip keeps; it must hold
    the fields `layout.COMMON`.  laws: the functions of one cell.  hold_draws: whether what a pulse
    draws by the counter of pulses holds all along it, so that one in parts, with the same counter,
    does exactly what one of their length does.  sinh_form: of (devices, parameters, cells,
    conductances) the array (3, cells) of G in S at 0 V, alpha in 1/V and highest voltage in V, if a
    cell without a transistor carries G sinh(alpha v) / alpha up to there, and its secant beyond.
    """

    preset: ClassVar[type[Preset]]
    device: ClassVar[np.dtype[np.void]]
    cell: ClassVar[np.dtype[np.void]]
    laws: ClassVar[Laws]
    hold_draws: ClassVar[bool] = False
    sinh_form: ClassVar[Any] = None

    @abstractmethod
    def draw(self, seed: int, size: int, parameters: NDArray[np.void]) -> NDArray[np.void]:
        """Return what ``size`` cells are made of, dtype ``device``, shape (size,).

        parameters: shape (1,), dtype ``parameters``. The same seed gives the same devices.
        """

    @abstractmethod
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
        """Set ``cells``, all zero, to the state in which they leave the fab.

        stuck: fraction of dead cells.  formed: whether the fab has formed them.
        """

    @cached_property
    def parameters(self) -> np.dtype[np.void]:
        """Return the dtype of the constants as the laws read them.

        Its last field is a mark that names the model and the text of its file: kernels are compiled
        for record types, and the mark keeps those of another model, or of an older text, apart.
        """
        module = sys.modules[type(self).__module__]
        text = zlib.crc32(Path(module.__file__ or "").read_bytes())
        mark = (f"{module.__name__.rpartition('.')[2]}_{text:08x}", "u1")
        return np.dtype(
            [*self.preset.fields(), *((name, "f8") for name in OF_THE_CHIP), mark], align=True
        )


def register(model: CellModel) -> None:
    """Let the loops in `kernels` find the model by the type of its parameters."""
    from numba import from_dtype  # slow to import, and a chip file is read without it

    _by_record[from_dtype(model.parameters)] = model


def model_of_record(record: Any) -> CellModel:
    """Return the registered model whose parameters have that numba type."""
    return _by_record[record]
