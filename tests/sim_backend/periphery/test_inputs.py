"""Input coding: ideal arrays give back the exact product, whatever the way; time is counted."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from labcim.errors import RangeError
from labcim.sim_backend.periphery.inputs import InputCoding

CODINGS = ["amplitude", "pulse_width", "bit_serial"]
SIGNED = ["bipolar", "two_phases", "common_mode"]


def through(coding, conductance, vector):
    """Put ``vector`` through an ideal array of ``conductance`` S, (inputs, outputs)."""
    coded = coding.code(vector)
    return coded.recombine(coded.charges(lambda voltage: voltage @ conductance))


@settings(max_examples=80, deadline=None)
@given(
    kind=st.sampled_from(CODINGS), signed=st.sampled_from(SIGNED), bits=st.integers(1, 10),
    data=st.data(),
)  # fmt: skip
def test_phases_of_an_ideal_array_recombine_to_the_exact_product(kind, signed, bits, data):
    """P18: bit-serial inputs are exact; so are the others."""
    top = 2**bits - 1
    vector = data.draw(st.lists(st.integers(-top, top), min_size=1, max_size=12))
    conductance = np.random.default_rng(len(vector)).integers(1, 100, (len(vector), 3)) * 1e-6
    found = through(InputCoding(kind, signed, bits), conductance, vector)

    np.testing.assert_allclose(
        found / 1e-6, np.array(vector) @ conductance / 1e-6, atol=1e-7 * top * len(vector)
    )


@pytest.mark.parametrize("kind", CODINGS)
@pytest.mark.parametrize("signed", ["two_phases", "common_mode"])
def test_no_line_is_driven_below_zero_unless_it_may_be(kind, signed):
    coded = InputCoding(kind, signed, bits=4).code([-15, -3, 0, 7, 15])

    assert (coded.voltage >= 0.0).all() and (coded.width >= 0.0).all()
    assert coded.voltage.max() <= 0.2 * (1 + 1e-12)


@pytest.mark.parametrize(
    ("kind", "signed", "pulses"),
    [
        ("amplitude", "bipolar", 1), ("amplitude", "two_phases", 2), ("pulse_width", "bipolar", 1),
        ("bit_serial", "bipolar", 8), ("bit_serial", "two_phases", 16),
        ("bit_serial", "common_mode", 18),
    ],
)  # fmt: skip
def test_each_way_takes_its_time(kind, signed, pulses):
    """Eight bits: one pulse a bit, and one bit more under a common mode; each pass has its gap."""
    coded = InputCoding(kind, signed, bits=8, pulse=1e-6, gap=1e-7).code([1, -2, 3])

    assert coded.time == pytest.approx(pulses * 1.1e-6)


def test_a_pulse_lasts_in_proportion_to_its_input():
    coded = InputCoding("pulse_width", "bipolar", bits=4, pulse=1.5e-6).code([1, -15, 0])

    np.testing.assert_allclose(coded.width[0], [1e-7, 1.5e-6, 0.0])
    np.testing.assert_allclose(coded.voltage[0], [0.2, -0.2, 0.0])


def test_pulse_widths_become_stretches_in_which_no_line_changes():
    coded = InputCoding("pulse_width", "bipolar", bits=2, pulse=3e-6).code([3, 1, 1])
    first, second = coded.segments()

    assert first.duration == pytest.approx(1e-6) and second.duration == pytest.approx(2e-6)
    np.testing.assert_allclose(first.voltage, [0.2, 0.2, 0.2])
    np.testing.assert_allclose(second.voltage, [0.2, 0.0, 0.0])


@pytest.mark.parametrize("high", [10e-6, 25e-6])
def test_pulse_widths_are_immune_to_a_curved_characteristic(high):
    """P20: with sinh I-V at 0.3 V the amplitude error is at least 3 times that of pulse width.

    1/V0 = 4.4 exp(-G / 78 uS) per volt (physics 2.1 a); G is what is read at 0.3 V.
    """
    random = np.random.default_rng(2)
    conductance = random.uniform(1e-6, high, (64, 64))
    curve = 4.4 * np.exp(-conductance / 78e-6)

    def currents(voltage):
        shape = np.sinh(voltage[:, None] * curve) / np.sinh(0.3 * curve)
        return (0.3 * conductance * shape).sum(axis=0)

    error = {}
    for kind in ("amplitude", "pulse_width"):
        coding = InputCoding(kind, "two_phases", bits=8, voltage=0.3)
        off = []
        for _ in range(5):
            vector = random.integers(-255, 256, 64)
            coded = coding.code(vector)
            off.append(coded.recombine(coded.charges(currents)) - vector @ conductance)
        error[kind] = np.std(off)

    assert error["amplitude"] >= 3.0 * error["pulse_width"]


@pytest.mark.parametrize("vector", [[256], [-256], [0.5], [], [[1, 2]], [np.nan], [np.inf]])
def test_a_vector_that_does_not_fit_is_refused(vector):
    with pytest.raises(RangeError, match="accepts"):
        InputCoding(bits=8).code(vector)


def test_charges_of_the_wrong_number_of_phases_are_refused():
    with pytest.raises(RangeError, match="accepts"):
        InputCoding("amplitude", "two_phases").code([1]).recombine(np.zeros((3, 2)))
