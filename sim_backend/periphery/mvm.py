"""The noisy multiply of an analog array, as training and inference see it.

Everything is in units of the weights and inputs, not in V and A, as in the field's simulators
(aihwkit; Rasch et al., AICAS 2021), with their names and defaults. One call takes a whole batch:

1. each vector is divided by its scale (noise management) and converted by the DAC;
2. it is multiplied by the weights, and noise is added to inputs and outputs;
3. the ADC clips and converts; rows that were clipped are repeated (bound management);
4. the scale is multiplied back.

Noise is a pure function of seed, call and element. `mvm_literal` is the same, step by step.
"""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from labcim.errors import RangeError

from .arguments import not_negative, positive, seed_of, singles, whole
from .management import BoundManagement, MovingAverage, NoiseManagement, Worst, input_scales
from .mvm_kernels import CONSTANTS, largest, multiply_rows, shift_rows
from .normals import noise_key
from .product import strips

Singles = NDArray[np.float32]
Whole = NDArray[np.int64]
FINEST = 2.0**-22  # of a range: below, float32 has no steps of its own


@dataclass(frozen=True)
class MvmParameters:
    """What converters and noise are like.

    inp_bound, out_bound: the converters reach ± these.  inp_res, out_res: a step as a fraction of
    the whole range, 0: none.  inp_noise, out_noise: standard deviations at each line, every time
    anew.  w_noise: that of each weight, referred to the output.  nm_thres: see `input_scales`.
    max_bm_factor, max_bm_res: how often the scale may grow, and how coarse an input may become.
    """

    inp_bound: float = 1.0
    inp_res: float = 1.0 / (2**7 - 2)
    inp_noise: float = 0.0
    out_bound: float = 12.0
    out_res: float = 1.0 / (2**9 - 2)
    out_noise: float = 0.06
    w_noise: float = 0.0
    noise_management: NoiseManagement = NoiseManagement.ABS_MAX
    bound_management: BoundManagement = BoundManagement.ITERATIVE
    nm_thres: float = 0.0
    assumed_wmax: float = 0.6
    max_bm_factor: float = 1000.0
    max_bm_res: float = 0.25

    def __post_init__(self) -> None:
        for name in ("inp_bound", "out_bound", "max_bm_factor", "assumed_wmax"):
            positive(name, getattr(self, name), "")
        for name in ("inp_res", "inp_noise", "out_res", "out_noise", "w_noise", "nm_thres"):
            not_negative(name, getattr(self, name), "")
        for name in ("inp_res", "out_res"):
            if 0.0 < getattr(self, name) < FINEST:
                raise RangeError(f"{name} = {getattr(self, name):g}: accepts 0, or from {FINEST:g}")

    @property
    def most_growth(self) -> float:
        """How many times the scale of a repeated row may grow at most."""
        coarsest = self.max_bm_res / self.inp_res if self.inp_res > 0.0 else np.inf
        return min(self.max_bm_factor, coarsest)

    @property
    def worst(self) -> Worst:
        """What noise management takes for the worst case."""
        most = self.max_bm_res / self.inp_res if self.inp_res > 0.0 else np.inf
        return Worst(self.assumed_wmax, self.out_bound, most)

    def constants(self) -> NDArray[np.float64]:
        """Return the numbers that the kernels take, shape (8,)."""
        values = np.empty(CONSTANTS)
        values[:3] = self.inp_bound, 2.0 * self.inp_bound * self.inp_res, self.inp_noise
        values[3:5] = self.out_bound, 2.0 * self.out_bound * self.out_res
        values[5:7] = self.out_noise, self.w_noise
        values[7] = float(self.bound_management is BoundManagement.SHIFT)
        return values


class Multiplied(NamedTuple):
    """Outputs, (batch, outputs), float32; of each row, how many stayed clipped, and its scale."""

    values: Singles
    clipped: Whole
    scales: Singles


@dataclass
class NoisyMultiply:
    """One state of the weights, (inputs, outputs), laid down for any number of multiplies."""

    weights: ArrayLike
    parameters: MvmParameters = field(default_factory=MvmParameters)
    seed: int = 0
    threads: int = 1
    average: MovingAverage = field(default_factory=MovingAverage)

    def __post_init__(self) -> None:
        whole("threads", self.threads, 1, 64)
        seed_of(self.seed)
        self._laid = strips(self.weights)
        self._shape = np.shape(self.weights)
        self._constants = self.parameters.constants()

    def multiply(self, inputs: ArrayLike, call: int = 0) -> Multiplied:
        """Return the products of ``inputs``, (batch, inputs) or (inputs,), with the weights.

        call: the number of this call; the same call has the same noise. (A moving average, where
        noise management keeps one, goes on from call to call.)
        """
        whole("call", call, 0, 2**63 - 1)
        given = singles(inputs)
        if given.ndim == 1:
            given = given[None, :]
        if given.ndim != 2 or given.shape[1] != self._shape[0]:
            raise RangeError(f"inputs of shape {given.shape}: accepts (batch, {self._shape[0]})")
        batch = given.shape[0]
        scales = self._scales(given)
        outputs = np.empty((batch, self._shape[1]), dtype=np.float32)
        clipped = np.empty(batch, dtype=np.int64)
        key = noise_key(self.seed, call)
        beyond = self._run(given, np.arange(batch), scales, key, 0, outputs, clipped)
        kind = self.parameters.bound_management
        if kind is BoundManagement.SHIFT:
            shift_rows(outputs, scales, self._constants, clipped)
        elif kind is not BoundManagement.NONE and beyond:
            self._repeat(given, scales, key, outputs, clipped)
        return Multiplied(outputs, clipped, scales)

    def _scales(self, inputs: Singles) -> Singles:
        kind, p = self.parameters.noise_management, self.parameters
        if kind is NoiseManagement.ABS_MAX and p.nm_thres == 0.0:
            found = np.empty(inputs.shape[0], dtype=np.float32)
            if not largest(inputs, found):
                raise RangeError("inputs: accepts finite values")
            return found
        if not np.isfinite(inputs).all():
            raise RangeError("inputs: accepts finite values")
        average = self.average.advance(inputs) if kind is NoiseManagement.AVERAGE_ABS_MAX else None
        scales = input_scales(inputs, kind, p.nm_thres, p.worst, average).astype(np.float32)
        return np.where(scales >= np.finfo(np.float32).tiny, scales, np.float32(1.0))

    def _repeat(
        self, inputs: Singles, scales: Singles, key: int, outputs: Singles, clipped: Whole
    ) -> None:
        """Repeat rows that were clipped, at larger scales, until they fit or the limit is met."""
        p = self.parameters
        growth, number = 1.0, 1
        if p.bound_management is BoundManagement.ITERATIVE_WORST_CASE:
            rows = np.flatnonzero(clipped)
            worst = NoiseManagement.ABS_MAX_NP_SUM
            found = input_scales(inputs[rows], worst, p.nm_thres, p.worst).astype(np.float32)
            scales[rows] = found
            self._run(inputs, rows, scales, key, number, outputs, clipped)
            number += 1
        while 2.0 * growth <= p.most_growth and clipped.any():
            rows = np.flatnonzero(clipped)
            scales[rows] *= np.float32(2.0)
            self._run(inputs, rows, scales, key, number, outputs, clipped)
            growth, number = 2.0 * growth, number + 1

    def _run(
        self,
        inputs: Singles,
        chosen: Whole,
        scales: Singles,
        key: int,
        number: int,
        outputs: Singles,
        clipped: Whole,
    ) -> int:
        rest = (self._laid, self._constants, key, number, outputs, clipped)
        if self.threads == 1 or chosen.size < 2 * self.threads:
            return int(multiply_rows(inputs, chosen, scales, *rest))
        parts = np.array_split(chosen, self.threads)
        with ThreadPoolExecutor(self.threads) as pool:
            jobs = [pool.submit(multiply_rows, inputs, part, scales, *rest) for part in parts]
            return sum(int(job.result()) for job in jobs)
