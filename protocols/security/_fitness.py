"""Which cells may be sources of random bits, and why the others may not."""

from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from ._random_recipe import RandomSource
from ._random_sources import Drawn

_EARLY = 5.0  # clocks: below, there are too few values for parity to be even
_ENOUGH = 16
_UNEVEN = 0.25  # share of ones from one half: more is no noise of a calibration


class Fitness(IntEnum):
    """Why a cell is no source."""

    FIT = 0
    MISSING_VALUES = 1
    DOES_NOT_VARY = 2
    MEAN_TOO_SHORT = 3
    SPREAD_TOO_SMALL = 4
    OFTEN_EARLY = 5
    UNEVEN = 6


def fitness(recipe: RandomSource, drawn: Drawn) -> NDArray[np.uint8]:
    """Return for each cell whether calibration found it fit, or why not; the gravest reason."""
    seen = np.isfinite(drawn.value)
    share = seen.mean(axis=0)
    found = np.zeros(seen.shape[1], np.uint8)
    raw = np.ma.masked_invalid(drawn.raw)
    ones = np.ma.masked_less(drawn.bits, 0).mean(axis=0)
    found[np.ma.filled(np.abs(ones - 0.5), 0.5) > _UNEVEN] = Fitness.UNEVEN
    if recipe.mode == "delay":
        found[np.ma.filled((raw < _EARLY).mean(axis=0), 1.0) > recipe.early_at_most] = (
            Fitness.OFTEN_EARLY
        )
        found[np.ma.filled(raw.std(axis=0), 0.0) < recipe.sigma_at_least] = Fitness.SPREAD_TOO_SMALL
        found[np.ma.filled(raw.mean(axis=0), 0.0) < recipe.mean_at_least] = Fitness.MEAN_TOO_SHORT
    still = np.ma.filled(np.ma.masked_invalid(drawn.value).std(axis=0), 0.0) <= 0.0
    found[still] = Fitness.DOES_NOT_VARY
    found[(share < recipe.reached_at_least) | (seen.sum(axis=0) < _ENOUGH)] = Fitness.MISSING_VALUES
    return found
