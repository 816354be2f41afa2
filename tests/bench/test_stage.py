"""The chip on its heated chuck, through driver, wire and simulated controller, and its faults."""

import re
import threading

import pytest

from labcim.app.describe import simulated_bench_template
from labcim.bench_file import load_bench
from labcim.errors import InstrumentError, RangeError, RecipeError
from labcim.programming.soak import Soak, soak
from labcim.sim_backend.bench import SimulatedBench
from labcim.station import Station

from .conftest import small_bench


def oven(folder, options="", **changes):
    path = small_bench("oven", folder, 4, **changes)
    chip = folder / "chip.toml"
    text = re.sub(r"^options = .*$", f"options = {{ {options} }}", chip.read_text(), flags=re.M)
    chip.write_text(text)
    return path


def reach(given, kelvin, how=None):
    steps = soak(given, kelvin, how)
    while True:
        try:
            next(steps)
        except StopIteration as end:
            return end.value


@pytest.fixture
def opened(tmp_path):
    """Open a bench with options of its chuck: (station, simulated bench), closed at the end."""
    made = []

    def make(options=""):
        path = oven(tmp_path / f"oven{len(made)}", options)
        station = Station(load_bench(path), latch=threading.Event())
        simulated = SimulatedBench.shared(path.parent / "chip.toml")
        made.append((station, simulated))
        return station, simulated

    yield make
    for station, simulated in made:
        station.close()
        simulated.close()


def test_a_soak_brings_the_chip_to_its_temperature_and_safety_lets_it_cool(opened):
    station, simulated = opened()
    measured = reach(station.capabilities, 398.15)
    assert measured == pytest.approx(398.15, abs=0.5)
    assert simulated.chip.temperature == pytest.approx(398.15, abs=1.0)

    assert station.make_safe().safe
    assert station.instruments["chuck"].heater_range == "off"
    station.clock.sleep(4 * 180.0)
    assert simulated.chip.temperature == pytest.approx(300.0, abs=3.0)


def test_what_the_chip_must_not_see_is_refused_by_the_driver(opened):
    station, simulated = opened()
    with pytest.raises(RangeError, match="the chip accepts 290 K to 500 K; nothing was sent"):
        station.capabilities.stage.go_to(500.1)
    assert simulated.simulated["chuck"].get_setpoint(1) == "+300.000"


def test_f22_a_heater_that_is_open_is_given_up_with_where_it_stands(opened):
    station, _ = opened('heater = "open"')
    with pytest.raises(InstrumentError, match=r"is at 300\.0\d K after 600 s, 9[78]\.\d+ K from"):
        reach(station.capabilities, 398.15, Soak(patience=600.0))


def test_f22_a_sensor_that_breaks_on_the_way_refuses_the_measurement(opened):
    station, simulated = opened("sensor_fails = 60.0")
    with pytest.raises(InstrumentError, match="the sensor on input A has no reading"):
        reach(station.capabilities, 398.15)
    assert station.make_safe().safe  # which needs no sensor
    station.clock.sleep(1e5)
    assert simulated.chip.temperature == pytest.approx(300.0, abs=0.1)


def test_f22_a_loop_that_overshoots_is_refused_and_its_heater_off(opened):
    station, _ = opened("lag = 60.0")
    with pytest.raises(InstrumentError, match="overshot its goal of 350 K"):
        reach(station.capabilities, 350.0)
    assert station.instruments["chuck"].heater_range == "off"


def test_an_instrument_that_holds_no_temperature_is_no_stage(tmp_path):
    path = oven(tmp_path / "wrong")
    path.write_text(path.read_text().replace('stage = "chuck"', 'stage = "clock"'))
    with pytest.raises(RecipeError, match="stage = 'clock': that instrument holds no temperature"):
        Station(load_bench(path), latch=threading.Event())


def test_a_bench_file_made_for_a_chip_on_a_chuck_names_it_as_its_stage(tmp_path):
    path = oven(tmp_path)
    made = tmp_path / "made.toml"
    made.write_text(simulated_bench_template(path.parent / "chip.toml", made))
    with Station(load_bench(made), latch=threading.Event()) as station:
        assert station.capabilities.stage is station.instruments["chuck"]
    plain = tmp_path / "plain"
    board = small_bench("board", plain, 4)
    text = simulated_bench_template(board.parent / "chip.toml", made)
    assert "stage" not in text and "temperature" not in text
