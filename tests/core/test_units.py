import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labcim.errors import RecipeError
from labcim.units import Siemens, Volt, parse_quantity, show, unit_of


@pytest.mark.parametrize(
    ("text", "unit", "value"),
    [
        ("200 mV", "V", 0.2),
        ("50 uA", "A", 50e-6),
        ("50 µA", "A", 50e-6),
        ("50 μA", "A", 50e-6),
        ("100 ns", "s", 100e-9),
        ("2 kOhm", "Ω", 2000.0),
        ("38uS", "S", 38e-6),
        ("1e-6", "S", 1e-6),
        ("300 K", "K", 300.0),
        ("20 mK", "K", 0.02),
        ("5 ms", "s", 0.005),
        ("1 kHz", "Hz", 1000.0),
        ("1 MΩ", "Ω", 1e6),
        (0.1, "V", 0.1),
        (3, "V", 3.0),
    ],
)
def test_a_quantity_is_read_into_base_si(text, unit, value):
    assert parse_quantity(text, unit) == pytest.approx(value, rel=1e-12)


@pytest.mark.parametrize("text", ["200 mA", "2 s", "volt", "", "1 V 2", True, None, [1]])
def test_what_is_no_voltage_is_refused_with_its_text(text):
    with pytest.raises(RecipeError, match=r"V"):
        parse_quantity(text, "V")


@given(st.floats(1e-14, 1e8))
def test_what_people_are_shown_reads_back_as_the_same_quantity(value):
    assert parse_quantity(show(value, "A"), "A") == pytest.approx(value, rel=1e-3)


@pytest.mark.parametrize("text", ["1,5 V", "1,000", "2,5"])
def test_a_comma_is_refused_for_it_means_two_things(text):
    with pytest.raises(RecipeError, match="decimal point"):
        parse_quantity(text, "V")


def test_micro_is_shown_as_micro():
    assert show(2e-4, "A") == "200 µA"
    assert show(1.5e-6, "") == "1.5µ"


def test_a_number_that_is_none_is_shown_as_such():
    assert show(math.nan, "V") == "nan V"
    assert show(math.inf, "V") == "inf V"


def test_the_unit_stands_in_the_type():
    assert unit_of(Volt) == "V"
    assert unit_of(Siemens) == "S"
    assert unit_of(float) == ""
