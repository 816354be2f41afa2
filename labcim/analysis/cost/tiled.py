"""A tiled accelerator of crossbars, as TAICHI: energy of a network's frame, part by part (T17).

Wang et al., IEEE Trans. Circuits Syst. II 69:559 (2022): crossbars with local arithmetic and
buffers, global memory, 28 nm. Known of it are the arrays (256 × 64 cells of 4 bits, on/off 10,
8 bit converters, [S]) and the results; what stands between them is modelled here. An 8 bit weight
lies in two arrays side by side that share their inputs; each input byte comes from a 32 KB buffer
for each array that needs it, each output of a tile goes through an 8 KB one, each activation is
written to and read from 1 MB, by Horowitz's energies at 45 nm, not scaled. Depthwise convolutions,
of which a crossbar would use 9 rows, are done by the local arithmetic.
"""

import math
from dataclasses import dataclass

from .constants import CONVERTER_STEP, DIGITAL
from .macro import charged, conducted, converted
from .networks import Layer, Network


@dataclass(frozen=True, slots=True)
class Crossbar:
    """An array of the accelerator and what one 8 bit product of it takes, in J.

    mean: S, of a cell; 10 and 1 µS, the on/off ratio of 10, on average.  voltage: V of a full-scale
    input; squares of evenly spread inputs are a third of it on average.  time: s of a read.
    driver: J, of an 8 bit input of a row.  step: J, of a converter's step, ISAAC's scaled to 28 nm.
    """

    rows: int = 256
    columns: int = 64
    cells_a_weight: int = 2
    bits: int = 8
    mean: float = 5.5e-6
    voltage: float = 0.2
    time: float = 100e-9
    driver: float = 50e-15
    step: float = CONVERTER_STEP.value * 28.0 / 32.0

    @property
    def conversion(self) -> float:
        """Return the energy of an output: its conversions, and their addition, in J."""
        return self.cells_a_weight * converted(self.bits, self.step) + DIGITAL["int32 add"].value

    @property
    def cell(self) -> float:
        """Return the energy of a weight's cells for one input, in J."""
        return self.cells_a_weight * conducted(self.mean / 3.0, self.voltage, self.time)

    @property
    def row(self) -> float:
        """Return the energy of an input on its row, driver and line of both arrays, in J."""
        line = charged(self.columns * 1e-15, self.voltage)
        return self.driver + self.cells_a_weight * line

    @property
    def efficiency(self) -> float:
        """Return the 8 bit operations for each J of a full array; 1e12 is 1 TOPS/W."""
        taken = self.columns * self.conversion + self.rows * self.row
        taken += self.rows * self.columns * self.cell
        return 2.0 * self.rows * self.columns / taken


@dataclass(frozen=True, slots=True)
class Frame:
    """Energy of one frame in J by where it goes. plain: operations over the array's efficiency."""

    arrays: float
    inputs: float
    sums: float
    activations: float
    local: float
    plain: float

    @property
    def energy(self) -> float:
        """Return the whole in J."""
        return self.arrays + self.inputs + self.sums + self.activations + self.local

    @property
    def per_joule(self) -> float:
        """Return frames for each J; frames per second and W are the same."""
        return 1.0 / self.energy

    def over_plain(self) -> dict[str, float]:
        """Return each part as a multiple of what the plain count of operations would take."""
        names = ("arrays", "inputs", "sums", "activations", "local")
        return {name: getattr(self, name) / self.plain for name in names}


def frame(network: Network, crossbar: Crossbar | None = None) -> Frame:
    """Return the energy of one frame of a network on a tiled accelerator."""
    array = crossbar or Crossbar()
    byte = {name: DIGITAL[f"cache {name}"].value / 8.0 for name in ("8 KB", "32 KB", "1 MB")}
    arrays = inputs = sums = activations = local = 0.0
    for layer in network:
        activations += 2.0 * layer.outputs * layer.positions * layer.groups * byte["1 MB"]
        if layer.groups > 1:
            local += layer.macs * _local(byte["32 KB"])
            continue
        conversions, driven = _calls(layer, array)
        arrays += conversions * array.conversion + layer.macs * array.cell + driven * array.row
        inputs += driven * byte["32 KB"]
        sums += conversions * 4.0 * byte["8 KB"]  # two bytes, written and read
    plain = 2.0 * sum(layer.macs for layer in network) / array.efficiency
    return Frame(arrays, inputs, sums, activations, local, plain)


def _calls(layer: Layer, array: Crossbar) -> tuple[int, int]:
    """Return how many outputs are converted, and how many inputs are driven."""
    tiles = math.ceil(layer.inputs / array.rows)
    conversions = tiles * layer.outputs * layer.positions
    return conversions, layer.inputs * math.ceil(layer.outputs / array.columns) * layer.positions


def _local(byte: float) -> float:
    """Return the energy of a multiply-accumulate of the local arithmetic, its input fetched."""
    return DIGITAL["int8 multiply"].value + DIGITAL["int32 add"].value + byte
