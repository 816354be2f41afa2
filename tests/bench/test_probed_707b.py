"""A 707B takes the 3706A's place in a probed chip: rows have letters, nothing else is different."""

import re

import numpy as np
import pytest

import labcim
from labcim.cli.main import run_command
from labcim.sim_backend.chip.truth import Truth

from .conftest import small_bench

SIZE = 8


@pytest.fixture
def path(tmp_path):
    """Return the bench file of a probed chip behind a 707B."""
    path = small_bench("probed", tmp_path, SIZE)
    for file in tmp_path.glob("*.toml"):
        text = file.read_text("utf-8").replace("keithley3706a", "keithley707b")
        text = text.replace('"3730"', '"7174A"')
        text = re.sub(r"matrix\.row([1-4])", lambda m: f"matrix.row{'ABCD'[int(m[1]) - 1]}", text)
        file.write_text(text, "utf-8")
    return path


def test_a_chip_is_checked_formed_and_read_through_it(path, tmp_path):
    record = tmp_path / "record.sqlite"
    assert run_command(["check", str(path), "--record", str(record)]) == 0
    with labcim.open_bench(path, record=record) as bench:
        assert "MODEL 707B" in bench.identities["matrix"]
        assert bench.run(labcim.new_recipe("form")).stop.state == "completed"
        view = bench.run(labcim.new_recipe("read_map"))
    assert view.stop.state == "completed"
    assert view.stop.safe
    cells = Truth(tmp_path / "chip.state").cells()
    good = (cells["formed"] != 0) & (cells["stuck"] == 0)
    read = view.readings().set_index("cell")["conductance"].to_numpy()
    assert np.median(read[good] / cells["conductance"][good]) == pytest.approx(1.0, rel=0.1)
