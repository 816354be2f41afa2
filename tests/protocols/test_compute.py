"""Recipes of logic and spikes: what they ask for, and what they refuse before anything is done."""

import numpy as np
import pytest
from fake_cells import FakeCells

from labcim.capabilities import LineCurrents, Topology
from labcim.errors import RangeError, RecipeError
from labcim.limits import ChipLimits, LineLimits, check_demands
from labcim.protocols.compute.scouting_logic import ScoutingLogic, scouting_logic
from labcim.protocols.compute.stateful_logic import StatefulLogic, stateful_logic
from labcim.protocols.compute.stdp import Stdp, stdp

from .running import run

CHIP = Topology(4, 6)
LIMITS = ChipLimits(
    row=LineLimits(high=3.0), column=LineLimits(high=3.0), gate=LineLimits(high=5.5)
)


@pytest.mark.parametrize(
    "recipe",
    [
        StatefulLogic(operation="imply", imply_set=3.2),
        StatefulLogic(drive_start=1.0, drive_stop=3.2),
        StatefulLogic(gate=5.6),
        StatefulLogic(operation="nand", imply_gate=5.6),
        StatefulLogic(set_voltage=3.1),
        ScoutingLogic(read_gate=6.0),
        Stdp(rest=1.6),
        Stdp(erase_voltage=3.1),
        Stdp(gate=6.0),
    ],
    ids=lambda recipe: recipe.protocol,
)
def test_more_than_the_lines_stand_is_refused_before_the_run(recipe):
    fitting = type(recipe)(**({"erase_voltage": 3.0} if isinstance(recipe, Stdp) else {}))
    check_demands(fitting.demands(), LIMITS)
    with pytest.raises(RangeError, match="the chip accepts"):
        check_demands(recipe.demands(), LIMITS)


@pytest.mark.parametrize(
    ("recipe", "values", "says"),
    [
        (StatefulLogic, {"drive_start": 1.3, "drive_stop": 1.2}, "above 1.2"),
        (StatefulLogic, {"set_threshold": 1.5}, "give both, or none"),
        (StatefulLogic, {"operation": "xor"}, "'not', 'nor', 'adder', 'imply' or 'nand'"),
        (StatefulLogic, {"duration": float("nan")}, "duration"),
        (ScoutingLogic, {"operands": 1}, "operands"),
        (Stdp, {"nearest": 0.5e-6}, "head_width = 1e-06"),
        (Stdp, {"nearest": 5e-6, "farthest": 4e-6}, "less than farthest = 4e-06"),
        (Stdp, {"step": 2e-6}, "at most 1e-06"),
        (Stdp, {"rest": 0.5}, "accepts 0.6 V and more"),
    ],
)
def test_recipes_that_make_no_sense_are_refused_with_the_reason(recipe, values, says):
    with pytest.raises(RecipeError, match=says):
        recipe.from_mapping(values)


@pytest.mark.parametrize(
    "recipe",
    [
        StatefulLogic(lines=5),
        StatefulLogic(lines=4, first_station=4),
        StatefulLogic(lines=4, operation="adder"),
        ScoutingLogic(rows=5),
        ScoutingLogic(rows=2, operands=3),
    ],
    ids=lambda recipe: recipe.protocol,
)
def test_gates_and_rows_that_the_array_lacks_are_refused(recipe):
    with pytest.raises(RecipeError, match="4 rows x 6 columns"):
        recipe.units(CHIP)


def test_every_cell_of_a_gate_belongs_to_its_unit_and_the_bound_counts_all_pulses():
    units = StatefulLogic(lines=4, block=3, drive_start=1.0, drive_stop=1.2, drive_step=0.1).units(
        CHIP
    )
    assert [unit.key for unit in units] == ["gates-0-2", "gates-3-3"]
    assert units[0].cells.tolist() == [0, 6, 12, 1, 7, 13, 2, 8, 14]
    assert units[0].bound == 3 * 4 * 2  # drives, operands, a write and the drive


def test_the_same_seed_scouts_the_same_operands_and_another_one_others():
    def rows(seed):
        cells = FakeCells(CHIP)
        recipe = ScoutingLogic(rows=4, operations=60, seed=seed, boundary=15e-6)
        return run(scouting_logic, recipe, cells, Summing(cells)).rows

    assert np.array_equal(rows(1)["ones"], rows(1)["ones"])
    assert not np.array_equal(rows(1)["ones"], rows(2)["ones"])


class Summing:
    """Lines of fake cells: what leaves each column, without noise."""

    def __init__(self, cells):
        self.cells = cells

    def apply(self, sequence):
        chip = self.cells.topology
        g = self.cells.true.reshape(chip.rows, chip.columns)
        found = []
        for state in sequence:
            flow = g * np.subtract.outer(state.rows, state.columns)
            found.append(LineCurrents(flow.sum(axis=1), -flow.sum(axis=0)))
        return found


@pytest.mark.parametrize(
    ("spec", "recipe"),
    [(stateful_logic, StatefulLogic(lines=4)), (scouting_logic, ScoutingLogic(rows=4)),
     (stdp, Stdp(cells="0:4, 0:4"))],
)  # fmt: skip
def test_a_bench_without_control_of_lines_is_told(spec, recipe):
    with pytest.raises(RecipeError, match="no control of lines"):
        run(spec, recipe, FakeCells(CHIP))


def test_a_bench_that_senses_no_column_is_told_before_an_operand_is_written():
    class Deaf(Summing):
        def apply(self, sequence):
            return [LineCurrents(one.rows, one.columns * np.nan) for one in super().apply(sequence)]

    cells = FakeCells(CHIP)
    before = cells.true.copy()
    with pytest.raises(RecipeError, match="senses every column"):
        run(scouting_logic, ScoutingLogic(rows=4, boundary=15e-6), cells, Deaf(cells))
    assert np.array_equal(cells.true, before)


def test_references_need_bits_of_both_kinds():
    cells = FakeCells(CHIP)
    with pytest.raises(RecipeError, match="see boundary"):
        run(scouting_logic, ScoutingLogic(rows=4, boundary=0.5), cells, Summing(cells))
