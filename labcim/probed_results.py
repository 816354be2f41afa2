"""What a probed chip hands back: single readings and pulses put together as arrays."""

import math

import numpy as np

from .capabilities import CellIndices, CellReadings, Delivered, Flag, Floats, SweepReadings, Train

Reading = tuple[float, float, int, float]
"""Sensed voltage in V, current in A, flags, bench time in s."""
NO_READING: Reading = (math.nan, math.nan, int(Flag.NOT_SETTLED), math.nan)


def measured(
    cells: CellIndices,
    readings: list[Reading],
    voltage: float,
    averages: int,
    series_resistance: float,
) -> CellReadings:
    """Return readings as `CellReadings`; ``corrected`` is without ``series_resistance`` ohm."""
    sensed, current, flags, time = np.array(readings, float).reshape(-1, 4).T
    conductance = np.full(len(cells), np.nan)
    np.divide(current, sensed, out=conductance, where=sensed != 0.0)
    return CellReadings(
        cells=cells,
        current=current,
        applied=np.full(len(cells), float(voltage)),
        sensed=sensed,
        conductance=conductance,
        corrected=conductance / (1.0 - conductance * series_resistance),
        time=time,
        flags=flags.astype(np.uint8),
        averages=averages,
    )


def delivered(
    cells: CellIndices, amplitudes: Floats, gates: Floats, train: Train, times: list[float]
) -> Delivered:
    """Return what was commanded; nobody measures the current of a pulse."""
    return Delivered(
        cells=cells,
        amplitude=amplitudes,
        gate=gates,
        width=train.width,
        count=train.count,
        time=np.array(times, float),
        peak_current=np.full(len(cells), np.nan),
        flags=np.zeros(len(cells), np.uint8),
    )


def runs_of_one_sign(levels: Floats) -> list[Floats]:
    """Split a sweep where the other line has to be raised; 0 V goes with what came before."""
    signs = np.sign(levels)
    for place in range(1, len(signs)):
        signs[place] = signs[place] or signs[place - 1]
    led = int(np.argmax(signs != 0.0))
    signs[:led] = signs[led]
    return np.split(levels, np.flatnonzero(np.diff(signs)) + 1)


def joined(cell: int, parts: list[SweepReadings]) -> SweepReadings:
    """Return the parts of a sweep as one."""
    return SweepReadings(
        cell=cell,
        voltage=np.concatenate([part.voltage for part in parts]),
        current=np.concatenate([part.current for part in parts]),
        time=np.concatenate([part.time for part in parts]),
        flags=np.concatenate([part.flags for part in parts]).astype(np.uint8),
    )
