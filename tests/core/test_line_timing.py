"""The shortest pulse that lines let through: closed forms of one RC."""

import math

import pytest
from pydantic import ValidationError

from labcim.errors import RangeError
from labcim.limits import ChipLimits, Demand, LineLimits, check_demands, tightest
from labcim.line_timing import LineTiming

RC = LineTiming(resistance=1e3, capacitance=100e-12)


def test_a_pulse_has_to_reach_95_percent():
    assert RC.shortest_pulse == pytest.approx(100e-9 * math.log(20.0))


def test_a_measured_settling_time_stands_for_itself():
    timing = LineTiming(settling=50e-9)
    assert timing.shortest_pulse == pytest.approx(50e-9)
    assert timing.constant == pytest.approx(50e-9 / math.log(20.0))


def test_the_refusal_tells_width_constant_and_what_is_accepted():
    with pytest.raises(RangeError) as told:
        RC.check_width("width", 100e-9)
    text = str(told.value)
    assert "width = 100 ns" in text and "100 ns (1 kΩ and 100 pF)" in text
    assert "63 %" in text and "accepts 299.57 ns and more; nothing was sent" in text


@pytest.mark.parametrize("width", [math.nan, 0.0, -1.0])
def test_what_is_no_width_is_refused(width):
    with pytest.raises(RangeError):
        RC.check_width("width", width)


def test_a_long_pulse_is_accepted():
    RC.check_width("width", 300e-9)
    RC.check_width("width", math.inf)


@pytest.mark.parametrize(
    "wrong", [{}, {"resistance": 1e3}, {"capacitance": 1e-12}, {"settling": 0.0}, {"tau": 1e-9}]
)
def test_half_a_statement_is_refused(wrong):
    with pytest.raises(ValidationError):
        LineTiming.model_validate(wrong)


def test_terminals_and_recipes_know_it():
    limits = ChipLimits(row=LineLimits(high=3.0), column=LineLimits(high=3.0), lines=RC)
    with pytest.raises(RangeError, match=r"accepts 299\.57 ns"):
        tightest([limits.row], timing=limits.lines).check_width("width", 1e-9)
    with pytest.raises(RangeError, match="width = 1 ns"):
        check_demands([Demand("width", "row", width=1e-9)], limits)
    check_demands([Demand("amplitude", "row", 1.0)], limits)
