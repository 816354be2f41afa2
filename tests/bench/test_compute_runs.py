"""Logic and spikes as runs: from the recipe to findings on record, judged by the truth log."""

import numpy as np
import pytest
from logic_bench import write_bench

import labcim
from labcim.errors import RecipeError
from labcim.programming.logic.imply import cond_window
from labcim.programming.logic.thresholds import Thresholds
from labcim.protocols.compute.scouting_logic import ScoutingLogic
from labcim.protocols.compute.stateful_logic import StatefulLogic
from labcim.protocols.compute.stdp import Stdp
from labcim.sim_backend.chip.truth import Truth

from .conftest import small_bench


def run(path, recipe, **how):
    """Run a recipe; return (findings by name, rows, documents of the run)."""
    with labcim.open_bench(path, record=path.with_name("record.sqlite")) as bench:
        done = bench.run(recipe, **how)
    results = done.results()
    documents = list(labcim.open_record(done.record).documents(done.run))
    return dict(zip(results["name"], results["value"], strict=True)), done.readings(), documents


def told_lines(documents):
    """Return the data of all events that tell of line states."""
    events = [d for d in documents if type(d).__name__ == "Event" and d.kind == "lines"]
    return [event.data for event in events]


NAMES = ("right answers", "operands kept", "gates always right")


@pytest.mark.parametrize(
    ("operation", "recipe", "chip"),
    [
        ("nor", dict(inputs=3), {}),
        ("adder", dict(inputs=1), dict(columns=12)),
        ("not", dict(along="column"), dict(gate_along="row")),
        ("nand", dict(drive_start=1.35, drive_stop=1.35), dict(constants={"reset_voltage": 1.0})),
    ],
)
def test_p9_p10_a_run_of_stateful_logic_is_right_on_nominal_cells(
    tmp_path, operation, recipe, chip
):
    path = write_bench(tmp_path, 4, **{"columns": 4, **chip})
    asked = StatefulLogic(operation=operation, lines=4, reset_voltage=2.0, **recipe)
    found, rows, documents = run(path, asked)
    drive = asked.drive_start
    assert found["operations asked"] == 1.0
    assert [found[f"{name} at {drive:g} V"] for name in NAMES] == [1.0, 1.0, 1.0]
    assert np.isfinite(rows[["before", "after"]].to_numpy()).all()
    tables = len(asked.what().inputs())
    lines = told_lines(documents)
    steps = {"nand": 3, "adder": 9}.get(operation, 1)
    assert [told["states"] for told in lines] == [steps] * tables
    truth = Truth(tmp_path / "chip.state").pulses()  # what moved cells beside what was written
    written = sum(d.train.size for d in documents if type(d).__name__ == "Pulses")
    assert len(truth) > written > 0


def test_p9_yield_over_the_drive_has_the_window_that_the_thresholds_tell(tmp_path):
    path = write_bench(tmp_path, 8, 3, spread=1.0)
    asked = StatefulLogic(lines=8, drive_start=0.8, drive_stop=1.8, drive_step=0.5)
    found, _, _ = run(path, asked)
    right = [found[f"gates always right at {drive:g} V"] for drive in (0.8, 1.3, 1.8)]
    assert right[1] == 1.0
    assert right[0] < 0.5 and right[2] < 0.5


def test_p9_magic_runs_on_a_probed_chip_as_it_does_on_the_board(tmp_path):
    """One source, one gate channel and relays are enough for a NOR: one voltage beside 0 V."""
    path = small_bench("probed", tmp_path, 4, preset='"abrupt-binary"\nformed = true', stuck="0.0")
    found, _, documents = run(path, StatefulLogic(lines=1))
    assert found["gates always right at 1.25 V"] == 1.0
    assert len(told_lines(documents)) == 4


@pytest.mark.parametrize("seed", [31, 32])
def test_p10_magnetic_junctions_of_tmr_250_percent_imply_with_a_load_that_holds_0(tmp_path, seed):
    """A junction stays antiparallel whatever the line gives in that direction. Flips are chance."""
    path = write_bench(tmp_path, 16, 3, preset="stt-mram", seed=seed, constants={"tmr": 2.5})
    asked = StatefulLogic(
        operation="imply", load_one=False, drive_start=1.42, drive_stop=1.42, imply_set=1.48,
        imply_gate=5.0, duration=100e-9, set_voltage=0.9, set_gate=5.0, reset_voltage=0.9,
        reset_gate=5.0, read_gate=2.5, boundary=136e-6, repeats=2,
    )  # fmt: skip
    found, rows, _ = run(path, asked)
    assert found["operations asked"] == 1.0
    assert found["right answers at 1.42 V"] >= 0.99
    assert found["operands kept at 1.42 V"] >= 0.99
    load = rows[rows["station"] == 2]
    assert not load["meant"].any() and load["right"].all()


def test_p10_a_run_maps_the_window_of_v_cond(tmp_path):
    path = write_bench(tmp_path, 2, 3, constants={"reset_voltage": 1.0})
    asked = StatefulLogic(
        operation="imply", lines=2, reset_voltage=2.0, drive_start=0.4, drive_stop=2.0,
        drive_step=0.2,
    )  # fmt: skip
    found, _, _ = run(path, asked)
    low = found["lowest drive at which all gates are right"]
    high = found["highest drive at which all gates are right"]
    cells = Thresholds(set_voltage=1.5, reset_voltage=1.0)
    told = cond_window(cells, asked.driven_with(1.3).imply, p_one=40e-6, load=40e-6, q_zero=0.4e-6)
    assert 0.4 < low <= told.low + 0.2
    assert told.high - 0.2 <= high < 2.0


def test_a_run_that_was_stopped_is_resumed_by_units(tmp_path):
    path = write_bench(tmp_path, 4, 3)
    record = tmp_path / "record.sqlite"
    asked = StatefulLogic(lines=4, block=1)
    with labcim.open_bench(path, record=record) as bench:

        def stop_in_the_second(unit, fraction, text):
            if unit == "gates-1-1":
                bench.steering.request("stop", "enough")

        first = bench.run(asked, on_progress=stop_in_the_second)
        assert first.stop.state == "stopped"
        assert sorted(set(first.readings()["gate"])) == [0, 1]
        second = bench.resume(first.run)
    results = dict(zip(second.results()["name"], second.results()["value"], strict=True))
    assert results["gates always right at 1.25 V"] == 1.0
    assert sorted(set(second.readings()["gate"])) == [2, 3]


def test_p9_drives_that_do_not_fit_the_cells_are_refused_before_the_run():
    with pytest.raises(RecipeError, match="MAGIC needs V_SET well above 2 V_RESET"):
        StatefulLogic.from_mapping({"set_threshold": 1.15, "reset_threshold": 1.35})
    with pytest.raises(RecipeError, match=r"MAGIC drive = 1\.6 V does not fit"):
        StatefulLogic.from_mapping(
            {"set_threshold": 1.5, "reset_threshold": 0.5, "drive_start": 1.2, "drive_stop": 1.6,
             "drive_step": 0.4}
        )  # fmt: skip


def test_gates_that_the_array_cannot_hold_are_refused(tmp_path):
    path = write_bench(tmp_path, 4, 4, gate_along="row")
    with labcim.open_bench(path, record=tmp_path / "r.sqlite") as bench:
        with pytest.raises(RecipeError, match="stations 0 to 5"):
            bench.run(StatefulLogic(lines=4, inputs=5))
        with pytest.raises(labcim.errors.RangeError, match="transistors of a row open together"):
            bench.run(StatefulLogic(lines=4))
        bench.run(StatefulLogic(lines=4, block=1))  # one row at a time goes


@pytest.mark.parametrize("spread", [0.0, 1.0])
def test_p11_scouting_errs_less_than_once_in_10_000_and_changes_no_operand(tmp_path, spread):
    """On/off 10, 2 % of read noise at 10 us; 100,032 answers of each function."""
    constants = {"floor": 4e-6, "lowest": 4e-6}
    path = write_bench(tmp_path, 32, 64, spread=spread, constants=constants)
    asked = ScoutingLogic(rows=32, operations=100_000, boundary=12e-6, readings=800)
    found, rows, _ = run(path, asked)
    assert found["operations"] == 100_032
    for function in ("or", "and", "xor"):
        assert found[f"wrong answers, {function}"] < 1e-4
    truth, first = Truth(tmp_path / "chip.state"), len(rows)
    assert first == 100_032
    pulses = truth.pulses()
    writes = asked.units(labcim.capabilities.Topology(32, 64))
    assert len(pulses) == len(writes) * 32 * 64  # nothing but what was written moved a cell
    assert set(rows["ones"]) == {0, 1, 2}
    one = rows["current"][rows["ones"] == 2].mean() / rows["current"][rows["ones"] == 0].mean()
    assert one == pytest.approx(10.0, rel=0.05)


def test_scouting_tells_wrong_answers_where_cells_are_stuck(tmp_path):
    """A cell stuck above a 1 beside a 0 reads like two ones."""
    path = write_bench(tmp_path, 8, 32, spread=1.0, stuck=0.2, seed=5)
    found, _, _ = run(path, ScoutingLogic(rows=8, operations=3200))
    assert 0.005 < found["wrong answers, and"] < 0.2


def test_three_rows_also_give_the_majority(tmp_path):
    path = write_bench(tmp_path, 8, 16)
    found, _, _ = run(path, ScoutingLogic(rows=8, operands=3, operations=1600))
    assert found["wrong answers, majority"] == 0.0


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_n4_the_window_of_spike_timing_fits_exponentials(tmp_path, seed):
    path = write_bench(tmp_path, 8, 8, preset="neurram-130nm", spread=1.0, seed=seed)
    found, rows, documents = run(path, Stdp())
    for side, sign in (("potentiation", 1.0), ("depression", -1.0)):
        assert found[f"{side}, R squared"] > 0.95
        assert sign * found[f"{side}, largest change"] > 0.2
        assert 2e-6 < found[f"{side}, time constant"] < 20e-6
    assert len(told_lines(documents)) == 20
    assert len(rows) == 20 * 64


def test_spikes_far_apart_change_no_more_than_relaxation_does(tmp_path):
    path = write_bench(tmp_path, 8, 8, preset="neurram-130nm", spread=1.0)
    _, rows, _ = run(path, Stdp(nearest=2e-6, farthest=100e-6, points=3))
    far = rows[rows["delay"].abs() > 90e-6].groupby("delay")["change"].mean()
    assert far.abs().max() < 0.05


def test_a_triangular_tail_moves_ecram_cells_exponentially(tmp_path):
    """Steps that grow tenfold in 0.5 V, and a tail that falls in proportion to time."""
    path = write_bench(tmp_path, 4, 4, preset="ecram-li", spread=0.0)
    asked = Stdp(
        cells="0:4, 0:4", shape="triangular", head=0.9, tail=0.6, decay=30e-6, farthest=28e-6,
        erase_voltage=1.0, start_voltage=1.0, averages=1000,
    )  # fmt: skip
    found, _, _ = run(path, asked)
    assert found["potentiation, R squared"] > 0.95
    assert found["depression, R squared"] > 0.95
