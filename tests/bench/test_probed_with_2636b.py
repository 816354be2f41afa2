"""Channel A of a Keithley 2636B in the 2450's place: the probe station reads and sweeps."""

import numpy as np
import pytest

import labcim
from labcim.sim_backend.chip.truth import Truth

from .conftest import small_bench
from .judging import left_on, moved_under_voltage, order_of_the_end

OFFSET = 375e-6  # V that its source may be off at zero (2600B data sheet, 200 mV range)


@pytest.fixture(scope="module")
def station(tmp_path_factory):
    folder = tmp_path_factory.mktemp("probed2636")
    path = small_bench("probed", folder, 4, stuck="0.0")
    for file in (path, folder / "chip.toml"):
        text = file.read_text("utf-8").replace("keithley2450", "keithley2636b")
        file.write_text(text.replace('"smu.hi"', '"smu.a_hi"'), "utf-8")
    table = '[probed_chip]\nsense_terminal = "a_hi"'
    path.write_text(path.read_text("utf-8").replace("[probed_chip]", table), "utf-8")
    with labcim.open_bench(path, record=folder / "record.sqlite") as bench:
        run = bench.run(labcim.new_recipe("read_map"))
        swept = bench.cells.sweep(
            5, np.linspace(0.0, 0.2, 21), dwell=1e-3, gate=2.5, current_limit=1e-3
        )
    return Truth(folder / "chip.state"), run, swept


def test_the_whole_chip_is_read(station):
    _, run, _ = station
    assert run.stop.state == "completed" and run.stop.safe


def test_a_cell_is_swept_by_the_trigger_model(station):
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
    assert set(left_on(truth)) <= {"source smu.a_hi"}  # the offset of a zero behind an open relay
    order = order_of_the_end(truth)
    places = [order.index(kind) for kind in ("output", "relay")]
    assert places == sorted(places)
