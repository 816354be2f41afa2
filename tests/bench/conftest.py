"""Whole benches: copies of the example benches, and runs that several tests look at."""

import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

import labcim
from labcim.sim_backend.chip.truth import Truth

EXAMPLES = Path(__file__).parents[2] / "examples"


def copy_bench(kind: str, folder: Path, **changes: str) -> Path:
    """Copy an example bench into a folder, with words of its chip file replaced."""
    ignore = shutil.ignore_patterns("*.state")
    shutil.copytree(EXAMPLES / kind, folder, ignore=ignore, dirs_exist_ok=True)
    chip = folder / "chip.toml"
    text = chip.read_text(encoding="utf-8")
    for old, new in changes.items():
        assert f"{old} = " in text
        lines = [f"{old} = {new}" if x.startswith(f"{old} = ") else x for x in text.splitlines()]
        text = "\n".join(lines) + "\n"
    chip.write_text(text, encoding="utf-8")
    return folder / "bench.toml"


def small_bench(kind: str, folder: Path, size: int, *, faults: str = "", **changes: str) -> Path:
    """Copy an example bench with ``size`` x ``size`` cells. faults: text of the chip's [faults]."""
    path = copy_bench(kind, folder, rows=str(size), columns=str(size), **changes)
    for file in folder.glob("*.toml"):
        text = re.sub(
            r"^(rows|columns) = \d+", rf"\1 = {size}", file.read_text("utf-8"), flags=re.M
        )
        text = text.replace("[1:16]", f"[1:{size}]").replace("[0:15]", f"[0:{size - 1}]")
        if faults and file.name == "chip.toml":
            text += f"\n[faults]\n{faults}\n"
        file.write_text(text, "utf-8")
    return path


@pytest.fixture
def new_bench(tmp_path: Path) -> Callable[..., Path]:
    """Return a function that copies an example bench into a folder of its own."""

    def make(kind: str = "board", name: str = "bench", **changes: str) -> Path:
        return copy_bench(kind, tmp_path / name, **changes)

    return make


class Day:
    """The first hour, once for all tests: form, a picture, and a map after one second."""

    def __init__(self, folder: Path) -> None:
        self.path = copy_bench("board", folder)
        self.record = folder / "record.sqlite"
        self.runs = {}
        with labcim.open_bench(self.path, record=self.record) as bench:
            for name in ("form", "face", "read_map"):
                recipe = labcim.load_recipe(EXAMPLES / "recipes" / f"{name}.toml")
                self.runs[name] = bench.run(recipe)
        self.truth = Truth(folder / "chip.state")


@pytest.fixture(scope="session")
def day(tmp_path_factory: pytest.TempPathFactory) -> Day:
    """Return the first hour on the 64 x 64 board."""
    return Day(tmp_path_factory.mktemp("day"))
