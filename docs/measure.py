"""Measure the figures of ``docs/validation.md``: ``python docs/measure.py``.

With three seeds, the example chip is made twice and formed; the same picture is programmed by the
published schedule and with the adaptive start, then a map is read after 1 s.
Everything is judged by the truth log, which no protocol can see.
"""

import shutil
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd

import labcim
from labcim.app.bench import Bench
from labcim.app.record import RunView
from labcim.sim_backend.chip.truth import Truth

EXAMPLES = Path(__file__).parent.parent / "examples"
RECIPES = EXAMPLES / "recipes"
SEEDS = (2026, 1, 2)
TOLERANCE = 1e-6


def main() -> None:
    """Print one row for each figure, one column for each seed."""
    found = {}
    for seed in SEEDS:
        with tempfile.TemporaryDirectory() as name:
            found[f"seed {seed}"] = measure(Path(name), seed)
    print(pd.DataFrame(found).to_string())


def measure(folder: Path, seed: int) -> dict[str, str]:
    """Run the first hour on the same chip twice and return what the truth log says of it."""
    with opened(folder / "plain", seed) as bench:
        bench.run(labcim.load_recipe(RECIPES / "form.toml"))
        plain = bench.run(labcim.load_recipe(RECIPES / "face.toml", algorithm="plain"))
    with opened(folder / "adaptive", seed) as bench:
        bench.run(labcim.load_recipe(RECIPES / "form.toml"))
        adaptive = bench.run(labcim.load_recipe(RECIPES / "face.toml"))
        later = bench.run(labcim.load_recipe(RECIPES / "read_map.toml"))
    truth = Truth(folder / "adaptive" / "chip.state")
    return {
        "cells, dead cells": f"{len(truth.cells())}, {int((truth.cells()['stuck'] != 0).sum())}",
        **formed(truth),
        **tuned(Truth(folder / "plain" / "chip.state"), plain, "plain"),
        **tuned(truth, adaptive, "adaptive"),
        **relaxed(truth, adaptive, later),
    }


def opened(folder: Path, seed: int) -> Bench:
    """Open a bench with a fresh chip: the same seed is the same chip."""
    folder.mkdir()
    text = (EXAMPLES / "board" / "chip.toml").read_text(encoding="utf-8")
    (folder / "chip.toml").write_text(text.replace("seed = 2026", f"seed = {seed}"))
    shutil.copy(EXAMPLES / "board" / "bench.toml", folder / "bench.toml")
    return labcim.open_bench(folder / "bench.toml", record=folder / "record.sqlite")


def usable(truth: Truth) -> np.ndarray:
    """Return which cells are formed and not stuck, in truth."""
    cells = truth.cells()
    return (cells["stuck"] == 0) & (cells["formed"] != 0)


def formed(truth: Truth) -> dict[str, str]:
    cells = truth.cells()
    good = cells["stuck"] == 0
    return {"formed, of the truly good": f"{100 * cells['formed'][good].mean():.2f} %"}


def tuned(truth: Truth, run: RunView, name: str) -> dict[str, str]:
    """Compare each cell's true conductance in its accepting read with its target."""
    documents = list(labcim.open_record(run.record).documents(run.run))
    begin, end = documents[0].bench_time, documents[-1].bench_time
    reads, pulses = (
        log[(log["time"] >= begin) & (log["time"] <= end)]
        for log in (truth.reads(), truth.pulses())
    )
    _, last = np.unique(reads["cell"][::-1], return_index=True)
    accepting = reads[::-1][last]  # the last read of each cell, in the order of cells
    rows = run.readings().set_index("cell").sort_index()
    error = np.abs(accepting["conductance"] - rows["target"].to_numpy())[usable(truth)]
    counted = rows["pulses"].to_numpy()[usable(truth)]
    kept = int(run.pulses()["count"].sum())
    return {
        f"{name}: truly within 1 uS": f"{100 * (error <= TOLERANCE).mean():.2f} %",
        f"{name}: pulses, mean": f"{counted.mean():.2f}",
        f"{name}: pulses on record / in truth": f"{kept} / {len(pulses)}",
    }


def relaxed(truth: Truth, run: RunView, later: RunView) -> dict[str, str]:
    """Return the spread of the change at 1 s over the published law (and the noise of one read).

    Once from the conductance as written, which the law speaks of; once from the accepting reading,
    as the record shows it: part of the relaxation is over by then.
    """
    before = run.readings().set_index("cell").sort_index()
    after = later.readings().set_index("cell").sort_index()
    cells = truth.cells()
    kept = usable(truth) & before["accepted"].to_numpy()
    g = cells["conductance"][kept]
    u = g / 40e-6
    law = 1e-6 * (0.348 + 16.03 * u - 43.853 * u**2 + 45.393 * u**3 - 16.815 * u**4)
    spread = np.sqrt(law**2 + (g * (0.004 + 0.009 * np.sqrt(20e-6 / g))) ** 2)
    age = after["time"].to_numpy()[kept] - cells["written_at"][kept]
    map_ = after["conductance"].to_numpy()[kept]
    accepted = before["conductance"].to_numpy()[kept]
    return {
        "age of the cells in the map": f"{age.min():.2f} to {age.max():.2f} s",
        "relaxation / law, from as written": f"{((map_ - g) / spread).std():.3f}",
        "relaxation / law, from as accepted": f"{((map_ - accepted) / spread).std():.3f}",
    }


if __name__ == "__main__":
    main()
