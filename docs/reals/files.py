"""The measured files, as arrays. They stay where they are: nothing of them is kept here."""

from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np

FOLDER = Path(__file__).parents[3] / "shared" / "data" / "ni-rram"


@dataclass(frozen=True)
class Cycles:
    """ohm, shape (cells, 2): cycles 25 and 50."""

    low: np.ndarray
    high: np.ndarray


@dataclass(frozen=True)
class Endurance:
    """One cell, shape (reads,): cycle number, ohm, ohm."""

    cycle: np.ndarray
    low: np.ndarray
    high: np.ndarray


@cache
def cycles() -> Cycles:
    table = np.loadtxt(FOLDER / "data_100cyc.tsv")
    table = table[np.lexsort((table[:, 3], table[:, 0]))].reshape(-1, 2, 4)
    return Cycles(table[:, :, 1], table[:, :, 2])


@cache
def endurance() -> Endurance:
    table = np.loadtxt(FOLDER / "data_1us_endurance.tsv")
    return Endurance(table[:, 3], table[:, 1], table[:, 2])


@cache
def formed() -> np.ndarray:
    """Return ohm, shape (65536,)."""
    return np.loadtxt(FOLDER / "log_C1_read_formed.tsv")[:, 1]


@cache
def currents() -> tuple[np.ndarray, np.ndarray]:
    """Return voltages in V, shape (36,), and currents in A, shape (1024, 36)."""
    table = np.loadtxt(FOLDER / "data_read_multivolt.tsv")
    voltage = np.unique(table[:, 2])
    table = table[np.lexsort((table[:, 2], table[:, 0]))]
    return voltage, table[:, 1].reshape(-1, len(voltage))


@cache
def recorded() -> tuple[np.ndarray, np.ndarray]:
    """Return times in s from the first read, and conductances in S, shape (10000,)."""
    table = np.loadtxt(FOLDER / "data_ret1.csv", delimiter=",")
    return table[:, 1] - table[0, 1], table[:, 3]


@cache
def levels() -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Return targets, and conductances in S after writing, before and after the bake, (1024,)."""
    names = ("data_newwrite.tsv", "data_prebake.tsv", "data_postbake.tsv")
    tables = [np.loadtxt(FOLDER / name) for name in names]
    return (4e-6 * (np.arange(len(tables[0])) % 32), *(1.0 / table[:, 1] for table in tables))
