"""Where conductance stops to follow the compliance current: at the cells' own highest conductance.

G = I_C / V_C holds below a knee.  Above it a SET leaves what the cell can conduct at most, whatever
current is allowed; points from there say nothing of V_C.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from labcim.errors import RangeError

from .compliance_law import ComplianceLaw, fit_compliance_law
from .distributions import Floats

CLEAR = 0.8
"""Of the highest conductance, below which hardly a cell of a spread of 10 % is at its end."""
_UNEVEN = 0.03  # of V_C: less than that between the middle and the ends is told as one V_C


@dataclass(frozen=True, slots=True)
class BelowKnee:
    """The law of the settings below the knee; None where G does not follow the current there.

    tried: the fit to what is left, be it a law or not; None where that is too little.  kept,
    dropped: settings, lowest first.  end: S, what cells conduct at most; NaN: no knee was seen.
    """

    law: ComplianceLaw | None
    tried: ComplianceLaw | None
    kept: Floats
    dropped: Floats
    end: float

    @property
    def reach(self) -> float:
        """Return the largest current in A that cells follow clear of their end; NaN: not known."""
        return CLEAR * self.end * self.law.voltage.value if self.law else math.nan


def law_below_knee(
    setting: Floats, cell: NDArray[np.integer], current: Floats, conductance: Floats
) -> BelowKnee:
    """Fit the law of compliance to the settings below the knee.

    setting: what was set, a gate or a limit, that the current rises with; cell: number; current: A;
    conductance: S; each of shape (points,). A setting at which most currents are NaN was held back
    by the cells. Settings are dropped from the top for as long as the 95 % interval of the exponent
    lies below 1; then those with it that come within 20 % of what the cells conducted there.
    """
    settings = np.unique(setting)
    known = [np.isfinite(current[setting == one]).mean() >= 0.5 for one in settings]
    last = known.index(True) if True in known else 0
    while last < len(settings) and known[last]:
        last += 1
    law = _fitted(setting <= settings[last - 1], cell, current, conductance) if last else None
    while law is not None and law.exponent.high < 1.0 and last > 1:
        last -= 1
        law = _fitted(setting <= settings[last - 1], cell, current, conductance)
    end = math.nan
    if last < len(settings):
        above = setting > settings[last - 1] if last else np.ones(len(setting), bool)
        end = float(np.median(conductance[above]))
        clear = [float(np.median(conductance[setting == one])) < CLEAR * end for one in settings]
        kept = min(last, clear.index(False))
        if kept < last:
            last = kept
            law = _fitted(setting < settings[last], cell, current, conductance)
    middle = [
        float(np.nanmedian(current[setting == one]))
        for one, good in zip(settings[:last], known, strict=False)
        if good
    ]
    proper = law is not None and last > 1 and _is_one(law, max(middle) / min(middle))
    return BelowKnee(law if proper else None, law, settings[:last], settings[last:], end)


def _fitted(
    here: NDArray[np.bool_], cell: NDArray[np.integer], current: Floats, conductance: Floats
) -> ComplianceLaw | None:
    """Return the law of some points; None where they are too few for one."""
    try:
        return fit_compliance_law(cell[here], current[here], conductance[here])
    except RangeError:
        return None


def _is_one(law: ComplianceLaw, span: float) -> bool:
    """Return whether one V_C says it all: the exponent is 1, or so near that V_C hardly changes.

    span: highest over lowest current. Over close currents an exponent is known badly, and one that
    is beside 1 matters little.
    """
    found = law.exponent
    if math.isnan(found.value):
        return False
    change = abs(found.value - 1.0) * 0.5 * math.log(span)
    return found.low <= 1.0 <= found.high or change <= _UNEVEN
