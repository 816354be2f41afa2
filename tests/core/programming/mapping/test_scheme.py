"""Weights to conductances and back (P4): for every scheme, exact to quantisation."""

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from labcim.errors import RangeError
from labcim.programming.mapping.scheme import Scheme


@st.composite
def schemes(draw):
    levels = draw(st.sampled_from([0, 2, 3, 4, 8, 16, 256]))
    slices = draw(st.integers(1, 4))
    base = draw(st.sampled_from([2, 3, 8, 10])) if not levels and slices > 1 else 0
    signs = draw(st.sampled_from(["pair", "offset"]))
    assume((levels or base or 1) ** slices <= 2**31)
    assume(not (signs == "offset" and levels == 2 and slices == 1))
    low = draw(st.floats(0.0, 1e-4))
    span = draw(st.floats(1e-6, 1e-3))
    return Scheme(signs, low, low + span, levels, slices, base, draw(st.integers(1, 5)))


weights = hnp.arrays(
    np.float64,
    hnp.array_shapes(min_dims=0, max_dims=3, max_side=6),
    elements=st.floats(-1.0, 1.0, width=32),
)


@given(schemes(), weights)
def test_p4_weights_come_back_from_conductances_exact_to_quantisation(scheme, w):
    g = scheme.conductance(scheme.encode(w))
    back = scheme.decode(scheme.fraction(g))
    assert g.shape == (*w.shape, scheme.sides, scheme.slices, scheme.copies)
    assert np.all((g >= scheme.low * (1 - 1e-12)) & (g <= scheme.high * (1 + 1e-12)))
    rounding = 1e-12 * (1.0 + scheme.low / scheme.span)  # of a small difference of large numbers
    np.testing.assert_allclose(back, scheme.quantised(w), rtol=0, atol=rounding * 10)
    assert np.all(np.abs(scheme.quantised(w) - w) <= scheme.step / 2 + 1e-12)


@given(schemes(), weights)
def test_p4_cells_with_levels_hold_nothing_between_them(scheme, w):
    assume(scheme.levels)
    steps = scheme.encode(w) * (scheme.levels - 1)
    np.testing.assert_allclose(steps, np.rint(steps), rtol=0, atol=1e-9)


@pytest.mark.parametrize("signs", ["pair", "offset"])
def test_p4_a_weight_of_zero_is_exactly_zero(signs):
    for levels, slices in ((0, 1), (16, 1), (2, 8), (4, 4)):
        scheme = Scheme(signs, levels=levels, slices=slices)
        assert scheme.decode(scheme.encode(np.zeros(1)))[0] == 0.0


@pytest.mark.parametrize("signs", ["pair", "offset"])
@pytest.mark.parametrize(
    ("levels", "slices", "base"), [(0, 1, 0), (0, 2, 2), (0, 3, 8), (16, 2, 0), (4, 1, 0)]
)
def test_p4_weights_at_both_ends_of_the_scale_are_exact(signs, levels, slices, base):
    scheme = Scheme(signs, levels=levels, slices=slices, base=base)
    ends = np.array([-1.0, 1.0])
    np.testing.assert_allclose(scheme.decode(scheme.encode(ends)), ends, rtol=1e-12)


def test_p4_a_pair_is_written_as_in_the_literature():
    scheme = Scheme("pair", 1e-6, 3e-6)  # G+ - G- over the range, the other cell at its lowest
    g = scheme.conductance(scheme.encode(np.array([0.5, -0.25])))
    np.testing.assert_allclose(g[..., 0, 0] * 1e6, [[2.0, 1.0], [1.0, 1.5]], rtol=1e-12)


def test_p4_digits_are_those_of_the_number():
    scheme = Scheme("pair", levels=4, slices=4)  # 8 bits in cells of 2 bits: 180 = 2 3 1 0
    digits = scheme.encode(np.array([180 / 255]))[0, 0, :, 0] * 3
    np.testing.assert_allclose(digits, [2, 3, 1, 0], atol=1e-12)
    offset = Scheme("offset", levels=4, slices=4)  # ISAAC's bias: -127 is 0, 127 is 254
    digits = offset.encode(np.array([-1.0, 0.0, 1.0]))[:, 0, :, 0] * 3
    np.testing.assert_allclose(digits, [[0, 0, 0, 0], [1, 3, 3, 3], [3, 3, 3, 2]], atol=1e-12)


def test_the_last_of_analog_slices_takes_what_is_left_over():
    scheme = Scheme("pair", slices=3, base=8)  # 300.25 = 4 5 4.25 to base 8
    cells = scheme.encode(np.array([300.25 / 512]))[0, 0, :, 0]
    np.testing.assert_allclose(cells, [4 / 7, 5 / 7, 4.25 / 8], atol=1e-12)


def test_an_offset_weight_is_read_against_what_the_reference_really_holds():
    scheme = Scheme("offset", levels=16)
    cells, shift = scheme.encode(np.array([0.5, -0.5])), 0.03
    np.testing.assert_allclose(
        scheme.decode(cells + shift, scheme.reference() + shift), scheme.quantised([0.5, -0.5])
    )


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ({"signs": "one"}, "accepts 'pair' or 'offset'"),
        ({"low": 5e-6, "high": 5e-6}, "low < high"),
        ({"low": -1e-6}, "0 S or more"),
        ({"high": np.inf}, "low < high"),
        ({"low": np.nan}, "low < high"),
        ({"levels": 1}, "2 or more"),
        ({"slices": 0}, "1 or more"),
        ({"copies": 0}, "1 or more"),
        ({"levels": 4, "base": 8}, "base = 8"),
        ({"slices": 2}, "base = 0"),
        ({"levels": 256, "slices": 5}, "steps at most"),
        ({"signs": "offset", "levels": 2}, "cannot hold"),
    ],
)
def test_a_scheme_that_cannot_be_is_refused(words, said):
    with pytest.raises(RangeError, match=said):
        Scheme(**words)


@pytest.mark.parametrize("weight", [1.5, -2.0, np.nan, np.inf])
def test_weights_beyond_full_scale_are_refused(weight):
    with pytest.raises(RangeError, match="-1 to 1"):
        Scheme().encode(np.array([0.0, weight]))
