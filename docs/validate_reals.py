"""Hold simulated chips against measured ones: ``python docs/validate_reals.py [--splits 10]``.

The constants are fitted to one half of each measurement and judged by the other half. Prints the
table of ``docs/validation.md`` and draws ``docs/images/reals.png``; with ``--write`` the table goes
into the page. Reads ``../shared/data/ni-rram`` and keeps nothing of it. Takes a few minutes.
"""

import argparse
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np

from labcim.analysis.noise import relative_drift
from labcim.analysis.variation import SlowWalk

sys.path.insert(0, str(Path(__file__).parent))
from reals import bake, compare, currents, cycling, endurance, files, forming, noise, picture, words

PAGE = Path(__file__).parent / "validation.md"
IMAGE = Path(__file__).parent / "images" / "reals.png"


def main() -> None:
    """Compare everything and say what holds."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--splits", type=int, default=10)
    asked.add_argument("--write", action="store_true", help="put the table into validation.md")
    options = asked.parse_args()
    if not files.FOLDER.is_dir():
        raise SystemExit(f"{files.FOLDER} is not there: the measured files are not part of labcim")
    with tempfile.TemporaryDirectory() as name:
        text = compared(Path(name), range(options.splits))
        picture.draw(Path(name) / "picture", IMAGE, slow())
    print(text)
    if options.write:
        words.put(PAGE, text)


def compared(folder: Path, splits: range) -> str:
    """Return the whole table as Markdown."""
    walk = slow()
    groups: dict[str, tuple[Callable[[int], list[compare.Verdict]], range]] = {
        "Cycles": (lambda s: cycling.split(folder / f"c{s}", s, walk), splits),
        "Endurance": (endurance.split, range(2)),
        "Currents": (lambda s: currents.split(folder / f"i{s}", s), splits),
        "Read noise": (lambda s: noise.split(folder / f"n{s}", s), range(2)),
        "Forming": (lambda s: forming.split(folder / f"f{s}", s), splits),
        "Bake": (lambda s: bake.split(folder / f"b{s}", s), splits),
    }
    parts = []
    for title, (split, seeds) in groups.items():
        print(f"{title} ...", file=sys.stderr, flush=True)
        parts.append(words.rows(title, compare.table({seed: split(seed) for seed in seeds})))
    return words.table(parts) + "\n\n" + drift(folder / "drift")


def drift(folder: Path) -> str:
    """Return how far the recorded cell and simulated ones drift over the whole record."""
    time, conductance = files.recorded()
    constants = noise.fitted(time, conductance)
    level = float(conductance.mean())
    twin = noise.simulated(folder, constants, level, count=len(time), side=16, seed=3)
    low, high = 100.0 * np.quantile(noise.drifts(twin), [0.025, 0.975])
    real = 100.0 * relative_drift(time, conductance)
    return (
        f"The recorded cell drifts by {real:+.1f} % over its {time[-1]:.0f} s; of the simulated "
        f"ones, read from {noise.AFTER:.0f} s after their write on, 95 % drift by {low:+.1f} to "
        f"{high:+.1f} %."
    )


def slow() -> SlowWalk:
    """Return what cycles remember, from the cell that was cycled a million times."""
    found = endurance.fitted(endurance.measured())
    return SlowWalk(found["slow_share"], found["slow_memory"])


if __name__ == "__main__":
    main()
