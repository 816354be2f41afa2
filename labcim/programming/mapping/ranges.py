"""The converter's range, chosen from what it will see."""

import numpy as np

from labcim.errors import RangeError

from .scheme import Floats

_CHOICES = 200
_NARROWEST, _WIDEST = 0.02, 1.5  # of the largest value seen
_TAIL = 100  # one value of so many belongs to the tail


def calibrated_range(samples: Floats, bits: int) -> float:
    """Return the range, in the unit of ``samples``, at which a converter errs least.

    samples: values such as will be converted, any shape.  bits: of the converter, sign included.
    A narrower range has finer steps and clips more; the sum of both mean squares is least at the
    range that is returned. Beyond its largest hundredth the samples' distribution is taken to fall
    exponentially, for what is to come will be larger than the largest seen. Raises RangeError
    without a value that is not 0.
    """
    values = np.abs(np.asarray(samples, dtype=np.float64)).ravel()
    if not values.size or not np.isfinite(values).all() or not values.max() > 0.0:
        raise RangeError("samples: accepts finite values of which one at least is not 0")
    if not 2 <= bits <= 32:
        raise RangeError(f"bits = {bits}: accepts 2 to 32, the sign included")
    values = np.sort(values)
    tail = values[-max(len(values) // _TAIL, 1) :]
    choices = values[-1] * np.geomspace(_NARROWEST, _WIDEST, _CHOICES)
    losses = [_loss(values, tail, choice, bits) for choice in choices]
    return float(choices[int(np.argmin(losses))])


def _loss(values: Floats, tail: Floats, end: float, bits: int) -> float:
    """Return the mean square of what rounding and clipping at ``end`` take away."""
    step = end / (2 ** (bits - 1) - 1)
    rounding = step * step / 12.0
    if end > tail[0]:
        excess = max(float(np.mean(tail - tail[0])), 1e-12 * end)
        beyond = len(tail) / len(values) * np.exp(-(end - tail[0]) / excess)
        return float(rounding + beyond * 2.0 * excess * excess)
    clipped = values[np.searchsorted(values, end, side="right") :] - end
    return float(np.square(clipped).sum() / len(values) + rounding)
