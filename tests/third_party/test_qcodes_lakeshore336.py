"""QCoDeS 0.58's LakeshoreModel336, unmodified, against the simulated controller."""

import pytest
from qcodes.instrument_drivers.Lakeshore import LakeshoreModel336

from .lakeshore_chip import CHIP  # noqa: F401


@pytest.fixture
def chuck(road):
    driver = LakeshoreModel336("chuck", road.addresses["chuck"], visalib=road.visa)
    try:
        driver.ask("*ESR?")
        yield driver
        assert driver.ask("*ESR?").strip() == "0"  # nothing was refused
    finally:
        driver.close()


def wait(road, duration):
    with road.bench.lock:
        road.bench.advance(duration)


def test_it_finds_the_controller_and_its_sensors(chuck):
    assert chuck.get_idn()["model"] == "336"
    assert chuck.A.temperature() == pytest.approx(300.0, abs=0.1)
    assert chuck.A.sensor_status() == "OK"
    assert chuck.B.sensor_status() == "Invalid Reading"
    assert chuck.A.sensor_raw() == pytest.approx(110.452, abs=1e-3)  # IEC 60751


def test_it_reads_and_sets_an_input(chuck):
    assert chuck.A.sensor_type() == "platinum_rtd"
    assert chuck.A.units() == "kelvin"
    assert chuck.A.auto_range_enabled()
    chuck.A.sensor_name("under the chip.")
    assert chuck.A.sensor_name().strip() == "under the chip."
    chuck.A.t_limit(390.0)
    assert chuck.A.t_limit() == 390.0
    assert chuck.A.curve_number() == 6
    assert chuck.A.curve_name().strip() == "PT-100"
    assert (chuck.A.curve_format(), chuck.A.curve_limit()) == ("Ohms/K", 800.0)
    assert chuck.A.curve_coefficient() == "positive"
    chuck.B.sensor_type("platinum_rtd")
    chuck.B.auto_range_enabled(True)
    assert chuck.B.sensor_status() == "OK"


def test_it_heats_the_chip(road, chuck):
    loop = chuck.output_1
    loop.P(30.0)
    loop.I(20.0)
    loop.mode("closed_loop")
    loop.input_channel("A")
    loop.setpoint(350.0)
    loop.output_range("high")
    assert loop.output_range() == "high"  # over TCP, a command has arrived once a query is answered
    wait(road, 600.0)

    assert loop.setpoint() == 350.0
    assert chuck.A.temperature() == pytest.approx(350.0, abs=0.2)
    assert road.bench.chip.temperature == pytest.approx(350.0, abs=1.0)
    assert loop.output() == pytest.approx(16.7, abs=0.2)  # 50 K over 3 K/W, of 100 W
    loop.output_range("off")
    assert loop.output_range() == "off"


@pytest.mark.parametrize("road", ["in-process", "tcp"], indirect=True)  # it sleeps
def test_it_ramps(road, chuck):
    loop = chuck.output_1
    loop.setpoint_ramp_enabled(True)
    loop.setpoint_ramp_rate(30.0)
    assert loop.setpoint_ramp_rate() == 30.0
    loop.output_range("high")
    loop.setpoint(330.0)
    wait(road, 30.0)
    assert loop.setpoint_ramp_status()
    wait(road, 60.0)
    assert not loop.setpoint_ramp_status()


@pytest.mark.parametrize("road", ["in-process", "tcp"], indirect=True)  # it sleeps
def test_it_waits_for_a_setpoint_that_is_reached(road, chuck):
    loop = chuck.output_1
    loop.range_limits([305.0, 320.0, 400.0])
    assert loop.set_range_from_temperature(310.0) == "medium"
    loop.setpoint(302.0)
    wait(road, 3000.0)
    loop.wait_cycle_time(0.01)
    loop.wait_equilibration_time(0.02)
    loop.wait_until_set_point_reached()
    assert chuck.A.temperature() == pytest.approx(302.0, abs=0.1)


def test_its_heater_setup_is_that_of_another_model(chuck):
    # The driver expects the 335's five fields; the 336's manual (6.6.1, HTRSET?) has four.
    assert chuck.ask("HTRSET? 1").strip() == "1,4,+2.000,1"
    with pytest.raises(KeyError, match="not in val_mapping"):
        chuck.output_1.output_heater_resistance()
