"""What models share of how cells come from the fab, and of what warmth and reading do to them."""

from math import exp, sqrt

import numpy as np
from numba import njit
from numpy.typing import NDArray

from .layout import STUCK_HIGH, STUCK_LOW, Record
from .random import FAULT, READ, normal, normals, uniforms

BOLTZMANN = 8.617333262e-5  # eV/K


def stick(
    cells: NDArray[np.void], parameters: NDArray[np.void], seed: int, fraction: float
) -> None:
    """Make that fraction of the cells dead, as the section [stuck] of the preset says."""
    p, size = parameters[0], cells.size
    dead = uniforms(seed, size, FAULT, 1) < fraction
    high = uniforms(seed, size, FAULT, 2) < p["stuck_high_share"]
    median = np.where(high, p["stuck_high"], p["stuck_low"])
    held = median * np.exp(p["stuck_spread"] * normals(seed, size, FAULT, 0))
    cells["stuck"] = np.where(dead, np.where(high, STUCK_HIGH, STUCK_LOW), 0)
    cells["conductance"] = np.where(dead, held, cells["conductance"])


@njit(cache=True, nogil=True, error_model="numpy")
def arrhenius(energy: float, temperature: float) -> float:
    """Return how much longer a process of ``energy`` eV takes at ``temperature`` K than at 300."""
    return exp(energy / BOLTZMANN * (1.0 / temperature - 1.0 / 300.0))


@njit(cache=True, nogil=True, error_model="numpy")
def white_noise(
    cell: Record, p: Record, seed: int, index: int, conductance: float, aperture: float
) -> float:
    """Return what a read sees of ``conductance`` S beside white noise, and count the read.

    p: white (sigma/G) at an aperture of white_aperture s, from the section `WhiteNoise`.
    """
    cell.reads += 1
    sigma = p.white * sqrt(p.white_aperture / aperture)
    seen: float = conductance * max(1.0 + sigma * normal(seed, index, READ, cell.reads), 0.0)
    return seen


@njit(cache=True, nogil=True, error_model="numpy")
def observed_with_white_noise(
    cell: Record,
    device: Record,
    p: Record,
    seed: int,
    index: int,
    conductance: float,
    aperture: float,
    time: float,
) -> float:
    """See `laws.observed_conductance`: of cells that have no other noise."""
    seen: float = white_noise(cell, p, seed, index, conductance, aperture)
    return seen
