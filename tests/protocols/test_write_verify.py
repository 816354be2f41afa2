"""Write-verify against cells that obey an equilibrium line, judged on their true conductance."""

from pathlib import Path

import numpy as np
import pytest
from fake_cells import FakeCells

from labcim.capabilities import Topology
from labcim.errors import RecipeError
from labcim.programming.pulse_schedule import Status
from labcim.protocols.program.program_image import ProgramImage, program_image
from labcim.protocols.program.write_verify import WriteVerify, write_verify

from .running import run

SIDE = Topology(32, 32)


@pytest.mark.parametrize(("algorithm", "most"), [("plain", 18.0), ("adaptive", 10.0)])
def test_cells_end_truly_within_tolerance_in_few_pulses(algorithm: str, most: float):
    cells = FakeCells(SIDE)
    done = run(write_verify, WriteVerify(targets="image", algorithm=algorithm), cells)
    truly = np.abs(cells.true - done.rows["target"]) <= 1e-6
    assert truly.mean() >= 0.99
    assert done.rows["accepted"].mean() >= 0.99
    assert done.rows["pulses"].mean() <= most


def test_an_adaptive_start_saves_at_least_thirty_percent_of_the_pulses_on_the_same_cells():
    pulses = {}
    for algorithm in ("plain", "adaptive"):
        done = run(write_verify, WriteVerify(targets="rows", algorithm=algorithm), FakeCells(SIDE))
        pulses[algorithm] = done.rows["pulses"].mean()
    assert pulses["adaptive"] <= 0.7 * pulses["plain"]


def test_the_pulses_of_the_rows_are_those_the_cells_saw():
    cells = FakeCells(SIDE)
    done = run(write_verify, WriteVerify(target="12 uS"), cells)
    seen = np.zeros(SIDE.size, int)
    for pulsed, _, _ in cells.pulses:
        np.add.at(seen, pulsed, 1)
    assert np.array_equal(done.rows["pulses"], seen[done.rows["cell"]])


def test_a_unit_starts_with_a_reading_and_leaves_cells_in_place_that_are_on_target():
    cells = FakeCells(SIDE)
    cells.true[:] = 20e-6
    cells.noise = 1e-3
    done = run(write_verify, WriteVerify(target="20 uS"), cells)
    assert cells.pulses == []
    assert done.rows["accepted"].all()
    assert len(cells.reads) == 2 * 2  # two confirm each other, in the first group and the rest


def test_set_and_reset_have_gates_of_their_own():
    cells = FakeCells(SIDE)
    run(write_verify, WriteVerify(targets="columns", set_gate="2.4 V", reset_gate="4.5 V"), cells)
    for _, amplitude, gate in cells.pulses:
        assert np.array_equal(gate, np.where(amplitude > 0, 2.4, 4.5))


def test_no_amplitude_is_beyond_the_demands():
    cells = FakeCells(SIDE)
    cells.stuck[:40] = True
    recipe = WriteVerify(targets="image", cap="2.9 V")
    run(write_verify, recipe, cells)
    largest = max(np.abs(amplitude).max() for _, amplitude, _ in cells.pulses)
    worst = {demand.family: demand.voltage for demand in recipe.demands() if demand.name == "cap"}
    assert worst == {"row": 2.9, "column": 2.9}
    assert largest <= 2.9


def test_stuck_cells_are_given_up_within_the_bound_and_the_others_do_not_suffer():
    cells = FakeCells(SIDE)
    cells.stuck[[3, 500]] = True
    done = run(write_verify, WriteVerify(target="25 uS"), cells)
    assert set(np.flatnonzero(done.rows["status"] == Status.UNRESPONSIVE)) == {3, 500}
    assert done.rows["pulses"].max() <= WriteVerify().units(SIDE)[0].bound
    assert done.rows["accepted"].sum() == SIDE.size - 2


def test_a_flagged_reading_is_read_again_and_never_taken_for_data():
    cells = FakeCells(SIDE)
    cells.flag_next[7] = 2
    done = run(write_verify, WriteVerify(target="10 uS"), cells)
    assert done.rows["flagged"][7] == 1
    assert done.rows["accepted"][7]
    assert done.rows["conductance"].max() < 12e-6  # the fake's flagged reading says 1 mS


def test_a_cell_whose_readings_stay_flagged_is_given_up_without_a_pulse():
    cells = FakeCells(SIDE)
    read = cells.read

    def read_with_fault(chosen, *args, **kwargs):
        cells.flag_next[9] = 2
        return read(chosen, *args, **kwargs)

    cells.read = read_with_fault
    done = run(write_verify, WriteVerify(target="10 uS", flagged=4), cells)
    assert done.rows["status"][9] == Status.UNREADABLE
    assert done.rows["flagged"][9] == 4
    assert done.rows["pulses"][9] == 0
    assert np.isnan(done.rows["conductance"][9])


def test_a_zero_target_starts_its_reset_at_its_own_voltage():
    cells = FakeCells(Topology(4, 4))
    run(write_verify, WriteVerify(target=0.0, algorithm="plain"), cells)
    assert np.all(cells.pulses[0][1] == -2.5)


def test_what_a_unit_learns_is_handed_to_the_next():
    done = run(write_verify, WriteVerify(targets="rows", block=256), FakeCells(SIDE))
    learned = [carry["learned"][:, 0].sum() for carry in done.carries]
    assert learned == sorted(learned)
    assert learned[0] > 0


def test_listed_targets_go_to_the_listed_cells():
    recipe = WriteVerify(targets="list", cells=[[3, 1], [0, 2]], values=["30 uS", "5 uS"])
    done = run(write_verify, recipe, FakeCells(Topology(4, 4)))
    given = dict(zip(done.rows["cell"].tolist(), done.rows["target"].tolist(), strict=True))
    assert given == {13: 30e-6, 2: 5e-6}


def test_a_list_of_the_wrong_length_is_refused_before_anything_is_read():
    with pytest.raises(RecipeError, match="2 targets are given for 16 chosen cells"):
        WriteVerify(targets="list", values=["30 uS", "5 uS"]).units(Topology(4, 4))


def test_a_start_above_the_cap_is_refused_with_both_values():
    with pytest.raises(RecipeError, match=r"zero_reset_start = 2\.5 V is above cap = 2 V"):
        WriteVerify.from_mapping({"cap": "2 V"})


def test_a_recipe_survives_its_own_text():
    import tomllib

    recipe = WriteVerify(cells=[[0, 1]], targets="list", values=["1 uS"], tolerance="0.5 uS")
    again = WriteVerify.from_mapping(tomllib.loads(recipe.to_toml()))
    assert again == recipe


def test_a_picture_is_found_beside_its_recipe(tmp_path: Path):
    np.save(tmp_path / "half.npy", np.array([[0.0, 1.0]]))
    recipe = ProgramImage.model_validate({"image": "half.npy"}, context={"folder": tmp_path})
    targets = recipe.target_map(Topology(2, 4)).reshape(2, 4)
    assert np.allclose(targets, [[2e-6, 2e-6, 38e-6, 38e-6]] * 2)


def test_a_programmed_picture_is_like_its_target():
    done = run(program_image, ProgramImage(image="radial", levels=8), FakeCells(SIDE))
    assert done.finding("correlation with the picture").value > 0.99
    assert done.finding("cells nearest to their own level").value > 0.99
    assert done.finding("accepted of the cells that answer").outcome == "PASS"


def test_the_second_picture_starts_from_the_first():
    cells = FakeCells(SIDE)
    run(program_image, ProgramImage(image="radial"), cells)
    first = cells.true.copy()
    reads = len(cells.reads)
    run(program_image, ProgramImage(image="rings"), cells)
    chosen, _, _ = cells.reads[reads]
    assert np.corrcoef(first, cells.true)[0, 1] < 0.9
    # The first gate line is read before anything is pulsed.
    assert np.array_equal(chosen, 32 * np.arange(32))


def test_on_a_slow_bench_fewer_cells_take_turns():
    cells = FakeCells(SIDE, seconds_each=0.1)
    run(write_verify, WriteVerify(target="15 uS", latency="0.5 s", first=8), cells)
    sizes = [len(chosen) for chosen, _, _ in cells.reads]
    assert max(sizes[:3]) == 8  # how slow the bench is shows with the first group
    assert max(sizes[60:]) == 4  # at a little more than 0.1 s for each


def test_small_groups_learn_as_well_on_every_one_of_many_chips():
    """Two cells at a time, two of 64 dead and loud: none of 12 chips goes astray."""
    worst = 0.0
    for seed in range(12):
        side = Topology(8, 8)
        cells = FakeCells(side, seed=seed, seconds_each=0.05)
        cells.true[[2, 17]], cells.stuck[[2, 17]] = 80e-6, True
        recipe = WriteVerify(targets="columns", latency="0.12 s", first=16)
        done = run(write_verify, recipe, cells)
        good = np.ones(side.size, bool)
        good[[2, 17]] = False
        worst = max(worst, done.rows["pulses"][good].mean())
    assert worst <= 10.0


def test_later_epochs_pulse_only_what_relaxed_out_of_range():
    cells = FakeCells(SIDE)
    recipe = WriteVerify(target="20 uS", epochs=2, delay="10 s")
    drifted = np.array([5, 77, 600])
    sleep = cells.clock.sleep

    def relax(duration: float) -> None:
        cells.true[drifted] = 26e-6
        sleep(duration)

    cells.clock.sleep = relax
    done = run(write_verify, recipe, cells)
    first, second = (done.rows["epoch"] == epoch for epoch in (1, 2))
    assert first.sum() == second.sum() == SIDE.size
    assert np.abs(done.rows["later"][first] - 20e-6 > 4e-6).sum() == len(drifted)
    more = np.zeros(SIDE.size)
    more[done.rows["cell"][second]] = done.rows["pulses"][second]
    more[done.rows["cell"][first]] -= done.rows["pulses"][first]
    assert np.all(more[drifted] > 0)
    assert np.mean(more > 0) < 0.2  # the others at most where a reading of the first was lucky
    assert min(cells.clock.slept) > 9.9
    assert done.finding("within tolerance after the delay, epoch 1").value < 1.0


def test_gate_increments_are_refused_on_a_chip_without_gates():
    recipe = WriteVerify(algorithm="gate")
    with pytest.raises(RecipeError, match="without gates"):
        recipe.units(Topology(4, 4, kind="passive"))


def test_a_verify_by_products_is_refused_where_the_bench_has_none():
    with pytest.raises(RecipeError, match="offers no products"):
        run(write_verify, WriteVerify(verify="hadamard"), FakeCells(Topology(4, 4)))
