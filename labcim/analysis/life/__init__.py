"""How long cells live: censored lifetimes, survival, acceleration by temperature."""

from .arrhenius import BOLTZMANN, ArrheniusFit, fit_arrhenius
from .checkpoints import (
    CheckpointBias,
    checkpoint_bias,
    looked_at,
    missed_by_sparse_reading,
    taken_as_moments,
)
from .fits import (
    Comparison,
    LognormalFit,
    WeibullFit,
    compare_laws,
    fit_lognormal,
    fit_weibull,
)
from .lifetimes import Lifetimes
from .survival import Survival, survival

__all__ = [
    "BOLTZMANN",
    "ArrheniusFit",
    "CheckpointBias",
    "Comparison",
    "Lifetimes",
    "LognormalFit",
    "Survival",
    "WeibullFit",
    "checkpoint_bias",
    "compare_laws",
    "fit_arrhenius",
    "fit_lognormal",
    "fit_weibull",
    "looked_at",
    "missed_by_sparse_reading",
    "survival",
    "taken_as_moments",
]
