"""QCoDeS 0.58's LakeshoreModel336, unmodified, against the simulated controller."""

import pytest
from qcodes.instrument_drivers.Lakeshore import LakeshoreModel336


@pytest.fixture
def chuck(road):
    driver = LakeshoreModel336("chuck", road.addresses["chuck"], visalib=road.visa)
    yield driver
    driver.close()


def test_it_finds_the_controller_and_its_sensors(chuck):
    assert chuck.get_idn()["model"] == "336"
    assert chuck.A.temperature() == pytest.approx(300.0, abs=0.1)
    assert chuck.A.sensor_status() == "OK"
    assert chuck.B.sensor_status() == "Invalid Reading"
    assert chuck.A.sensor_raw() == pytest.approx(110.4, abs=0.2)


def test_it_heats_the_chip(road, chuck):
    loop = chuck.output_1
    loop.P(30.0)
    loop.I(20.0)
    loop.mode("closed_loop")
    loop.input_channel("A")
    loop.setpoint(350.0)
    loop.output_range("high")
    assert loop.output_range() == "high"  # over TCP, a command has arrived once a query is answered
    with road.bench.lock:
        road.bench.advance(600.0)

    assert loop.setpoint() == 350.0
    assert chuck.A.temperature() == pytest.approx(350.0, abs=0.2)
    assert road.bench.chip.temperature == pytest.approx(350.0, abs=1.0)
    loop.output_range("off")
    assert loop.output_range() == "off"
