"""A Keithley 2400 in the 2450's place: the probe station runs the same recipes."""

import numpy as np
import pytest

import labcim
from labcim.sim_backend.chip.truth import Truth

from .conftest import EXAMPLES, small_bench
from .judging import assert_same_pulses, left_on, moved_under_voltage, order_of_the_end

OFFSET = 600e-6  # V that its source may be off at zero (SPEC-2400 Rev. H, 200 mV and 2 V ranges)


@pytest.fixture(scope="module")
def station(tmp_path_factory):
    folder = tmp_path_factory.mktemp("probed2400")
    path = small_bench("probed", folder, 2, stuck="0.0")
    for file in (path, folder / "chip.toml"):
        file.write_text(file.read_text("utf-8").replace("keithley2450", "keithley2400"), "utf-8")
    runs = {}
    with labcim.open_bench(path, record=folder / "record.sqlite") as bench:
        for name in ("form", "face"):
            runs[name] = bench.run(labcim.load_recipe(EXAMPLES / "recipes" / f"{name}.toml"))
        swept = bench.cells.sweep(
            3, np.linspace(0.0, 0.2, 21), dwell=1e-3, gate=2.5, current_limit=1e-3
        )
    return Truth(folder / "chip.state"), runs, swept


def test_the_chip_is_formed_and_programmed_with_every_pulse_on_record(station):
    truth, runs, _ = station
    assert {view.stop.state for view in runs.values()} == {"completed"}
    assert all(view.stop.safe for view in runs.values())
    for view in runs.values():
        assert_same_pulses(truth, view)


def test_a_cell_is_swept_into_the_data_store(station):
    _, _, swept = station
    assert not swept.flags.any()
    slope = np.polyfit(swept.voltage, swept.current, 1)[0]
    assert swept.current[-1] == pytest.approx(slope * 0.2, rel=0.05)
    assert np.all(np.diff(swept.time) >= 1e-3)


def test_no_relay_moves_under_more_than_the_offset_of_the_source(station):
    truth, _, _ = station
    levels = [volts for _, wrong in moved_under_voltage(truth) for volts in wrong.values()]
    assert max(map(abs, levels), default=0.0) < OFFSET


def test_at_the_end_everything_is_off_in_its_order(station):
    truth, _, _ = station
    # What is left of its level is its offset, behind an open relay.
    assert set(left_on(truth)) <= {"source smu.hi"}
    order = order_of_the_end(truth)
    places = [order.index(kind) for kind in ("output", "relay")]
    assert places == sorted(places)
