"""An array of cells under one law: trains in, weights out."""

from typing import Literal

import numpy as np
from numpy.typing import NDArray

from labcim.errors import RangeError

from ..devices.random import normals
from . import literal
from .cells import draw_cells, law_numbers, symmetry_points
from .kernels import Trains, run_rows
from .keys import (
    DIFFUSION,
    EVENTS,
    MOST_COLUMNS,
    RESET,
    SLOTS,
    WRITE,
    normal_table,
)
from .laws import AnyLaw
from .layout import LINEAR, Matrix
from .threads import default_threads, over_rows
from .trains import TrainRules, Values, make_trains, same_pulses

Method = Literal["auto", "pulses", "jump", "literal"]
_LONG = 3  # slots from which a jump is faster than pulse after pulse


class PulsedArray:
    """Cells of one law, shape (rows, columns), with the numbers of what has been done to them.

    seed: of everything random, for ever: the same calls on the same seed give the same weights, bit
    for bit, for any number of threads. Weights have no unit; they start at 0, or at the bound next
    to it.
    """

    def __init__(
        self, law: AnyLaw, rows: int, columns: int, *, seed: int, threads: int | None = None
    ) -> None:
        if not (rows >= 1 and 1 <= columns <= MOST_COLUMNS):
            raise RangeError(
                f"array of {rows} x {columns}: accepts 1 row or more, 1 to {MOST_COLUMNS} columns"
            )
        self.law, self.shape, self.seed = law, (rows, columns), seed
        self.threads = threads or default_threads()
        self.numbers = law_numbers(law)
        self.cells, self.passive = draw_cells(law, seed, self.shape)
        self.samples = 0  # trains so far: the key of the next one's random numbers
        self._events = 0  # resets, decays and writes so far
        self._stored = np.clip(np.zeros(self.shape, np.float32), *self.bounds)
        self._noise: Matrix | None = None
        self._draw_write_noise(np.ones(self.shape, bool))

    @property
    def bounds(self) -> tuple[Matrix, Matrix]:
        """Return the lower and the upper bound of each cell, before its reference."""
        return self.cells.w_min, self.cells.w_max

    @property
    def weights(self) -> Matrix:
        """Return the weights as they are seen: with write noise, less the reference."""
        seen = self._stored - self.passive.reference
        return seen if self._noise is None else seen + self._noise

    @property
    def stored(self) -> Matrix:
        """Return the weights as the cells hold them: no write noise, no reference; a copy."""
        return self._stored.copy()

    def set_weights(self, weights: Values | Matrix) -> None:
        """Put weights into the cells, as far as their bounds allow; shape (rows, columns)."""
        wanted = np.asarray(weights, np.float32)
        if wanted.shape != self.shape or not np.isfinite(wanted).all():
            raise RangeError(f"weights of shape {wanted.shape}: accepts finite ones, {self.shape}")
        self._stored = np.clip(wanted + self.passive.reference, *self.bounds)
        self._draw_write_noise(np.ones(self.shape, bool))

    def update(
        self,
        rows: Values,
        columns: Values,
        learning_rate: float,
        *,
        rules: TrainRules | None = None,
        method: Method = "auto",
    ) -> None:
        """Add learning_rate rows[i] columns[j] to cell (i, j), on average, by pulse trains.

        rows: shape (rows,) or (samples, rows); columns: likewise. method: see `run`.
        """
        trains = make_trains(
            rows, columns, learning_rate, self.law.dw_min, rules or TrainRules(),
            seed=self.seed, first_sample=self.samples,
        )  # fmt: skip
        self.run(trains, method=method)

    def pulse_all(self, count: int, *, up: bool, method: Method = "auto") -> None:
        """Give every cell ``count`` pulses of one direction."""
        if count < 0:
            raise RangeError(f"count = {count}: accepts 0 and more pulses")
        self.run(same_pulses(self.shape, count, up=up), method=method)

    def pulse_counts(self, counts: NDArray[np.int64]) -> None:
        """Give each cell its own number of pulses, up above 0; shape (rows, columns). Literal."""
        counts = np.asarray(counts, np.int64)
        if counts.shape != self.shape:
            raise RangeError(f"counts of shape {counts.shape}: accepts {self.shape}")
        before = self._stored.copy()
        literal.apply_counts(
            self.numbers, self.cells, self._stored, counts, self.seed, self.samples * EVENTS
        )
        self.samples += 1 + int(np.abs(counts).max(initial=0)) // EVENTS
        self._draw_write_noise(self._stored != before)

    def run(self, trains: Trains, *, method: Method = "auto") -> None:
        """Run trains.

        method: "pulses" is the exact law, pulse after pulse; "jump" takes a train at once, for
        linear laws; "literal" is the slow oracle; "auto" jumps where that is faster and exact in
        distribution, and there is noise: without any, the exact law is bit for bit the oracle.
        """
        if trains.row_words.shape[1:] + trains.column_words.shape[1:] != self.shape:
            raise RangeError(f"trains do not fit an array of {self.shape}")
        before = self._stored.copy() if self.law.write_noise_std else None
        if method == "literal":
            self._run_literally(trains)
        else:
            self._run_fast(trains, jump=self._jumps(trains, method))
        self.samples += trains.row_words.shape[0]
        if before is not None:
            self._draw_write_noise(self._stored != before)

    def _jumps(self, trains: Trains, method: Method) -> bool:
        if self.numbers.family != LINEAR:
            if method == "jump":
                raise RangeError(f"method 'jump' of a {self.law.law}: accepts linear laws only")
            return False
        if method != "auto":
            return method == "jump"
        if self.law.dw_min_std == 0.0:
            return False
        slots = int(np.bitwise_or.reduce(trains.row_words, axis=None, initial=0)) & (2**SLOTS - 1)
        return bool(slots.bit_count() >= _LONG)

    def _run_fast(self, trains: Trains, *, jump: bool) -> None:
        table = normal_table()

        def work(first: int, last: int) -> None:
            run_rows(
                first, last, self._stored, self.cells, self.numbers, trains, jump, table,
                self.seed, self.samples,
            )  # fmt: skip

        size = self._stored.size * trains.row_words.shape[0]
        over_rows(work, self.shape[0], size, self.threads)

    def _run_literally(self, trains: Trains) -> None:
        literal.apply_trains(
            self.numbers, self.cells, self._stored, *trains, self.seed, self.samples
        )

    def pass_time(self, duration: float) -> None:
        """Let cells decay to their rest and diffuse; duration: in s or updates, as law.clock says.

        Decay over t and then over u is that over t + u, and so is the variance of diffusion.
        """
        if not duration >= 0.0:
            raise RangeError(f"duration = {duration} {self.law.clock}: accepts 0 and more")
        if not (self.law.lifetime or self.law.diffusion):
            return
        rest = self.passive.rest
        kept = np.exp(-self.passive.decay_rate.astype(float) * duration)
        weights = rest + (self._stored - rest) * kept
        if self.law.diffusion:
            walk = self._normal(DIFFUSION) * np.sqrt(duration)
            weights = weights + self.passive.diffusion * walk
        self._stored = np.clip(weights, *self.bounds).astype(np.float32)
        self._draw_write_noise(np.ones(self.shape, bool))

    def reset(self, chosen: NDArray[np.bool_] | None = None) -> None:
        """Reset the chosen cells (all if none are named), each with its own spread and a new one.

        chosen: shape (rows, columns).
        """
        where = np.ones(self.shape, bool) if chosen is None else np.asarray(chosen, bool)
        fresh = self.passive.rest + self.law.reset_std * self._normal(RESET)
        fresh = np.clip(fresh, *self.bounds).astype(np.float32)
        self._stored = np.where(where, fresh, self._stored)
        self._draw_write_noise(where)

    def symmetry_points(self) -> Values:
        """Return the weight, as seen, at which up and down steps are alike; for each cell."""
        return symmetry_points(self.numbers, self.cells) - self.passive.reference

    def _normal(self, kind: int) -> Values:
        self._events += 1
        return normals(self.seed, self._stored.size, kind, self._events).reshape(self.shape)

    def _draw_write_noise(self, where: NDArray[np.bool_]) -> None:
        if not self.law.write_noise_std:
            return
        fresh = self.law.write_noise_std * self.law.dw_min * self._normal(WRITE)
        old = np.zeros(self.shape, np.float32) if self._noise is None else self._noise
        self._noise = np.where(where, fresh, old).astype(np.float32)
