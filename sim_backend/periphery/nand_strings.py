"""3D NAND for products: strings of flash cells in series, one cell for each layer.

    bit line (``read_voltage``) -- select gate -- layer L-1 -- ... -- layer 0 -- source line

Input i opens the select gates of its strings; the strings (i, j) of output j share a source line
at 0 V, which takes the sum of their currents. The word line of the layer that is to be multiplied
stands at ``read_gate``, those of all others at the pass voltage. The cells are those of `flash`,
with its laws of pulses, ages and thresholds. In a string a cell that passes is not saturated, so
the current has the reverse term of the same interpolation, with L(x) = ln(1 + e^x),

    I = I_0 (L^2(x) - L^2(x - V_DS / (2 V_T))),       x = (V_G - V_S - V_t) / (2 n V_T),

which is the law of `flash` wherever that holds (below threshold, and saturated). Given I, that is
V_DS in closed form from the source line upwards; I itself is bisected.

What a read does to charge is `flash`'s tunnelling under a gate above a channel at ground, taken
for all strings: those whose select gates are shut are stressed less. Electrons scatter there as a
normal number: right for sums over many cells, but a cell really takes none or a whole one. Not
here: the programming of strings, resistance of select gates, neighbours' charge, read noise.

Source: Wang et al., IEEE Trans. VLSI Syst. 27:988 (2019), for layers as matrices.
"""

from math import inf, prod

import numpy as np
from numpy.typing import ArrayLike, NDArray

from labcim.errors import RangeError
from labcim.units import Second, Volt

from ..devices import kernels
from ..devices.fab import BOLTZMANN
from ..devices.finding import find_model
from ..devices.flash import overdrive_of_current
from ..devices.layout import TRUTH
from ..devices.preset import load_preset
from .arguments import positive, seed_of, whole

Floats = NDArray[np.float64]

STRING_CELL = {
    "specific_current": 0.1e-6,  # A: 20 cm2/Vs, 15 nm of oxide, 0.3 um around and 30 nm along
    "program_reference": 14.0,  # V: 16 V for 10 us reach a threshold of 2 V
    "log_slope": 0.5,  # V: a decade of time is worth 1.15 V
    "electron": 5e-3,  # V: one in the 30 aF of such a cell
    "onset": 0.1,  # V: the law shall speak at any pass voltage
}
"""What makes a cell of ``nor-flash`` one of a string; recalled orders of magnitude, no chip's."""

BISECTIONS = 60


def drop_of_current(forward: Floats, share: Floats, thermal: Volt) -> Floats:
    """Return V_DS in V of cells with x = ``forward`` that carry I / I_0 = ``share``.

    Infinite where the cell cannot carry that.
    """
    left = np.logaddexp(0.0, forward) ** 2 - share
    root = np.sqrt(np.maximum(left, np.finfo(float).tiny))
    reverse = root + np.log(-np.expm1(-root))
    return np.where(left > 0.0, 2.0 * thermal * (forward - reverse), inf)


class NandBlock:
    """Strings of flash cells; each layer holds one matrix.

    conductances: S, (layers, inputs, outputs), of each cell alone at the reference read of the
    preset; 0 stands for the highest threshold.  passing: V, of the word lines not selected.
    changes: constants that shall be others than those of ``nor-flash`` with `STRING_CELL`.
    Raises RangeError for what no such cell can hold, ValueError for constants that are none.
    """

    def __init__(
        self, conductances: ArrayLike, *, passing: Volt, seed: int = 1, **changes: float
    ) -> None:
        wanted = np.asarray(conductances, dtype=np.float64)
        if wanted.ndim != 3 or wanted.size == 0:
            raise RangeError(f"conductances of shape {wanted.shape}: accepts three dimensions")
        if not (np.isfinite(wanted) & (wanted >= 0.0)).all():
            raise RangeError("conductances: accepts finite values from 0 S")
        positive("passing", passing, "V")
        seed_of(seed)
        preset = load_preset("nor-flash").changed(constants=STRING_CELL | changes)
        model = find_model(preset.model)
        self.passing, self._seed, self._shape = passing, seed, wanted.shape
        self._parameters = preset.parameters()
        self._devices = model.draw(seed, wanted.size, self._parameters)
        self._cells = np.zeros(wanted.size, model.cell)
        model.first_state(
            self._cells, self._devices, self._parameters, seed, stuck=0.0, formed=True
        )
        p = self._parameters[0]
        with np.errstate(divide="ignore"):
            thresholds = self._thresholds(wanted.ravel())
        if (thresholds < p["threshold_low"]).any():
            raise RangeError(
                f"conductances up to {wanted.max():g} S: no charge makes a cell carry that; "
                f"accepts thresholds from {p['threshold_low']:g} V"
            )
        self._cells["threshold"] = np.minimum(thresholds, p["threshold_high"])

    def conductances(self) -> Floats:
        """Return what each cell alone shows at the reference read, S, (layers, inputs, outputs)."""
        found: Floats = kernels.true_conductances(
            self._cells, self._devices, self._parameters, self._every(), 0.0
        )
        return found.reshape(self._shape)

    def thresholds(self) -> Floats:
        """Return the thresholds in V, (layers, inputs, outputs)."""
        return self._thresholds(self.conductances().ravel()).reshape(self._shape)

    def currents(self, layer: int) -> Floats:
        """Return the currents in A of all strings, open, with that layer selected."""
        p = self._parameters[0]
        thermal = float(BOLTZMANN * p["temperature"])
        slope = self._devices["slope"].astype(np.float64).reshape(self._shape)
        forward = (self._gates(layer) - self.thresholds()) / (2.0 * slope * thermal)
        low = np.zeros(self._shape[1:])
        high = (np.logaddexp(0.0, forward) ** 2).min(axis=0)  # the weakest, on the source line
        for _ in range(BISECTIONS):
            middle = 0.5 * (low + high)
            above, source = np.zeros_like(low), np.zeros_like(low)
            for cell, n in zip(forward, slope, strict=True):
                above = above + drop_of_current(
                    cell - source / (2.0 * n * thermal), middle, thermal
                )
                source = np.minimum(above, p["read_voltage"])
            too_much = above > p["read_voltage"]
            low, high = np.where(too_much, low, middle), np.where(too_much, middle, high)
        return np.asarray(0.5 * (low + high) * p["specific_current"], np.float64)

    def product(self, layer: int, bits: ArrayLike) -> Floats:
        """Return the source lines' currents in A, (..., outputs), for ``bits`` (..., inputs)."""
        given = np.asarray(bits)
        if given.ndim == 0 or given.shape[-1] != self._shape[1] or not np.isin(given, (0, 1)).all():
            raise RangeError(
                f"bits of shape {given.shape}: accepts 0 and 1, (..., {self._shape[1]})"
            )
        return np.asarray(given.astype(np.float64) @ self.currents(layer), np.float64)

    def read_often(self, layer: int, reads: int, aperture: Second = 10e-6) -> None:
        """Let the charge feel ``reads`` products of ``aperture`` s with that layer.

        Many short pulses do what one long one does: it is one pulse of all their time.
        """
        whole("reads", reads, 1, 10**12)
        positive("aperture", aperture, "s")
        every, still = self._every(), np.zeros(prod(self._shape))
        gates = np.broadcast_to(self._gates(layer), self._shape).ravel()
        kernels.pulse_cells(
            self._cells, self._devices, self._parameters, self._seed, every, still, still,
            gates, reads * aperture, 0.0, 1, inf, still, np.zeros(every.size, TRUTH),
            np.zeros(1, np.uint64), 1,
        )  # fmt: skip

    def _every(self) -> NDArray[np.uint32]:
        return np.arange(prod(self._shape), dtype=np.uint32)

    def _gates(self, layer: int) -> Floats:
        """Return V of the word lines, (layers, 1, 1)."""
        whole("layer", layer, 0, self._shape[0] - 1)
        gates = np.full((self._shape[0], 1, 1), self.passing, dtype=np.float64)
        gates[layer] = self._parameters[0]["read_gate"]
        return gates

    def _thresholds(self, conductances: Floats) -> Floats:
        """Return thresholds in V: of cells that show ``conductances`` S at the reference read."""
        p, slopes = self._parameters[0], self._devices["slope"]
        currents = conductances * p["read_voltage"]
        over = [
            overdrive_of_current(p, slope, current)
            for slope, current in zip(slopes, currents, strict=True)
        ]
        return np.asarray(p["read_gate"] - np.array(over), np.float64)
