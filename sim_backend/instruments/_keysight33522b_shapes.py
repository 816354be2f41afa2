"""What a channel of a simulated Keysight 33522B gives: levels in time, from its settings.

A cycle is levels and how long they are held; smooth functions have 32 steps of them, which is what
cells see. Oscilloscopes see the function itself, with the edges of pulses.
"""

import math
from collections.abc import Callable
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ._keysight33522b_program import RETURN
from ._keysight33522b_signal import SHORTEST_EDGE, Signal, conflict

MOST_SEGMENTS: Final = 100_000
_STEPS: Final = 32

Samples = NDArray[np.float64]
Segment = tuple[float, float]
"""A level in V and how long it is held, in s."""
Wave = Callable[[Samples], Samples]
"""V at times in s since the start of a signal."""


def _noise() -> Samples:
    """Return one cycle of noise, normal within three deviations, peaks at full scale."""
    drawn = np.random.Generator(np.random.Philox(key=[33522, 1])).standard_normal(4096)
    return np.clip(drawn / 3.0, -1.0, 1.0)


def _pseudo_random() -> Samples:
    """Return the bits of the PN7 sequence, x^7 + x^6 + 1, as levels of -1 and 1."""
    state, bits = 0x7F, []
    for _ in range(127):
        bits.append(float(state & 1))
        state = (state >> 1) | (((state ^ (state >> 1)) & 1) << 6)
    return 2.0 * np.array(bits) - 1.0


RANDOM: Final = {"NOIS": (_noise(), 5e-6), "PRBS": (_pseudo_random(), 1e-3)}
"""Samples and time of each in s, of the functions without a cycle: 100 kHz, 1 kbit/s."""


def rest(signal: Signal, samples: Samples) -> float:
    """Return the level in V between bursts: where a burst starts."""
    if signal.function == "DC":
        return signal.offset
    if signal.function in ("PULS", "SQU") and not signal.program.on:
        return signal.mirrored(signal.low)
    if signal.function == "ARB":
        return signal.mirrored(_level(signal, float(samples[0])))
    return signal.mirrored(_level(signal, float(_shape(signal, np.array([_start(signal)]))[0])))


def cycle(signal: Signal, samples: Samples) -> list[Segment]:
    """Return one cycle as levels and durations; a smooth function in 32 steps.

    A sweep or list is a cycle as a whole; -221 where it is too long.
    """
    if signal.program.on:
        return _programmed(signal)
    if signal.function == "PULS":
        return _two_levels(signal, signal.width)
    if signal.function == "SQU":
        return _two_levels(signal, signal.period * signal.square_duty / 100.0)
    if signal.function == "ARB":
        return _runs(signal, samples, 1.0 / signal.sample_rate)
    if signal.function in RANDOM:
        return _runs(signal, *RANDOM[signal.function])
    at: Samples = (np.arange(_STEPS, dtype=np.float64) + 0.5) / _STEPS
    return _runs(signal, _shape(signal, at + _start(signal)), signal.period / _STEPS)


def repeated(signal: Signal, samples: Samples) -> list[Segment]:
    """Return what repeats by itself: a cycle, or a burst and its pause; -221 where too long."""
    once, burst = cycle(signal, samples), signal.burst
    if signal.program.on:
        pause = RETURN
        if burst.source == "TIM":
            pause = max(burst.timer - signal.program.duration, RETURN)
        return [*once, (rest(signal, samples), pause)]
    if not burst.on or burst.mode == "GAT" or math.isinf(burst.cycles):
        return once
    count = round(burst.cycles)
    if count * len(once) > MOST_SEGMENTS:
        raise conflict("burst too long to be simulated")
    length = count * math.fsum(duration for _, duration in once)
    every = burst.timer if burst.source == "TIM" else burst.internal_period
    return [*once * count, (rest(signal, samples), max(every - length, 1e-6))]


def wave(signal: Signal, segments: list[Segment]) -> Wave:
    """Return V of a signal that goes on, at times in s since its start."""
    if signal.program.on:
        return _programmed_wave(signal, math.fsum(duration for _, duration in segments))
    if signal.function in ("SIN", "RAMP", "TRI") and not (signal.burst.on and signal.runs):
        period, start = signal.period, _start(signal)
        swing = _swing(signal)
        return lambda times: signal.offset + swing * _shape(signal, times / period + start)
    ends = np.cumsum([duration for _, duration in segments])
    levels = np.array([level for level, _ in segments])
    if signal.function not in ("PULS", "SQU"):
        return lambda times: levels[
            np.minimum(np.searchsorted(ends, times % ends[-1], side="right"), ends.size - 1)
        ]
    rise, fall = edges(signal)
    corners, volts = [0.0], [float(levels[-1])]
    for level, begin, end in zip(levels, [0.0, *ends[:-1]], ends, strict=True):
        edge = rise if level > volts[-1] else fall
        corners += [begin + min(edge, end - begin), end]
        volts += [float(level), float(level)]
    return lambda times: np.interp(times % ends[-1], corners, volts)


def _programmed(signal: Signal) -> list[Segment]:
    program = signal.program
    most = MOST_SEGMENTS // _STEPS
    if float(program.cycles(np.array([program.duration]))[0]) > most:
        raise conflict("sweep too long to be simulated")
    places, durations = program.steps(_STEPS)
    levels = _shape(signal, places)
    return [
        (signal.mirrored(_level(signal, float(level))), float(duration))
        for level, duration in zip(levels, durations, strict=True)
    ]


def _programmed_wave(signal: Signal, every: float) -> Wave:
    program, swing = signal.program, _swing(signal)

    def passed(times: Samples) -> Samples:
        return program.cycles(np.minimum(times % every, program.duration))

    return lambda times: signal.offset + swing * _shape(signal, passed(times))


def _swing(signal: Signal) -> float:
    """Return V of a sample at full scale, from the offset."""
    return (-1.0 if signal.inverted else 1.0) * signal.amplitude / 2.0


def edges(signal: Signal) -> tuple[float, float]:
    """Return the whole of both edges in s; those that are set are from 10 to 90 %."""
    if signal.function == "SQU":
        return SHORTEST_EDGE / 0.8, SHORTEST_EDGE / 0.8
    return signal.lead / 0.8, signal.trail / 0.8


def _start(signal: Signal) -> float:
    """Return where in its cycle a smooth signal starts, as a part of it."""
    return (signal.burst.phase if signal.burst.on else signal.phase) / 360.0


def _shape(signal: Signal, at: Samples) -> Samples:
    """Return a smooth function, from -1 to 1, at places in cycles."""
    if signal.function == "SIN":
        return np.sin(2.0 * np.pi * at)
    if signal.function == "SQU":
        return np.where(at % 1.0 < signal.square_duty / 100.0, 1.0, -1.0)
    rise = (50.0 if signal.function == "TRI" else signal.symmetry) / 100.0
    at = (at + rise / 2.0) % 1.0  # a ramp starts where it rises through its middle
    up = at / max(rise, 1e-12)
    down = (1.0 - at) / max(1.0 - rise, 1e-12)
    return 2.0 * np.where(at < rise, up, down) - 1.0


def _two_levels(signal: Signal, width: float) -> list[Segment]:
    return [
        (signal.mirrored(signal.high), width),
        (signal.mirrored(signal.low), max(signal.period - width, 0.0)),
    ]


def _runs(signal: Signal, samples: Samples, step: float) -> list[Segment]:
    """Return equal neighbours as one segment."""
    ends = np.flatnonzero(np.diff(samples, append=np.nan)) + 1
    lengths = np.diff(ends, prepend=0)
    return [
        (signal.mirrored(_level(signal, float(samples[end - 1]))), float(length) * step)
        for end, length in zip(ends, lengths, strict=True)
    ]


def _level(signal: Signal, sample: float) -> float:
    return signal.offset + sample * signal.amplitude / 2.0
