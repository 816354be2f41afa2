import math

import pytest
from pydantic import ValidationError

from labcim.errors import RangeError
from labcim.limits import (
    ChipLimits,
    Demand,
    LineLimits,
    TemperatureLimits,
    TerminalLimits,
    check_demands,
    tightest,
)

CHIP = ChipLimits(
    row=LineLimits(high=3.6, current=1e-3),
    column=LineLimits(high=3.0, current=2e-3),
    gate=LineLimits(high=5.5),
)


def test_a_terminal_that_reaches_two_families_has_the_tighter_of_each_limit():
    limits = tightest([CHIP.row, CHIP.column])
    assert (limits.low, limits.high, limits.current) == (0.0, 3.0, 1e-3)


@pytest.mark.parametrize("value", [3.01, -0.001, math.nan, math.inf, -math.inf])
def test_a_voltage_outside_the_window_is_refused_whatever_kind_of_number_it_is(value):
    with pytest.raises(RangeError, match=r"level = .*V: the chip accepts 0 V to 3 V"):
        TerminalLimits(0.0, 3.0).check_voltage("level", value)


@pytest.mark.parametrize("value", [2e-3, -2e-3, math.nan, math.inf])
def test_a_current_beyond_the_limit_is_refused_in_either_direction(value):
    with pytest.raises(RangeError, match=r"at most 1 mA"):
        TerminalLimits(current=1e-3).check_current("compliance", value)


@pytest.mark.parametrize("value", [0.501, -0.501, math.nan, math.inf])
def test_what_would_write_a_cell_is_no_reading_in_either_direction(value):
    said = r"at no more than 500 mV \(read limit\); above it cells are written, which is for pulse"
    TerminalLimits(read=0.5).check_read("read voltage", -0.5)
    with pytest.raises(RangeError, match=said):
        TerminalLimits(read=0.5).check_read("read voltage", value)


def test_the_edges_of_a_window_are_inside():
    TerminalLimits(0.0, 3.0, 1e-3).check_voltage("level", 3.0)
    TerminalLimits(0.0, 3.0, 1e-3).check_current("compliance", -1e-3)
    with pytest.raises(RangeError):
        TerminalLimits(0.0, 3.0).check_voltage("level", math.nextafter(3.0, 4.0))


def test_a_window_without_zero_could_never_be_made_safe_and_is_refused():
    with pytest.raises(ValidationError, match="must hold 0 V"):
        LineLimits(low=0.5, high=3.0)


def test_a_recipe_that_demands_too_much_is_refused_by_the_field_that_asks():
    demands = [Demand("read_voltage", "row", 0.2), Demand("cap", "column", 3.3)]
    with pytest.raises(RangeError, match=r"cap on the column lines = 3.3 V"):
        check_demands(demands, CHIP)


def test_a_recipe_that_reads_above_the_read_limit_is_refused_and_one_that_pulses_is_not():
    chip = CHIP.model_copy(update={"read": 0.15})
    check_demands([Demand("cap", "row", 0.2)], chip)
    with pytest.raises(RangeError, match=r"read_voltage = 200 mV: .* no more than 150 mV"):
        check_demands([Demand("read_voltage", "row", 0.2, reads=True)], chip)


@pytest.mark.parametrize("kelvin", [289.0, 431.0, math.nan, math.inf])
def test_a_recipe_that_asks_for_a_temperature_beyond_the_chip_is_refused(kelvin):
    chip = CHIP.model_copy(update={"temperature": TemperatureLimits(low=290.0, high=430.0)})
    check_demands([Demand("temperatures", "stage", kelvin=430.0)], chip)
    with pytest.raises(RangeError, match=r"temperatures = .*: the chip accepts 290 K to 430 K"):
        check_demands([Demand("temperatures", "stage", kelvin=kelvin)], chip)


def test_a_chip_of_which_no_temperature_is_said_is_not_heated():
    with pytest.raises(RangeError, match=r"states no \[chip.limits\] temperature"):
        check_demands([Demand("temperatures", "stage", kelvin=300.0)], CHIP)


@pytest.mark.parametrize("low, high", [(400.0, 300.0), (0.0, 300.0), (-3.0, 300.0), (290.0, 0.0)])
def test_a_range_of_temperatures_that_is_none_is_refused(low, high):
    with pytest.raises(ValidationError):
        TemperatureLimits(low=low, high=high)
