"""Dies under the needles: each its own chip, one clock; needles that are up reach nothing."""

import numpy as np
import pytest

from labcim.errors import RangeError, RecipeError
from labcim.sim_backend.bench import SimulatedBench
from labcim.sim_backend.chip.chip_file import ChipFile
from labcim.sim_backend.chip.truth import Truth

CHIP = """
[chip]
preset = "neurram-130nm"
rows = 4
columns = 4
seed = 5
stuck = 0.0
formed = true

[wafer]
dies = [[0, 0], [1, 0], [2, 0]]
missed = {missed}

[[wafer.other]]
die = [2, 0]
formed = false

[[instrument]]
name = "board"
model = "crossbar_board"
address = "TCPIP0::board::inst0::INSTR"
"""
CELLS = np.arange(16, dtype=np.uint32)


@pytest.fixture
def chip(tmp_path):
    path = tmp_path / "chip.toml"
    path.write_text(CHIP.format(missed=0.0))
    return path


def currents(bench):
    return bench.wired_chip("board").read_cells(CELLS, 0.2, 2.5, aperture=1e-3)


def touch(bench, x):
    bench.wafer.lift()
    bench.wafer.go_to((x, 0))
    bench.wafer.touch()


def test_nothing_is_reached_while_the_needles_are_up(chip):
    with SimulatedBench(chip) as bench:
        wired = bench.wired_chip("board")
        touch(bench, 0)
        assert wired.straight
        before = bench.chip.true_conductance()
        bench.wafer.lift()
        assert not wired.read_cells(CELLS, 0.2, 2.5, aperture=1e-3).any()
        wired.pulse_cells(CELLS, 3.0, 1e-6, 2.5)
        assert np.array_equal(bench.chip.true_conductance(), before)


def test_each_die_is_a_chip_of_its_own_and_keeps_its_state(chip):
    with SimulatedBench(chip) as bench:
        touch(bench, 0)
        first = bench.chip.true_conductance()
        touch(bench, 1)
        second = bench.chip.true_conductance()
        bench.chip.pulse_cells(CELLS, -2.5, 1e-6, 5.0)
        touch(bench, 0)
        assert np.allclose(bench.chip.true_conductance(), first, rtol=0.2)
        touch(bench, 1)
        assert (bench.chip.true_conductance() < 0.5 * second).all()
    assert (np.abs(first - second) > 0.01 * first).any()


def test_a_die_may_differ_from_the_others(chip):
    with SimulatedBench(chip) as bench:
        touch(bench, 1)
        assert bench.chip.formed.all()
        touch(bench, 2)
        assert not bench.chip.formed.any()


def test_the_dies_stay_as_they_were_when_the_bench_is_opened_again(chip):
    with SimulatedBench(chip) as bench:
        touch(bench, 1)
        bench.clock.advance(3.0)
        kept = bench.chip.state.cells.copy()
    with SimulatedBench(chip) as bench:
        assert bench.clock.now == pytest.approx(3.0)
        assert not currents(bench).any()
        touch(bench, 1)
        assert bench.chip.state.cells.tobytes() == kept.tobytes()


def test_all_dies_share_one_clock_whoever_holds_it(chip):
    with SimulatedBench(chip) as bench:
        clock = bench.clock
        touch(bench, 0)
        clock.advance(10.0)
        touch(bench, 1)
        assert bench.chip.clock.now == clock.now == pytest.approx(10.0)


def test_the_truth_of_a_die_tells_of_its_own_pulses(chip):
    with SimulatedBench(chip) as bench:
        touch(bench, 0)
        bench.chip.pulse_cells(CELLS[:3], -2.0, 1e-6, 5.0)
        touch(bench, 1)
        bench.chip.pulse_cells(CELLS[:1], -2.0, 1e-6, 5.0)
        folder = bench.chip_file.state_folder
    assert len(Truth(folder / "die_0_0").pulses()) == 3
    assert len(Truth(folder / "die_1_0").pulses()) == 1
    assert len(Truth(folder).pulses()) == 0


def test_the_chuck_is_as_warm_under_every_die(chip):
    with SimulatedBench(chip) as bench:
        touch(bench, 0)
        bench.chip.set_temperature(350.0)
        touch(bench, 1)
        assert bench.chip.temperature == 350.0


def test_touchdowns_miss_a_row_as_often_as_the_chip_file_says(tmp_path):
    path = tmp_path / "chip.toml"
    path.write_text(CHIP.format(missed=0.4))
    missed = 0
    with SimulatedBench(path) as bench:
        for _ in range(100):
            touch(bench, 0)
            lost = currents(bench).reshape(4, 4) == 0.0
            assert (lost.all(axis=1) | ~lost.any(axis=1)).all()
            missed += lost.any()
    assert 26 <= missed <= 54  # 40 expected; ± 2.9 sigma


def test_the_wafer_does_not_move_while_the_needles_are_down(chip):
    with SimulatedBench(chip) as bench:
        touch(bench, 0)
        with pytest.raises(RangeError, match="only while"):
            bench.wafer.go_to((1, 0))
        bench.wafer.lift()
        with pytest.raises(RangeError, match="none there"):
            bench.wafer.go_to((7, 7))


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("[2, 0]]", "[2, 0], [0, 0]]", "twice"),
        ("die = [2, 0]", "die = [3, 0]", "no dies"),
        ("missed = 0.0", "missed = 1.5", "missed"),
        ("dies = [[0, 0], [1, 0], [2, 0]]", "dies = []", "dies"),
        ('preset = "neurram-130nm"', 'preset = "dram-1t1c"', "dram-1t1c cells cannot"),
    ],
)
def test_a_wafer_that_cannot_be_is_refused(chip, old, new, said):
    text = chip.read_text()
    assert old in text
    chip.write_text(text.replace(old, new))
    with pytest.raises(RecipeError, match=said):
        ChipFile.load(chip)
