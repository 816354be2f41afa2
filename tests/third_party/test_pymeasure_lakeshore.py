"""PyMeasure 0.16's LakeShore3xx and LakeShore331, unmodified, against the simulated 336."""

from contextlib import nullcontext

import pytest
from pymeasure.instruments.lakeshore import LakeShore3xx, LakeShore331

from .lakeshore_chip import CHIP  # noqa: F401


@pytest.fixture(params=["3xx", "331"])
def chuck(request, road):
    kind = LakeShore3xx if request.param == "3xx" else LakeShore331
    ends = {"write_termination": "\n"} if road.road == "tcp" else {}
    with pytest.warns(DeprecationWarning) if kind is LakeShore331 else nullcontext():
        driver = kind(road.addresses["chuck"], visa_library=road.visa, **ends)
    yield driver
    driver.adapter.close()


def test_it_reads_an_input_in_all_units(chuck):
    assert "336" in chuck.id
    assert chuck.input_A.kelvin == pytest.approx(300.0, abs=1e-3)
    assert chuck.input_A.celsius == pytest.approx(26.85, abs=1e-3)
    assert chuck.input_A.sensor == pytest.approx(110.452, abs=1e-3)  # IEC 60751


def test_it_heats_and_turns_off(road, chuck):
    loop = chuck.output_1
    loop.setpoint = 340.0
    assert loop.setpoint == 340.0
    loop.range = "high"
    assert loop.range == "high"
    with road.bench.lock:
        road.bench.advance(600.0)
    assert chuck.input_A.kelvin == pytest.approx(340.0, abs=0.05)
    assert loop.output == pytest.approx(13.3, abs=0.2)  # 40 K over 3 K/W, of 100 W
    chuck.input_A.wait_for_temperature(340.0, interval=0.0, timeout=1)
    loop.range = "off"
    assert loop.range == "off"


def test_it_sets_the_manual_output(chuck):
    chuck.output_2.mout = 12.5
    assert chuck.output_2.mout == 12.5
