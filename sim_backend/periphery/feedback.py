"""Analog feedback: an array that solves A x = b, and one that finds its principal eigenvector.

What counts for the inverse is G divided by each row's total conductance: its eigenvalue of
smallest real part times the gain-bandwidth product is the slowest pole, whatever the size of the
array (Sun et al., IEEE TED 67:2945, 2020); where that is negative, the loop drives itself into its
limits. Of the eigenvector circuit only the principal mode grows, if the feedback conductance is a
little below its eigenvalue, until an output meets its limit; the other modes die out.

The simulator knows the matrix: so it knows when the circuit's answer is none, and says so. An
ending other than "settled" has its reason, and no answer.
"""

from dataclasses import dataclass
from math import inf, log

import numpy as np
from numpy.typing import ArrayLike, NDArray

from labcim.errors import RangeError
from labcim.units import Second, Siemens, Volt

from .feedback_loops import SignedArray, eigenvector_loop, inverse_loop, signed_array
from .loop import Loop, Trace, settling_time
from .opamp import Ending, FeedbackResult, Floats, OpAmp

_LONG = 40.0  # time constants of the slowest pole that a run lasts
_SLOWEST = 1e-9  # of the gain-bandwidth product: slower poles are not waited for
Verdict = tuple[Ending, str]
Poles = NDArray[np.complex128]


@dataclass(frozen=True)
class Demands:
    """What makes a run an answer.

    tolerance: relative, of the settling time.  accuracy: relative distance from the solution, or
    1 - cosine to the eigenvector, above which the ending is "inexact".  patience: s, after which
    nobody waits any more.
    """

    tolerance: float = 1e-3
    accuracy: float = 1e-2
    patience: Second = inf


DEMANDS = Demands()


def solve(
    positive_part: ArrayLike,
    inputs: ArrayLike,
    source: Siemens,
    amplifier: OpAmp,
    negative_part: ArrayLike | None = None,
    *,
    capacitance: float = 0.0,
    demands: Demands = DEMANDS,
) -> FeedbackResult:
    """Return the voltages v of (G+ - G-) v = source * inputs, as the circuit finds them from 0 V.

    positive_part, negative_part: G+ and G-, S, (n, n).  inputs: V, (n,).  source: S.
    capacitance: F, of each row line.
    """
    array = signed_array(positive_part, negative_part)
    loop = inverse_loop(array, inputs, source, amplifier, capacitance)
    poles = loop.poles()
    slow = max(abs(float(poles[0].real)), _SLOWEST * amplifier.rate)
    needed = _LONG / slow + 4.0 * amplifier.limit / amplifier.slew
    trace = loop.run(np.zeros(loop.outputs), min(needed, demands.patience))
    ending, reason = _of_poles(array, poles)
    if ending == "settled":
        ending, reason = _of_limits(trace, amplifier)
    if ending == "settled":
        ending, reason = _of_rest(trace, slow, needed, demands)
    if ending == "settled":
        wanted = source * np.asarray(inputs, dtype=np.float64)
        ending, reason = _of_solution(array, wanted, trace, demands.accuracy, amplifier)
    return _result(trace, ending, reason, poles, demands)


def eigenvector(
    positive_part: ArrayLike,
    feedback: Siemens,
    amplifier: OpAmp,
    negative_part: ArrayLike | None = None,
    *,
    start: Volt | ArrayLike = 1e-3,
    capacitance: float = 0.0,
    demands: Demands = DEMANDS,
) -> FeedbackResult:
    """Return the voltages along the principal eigenvector of G+ - G-, as the circuit finds them.

    feedback: S, a few per cent below the largest eigenvalue.  start: V, what the outputs
    begin with (noise, in life), one for all or each; others as for `solve`.
    """
    array = signed_array(positive_part, negative_part)
    loop = eigenvector_loop(array, feedback, amplifier, capacitance)
    poles = loop.poles()
    begin = np.broadcast_to(np.asarray(start, dtype=np.float64), (loop.outputs,)).copy()
    largest = float(np.abs(begin).max())
    if not 0.0 < largest < inf:
        raise RangeError(f"start = {largest:g} V: accepts finite ones, not all 0 V")
    # There are two poles at least, an amplifier's and an inverter's: what grows, and what is slow.
    rising, dying = (max(abs(float(p)), _SLOWEST * amplifier.rate) for p in poles.real[:2])
    slow = min(rising, dying)
    needed = (1.5 * max(log(amplifier.limit / largest), 1.0) + 10.0) / rising + _LONG / dying
    trace = loop.run(begin, min(needed, demands.patience))
    ending, reason = _of_growth(loop, poles)
    if ending == "settled":
        ending, reason = _of_rest(trace, slow, needed, demands)
    if ending == "settled":
        ending, reason = _of_direction(array, trace, demands.accuracy, feedback)
    return _result(trace, ending, reason, poles, demands)


def _of_poles(array: SignedArray, poles: Poles) -> Verdict:
    condition = float(np.linalg.cond(array.matrix))
    if not condition < 1.0 / np.finfo(np.float64).eps:
        return "singular", f"the matrix has the condition number {condition:.3g}"
    if poles[0].real >= 0.0:
        return "unstable", f"a pole at {poles[0]:.3g} 1/s: the loop drives itself away"
    return "settled", ""


def _of_limits(trace: Trace, amplifier: OpAmp) -> Verdict:
    at = int(np.abs(trace.voltage[-1]).argmax())
    if abs(trace.voltage[-1, at]) >= 0.999 * amplifier.limit:
        return "saturated", f"output {at} is at its limit of {amplifier.limit:g} V"
    return "settled", ""


def _of_rest(trace: Trace, slow: float, needed: Second, demands: Demands) -> Verdict:
    """At rest is what has not moved in the last fifth of a run that was long enough to see it."""
    lasted = float(trace.time[-1])
    if lasted * slow >= -log(demands.tolerance):
        if settling_time(trace, demands.tolerance) <= 0.8 * lasted:
            return "settled", ""
    return "not settled", f"after {lasted:.3g} s; it needs {needed:.3g} s"


def _of_solution(
    array: SignedArray, wanted: Floats, trace: Trace, accuracy: float, amplifier: OpAmp
) -> Verdict:
    """Compare with the solution for infinite gain. wanted: A, (n,)."""
    exact = np.linalg.solve(array.matrix, wanted)
    length = max(float(np.linalg.norm(exact)), np.finfo(np.float64).tiny)
    off = float(np.linalg.norm(trace.voltage[-1] - exact)) / length
    if off <= accuracy:
        return "settled", ""
    condition = float(np.linalg.cond(array.matrix))
    said = f"off by {off:.2g}: gain {amplifier.gain:g}, condition number {condition:.3g}"
    return "inexact", said


def _of_growth(loop: Loop, poles: Poles) -> Verdict:
    """Return what the poles say: exactly one real mode has to grow."""
    growing = poles[poles.real > 0.0]
    if growing.size == 0:
        said = f"no mode grows (rightmost pole {poles[0].real:.3g} 1/s): the feedback is too strong"
        return "dead", said
    if np.abs(growing.imag).max() > _SLOWEST * loop.amplifier.rate:
        return "unstable", f"a mode oscillates: pole {growing[0]:.3g} 1/s"
    if growing.size > 1:
        return "ambiguous", f"{growing.size} modes grow: the feedback is too weak"
    return "settled", ""


def _of_direction(array: SignedArray, trace: Trace, accuracy: float, feedback: Siemens) -> Verdict:
    values, vectors = np.linalg.eig(array.matrix)
    principal, end = vectors[:, int(np.argmax(values.real))].real, trace.voltage[-1]
    lengths = float(np.linalg.norm(principal) * np.linalg.norm(end))
    cosine = abs(float(principal @ end)) / lengths if lengths > 0.0 else 0.0
    if 1.0 - cosine <= accuracy:
        return "settled", ""
    return "inexact", f"cosine {cosine:.4f} to the eigenvector, feedback {feedback:.3g} S"


def _result(
    trace: Trace, ending: Ending, reason: str, poles: Poles, demands: Demands
) -> FeedbackResult:
    at_rest = ending in ("settled", "inexact", "saturated")
    time = settling_time(trace, demands.tolerance) if at_rest else np.nan
    return FeedbackResult(trace.voltage[-1], ending, reason, time, poles)
