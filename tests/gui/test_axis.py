"""Ticks: where they stand and what they say, linear and logarithmic."""

import numpy as np
import pytest

from labcim.gui.plots.axis import Axis
from labcim.gui.plots.ticks import linear_ticks, log_ticks, power_of_ten, texts

RANGES = [(-1080, 1080), (0, 1), (-0.037, 0.91), (12.3, 12.4), (1e-9, 5e-9), (3e7, 9e8), (-2, 7e5)]


def number(text: str) -> float:
    """Read a label back as a person would."""
    plain = text.translate(str.maketrans("⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "-0123456789"))
    if "10" in plain and any(sign in text for sign in "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"):
        factor, power = plain.split("×10") if "×" in plain else ("1", plain[2:])
        return float(factor) * 10.0 ** int(power)
    return float(plain)


@pytest.mark.parametrize("ends", RANGES)
def test_a_linear_label_is_the_value_at_its_tick(ends):
    ticks = linear_ticks(*ends, 6)
    assert 2 <= len(ticks.places) <= 7
    assert len(set(ticks.texts)) == len(ticks.texts)
    for place, text in zip(ticks.places, ticks.texts, strict=True):
        assert number(text) == pytest.approx(place, abs=1e-9 * (ends[1] - ends[0]))
        assert ends[0] <= place <= ends[1]


@pytest.mark.parametrize("ends", RANGES)
def test_linear_ticks_are_1_2_or_5_apart_and_smaller_ones_lie_between(ends):
    ticks = linear_ticks(*ends, 6)
    steps = np.diff(ticks.places)
    assert steps == pytest.approx(np.full(len(steps), steps[0]))
    assert f"{steps[0]:e}"[0] in "125" and f"{steps[0]:.3e}"[1:5] == ".000"
    assert not {f"{p:.9g}" for p in ticks.between} & {f"{p:.9g}" for p in ticks.places}


@pytest.mark.parametrize(
    "ends", [(-9.3, -3.8), (-1, 1), (0, 0.9), (-0.1, 0.05), (-6, 2.3), (0, 12)]
)
@pytest.mark.parametrize("most", [3, 6, 10])
def test_a_label_on_a_log_axis_is_the_value_there(ends, most):
    ticks = log_ticks(*ends, most)
    assert 1 <= len(ticks.places) <= most + 2
    for place, text in zip(ticks.places, ticks.texts, strict=True):
        assert number(text) == pytest.approx(10.0**place, rel=1e-3)


def test_decades_are_written_as_people_write_them():
    assert log_ticks(-6, -2, 8).texts == ("10⁻⁶", "10⁻⁵", "10⁻⁴", "0.001", "0.01")
    assert log_ticks(0, 1.5, 6).texts == ("1", "2", "5", "10", "20")
    assert (power_of_ten(-7), power_of_ten(5, 2), power_of_ten(-2, 5)) == ("10⁻⁷", "2×10⁵", "0.05")


def test_no_label_says_minus_zero_and_tiny_values_are_not_rounded_to_nothing():
    assert texts((-0.1, -0.0, 0.1), 0.1) == ("-0.1", "0.0", "0.1")
    assert texts((-1e-13, 1e-13), 1e-13) == ("-1×10⁻¹³", "1×10⁻¹³")


@pytest.mark.parametrize("ends", [(0, 0), (1, 0), (float("nan"), 1), (0, float("inf"))])
def test_an_axis_without_length_has_no_ticks(ends):
    assert linear_ticks(*ends, 5).places == () == log_ticks(*ends, 5).places


def test_an_axis_of_cells_has_no_half_cell_and_none_beyond_the_last(qtbot):
    axis = Axis("bottom", whole=True)
    axis.set_count(6)
    assert axis.ticks(-3, 9, 700).texts == ("0", "1", "2", "3", "4", "5")
    axis.set_count(1)
    assert axis.ticks(-0.5, 0.5, 700).texts == ("0",)


@pytest.mark.parametrize("ends", [(0, 2e-3), (0, 5e12), (1e-12, 3e-12)])
def test_an_axis_never_hides_a_factor_in_its_title(qtbot, ends):
    axis = Axis("left")
    axis.set_title("current (nA) <b>")
    axis.setRange(*ends)
    assert "(x" not in axis.labelString() and axis.autoSIPrefixScale == 1
    assert "current (nA) &lt;b&gt;" in axis.labelString()
    (_, places), (_, between) = axis.tickValues(*ends, 400)
    assert [number(text) for text in axis.tickStrings(places, 1.0, None)] == pytest.approx(places)
    assert set(axis.tickStrings(between, 1.0, None)) <= {""}


def test_a_log_axis_given_to_pyqtgraph_says_values_and_not_their_logarithm(qtbot):
    axis = Axis("left")
    axis.set_log(True)
    (_, places), _ = axis.tickValues(-2.0, 2.0, 400)
    assert axis.tickStrings(places, 1.0, None) == ["0.01", "0.1", "1", "10", "100"]
    assert places == [-2, -1, 0, 1, 2]
