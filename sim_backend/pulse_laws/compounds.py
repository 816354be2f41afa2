"""Weights of several cells: one-sided pairs, cells with a reference, vectors of cells."""

from collections.abc import Sequence
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from labcim.errors import RangeError

from ..devices.random import uniform
from .array import Method, PulsedArray
from .keys import POLICY
from .laws import AnyLaw
from .layout import Matrix
from .trains import TrainRules, Values, make_trains, one_sided

_DEVICES = 1 << 20  # seeds of the arrays of a compound: seed + n * this


class UpdatePolicy(StrEnum):
    """Which devices of a vector cell take an update."""

    ALL = "all"
    SINGLE_FIXED = "single fixed"
    SINGLE_SEQUENTIAL = "single sequential"
    SINGLE_RANDOM = "single random"


class VectorCell:
    """n devices a weight: w = sum of gamma_k w_k.

    gammas: 1/n each if none are given. The trains of an update are made once, with the largest
    dw_min, and shown to all devices that take it; so under ALL the mean change of w is lr x d times
    the sum of gammas, and under a SINGLE policy times the gamma of the device in turn. SEQUENTIAL
    and RANDOM choose a device anew for each update call.
    """

    def __init__(
        self,
        laws: Sequence[AnyLaw],
        rows: int,
        columns: int,
        *,
        seed: int,
        gammas: Sequence[float] | None = None,
        policy: UpdatePolicy = UpdatePolicy.ALL,
        first: int = 0,
    ) -> None:
        if not laws or (gammas is not None and len(gammas) != len(laws)):
            raise RangeError(f"{len(laws)} laws: accepts one or more, and a gamma for each")
        if not 0 <= first < len(laws):
            raise RangeError(f"first = {first}: accepts 0 to {len(laws) - 1}")
        self.devices = [
            PulsedArray(law, rows, columns, seed=seed + n * _DEVICES) for n, law in enumerate(laws)
        ]
        self.gammas = np.array(gammas if gammas is not None else [1.0 / len(laws)] * len(laws))
        self.policy, self.first, self.seed = policy, first, seed
        self.updates, self.samples = 0, 0

    @property
    def weights(self) -> Matrix:
        """Return the weights as they are seen, shape (rows, columns)."""
        parts = (g * d.weights for g, d in zip(self.gammas, self.devices, strict=True))
        return np.asarray(np.sum(list(parts), axis=0), np.float32)

    def taking(self) -> list[int]:
        """Return the numbers of the devices that take the next update."""
        count = len(self.devices)
        if self.policy is UpdatePolicy.ALL:
            return list(range(count))
        if self.policy is UpdatePolicy.SINGLE_SEQUENTIAL:
            return [(self.first + self.updates) % count]
        if self.policy is UpdatePolicy.SINGLE_RANDOM:
            return [int(uniform(self.seed, 0, POLICY, self.updates) * count)]
        return [self.first]

    def update(
        self,
        rows: Values,
        columns: Values,
        learning_rate: float,
        *,
        rules: TrainRules | None = None,
        method: Method = "auto",
    ) -> None:
        """Show one set of trains to the devices whose turn it is; see PulsedArray.update."""
        chosen = [self.devices[n] for n in self.taking()]
        trains = make_trains(
            rows, columns, learning_rate, max(d.law.dw_min for d in chosen),
            rules or TrainRules(), seed=self.seed, first_sample=self.samples,
        )  # fmt: skip
        for device in chosen:
            device.run(trains, method=method)
        self.updates += 1
        self.samples += trains.row_words.shape[0]

    def pass_time(self, duration: float) -> None:
        """Let all devices decay and diffuse; see PulsedArray.pass_time."""
        for device in self.devices:
            device.pass_time(duration)


def reference_cell(law: AnyLaw, rows: int, columns: int, *, seed: int) -> VectorCell:
    """Return cells of which a second, frozen one of the same law is subtracted: device 1.

    Set the reference with ``devices[1].set_weights``, to the symmetry point of device 0 say.
    """
    return VectorCell(
        [law, law], rows, columns, seed=seed, gammas=[1.0, -1.0], policy=UpdatePolicy.SINGLE_FIXED
    )


class OneSidedPair:
    """w = w_plus - w_minus, each of which takes up pulses only, until it is full: then refresh.

    A refresh reads both, resets the pairs that are worn and writes the difference back into one,
    pulse after pulse until it is reached. A pair is worn where the larger is above ``upper`` w_max
    and the smaller above ``lower`` w_max.
    """

    def __init__(
        self,
        law: AnyLaw,
        rows: int,
        columns: int,
        *,
        seed: int,
        upper: float = 0.75,
        lower: float = 0.25,
    ) -> None:
        self.plus = PulsedArray(law, rows, columns, seed=seed)
        self.minus = PulsedArray(law, rows, columns, seed=seed + _DEVICES)
        self.upper, self.lower = upper, lower
        self.refreshed = 0  # pairs refreshed so far
        self._most_pulses = int(np.ceil(4.0 * max(law.w_max, law.dw_min) / law.dw_min))

    @property
    def weights(self) -> Matrix:
        """Return the weights as they are seen, shape (rows, columns)."""
        return self.plus.weights - self.minus.weights

    def update(
        self,
        rows: Values,
        columns: Values,
        learning_rate: float,
        *,
        rules: TrainRules | None = None,
        method: Method = "auto",
    ) -> None:
        """Raise plus where lr x d is above 0 and minus where it is below, by the same trains."""
        trains = make_trains(
            rows, columns, learning_rate, self.plus.law.dw_min, rules or TrainRules(),
            seed=self.plus.seed, first_sample=self.plus.samples,
        )  # fmt: skip
        self.plus.run(one_sided(trains, up=True), method=method)
        self.minus.run(one_sided(trains, up=False), method=method)

    def worn(self) -> NDArray[np.bool_]:
        """Return which pairs a refresh would reset, shape (rows, columns)."""
        larger = np.maximum(self.plus.weights, self.minus.weights)
        smaller = np.minimum(self.plus.weights, self.minus.weights)
        top = self.plus.law.w_max
        return np.asarray((larger > self.upper * top) & (smaller > self.lower * top))

    def refresh(self) -> int:
        """Refresh the worn pairs; return how many there were."""
        worn = self.worn()
        if not worn.any():
            return 0
        wanted = self.weights
        self.plus.reset(worn)
        self.minus.reset(worn)
        self._raise(self.plus, worn & (wanted > 0.0), wanted + self.minus.weights)
        self._raise(self.minus, worn & (wanted < 0.0), self.plus.weights - wanted)
        self.refreshed += int(worn.sum())
        return int(worn.sum())

    def _raise(self, device: PulsedArray, chosen: NDArray[np.bool_], target: Matrix) -> None:
        """Pulse the chosen cells until they reach their target, or have had too many pulses."""
        for _ in range(self._most_pulses):
            left = chosen & (device.weights < target)
            if not left.any():
                return
            device.pulse_counts(left.astype(np.int64))
