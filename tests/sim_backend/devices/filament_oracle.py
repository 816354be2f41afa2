"""The filament's pulse written out: the law as stated, its equation solved by root finding.

    10^(h/K) grows by one for each microsecond;  h(G) = |G - origin| - slope (V(G) - threshold)

V(G) is what the transistor leaves of the source's voltage. Nothing here is fast, and nothing is
shared with the model but the random numbers, which are tested by themselves.
"""

from math import exp, log10, sqrt

import numpy as np
from scipy.optimize import brentq

from labcim.sim_backend.devices.random import CYCLE, CYCLE_SLOW, JITTER, WEAK, normal, uniform


def after_pulse(cell, device, p, seed, index, row, column, gate, width, limit):
    """Return the conductance in S that one pulse leaves in a formed cell that never relaxes.

    cell, device, p: records, which are not changed.  limit: A, of a SET.  An instrument that limits
    the current of a RESET makes it run away, and the equation has several roots: not for this one.
    """
    start, voltage = float(cell["conductance"]), row - column
    overdrive = gate - float(device["gate_threshold"]) - min(row, column)
    if overdrive <= 0.0 or abs(voltage) < p["disturb_voltage"]:
        return start
    direction = 1 if voltage > 0.0 else -1
    offset, reversals = cycle_offset(cell, p, seed, index, direction)
    noise = p["jitter"] * normal(seed, index, JITTER, int(cell["pulses"]) + 1)
    wear = [
        10 ** (-per_decade / 2.302585092994046 * log10(1 + 0.5 * reversals / p["wear_onset"]))
        for per_decade in (p["wear_low_resistance"], p["wear_high_resistance"])
    ]
    if reversals < 200:
        wear = [1.0, 1.0]
    beta = float(p["beta"])
    at_read = 1.0 / (beta * (p["read_gate"] - float(device["gate_threshold"])))
    triode = 1.0 / (beta * overdrive)
    saturated = min(beta / 2.0 * overdrive**2, limit)
    threshold = p["cycle_spread"] * offset + noise
    microseconds = 1e6 * width
    if direction > 0:
        reached = evolved(
            start, 1.0, float(device["lowest"]), float(device["set_slope"]),
            float(device["set_voltage"]) + threshold, p["decade"], microseconds,
            lambda g: voltage - min(dropped(g, triode - at_read, voltage), saturated * triode),
        )  # fmt: skip
        spread = p["compliance_cycle_floor"] + p["compliance_cycle_slope"] * sqrt(1e-5 / saturated)
        held = saturated / float(device["compliance_voltage"]) * wear[0] * exp(spread * offset)
        return max(start, min(reached, held, float(device["highest"]) * wear[0]))
    if (
        device["weak_reset"] > 0.0
        and uniform(seed, index, WEAK, reversals) < p["weak_reset_chance"]
    ):
        threshold += float(device["weak_reset"])
    passed = min(-voltage, overdrive)
    reached = evolved(
        start, -1.0, float(device["highest"]), float(device["reset_slope"]),
        float(device["reset_voltage"]) + threshold, p["decade"], microseconds,
        lambda g: passed - dropped(g, triode - at_read, passed),
    )  # fmt: skip
    raised = float(np.float32(exp(p["floor_cycle_spread"] * offset)))  # a cell keeps 32 bits of it
    floor = float(device["floor"]) * raised / wear[1]
    return min(start, max(reached, floor))


def cycle_offset(cell, p, seed, index, direction):
    """Return the cycle's offset, drawn anew where the polarity turns, and the reversals."""
    reversals = int(cell["reversals"])
    if direction == int(cell["direction"]):
        return float(cell["cycle_offset"]), reversals
    reversals += 1
    memory = 0.0 if reversals <= 2 else float(p["slow_memory"])
    before = float(cell["slow_set" if direction > 0 else "slow_reset"])
    push = normal(seed, index, CYCLE_SLOW, reversals)
    slow = float(np.float32(memory * before + sqrt(1 - memory**2) * push))
    white = normal(seed, index, CYCLE, reversals)
    offset = sqrt(1 - p["slow_share"]) * white + sqrt(p["slow_share"]) * slow
    return float(np.float32(offset)), reversals


def dropped(conductance, extra, voltage):
    """Return V across what the transistor has more than at the reference gate."""
    share = max(conductance * extra, -0.8)
    return voltage * share / (1.0 + share)


def evolved(start, sign, origin, slope, threshold, decade, microseconds, stack):
    """Return G in S after so many microseconds, by bracketing the root of the law."""
    scale = slope * decade

    def distance(conductance):
        return (sign * (conductance - origin) - slope * (stack(conductance) - threshold)) / scale

    spent = distance(start)
    if spent > log10(microseconds) + 12.0:
        return start
    goal = log10(10.0**spent + microseconds) if spent > -300.0 else log10(microseconds)
    near, step = start, 1e-3 * start
    while True:  # the first root on the way; there may be others beyond
        far = near + sign * step
        if not 1e-13 < far < 0.1:
            return near
        if distance(far) >= goal:
            break
        near, step = far, 1.01 * step if sign > 0.0 else 1e-3 * far
    return brentq(
        lambda g: distance(g) - goal, min(near, far), max(near, far), xtol=1e-20, rtol=1e-13
    )
