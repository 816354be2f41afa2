"""Make the pictures of README and docs from real runs: ``python docs/make_pictures.py``.

Nothing is drawn by hand: a fresh copy of the example chip is formed, programmed and read, and what
the commands print and the record holds is what is shown. Takes well under a minute.
"""

import io
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from PIL import Image

import labcim
from labcim.app.figures import draw

DOCS = Path(__file__).parent
EXAMPLES = DOCS.parent / "examples"
IMAGES = DOCS / "images"
DEAD = "#222222"


def main() -> None:
    """Run the first hour in a folder of its own and draw it."""
    IMAGES.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for file in ("chip.toml", "bench.toml"):
            shutil.copy(EXAMPLES / "board" / file, folder / file)
        shutil.copy(EXAMPLES / "recipes" / "form.toml", folder / "form.toml")
        shutil.copy(EXAMPLES / "recipes" / "face.toml", folder / "face.toml")
        words(folder, "run", "form.toml", "--bench", "bench.toml", "-q")
        said = words(folder, "run", "face.toml", "--bench", "bench.toml", "--report", "face.html")
        terminal(said, IMAGES / "run.png")
        with labcim.open_record(folder / "labcim.sqlite") as record:
            first_hour(record.readings("last"), IMAGES / "first-hour.png")
            report_figures(list(record.documents("last")), IMAGES / "report.png")


def words(folder: Path, *arguments: str) -> str:
    """Run one command as a person would, 100 columns wide, and return what it printed."""
    environment = {**os.environ, "COLUMNS": "100", "PYTHONIOENCODING": "utf-8"}
    command = [sys.executable, "-m", "labcim", *arguments]
    done = subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, check=True
    )
    return "$ labcim " + " ".join(arguments) + "\n" + done.stdout


def first_hour(rows: pd.DataFrame, path: Path) -> None:
    """Draw target, achieved, error and pulses side by side."""
    figure = Figure(figsize=(13, 3.3), layout="constrained")
    axes = figure.subplots(1, 4, width_ratios=(1, 1, 1, 1.1))
    target, achieved = 1e6 * grid(rows, "target"), 1e6 * grid(rows, "conductance")
    error = np.where(grid(rows, "accepted") > 0, achieved - target, np.nan)
    for axis, title, values, style in (
        (axes[0], "Target", target, {"cmap": "viridis", "vmin": 0, "vmax": 40}),
        (axes[1], "Achieved", achieved, {"cmap": "viridis", "vmin": 0, "vmax": 40}),
        (axes[2], "Error (dead cells black)", error, {"cmap": "RdBu_r", "vmin": -1, "vmax": 1}),
    ):
        axis.set_facecolor(DEAD)
        image = axis.imshow(values, interpolation="nearest", **style)
        figure.colorbar(image, ax=axis, shrink=0.85, label="µS")
        axis.set_title(title, fontsize=11)
        axis.set_xticks([])
        axis.set_yticks([])
    pulses = rows["pulses"][rows["accepted"]].to_numpy()
    axes[3].hist(pulses, bins=np.arange(-0.5, pulses.max() + 1.5), color="#3b528b")
    axes[3].set_title("Pulses for each accepted cell", fontsize=11)
    axes[3].set_xlabel(f"pulses (mean {pulses.mean():.1f})")
    axes[3].set_ylabel("cells")
    save(figure, path, 90)


def grid(rows: pd.DataFrame, name: str) -> np.ndarray:
    """Return one column of the rows as a map of the array."""
    return rows.pivot(index="row", columns="column", values=name).to_numpy(dtype=float)


def report_figures(documents: list[object], path: Path) -> None:
    """Draw the pictures of the report, as the report does, on one sheet."""
    from matplotlib.image import imread

    from labcim.documents import Channels, Readings
    from labcim.plots import PlotSpec

    channels = next(d for d in documents if isinstance(d, Channels))
    batches = [d.columns for d in documents if isinstance(d, Readings)]
    known = {channel.name: channel for channel in channels.channels}
    rows = {name: np.concatenate([batch[name] for batch in batches]) for name in known}
    specs = [PlotSpec(**{**p, "overlay": tuple(p.get("overlay", ()))}) for p in channels.plots]
    sheet = Figure(figsize=(11, 6), layout="constrained")
    axes = sheet.subplots(2, 3).ravel()
    for axis, spec in zip(axes, specs, strict=False):
        with tempfile.NamedTemporaryFile(suffix=".png") as file:
            draw(spec, rows, known).savefig(file.name, dpi=80)
            axis.imshow(imread(file.name))
    for axis in axes:
        axis.axis("off")
    save(sheet, path, 80)


def terminal(text: str, path: Path) -> None:
    """Draw what a command printed, as a terminal shows it."""
    lines = text.rstrip().splitlines()
    figure = Figure(figsize=(9.2, 0.137 * len(lines) + 0.25), facecolor="#1c2430")
    figure.text(
        0.02, 0.97, "\n".join(lines), family="DejaVu Sans Mono", fontsize=8.5, va="top",
        color="#e6e9ee", linespacing=1.15,
    )  # fmt: skip
    save(figure, path, 90)


def save(figure: Figure, path: Path, dpi: int, colours: int = 256) -> None:
    """Write a picture in few colours: small enough for a repository."""
    stream = io.BytesIO()
    figure.savefig(stream, format="png", dpi=dpi)
    picture = Image.open(stream).convert("RGB")
    picture.quantize(colours, kmeans=3).save(path, optimize=True)


if __name__ == "__main__":
    main()
