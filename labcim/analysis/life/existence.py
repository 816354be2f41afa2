"""Whether lifetimes fix the parameters of a law at all.

ln L is concave, so that it has a maximum unless there is a way to go on which it never falls
(Rockafellar, Convex Analysis, 1970, §27): that is a question of linear inequalities.
"""

import numpy as np
from scipy.optimize import linprog

from labcim.errors import RangeError

from .lifetimes import Lifetimes
from .likelihood import Likelihood

_ZERO = 1e-9


def check_order(lifetimes: Lifetimes) -> None:
    """Raise RangeError unless one unit is known to have outlived another and units failed.

    For lifetimes under one condition that is needed for a maximum to exist, and enough if a unit
    was seen alive and dead; if not, the dead must on the mean have been looked at later.
    """
    if lifetimes.failures == 0:
        raise RangeError(
            f"none of {len(lifetimes)} units failed: a law of lifetimes needs failures; the share "
            "that lives is still known (survival)"
        )
    if not lifetimes.lower.max() > lifetimes.upper.min():
        raise RangeError(
            f"the {len(lifetimes)} lifetimes, {lifetimes.failures} of them failures, have a moment "
            "in common, so that a spread of 0 fits best: a law needs one unit that is known to "
            "have outlived another"
        )
    left = (lifetimes.lower == 0.0) & np.isfinite(lifetimes.upper)
    right = ~np.isfinite(lifetimes.upper)
    if not (left | right).all():
        return
    if not np.log(lifetimes.upper[left]).mean() > np.log(lifetimes.lower[right]).mean():
        raise RangeError(
            f"of {len(lifetimes)} units, each looked at once, those looked at early were the dead "
            "ones, so that an infinite spread fits best: a law needs a unit that was seen both "
            "alive and dead"
        )


def check_maximum(likelihood: Likelihood) -> None:
    """Raise RangeError where ln L rises, or stays, all the way in some direction."""
    moments, good, start, end, left = likelihood.rows
    limits = np.vstack([good, start[~left], -end])
    parameters = likelihood.parameters
    for k in range(parameters):
        for sign in (1.0,) if k == parameters - 1 else (1.0, -1.0):
            aim = np.zeros(parameters)
            aim[k] = -sign
            found = linprog(
                aim,
                A_ub=limits if len(limits) else None,
                b_ub=np.zeros(len(limits)) if len(limits) else None,
                A_eq=moments if len(moments) else None,
                b_eq=np.zeros(len(moments)) if len(moments) else None,
                bounds=[(-1.0, 1.0)] * (parameters - 1) + [(0.0, 1.0)],
            )
            if found.status == 0 and float(found.fun or 0.0) < -_ZERO:
                raise RangeError(
                    "the lifetimes do not fix a law with a slope: no spread at all, or any slope, "
                    "fits them best; more failures, or shorter times between looks, would"
                )
