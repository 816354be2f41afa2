"""A loop of amplifiers around an array, as a circuit ODE.

The inverting inputs u sit on one family of the array's lines, the outputs v drive the other, and
inverters w = -v drive what needs the other sign. Kirchhoff's law at the inputs, in conductances:

    u = K_v v + K_w w + k                     (line capacitance C adds du/dt, see below)
    dv/dt = rate (o - u - v / A)              rate = 2 pi times the gain-bandwidth product
    dw/dt = rate (o' - (v + w) / 2 - w / A)   two equal resistors around the inverter

With capacitance, u is a state: C du/dt = G_total (K_v v + K_w w + k - u). Outputs cannot leave the
limits nor change faster than the slew rate. Time is counted in 1 / rate while it is solved.
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from labcim.errors import InstrumentError
from labcim.units import Second

from .opamp import Floats, OpAmp

MANY_STEPS = 30_000
ACCURATE = 1e-8  # of the limit: the absolute error of a step


class Trace(NamedTuple):
    """Output voltages in V, (times, outputs), at times in s."""

    time: Floats
    voltage: Floats


@dataclass(frozen=True)
class Loop:
    """from_outputs, from_inverters: K_v, K_w, (n, n).  drive: k, V, (n,).  total: S, (n,).

    An empty K_w, (n, 0), is a loop without inverters.
    """

    from_outputs: Floats
    from_inverters: Floats
    drive: Floats
    total: Floats
    amplifier: OpAmp
    capacitance: float = 0.0

    @property
    def outputs(self) -> int:
        """How many outputs there are."""
        return self.drive.size

    def system(self) -> tuple[Floats, Floats]:
        """Return M and c of dx/dt = rate (M x + c); x: outputs, inverters, inputs if states."""
        n, inverters = self.outputs, self.from_inverters.shape[1]
        leak = 1.0 / self.amplifier.gain
        across = np.hstack([self.from_outputs, self.from_inverters])
        size = n + inverters
        matrix = -leak * np.eye(size)
        offsets = self.amplifier.offsets(size)
        if inverters:
            matrix[n:, :n] -= 0.5 * np.eye(n)
            matrix[n:, n:] -= 0.5 * np.eye(n)
        if self.capacitance == 0.0:
            matrix[:n] -= across
            return matrix, offsets - np.concatenate([self.drive, np.zeros(inverters)])
        quick = (self.total / (self.capacitance * self.amplifier.rate))[:, None]
        whole = np.zeros((size + n, size + n))
        whole[:size, :size] = matrix
        whole[:n, size:] = -np.eye(n)
        whole[size:, :size] = quick * across
        whole[size:, size:] = -np.diag(quick[:, 0])
        return whole, np.concatenate([offsets, quick[:, 0] * self.drive])

    def poles(self) -> NDArray[np.complex128]:
        """Return the poles in 1/s of the loop without limits, rightmost first."""
        values = np.linalg.eigvals(self.system()[0]).astype(np.complex128) * self.amplifier.rate
        return np.asarray(values[np.argsort(-values.real)])

    def run(self, start: Floats, duration: Second) -> Trace:
        """Return what the outputs do from ``start`` V, shape (n,), for ``duration`` s."""
        from scipy.integrate import solve_ivp  # slow to import, and only needed for a run

        matrix, constant = self.system()
        driven = self.outputs + self.from_inverters.shape[1]
        limit, slew = self.amplifier.limit, self.amplifier.slew / self.amplifier.rate

        def flow(_: float, state: Floats) -> Floats:
            change = matrix @ state + constant
            outputs = state[:driven]
            held = (np.abs(outputs) >= limit) & (outputs * change[:driven] > 0.0)
            change[:driven] = np.where(held, 0.0, np.clip(change[:driven], -slew, slew))
            return change

        def slope(_: float, state: Floats) -> Floats:
            at = matrix.copy()
            at[np.flatnonzero(np.abs(state[:driven]) >= limit)] = 0.0
            return at

        begin = self._begin(start, matrix.shape[0])
        scale = max(float(np.abs(start).max()), 1e-6 * limit)
        span = duration * self.amplifier.rate
        # A few thousand explicit steps are cheaper than factorising a large matrix many times.
        stiff = span * float(np.abs(matrix).sum(axis=1).max()) > MANY_STEPS
        method = {"method": "BDF", "jac": slope} if stiff else {"method": "RK45"}
        atol = min(ACCURATE * limit, 1e-3 * scale)
        solved = solve_ivp(flow, (0.0, span), begin, rtol=1e-6, atol=atol, **method)
        if not solved.success:
            raise InstrumentError(f"feedback circuit: the solver gave up: {solved.message}")
        voltage = np.clip(solved.y[: self.outputs].T, -limit, limit)
        return Trace(solved.t / self.amplifier.rate, voltage)

    def _begin(self, start: Floats, size: int) -> Floats:
        """Return the first state: inverters follow their outputs, inputs see their lines."""
        inverters = self.from_inverters.shape[1]
        begin = np.concatenate([start, -start[:inverters]])
        if begin.size < size:
            across = np.hstack([self.from_outputs, self.from_inverters])
            begin = np.concatenate([begin, across @ begin + self.drive])
        return begin


def settling_time(trace: Trace, tolerance: float) -> float:
    """Return the time in s after which no output is off its end by ``tolerance`` of the largest."""
    end = trace.voltage[-1]
    off = np.abs(trace.voltage - end).max(axis=1) / max(float(np.abs(end).max()), 1e-300)
    outside = np.flatnonzero(off > tolerance)
    if outside.size == 0:
        return 0.0
    last = int(outside[-1])
    # Between two steps the rest decays by a power law of time at worst: interpolate its logarithm.
    before, after = np.log(off[last]), np.log(max(off[last + 1], 1e-300))
    part = (before - np.log(tolerance)) / (before - after)
    return float(trace.time[last] + part * (trace.time[last + 1] - trace.time[last]))
