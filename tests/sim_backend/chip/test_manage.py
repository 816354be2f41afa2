"""labcim chip new, copy, reset, show."""

import numpy as np
import pytest

from labcim.errors import RecordError
from labcim.sim_backend.bench import SimulatedBench
from labcim.sim_backend.chip.manage import copy_chip, new_chip, reset_chip, show_chip


def use(path):
    """Pulse every cell once; return true conductances."""
    with SimulatedBench(path) as bench:
        bench.chip.pulse_cells(bench.chip.topology.all_cells(), 1.9, 1e-6, 2.5)
        bench.advance(1.0)
        return bench.chip.true_conductance()


def test_a_new_chip_is_fresh_and_shows_what_it_is(tmp_path):
    path = tmp_path / "new.toml"
    new_chip(path, rows=8, columns=4, seed=9)
    shown = show_chip(path)

    assert (shown.rows, shown.columns, shown.seed) == (8, 4, 9)
    assert (shown.formed, shown.pulses, shown.reads, shown.time) == (0, 0, 0, 0.0)
    assert np.isnan(shown.conductance_quartiles[1])


def test_a_copy_stands_where_the_chip_does_and_goes_its_own_way(write_chip, tmp_path):
    path = write_chip()
    before = use(path)
    copy_chip(path, tmp_path / "twin.toml")
    with SimulatedBench(tmp_path / "twin.toml") as twin:
        assert (twin.chip.true_conductance() == before).all()
    use(path)

    assert show_chip(path).pulses == 60
    assert show_chip(tmp_path / "twin.toml").pulses == 30


def test_a_copy_over_something_is_refused(write_chip):
    path = write_chip()
    use(path)
    with pytest.raises(RecordError, match="exists already"):
        copy_chip(path, path)


def test_a_reset_brings_the_same_fresh_chip_back(write_chip):
    path = write_chip()
    first = use(path)
    use(path)
    reset_chip(path)

    assert show_chip(path).pulses == 0
    assert (use(path) == first).all()


def test_a_chip_can_be_shown_while_a_bench_holds_it(write_chip):
    path = write_chip()
    with SimulatedBench(path) as bench:
        bench.chip.pulse_cells(bench.chip.topology.all_cells(), 1.9, 1e-6, 2.5, count=2)
        shown = show_chip(path)

    assert (shown.pulses, shown.formed) == (60, 30)
    low, middle, high = shown.conductance_quartiles
    assert 5e-6 < low <= middle <= high < 41e-6
