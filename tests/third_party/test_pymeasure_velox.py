"""PyMeasure 0.16's Velox, unmodified, against the simulated prober."""

import pytest
from pymeasure.instruments.formfactor.velox import Velox

ADDRESS = "TCPIP0::prober::inst0::INSTR"
CHIP = f"""
[chip]
preset = "neurram-130nm"
rows = 2
columns = 2

[wafer]
dies = [[4, 6], [5, 6]]

[[instrument]]
name = "prober"
model = "velox"
address = "{ADDRESS}"
"""


@pytest.fixture
def prober(road):
    ends = {} if road.road != "tcp" else {"read_termination": "\n", "write_termination": "\n"}
    driver = Velox(road.addresses["prober"], visa_library=road.visa, **ends)
    yield driver
    driver.adapter.close()


def test_it_walks_over_the_wafer_as_its_own_example_does(road, prober):
    wafer = road.bench.wafer
    seen = [prober.wafermap.step_first_die()]
    touched = []
    while not prober.wafermap.end_reached:
        prober.chuck.move_contact()
        touched.append(wafer.touched)
        prober.chuck.move_separation()
        touched.append(wafer.touched)
        seen.append(prober.wafermap.step_next_die())
    assert seen[:2] == [[4, 6, 1, 1], [5, 6, 1, 1]]
    assert touched == [True, False, True, False]


def test_it_goes_to_one_die_and_is_refused_while_in_contact(road, prober):
    prober.wafermap.step_to_die(5, 6)
    assert road.bench.wafer.place == (5, 6)
    prober.chuck.move_contact()
    with pytest.raises(ConnectionError, match="separate first"):
        prober.wafermap.step_to_die(4, 6)
    with pytest.raises(ConnectionError, match="separate first"):
        prober.chuck.move_index(1, 0)


def test_it_identifies_and_says_its_version(prober):
    assert "Velox" in prober.id
    assert prober.wafermap.enabled
    assert str(prober.version) == "3.3"


def test_it_moves_by_index_steps_and_by_lengths(road, prober):
    prober.chuck.index = (5000.0, 4000.0)
    assert prober.chuck.index == [5000.0, 4000.0]
    prober.chuck.move_index(4, 6)
    assert road.bench.wafer.place == (4, 6)
    prober.chuck.move(5000.0, 0.0, pos_ref="relative")
    assert road.bench.wafer.place == (5, 6)
    prober.chuck.move(100.0, 0.0, pos_ref="relative")
    assert road.bench.wafer.place is None  # between the dies
    with pytest.raises(ConnectionError, match="no die is under"):
        prober.chuck.move_contact()
    prober.chuck.move(4, 6, unit="index")
    prober.chuck.move_align(velocity=50)
    prober.chuck.move_contact()
    assert road.bench.wafer.touched
