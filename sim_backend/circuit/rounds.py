"""The sequence of phases of one solution, for any number of threads: see `team`.

    settle rows -> miss -> descend -> step -> descend -> ... -> correct -> settle rows -> end
                     ^                                                          |
                     +---------- what float32 left is corrected again ----------+

The factors of a line are found on the way, where its block comes by for the first time.
There is one place in the program where blocks are done, and a function that says which phase is
next: so everything is compiled once. Every thread comes to the same answer by itself, from sums
that are kept for each phase; one that starts late thus finds its way.
"""

import numpy as np
from numpy.typing import NDArray

from .factors import factor_columns, factor_rows
from .gradients import correct_columns, descend_rows, residual_columns, step_columns
from .layout import Drive, Floats, U, Work, called, fast
from .sweeps import settle_rows
from .team import claim, finish, join, wait

SETTLE, MISS, DESCEND, STEP, CORRECT, END = range(6)
MOST_CORRECTIONS = 8
DIGITS = 1e-10  # the residual power that a correction in float32 may reach, of the first
NOISE = 1e-31  # the residual power that rounding leaves, of what cells would take by themselves
# Places in the report, and in what a thread knows of where the calculation stands. ON: another
# correction follows. POWER, WANTED, FIRST: of the residual, in W. STEPS: in this correction.
ROUNDS, CORRECTIONS, CONVERGED, ON, LENGTH, TURN, POWER, WANTED, FIRST, STEPS = range(10)
PLACES = 10


@fast
def _total(sums: Floats, of: int, lines: int) -> float:
    """Return the sum over the blocks of a phase, in their order."""
    total = 0.0
    for block in range((lines + 15) // 16):
        total += sums[block, of]
    return total


@fast
def _next(
    kind: int,
    rows: int,
    columns: int,
    single: bool,
    tolerance: float,
    scale: float,
    sums: Floats,
    places_left: int,
    now: Floats,
) -> int:
    """Return the phase after ``kind``, whose sums these are. now: where the calculation stands."""
    if kind == SETTLE:
        return MISS if now[ON] else END
    if kind == MISS:
        noise = NOISE * _total(sums, 1, columns)
        wanted = max(tolerance * tolerance * _total(sums, 0, columns), noise)
        now[WANTED] = wanted * scale * scale
        now[LENGTH], now[TURN], now[FIRST], now[STEPS] = 0.0, 0.0, -1.0, 0.0
        now[CORRECTIONS] += 1.0
        return DESCEND
    if kind == DESCEND:
        return _after_descent(_total(sums, 0, rows), single, now)
    if kind == STEP:
        taken = _total(sums, 0, columns)
        now[ROUNDS] += 1.0
        now[STEPS] += 1.0
        well = taken > 0.0 and np.isfinite(now[POWER]) and places_left > 4
        now[LENGTH] = now[POWER] / taken if well else 0.0
        now[ON] = 1.0 if well else 0.0
        return DESCEND if well else CORRECT
    return SETTLE


@fast
def _after_descent(power: float, single: bool, now: Floats) -> int:
    """Return whether to step on. power: W of the residual."""
    before, now[POWER] = now[POWER], power
    if now[FIRST] < 0.0:
        now[FIRST] = power
    else:
        now[TURN] = power / before
    if power <= now[WANTED]:
        now[CONVERGED], now[ON] = 1.0, 0.0
        return CORRECT
    if single and power <= DIGITS * now[FIRST]:
        now[ON] = 1.0 if now[CORRECTIONS] < MOST_CORRECTIONS else 0.0
        return CORRECT
    return STEP


@called
def calculate(
    work: Work,
    drive: Drive,
    sourced: bool,
    factored: bool,
    warm: bool,
    tolerance: float,
    counter: NDArray[np.int64],
    sums: Floats,
    reports: Floats,
) -> int:
    """Solve for one set of voltages. Every thread that takes part calls this.

    factored: whether `work` holds the factors already.  warm: whether to begin at the COLUMN that
    is there, not at 0 V.  tolerance: of the root of the power.  sums: (phases, blocks, 2), as many
    phases as are allowed.  reports: a row for each thread, of the places above, all 0; returned is
    the number of this thread's row.
    """
    rows, columns = work.rows, work.columns
    single = work.inner.itemsize == 4
    seat = join(counter)
    now, turned, inner = reports[seat], work.scratch[seat], work.scratch_inner[seat]
    now[ON] = 1.0
    ticket, end, phase = claim(counter), 0, 0
    kind = SETTLE
    while kind != END:
        along_rows = kind == DESCEND or kind == SETTLE
        begin = end
        end += ((rows if along_rows else columns) + 15) // 16
        first, last, cold = now[STEPS] == 0.0, now[ON] == 0.0, phase < 2 and not warm
        while ticket < end:
            block, own = U(ticket - begin), sums[phase, ticket - begin]
            if kind == DESCEND:
                descend_rows(block, work, now[LENGTH], first, inner, own)
            elif kind == STEP:
                step_columns(block, work, now[LENGTH], now[TURN], first, own)
            elif kind == SETTLE:
                if phase == 0 and not factored:
                    factor_rows(block, work, turned)
                settle_rows(block, work, drive, sourced, cold, last, turned)
            elif kind == MISS:
                if phase == 1 and not factored:
                    factor_columns(block, work)
                residual_columns(block, work, drive, sourced, cold, turned, own)
            else:
                length = now[LENGTH]
                correct_columns(block, work, drive, sourced, length, first, last, turned)
            finish(counter)
            ticket = claim(counter)
        wait(counter, end)
        left = sums.shape[0] - phase
        scale = drive.scale
        kind = _next(kind, rows, columns, single, tolerance, scale, sums[phase], left, now)
        phase += 1
    return seat
