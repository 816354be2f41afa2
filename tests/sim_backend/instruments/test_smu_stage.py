"""One source-measure channel on a resistor: Ohm's law, limits and the off states."""

import pytest
from resistor_bench import ResistorBench

from labcim.sim_backend.instruments._smu_stage import SmuStage
from labcim.sim_backend.instruments._terminal import Terminal


@pytest.fixture
def bench():
    return ResistorBench(1e3)


@pytest.fixture
def stage(bench):
    return SmuStage(Terminal(bench, "smu.hi", 1e-3))


def test_a_voltage_drives_its_current(stage):
    stage.source_voltage(2.0, 1.0)
    seen = stage.look(0.01)
    assert (seen.voltage, seen.current) == pytest.approx((2.0, 2e-3))
    assert not stage.tripped


def test_a_voltage_source_is_held_back_by_its_limit(stage):
    stage.source_voltage(-2.0, 1e-3)
    assert stage.tripped
    seen = stage.look(0.01)
    assert (seen.voltage, seen.current) == pytest.approx((-1.0, -1e-3))


def test_a_current_finds_its_voltage(stage):
    stage.source_current(-1e-3, 5.0)
    assert stage.look(0.01).voltage == pytest.approx(-1.0)
    assert not stage.tripped


def test_a_current_source_is_held_back_by_its_limit(stage):
    stage.source_current(1e-2, 5.0)
    assert stage.tripped
    assert stage.look(0.01).voltage == pytest.approx(5.0)


@pytest.mark.parametrize(("opened", "level"), [(False, 0.0), (True, None)])
def test_off_is_zero_or_open(bench, stage, opened, level):
    stage.source_voltage(2.0, 1.0)
    stage.off(opened)
    assert bench.levels["smu.hi"] == level
    assert not stage.tripped


def test_a_step_takes_its_time_and_reads_at_its_end(bench, stage):
    stage.source_voltage(1.0, 1.0)
    assert stage.step(0.25).current == pytest.approx(1e-3)
    assert bench.clock.now == pytest.approx(0.25)


def test_the_same_level_again_is_nothing_new(stage):
    assert stage.source_voltage(1.0, 1.0)
    assert not stage.source_voltage(1.0, 1.0)
