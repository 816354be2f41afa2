"""Small chips on disk."""

import pytest

from labcim.sim_backend.bench import SimulatedBench
from labcim.sim_backend.chip.chip_file import ChipFile
from labcim.sim_backend.chip.crossbar import CrossbarChip
from labcim.sim_backend.chip.state import create

CHIP = {"preset": "neurram-130nm", "rows": 6, "columns": 5, "seed": 3, "stuck": 0.0, "formed": True}
PROBED = """
[wiring]
"smu.hi" = "matrix.row1"
"gen.ch1" = "matrix.row2"
"gen.ch2" = "matrix.row3"
"ground" = "matrix.row4"
"matrix.column[1:6]" = "row[0:5]"
"matrix.column[11:15]" = "column[0:4]"
"matrix.column[21:25]" = "gate[0:4]"
"""


def toml(value):
    if isinstance(value, bool):
        return str(value).lower()
    return repr(value).replace("'", '"')


@pytest.fixture
def write_chip(tmp_path):
    """Write a chip file and return its path; keys change the [chip] table."""

    def write(name="chip", rest="", **changes):
        path = tmp_path / f"{name}.toml"
        table = "\n".join(f"{key} = {toml(value)}" for key, value in (CHIP | changes).items())
        path.write_text(f"[chip]\n{table}\n{rest}")
        return path

    return write


@pytest.fixture
def make_chip(write_chip):
    """Make a chip and open it, without a bench around it."""
    opened = []

    def make(name="chip", rest="", **changes):
        chip_file = ChipFile.load(write_chip(name, rest, **changes))
        create(chip_file)
        opened.append(CrossbarChip(chip_file))
        return opened[-1]

    yield make
    for chip in opened:
        chip.close()


@pytest.fixture
def make_bench(write_chip):
    """Make a bench."""
    opened = []

    def make(name="chip", rest="", **changes):
        opened.append(SimulatedBench(write_chip(name, rest, **changes)))
        return opened[-1]

    yield make
    for bench in opened:
        bench.close()


@pytest.fixture
def probed(make_bench):
    """Return a bench with source-meter, pulse generator and matrix on all lines."""
    return make_bench(rest=PROBED)
