"""Waits and cycles on a probed chip: three instruments do by pulses and readings what a board does.

And what of them is put on record.
"""

from pathlib import Path

import numpy as np
import pytest

import labcim
from labcim.capabilities import Cells, Train
from labcim.documents import PULSE
from labcim.errors import AbortedError, RangeError
from labcim.recorded import RecordedCells
from labcim.sim_backend.chip.truth import Truth

from .conftest import small_bench

TWO = np.array([1, 6], np.uint32)
SET, RESET = Train(2.2, 1e-6, gate=2.5), Train(-2.5, 1e-6, gate=5.0)


@pytest.fixture
def probed(tmp_path: Path):
    """Give the cells of a 4 x 4 chip on a probe station, and its truth."""
    path = small_bench("probed", tmp_path, 4, stuck="0.0")
    chip = tmp_path / "chip.toml"
    chip.write_text(chip.read_text("utf-8").replace("[chip]", "[chip]\nformed = true", 1), "utf-8")
    with labcim.open_bench(path, record=tmp_path / "record.sqlite") as bench:
        yield bench.cells, Truth(tmp_path / "chip.state")


def test_a_wait_on_a_probed_chip_is_as_many_pulses_of_one_clock(probed):
    cells, truth = probed
    cells.pulse(TWO, RESET)
    before = len(truth.pulses())
    found = cells.time_to_threshold(TWO, Train(1.5, 4e-6, gate=2.5), 10e-6, clock=2e-7)
    given = truth.pulses()[before:]
    for place, cell in enumerate(TWO):
        own = given[given["cell"] == cell]
        assert len(own) == found.count[place]
        assert own["width"] == pytest.approx(2e-7)
    came = ~np.isnan(found.delay)
    assert came.any()
    assert found.delay[came] == pytest.approx((found.count * found.width)[came])
    assert (found.count[~came] == 20).all()
    after = np.abs(cells.read(TWO, 0.1, gate=2.5).conductance * 1.5)
    assert (after[came] > 8e-6).all()


def test_cycles_on_a_probed_chip_read_high_and_low_in_turn(probed):
    cells, truth = probed
    cycled = cells.cycle(TWO, SET, RESET, 3, voltage=0.1, gate=5.0)
    assert cycled.high.shape == cycled.low.shape == (3, 2)
    assert (cycled.high > 2.0 * cycled.low).all()
    assert (np.diff(cycled.time) > 0.0).all()
    signs = np.sign(truth.pulses()["amplitude"]).reshape(3, 2, 2)
    assert (signs[:, 0] == 1.0).all()
    assert (signs[:, 1] == -1.0).all()


def test_waits_and_cycles_of_a_probed_chip_are_refused_before_a_pulse(probed):
    cells, truth = probed
    with pytest.raises(RangeError, match="clock"):
        cells.time_to_threshold(TWO, Train(1.5, 1.0, gate=2.5), 10e-6, clock=2e-7)
    with pytest.raises(RangeError, match="count"):
        cells.cycle(TWO, SET, RESET, 0)
    with pytest.raises(RangeError, match="9 V"):
        cells.cycle(TWO, SET, Train(-9.0, 1e-6, gate=5.0), 2)
    assert len(truth.pulses()) == 0


class Trouble:
    """Cells whose every verb ends in an abort."""

    def cycle(self, *_: object, **__: object) -> None:
        raise AbortedError("stop")

    time_to_threshold = cycle


def recorded(cells: Cells) -> tuple[RecordedCells, list[np.ndarray], list[str]]:
    trains: list[np.ndarray] = []
    told: list[str] = []
    wrapped = RecordedCells(cells, trains.append, lambda kind, text, _: told.append(kind + text))
    return wrapped, trains, told


def test_a_wait_is_on_record_with_what_really_reached_the_cells(probed):
    cells, truth = probed
    wrapped, trains, _ = recorded(cells)
    wrapped.time_to_threshold(TWO, Train(1.5, 2e-6, gate=2.5), 10e-6, clock=2e-7)
    (train,) = trains
    assert train.dtype == PULSE
    assert int(train["count"].sum()) == len(truth.pulses())


def test_cycles_are_on_record_as_one_train_of_each_polarity(probed):
    cells, truth = probed
    wrapped, trains, _ = recorded(cells)
    wrapped.cycle(TWO, SET, RESET, 4)
    (train,) = trains
    assert train["count"].tolist() == [4, 4, 4, 4]
    assert train["amplitude"] == pytest.approx([2.2, 2.2, -2.5, -2.5])
    assert len(truth.pulses()) == 16


def test_what_cuts_a_wait_or_a_cycle_leaves_word_that_nobody_knows_how_far_it_got():
    wrapped, trains, told = recorded(Trouble())  # type: ignore[arg-type]
    with pytest.raises(AbortedError):
        wrapped.cycle(TWO, SET, RESET, 400)
    with pytest.raises(AbortedError):
        wrapped.time_to_threshold(TWO, SET, 1e-5, clock=1e-7)
    assert not trains
    assert [word.startswith("indeterminate") for word in told] == [True, True]
    assert "400 cycles on 2 cells" in told[0]
