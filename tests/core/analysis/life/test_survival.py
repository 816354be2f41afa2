"""The share that lives, with and without looks."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lifetime_samples import ended

from labcim.analysis.life import Lifetimes, looked_at, survival

# Freireich et al. (1963): weeks of remission of 21 patients under 6-MP; + still in remission.
REMISSION = "6 6 6 6+ 7 9+ 10 10+ 11+ 13 16 17+ 19+ 20+ 22 23 25+ 32+ 32+ 34+ 35+"


def test_the_remission_times_have_the_published_shares_and_errors():
    words = REMISSION.split()
    found = survival(
        Lifetimes.exact([float(w.rstrip("+")) for w in words], ["+" not in w for w in words])
    )

    assert list(found.time) == [6, 7, 10, 13, 16, 22, 23]
    published = [0.8571, 0.8067, 0.7529, 0.6902, 0.6275, 0.5378, 0.4482]
    assert found.share == pytest.approx(published, abs=5e-5)
    # Bands by log(-log), Kalbfleisch and Prentice; at 6 and 23 weeks.
    assert (found.low[0], found.high[0]) == pytest.approx((0.6197, 0.9516), abs=5e-5)
    assert (found.low[-1], found.high[-1]) == pytest.approx((0.1881, 0.6801), abs=5e-5)


def test_common_looks_give_the_binomial_share_and_its_error():
    time = np.random.default_rng(1).weibull(1.3, 80)
    looks = np.array([0.2, 0.5, 0.9, 1.5])
    found = survival(looked_at(time, looks))

    assert list(found.time) == list(looks)
    share = np.array([(time > look).mean() for look in looks])
    assert found.share == pytest.approx(share, abs=1e-8)
    error = np.sqrt(share * (1.0 - share) / 80)
    width = 1.959964 * error / (share * -np.log(share))
    assert found.low == pytest.approx(share ** np.exp(width), abs=1e-5)
    assert found.high == pytest.approx(share ** np.exp(-width), abs=1e-5)


def test_turnbulls_estimate_of_moments_and_ends_is_kaplan_and_meiers():
    time = np.random.default_rng(2).weibull(1.3, 25)
    exact = ended(time, 1.2)
    # One failure known no better than to a billionth makes the general way out of the plain one.
    wide = Lifetimes(exact.lower, exact.upper.copy())
    first = int(np.argmin(wide.upper))
    wide.lower[first] *= 1.0 - 1e-9
    plain, general = survival(exact), survival(wide)

    assert general.time == pytest.approx(plain.time)
    assert general.share == pytest.approx(plain.share, abs=1e-6)
    assert general.low == pytest.approx(plain.low, abs=1e-5)


def test_overlapping_intervals_share_their_masses_as_turnbulls_equations_say():
    """(0,2], (1,3], (2,4]: the masses of (1,2] and (2,3] solve p = (1 + 1/... ) by hand: 1/2 each.

    L = p (p + q) q with p + q = 1 is largest at p = q = 1/2.
    """
    found = survival(Lifetimes(np.array([0.0, 1.0, 2.0]), np.array([2.0, 3.0, 4.0])))
    assert list(found.time) == [2.0, 3.0]
    assert found.share == pytest.approx([0.5, 0.0], abs=1e-6)


def test_without_failures_everything_lives():
    found = survival(Lifetimes.exact([3.0, 4.0], [False, False]))
    assert len(found.time) == 0
    assert found.at(10.0) == 1.0


def test_the_share_at_a_time_is_that_after_the_last_failure():
    found = survival(Lifetimes.exact([1.0, 2.0, 3.0, 4.0]))
    assert [found.at(t) for t in (0.5, 1.0, 2.5, 4.0)] == [1.0, 0.75, 0.5, 0.0]


ends = st.tuples(st.integers(0, 8), st.integers(1, 9), st.booleans())


@settings(max_examples=100, deadline=None)
@given(st.lists(ends, min_size=1, max_size=15))
def test_a_share_falls_from_1_within_its_band(rows):
    lower = np.array([float(a) for a, _, _ in rows])
    upper = np.array([np.inf if still and a else float(a + b) for a, b, still in rows])
    found = survival(Lifetimes(lower, upper))
    share = np.concatenate([[1.0], found.share])
    assert (np.diff(share) <= 1e-12).all()
    assert (found.low <= found.share + 1e-12).all()
    assert (found.share <= found.high + 1e-12).all()
    assert ((found.low >= 0.0) & (found.high <= 1.0)).all()
