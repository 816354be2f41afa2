"""10,000 reads of one cell in 467 s. Halves are halves of the time."""

from pathlib import Path

import numpy as np

from labcim.analysis.noise import (
    band_density,
    block_spread,
    power_spectrum,
    relative_drift,
    spectrum_slope,
)
from labcim.analysis.resampling import Statistics
from labcim.sim_backend.devices.preset import load_preset
from labcim.sim_backend.twin.read_noise import fit_read_noise

from . import bench, files
from .compare import Verdict, verdicts

APERTURE = 1e-3
PICKUP = (3.5, 5.5)  # Hz: 60 Hz, seen 21.4 times a second with some jitter
SEGMENT = 500
AFTER = 10.0  # s from the write to the first read; the record does not say
ONE_CELL = {
    "compliance_device_spread": 0.0, "gate_threshold_spread": 0.0,
    "compliance_cycle_floor": 0.0, "compliance_cycle_slope": 0.0,
}  # fmt: skip


def segments(conductance: np.ndarray) -> np.ndarray:
    """Return pieces of a record: relative conductance, the same without the pickup, spectrum.

    Shape (pieces, 2 SEGMENT + SEGMENT / 2): what belongs to one piece stands in one row.
    """
    whole = len(conductance) // SEGMENT * SEGMENT
    pieces = (conductance / conductance.mean())[:whole].reshape(-1, SEGMENT)
    spectra = [power_spectrum(piece, interval(), SEGMENT)[1] for piece in pieces]
    return np.hstack([pieces, _without_pickup(pieces), spectra])


def interval() -> float:
    """Return the mean time between two reads in s."""
    time, _ = files.recorded()
    return float(time[-1] - time[0]) / (len(time) - 1)


def fitted(time: np.ndarray, conductance: np.ndarray) -> dict[str, float]:
    """Return the constants of the noise from a part of the record."""
    preset = load_preset(bench.PRESET)
    return fit_read_noise(preset, time, conductance, aperture=APERTURE, without=PICKUP)


def simulated(
    folder: Path, constants: dict, level: float, *, count: int, side: int, seed: int
) -> np.ndarray:
    """Record some cells of ``level`` S and return conductances in S, (count, cells)."""
    with bench.opened(folder, {**constants, **ONE_CELL}, side=side, seed=seed) as chip:
        cells = chip.cells
        bench.written(cells, constants, np.full(cells.topology.size, level))
        chip.clock.sleep(AFTER)
        cells.aperture = APERTURE
        current = cells.record(
            cells.topology.all_cells(), bench.READ, rate=1.0 / interval(), count=count,
            gate=bench.READ_GATE,
        )  # fmt: skip
    return current / bench.READ


def split(folder: Path, first: int, *, side: int = 8, resamples: int = 1000) -> list[Verdict]:
    """Fit the first half of the time (0) or the second (1), simulate, compare with the other."""
    time, conductance = files.recorded()
    half = len(time) // 2
    parts = (slice(0, half), slice(half, 2 * half))
    ours, theirs = parts if first == 0 else parts[::-1]
    constants = fitted(time[ours], conductance[ours])
    level = float(conductance[ours].mean())
    twin = simulated(folder, constants, level, count=half, side=side, seed=first + 1)
    pieces = np.concatenate([segments(one) for one in twin.T])
    return verdicts(
        segments(conductance[ours]),
        segments(conductance[theirs]),
        pieces,
        STATISTICS,
        resamples=resamples,
    )


def drifts(twin: np.ndarray) -> np.ndarray:
    """Return the relative drift of each simulated cell over its record, shape (cells,)."""
    time = interval() * np.arange(len(twin))
    return np.array([relative_drift(time, one) for one in twin.T])


def _reads(rows: np.ndarray) -> np.ndarray:
    return rows[:, :SEGMENT]


def _spectrum(rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    return np.fft.rfftfreq(SEGMENT, interval())[1:], rows[:, 2 * SEGMENT :].mean(axis=0)


def _without_pickup(pieces: np.ndarray) -> np.ndarray:
    """Return the pieces without the band of the pickup, whatever else is in it."""
    tones = np.fft.rfft(pieces, axis=1)
    frequency = np.fft.rfftfreq(SEGMENT, interval())
    tones[:, (frequency >= PICKUP[0]) & (frequency <= PICKUP[1])] = 0.0
    return np.fft.irfft(tones, SEGMENT, axis=1)


def _density(low: float, high: float):
    return lambda rows: band_density(*_spectrum(rows), low, high)


STATISTICS: Statistics = {
    "read noise σ/G, blocks of 100": lambda rows: block_spread(_reads(rows).ravel(), 100),
    "the same without 3.5-5.5 Hz": lambda rows: block_spread(
        rows[:, SEGMENT : 2 * SEGMENT].ravel(), 100
    ),
    "read noise σ/G, blocks of 500": lambda rows: block_spread(_reads(rows).ravel(), SEGMENT),
    "spectrum, 0.04-0.5 Hz, 1/Hz": _density(0.04, 0.5),
    "spectrum, 0.5-3.5 Hz, 1/Hz": _density(0.5, 3.5),
    "spectrum, 5.5-10.7 Hz, 1/Hz": _density(5.5, 10.7),
    "slope of the spectrum, 0.04-1.5 Hz": lambda rows: spectrum_slope(*_spectrum(rows), 0.04, 1.5),
}
