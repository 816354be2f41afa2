"""Filament kinetics: a log-time rule along a linear equilibrium line.

A SET at stack voltage V for 1 us takes the cell to G = lowest + slope (V - threshold); a decade of
width is worth ``decade`` volts more. RESET is its mirror image from ``highest`` down. Written with
the distance from the line,

    h(G) = |G - origin| - slope (V(G) - threshold),     K = slope decade,

the law is  10^(h/K) grows by one for each microsecond.  V(G) is the voltage behind the transistor,
which itself depends on G; because h depends on G alone, N pulses of width t do exactly what one of
N t does (jitter apart), whatever the transistor takes. Thresholds are those of the stack with its
transistor at the reference gate; a weaker gate takes its extra resistance off.

Sources: Ielmini, IEEE TED 58:4309 (2011) for log-time kinetics and compliance-limited SET; the
constants, as each preset says.
"""

from math import exp, log10, sqrt

import numpy as np
from numba import njit

from ._filament_conduction import cell_current, life_used, present_conductance
from ._filament_forming import break_down, form
from ._filament_traps import move_traps
from .access import overdrive_of, reference_resistance
from .fab import arrhenius
from .inlining import inlined
from .layout import Record
from .random import CYCLE, CYCLE_SLOW, JITTER, RELAXATION, WEAK, normal, uniform
from .transistor import saturation_current, triode_resistance

LN10 = 2.302585092994046
NEVER = 12.0  # decades of time beyond which a pulse changes nothing that a float could show


@inlined
def stack_voltage(
    conductance: float, voltage: float, extra: float, most_drop: float, limit: float
) -> float:
    """Return V across the stack: source less the transistor's extra drop, within the limit's reach.

    extra: ohm beyond the reference gate's resistance.  most_drop: V.  limit: A.
    """
    share = max(conductance * extra, -0.8)
    drop = min(voltage * share / (1.0 + share), most_drop)
    return min(voltage - drop, limit / conductance)


@inlined
def _advance(
    start: float,
    sign: float,
    origin: float,
    slope: float,
    threshold: float,
    decade: float,
    microseconds: float,
    log_time: float,
    voltage: float,
    extra: float,
    most_drop: float,
    limit: float,
) -> float:
    """Return the conductance in S that ``microseconds`` at ``voltage`` V lead to from ``start`` S.

    log_time: log10(microseconds).  sign: +1 SET, -1 RESET.  The caller clamps.
    """
    scale = slope * decade
    stack = stack_voltage(start, voltage, extra, most_drop, limit)
    miss = sign * (start - origin) - slope * (stack - threshold)
    spent = miss / scale
    if spent > log_time + NEVER:
        return start
    if spent > log_time - NEVER:
        log_time = log10(microseconds + exp(LN10 * spent))
    goal = scale * log_time
    # h(G) = goal is a quadratic as long as neither drop nor limit is at its bound.
    a = sign * extra
    b = sign + extra * (slope * threshold - sign * origin - goal)
    c = slope * (threshold - voltage) - sign * origin - goal
    if a == 0.0:
        found = -c / b
    else:
        found = -2.0 * c / (b + sign * sqrt(max(b * b - 4.0 * a * c, 0.0)))
    share = found * extra
    free = -0.8 < share and voltage * share <= most_drop * (1.0 + share)
    if found <= 0.0 or (limit == np.inf and free):
        return found
    return _secant(
        start, miss - goal, sign, origin, slope, threshold, goal, voltage, extra, most_drop, limit
    )


@njit(cache=True, nogil=True, error_model="numpy")
def _secant(
    start: float,
    start_miss: float,
    sign: float,
    origin: float,
    slope: float,
    threshold: float,
    goal: float,
    voltage: float,
    extra: float,
    most_drop: float,
    limit: float,
) -> float:
    """Solve h(G) = goal by secant steps; h is nearly linear with slope 1, so a few will do."""
    old, old_miss, miss = start, start_miss, start_miss
    new = start - sign * start_miss
    for _ in range(20):
        stack = stack_voltage(max(new, 1e-9), voltage, extra, most_drop, limit)
        miss = sign * (new - origin) - slope * (stack - threshold) - goal
        if miss == old_miss:
            break
        step = miss * (new - old) / (miss - old_miss)
        old, old_miss = new, miss
        new -= step
        if abs(step) < 1e-15:
            break
    if sign > 0.0 and limit == np.inf and not (start <= new and abs(miss) < 1e-6 * slope):
        return _first_above(start, origin, slope, threshold, goal, voltage, extra, most_drop)
    return new


@njit(cache=True, nogil=True, error_model="numpy")
def _first_above(
    start: float,
    origin: float,
    slope: float,
    threshold: float,
    goal: float,
    voltage: float,
    extra: float,
    most_drop: float,
) -> float:
    """Return the first G above ``start`` where h(G) = goal; 1 S where a SET runs away from it.

    Behind a gate far above the reference one, a cell that conducts more sees more: h falls then,
    and secants lead anywhere.
    """
    low, high, step = start, start, 0.01 * start
    for _ in range(200):
        high = low + step
        stack = stack_voltage(high, voltage, extra, most_drop, np.inf)
        if high - origin - slope * (stack - threshold) >= goal:
            break
        if high > 1.0:
            return 1.0
        low, step = high, 1.3 * step
    for _ in range(60):
        middle = 0.5 * (low + high)
        stack = stack_voltage(middle, voltage, extra, most_drop, np.inf)
        if middle - origin - slope * (stack - threshold) < goal:
            low = middle
        else:
            high = middle
    return high


@njit(cache=True, nogil=True, error_model="numpy")
def _reverse(cell: Record, p: Record, seed: int, index: int, direction: int) -> None:
    """Turn round: draw the cycle's offset, which holds until the next reversal.

    A white part and a slowly wandering one, so that successive cycles correlate as measured.
    """
    cell.direction = direction
    cell.reversals += 1
    white = normal(seed, index, CYCLE, cell.reversals)
    push = normal(seed, index, CYCLE_SLOW, cell.reversals)
    first = cell.reversals <= 2
    memory = 0.0 if first else p.slow_memory
    fresh = sqrt(1.0 - memory * memory)
    if direction > 0:
        cell.slow_set = memory * cell.slow_set + fresh * push
        slow = cell.slow_set
    else:
        cell.slow_reset = memory * cell.slow_reset + fresh * push
        slow = cell.slow_reset
    cell.cycle_offset = sqrt(1.0 - p.slow_share) * white + sqrt(p.slow_share) * slow
    cell.floor_factor = exp(p.floor_cycle_spread * cell.cycle_offset)


@njit(cache=True, nogil=True, error_model="numpy")
def _wear(cell: Record, p: Record, per_decade: float) -> float:
    """Return the factor on conductance after the cycles the cell has seen."""
    if cell.reversals < 200 or per_decade == 0.0:
        return 1.0
    # Fewer cycles than that show nothing, and the logarithm costs time.
    return exp(-per_decade * log10(1.0 + 0.5 * cell.reversals / p.wear_onset))


@inlined
def _set(
    cell: Record,
    device: Record,
    p: Record,
    start: float,
    voltage: float,
    overdrive: float,
    microseconds: float,
    log_time: float,
    limit: float,
    jitter: float,
) -> float:
    """Return the conductance after a SET. Compliance clamps what it adds; it lowers nothing."""
    compliance = min(saturation_current(p.beta, overdrive), limit)
    resistance = triode_resistance(p.beta, overdrive)
    extra = resistance - reference_resistance(device, p)
    threshold = device.set_voltage + p.cycle_spread * cell.cycle_offset + jitter
    threshold += p.threshold_shift
    reached = _advance(
        start, 1.0, device.lowest, device.set_slope, threshold, p.decade, microseconds, log_time,
        voltage, extra, compliance * resistance, np.inf,
    )  # fmt: skip
    worn = _wear(cell, p, p.wear_low_resistance)
    held = compliance / device.compliance_voltage * worn
    if held < 10.0 * reached:  # far above, its spread does not matter
        at_10_ua = sqrt(1e-5 / max(compliance, 1e-9))
        spread = p.compliance_cycle_floor + p.compliance_cycle_slope * at_10_ua
        held *= exp(spread * cell.cycle_offset)
    top: float = min(reached, held, device.highest * worn)
    return max(start, top)


@inlined
def _reset(
    cell: Record,
    device: Record,
    p: Record,
    start: float,
    voltage: float,
    overdrive: float,
    microseconds: float,
    log_time: float,
    limit: float,
    jitter: float,
) -> float:
    """Return the conductance after a RESET; the transistor is a source follower."""
    extra = triode_resistance(p.beta, overdrive) - reference_resistance(device, p)
    threshold = device.reset_voltage + p.cycle_spread * cell.cycle_offset + jitter
    threshold += p.threshold_shift
    reached = _advance(
        start, -1.0, device.highest, device.reset_slope, threshold, p.decade, microseconds,
        log_time, min(voltage, overdrive), extra, np.inf, limit,
    )  # fmt: skip
    floor: float = device.floor * cell.floor_factor / _wear(cell, p, p.wear_high_resistance)
    return min(start, max(reached, floor))


@njit(cache=True, nogil=True, error_model="numpy")
def pulse_cell(
    cell: Record,
    device: Record,
    p: Record,
    seed: int,
    index: int,
    row: float,
    column: float,
    gate: float,
    width: float,
    log_time: float,
    limit: float,
    time: float,
) -> float:
    """Deliver one pulse to one cell and return the peak current in A.

    row (the SET terminal), column, gate: V.  width: s; log_time: log10 of it in microseconds.
    limit: A.  time: s, start of the pulse.
    Changes ``cell``. A pulse counts even where the transistor is off.
    """
    cell.pulses += 1
    voltage = row - column
    overdrive = overdrive_of(device, p, row, column, gate)
    before = present_conductance(cell, device, p, time)
    largest, formed, written_at = before, cell.formed != 0, cell.written_at
    if cell.stuck == 0 and overdrive > 0.0 and abs(voltage) >= p.disturb_voltage:
        if cell.formed == 0:
            form(cell, device, p, seed, index, abs(voltage), overdrive, width, limit, time)
            largest = cell.conductance
        else:
            _switch(
                cell,
                device,
                p,
                seed,
                index,
                voltage,
                overdrive,
                width,
                log_time,
                limit,
                time,
                before,
            )
            # A SET ends with its largest current, a RESET begins with it.
            if voltage > 0.0 and cell.written_at > time:
                largest = max(before, cell.conductance)
    if p.trap_move_voltage > 0.0 and formed and cell.stuck == 0 and overdrive > 0.0:
        moved = cell.written_at != written_at
        if moved or abs(voltage) >= p.trap_move_voltage:
            move_traps(cell, p, seed, index, 1 if moved else 0)
    return min(abs(cell_current(device, p, largest, row, column, gate)), limit)


@inlined
def _switch(
    cell: Record,
    device: Record,
    p: Record,
    seed: int,
    index: int,
    voltage: float,
    overdrive: float,
    width: float,
    log_time: float,
    limit: float,
    time: float,
    before: float,
) -> None:
    """Move a formed cell, and draw its relaxation anew if it moved."""
    direction = 1 if voltage > 0.0 else -1
    if direction != cell.direction:
        _reverse(cell, p, seed, index, direction)
        if 0.5 * cell.reversals > device.life:
            break_down(cell, p, seed, index)
            return
    microseconds = 1e6 * width
    jitter = p.jitter * normal(seed, index, JITTER, cell.pulses)
    if direction > 0:
        after = _set(
            cell, device, p, before, voltage, overdrive, microseconds, log_time, limit, jitter
        )
    else:
        if device.weak_reset > 0.0:  # drawn again from the same key in every pulse of the cycle
            fails = uniform(seed, index, WEAK, cell.reversals) < p.weak_reset_chance
            jitter += device.weak_reset if fails else 0.0
        after = _reset(
            cell, device, p, before, -voltage, overdrive, microseconds, log_time, limit, jitter
        )
    if after != before:
        cell.conductance = after
        cell.written_at = time + width
        cell.relaxation = normal(seed, index, RELAXATION, cell.pulses)
        cell.stress = max(cell.stress, 0.0)


@njit(cache=True, nogil=True, error_model="numpy")
def settle_cell(
    cell: Record, device: Record, p: Record, seed: int, index: int, time: float, temperature: float
) -> None:
    """See `laws`: keep how far the cell has faded, and how far it has relaxed."""
    if cell.formed == 0 or cell.stuck != 0:
        return
    if device.retention_rate > 0.0:
        cell.stress = -max(life_used(cell, device, p, time), 0.0)
    if p.relaxation_energy > 0.0:  # the same sigma at the other speed: as if written earlier
        other = p.relaxation_speed * arrhenius(p.relaxation_energy, temperature)
        cell.written_at = time - (time - cell.written_at) * other
