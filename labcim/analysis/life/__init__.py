"""How long cells live: censored lifetimes, survival, acceleration by temperature."""

from .arrhenius import BOLTZMANN, ArrheniusFit, fit_arrhenius
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
    "Comparison",
    "Lifetimes",
    "LognormalFit",
    "Survival",
    "WeibullFit",
    "compare_laws",
    "fit_arrhenius",
    "fit_lognormal",
    "fit_weibull",
    "survival",
]
