"""The plate under the chip: closed forms, the loop, and a chip that follows in simulated time."""

import math

import numpy as np
import pytest

from labcim.sim_backend.chip.plate import Plate, PlateConstants

K = 8.617333262e-5  # eV/K
HOT = 423.15


def heated(chip, goal=HOT, power=100.0, **constants):
    plate = Plate(chip, PlateConstants(**constants))
    plate.set_power(power)
    plate.set_point(goal)
    return plate


def test_with_the_heater_off_it_goes_to_the_room_in_first_order(make_chip):
    chip = make_chip()
    chip.set_temperature(400.0)
    plate = Plate(chip, PlateConstants(time=180.0, room=300.0))
    chip.clock.advance(180.0)

    assert plate.kelvin == pytest.approx(300.0 + 100.0 / math.e, abs=0.01)


def test_at_full_power_it_warms_as_its_resistance_and_time_say(make_chip):
    chip = make_chip()
    plate = heated(chip, goal=900.0, power=50.0, resistance=4.0, time=120.0)
    chip.clock.advance(60.0)

    assert plate.kelvin == pytest.approx(300.0 + 200.0 * (1.0 - math.exp(-0.5)), abs=0.01)


@pytest.mark.parametrize("goal", [310.0, 350.0, 398.15, 473.15])
def test_the_loop_comes_to_rest_at_its_setpoint_with_a_small_overshoot(make_chip, goal):
    chip = make_chip()
    plate = heated(chip, goal)
    highest = 0.0
    for _ in range(900):
        chip.clock.advance(1.0)
        highest = max(highest, plate.sensed)

    assert plate.sensed == pytest.approx(goal, abs=1e-3)
    assert highest < goal + 1.5
    # What the room takes away is what the heater gives.
    assert plate.output == pytest.approx((goal - 300.0) / 3.0, abs=0.01)


def test_a_ramp_is_a_straight_line(make_chip):
    chip = make_chip()
    plate = Plate(chip, PlateConstants())
    plate.rate = 0.1
    plate.set_power(100.0)
    plate.set_point(360.0)
    chip.clock.advance(300.0)
    middle = plate.sensed
    chip.clock.advance(200.0)

    assert plate.sensed - middle == pytest.approx(20.0, abs=0.1)
    assert plate.wanted == pytest.approx(350.0, abs=0.1)


def test_the_chip_is_hardly_more_than_a_kelvin_away_and_exact_at_rest(make_chip):
    chip = make_chip()
    plate = heated(chip)
    away = []
    for _ in range(600):
        chip.clock.advance(0.7)
        away.append(plate.kelvin - chip.temperature)
    assert max(abs(a) for a in away) < 1.0 + 0.17  # a step of the plate more at most
    chip.clock.advance(3600.0)
    assert chip.temperature == plate.kelvin == pytest.approx(HOT, abs=1e-3)


def test_it_does_not_matter_how_time_is_cut_into_waits(make_chip):
    at_once, cut = (make_chip(f"chip{n}", rows=12, columns=10) for n in range(2))
    heated(at_once)
    heated(cut)
    at_once.clock.advance(20_000.0)
    for part in (0.1, 3.3, 17.0, 101.9, 77.7):
        cut.clock.advance(part)
    while cut.clock.now < 19_000.0:
        cut.clock.advance(123.4)
    cut.clock.advance(20_000.0 - cut.clock.now)

    assert at_once.temperature == cut.temperature
    np.testing.assert_allclose(cut.true_conductance(), at_once.true_conductance(), rtol=1e-9)


def test_the_chip_ages_as_the_integral_over_the_way_of_the_plate_says(make_chip):
    """A capacitor's leak by its Arrhenius energy, summed over the plate's own temperatures."""
    chip = make_chip(preset="capacitor-igzo", rows=12, columns=10)
    twin = make_chip("twin", preset="capacitor-igzo", rows=12, columns=10)
    for one in (chip, twin):
        one.pulse_cells(one.topology.all_cells(), 2.0, 1e-3, 3.0)
    rest = 3e-6
    start = chip.true_conductance() - rest
    twin.clock.advance(1000.0)
    cold = -np.log((twin.true_conductance() - rest) / start) / 1000.0  # 1/s at 300 K
    warm = twin.true_conductance() - rest
    twin.set_temperature(330.0)
    twin.clock.advance(1000.0)
    hot = -np.log((twin.true_conductance() - rest) / warm) / 1000.0
    energy = np.median(np.log(hot / cold)) / (1 / 300.0 - 1 / 330.0)  # over k

    plate = heated(chip, 350.0)
    factors = []
    for _ in range(2000):
        chip.clock.advance(0.5)
        factors.append(math.exp(energy * (1 / 300.0 - 1 / plate.kelvin)))
    expected = cold * 0.5 * sum(factors)
    left = -np.log((chip.true_conductance() - rest) / start)

    np.testing.assert_allclose(left, expected, rtol=0.01)


def test_a_blind_loop_gives_nothing_and_one_beyond_its_trip_neither(make_chip):
    blind = heated(make_chip("blind"))
    blind.blind = 1000.0
    blind._chip.clock.advance(1e5)
    assert blind.kelvin == pytest.approx(300.0, abs=0.01)

    tripped = heated(make_chip("tripped"))
    tripped.hottest = 380.0
    tripped._chip.clock.advance(1e5)
    assert tripped.tripped
    assert tripped.kelvin == pytest.approx(300.0, abs=0.01)


def test_a_chip_that_was_left_hot_is_found_hot_and_cools(make_chip):
    chip = make_chip()
    chip.set_temperature(390.0)
    plate = Plate(chip, PlateConstants())
    assert plate.sensed == 390.0
    chip.clock.advance(1e4)
    assert chip.temperature == pytest.approx(300.0, abs=0.01)
