"""Converters: quantisation laws, static errors within what was asked, lines that take turns."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from labcim.errors import RangeError
from labcim.sim_backend.periphery.bank import Bank, bank_of
from labcim.sim_backend.periphery.converters import (
    Adc,
    Dac,
    Sharing,
    StaticErrors,
    nonlinearity,
)

bits = st.integers(1, 12)
volts = st.floats(-3.0, 3.0)
errors = st.builds(
    StaticErrors, dnl=st.floats(0.0, 0.8), inl=st.floats(0.0, 4.0), seed=st.integers(0, 2**32)
)


@given(bits=bits, value=volts, kind=st.sampled_from([Dac, Adc]))
def test_an_ideal_converter_is_off_by_half_an_lsb_or_says_that_it_clipped(bits, value, kind):
    converter = kind(bits, -1.0, 1.0)
    found, _, clipped = converter.convert(value)
    off = abs(float(found) - value)

    limit = 0.5 * converter.lsb
    assert clipped if off > limit * (1 + 1e-9) else off >= limit * (1 - 1e-9) or not clipped


@given(bits=bits, value=volts, kind=st.sampled_from([Dac, Adc]))
def test_converting_twice_is_converting_once(bits, value, kind):
    converter = kind(bits, -1.0, 1.0)
    once = converter.convert(value).values

    np.testing.assert_array_equal(converter.convert(once).values, once)


@settings(max_examples=50)
@given(bits=bits, errors=errors)
def test_monotone_converters_never_step_back(bits, errors):
    dac, adc = Dac(bits, 0.0, 1.0, errors), Adc(bits, 0.0, 1.0, errors)
    ramp = np.linspace(-0.1, 1.1, 500)

    assert (np.diff(dac.levels) >= -1e-12).all()
    assert (np.diff(adc.convert(ramp).codes) >= 0).all()


@settings(max_examples=50)
@given(bits=st.integers(2, 12), errors=errors)
def test_static_errors_leave_both_ends_of_the_range_where_they_are(bits, errors):
    levels = Dac(bits, -0.5, 2.0, errors).levels

    assert levels[[0, -1]] == pytest.approx([-0.5, 2.0], abs=1e-9)


def test_a_dac_may_step_back_where_monotone_is_not_asked_for():
    wild = Dac(10, 0.0, 1.0, StaticErrors(dnl=0.8, monotone=False, seed=3))

    assert (np.diff(wild.levels) < 0.0).any()


def test_dnl_and_inl_are_as_large_as_was_asked():
    dnl = nonlinearity(Dac(14, 0.0, 1.0, StaticErrors(dnl=0.1, seed=1)).levels)[1]
    inl = nonlinearity(Dac(10, 0.0, 1.0, StaticErrors(inl=2.0, seed=1)).levels)[0]

    assert dnl.std() == pytest.approx(0.1, rel=0.03)
    assert np.abs(inl).max() == pytest.approx(2.0, rel=0.05)


def test_an_ideal_converter_has_no_nonlinearity():
    inl, dnl = nonlinearity(Dac(10, 0.0, 1.0).levels)

    assert np.abs(inl).max() < 1e-9 and np.abs(dnl).max() < 1e-9


def test_gain_and_offset_move_the_ends():
    levels = Dac(8, -1.0, 1.0, StaticErrors(gain=0.01, offset=0.005)).levels

    assert levels[0] == pytest.approx(-1.0 + 0.005)
    assert levels[-1] == pytest.approx(-1.0 + 0.005 + 1.01 * 2.0)


def test_an_adc_with_an_offset_reads_that_much_too_low():
    ideal, moved = Adc(12, -1.0, 1.0), Adc(12, -1.0, 1.0, StaticErrors(offset=0.01))
    ramp = np.linspace(-0.9, 0.9, 1001)

    off = moved.convert(ramp).values - ideal.convert(ramp).values
    assert off == pytest.approx(-0.01, abs=ideal.lsb)


def test_the_same_seed_gives_the_same_converter_and_another_channel_another_one():
    errors = StaticErrors(dnl=0.2, inl=1.0, seed=7)
    one, same = Dac(8, 0.0, 1.0, errors), Dac(8, 0.0, 1.0, errors)
    other = Dac(8, 0.0, 1.0, StaticErrors(dnl=0.2, inl=1.0, seed=7, channel=1))

    np.testing.assert_array_equal(one.levels, same.levels)
    assert not np.allclose(one.levels, other.levels, atol=1e-4)


def test_quantisation_noise_is_an_lsb_over_root_twelve():
    adc = Adc(8, -1.0, 1.0)
    values = np.random.default_rng(0).uniform(-1.0, 1.0, 200_000)

    assert (adc.convert(values).values - values).std() == pytest.approx(adc.lsb / 12**0.5, rel=0.01)


@pytest.mark.parametrize("asked", [{"bits": 0}, {"bits": 40}, {"low": 1.0}, {"low": float("nan")}])
def test_impossible_converters_are_refused(asked):
    with pytest.raises(RangeError, match="accepts"):
        Adc(**({"bits": 8, "low": -1.0, "high": 1.0} | asked))


def test_a_value_that_is_no_number_is_refused_not_converted():
    with pytest.raises(RangeError, match="nan"):
        Adc(8, -1.0, 1.0).convert([0.0, np.nan])
    with pytest.raises(RangeError, match="nan"):
        Dac(8, -1.0, 1.0).convert([0.0, np.nan])
    with pytest.raises(RangeError, match="0 to 255"):
        Dac(8, -1.0, 1.0).values([256])


def test_eight_lines_at_a_converter_take_eight_turns():
    sharing = Sharing(lines=64, lines_each=8)

    assert sharing.converters == 8
    assert sharing.time(1e-7) == pytest.approx(8e-7)
    assert sharing.time(1e-7, [0, 8, 16]) == pytest.approx(1e-7)  # three converters, one turn each
    assert sharing.time(1e-7, [0, 1, 2]) == pytest.approx(3e-7)
    assert sharing.time(1e-7, []) == 0.0


def test_a_bank_converts_each_line_with_its_own_converter():
    sharing = Sharing(lines=6, lines_each=2)
    bank = bank_of(Adc(8, -1.0, 1.0, StaticErrors(dnl=0.5, inl=2.0, seed=1)), sharing)
    values = np.random.default_rng(1).uniform(-1.0, 1.0, (10, 6))
    found = bank.convert(values)

    for line in range(6):
        expected = bank.converters[line // 2].convert(values[:, line])
        np.testing.assert_array_equal(found.codes[:, line], expected.codes)


def test_a_bank_of_the_wrong_size_is_refused():
    with pytest.raises(RangeError, match="accepts 3"):
        Bank((Adc(8, -1.0, 1.0),), Sharing(lines=6, lines_each=2))
    with pytest.raises(RangeError, match="6"):
        bank_of(Adc(8, -1.0, 1.0), Sharing(lines=6)).convert(np.zeros((3, 5)))
