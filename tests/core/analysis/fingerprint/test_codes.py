"""BCH codes against published polynomials and every pattern of errors of small codes."""

import itertools

import numpy as np
import pytest

from labcim.analysis.fingerprint.bch import bch
from labcim.analysis.fingerprint.galois_field import field, minimal_polynomial
from labcim.errors import RangeError

# Lin and Costello, Error Control Coding (2004), appendix C: n, t, k and the generator in octal.
PUBLISHED = [
    (15, 1, 11, "23"),
    (15, 2, 7, "721"),
    (15, 3, 5, "2467"),
    (31, 3, 16, "107657"),
    (31, 5, 11, "5423325"),
    (63, 2, 51, "12471"),
    (63, 6, 30, "157464165547"),
    (63, 10, 18, "1363026512351725"),
    (127, 5, 92, "624730022327"),
    (127, 10, 64, "1206534025570773100045"),
    (255, 15, 139, "461401732060175561570722730247453567445"),
    (255, 18, 131, "215713331471510151261250277442142024165471"),
    (255, 26, 87, "110136763414743236435231634307172046206722545273311721317"),
]


@pytest.mark.parametrize(("n", "t", "k", "octal"), PUBLISHED)
def test_generators_are_the_published_ones(n, t, k, octal):
    code = bch(n, t)
    assert (code.k, oct(code.generator)[2:]) == (k, octal)


def test_the_longest_code_has_250_message_bits_for_31_errors():
    assert (bch(511, 31).k, bch(511, 30).k) == (250, 259)


def test_powers_of_the_primitive_element_are_all_elements_once():
    for degree in range(3, 10):
        of = field(degree)
        assert sorted(of.power[: of.order]) == list(range(1, of.order + 1))


def test_minimal_polynomials_of_16_elements_are_those_of_the_textbook():
    found = [minimal_polynomial(4, exponent) for exponent in (1, 3, 5, 7)]
    assert found == [0b10011, 0b11111, 0b111, 0b11001]


def messages(code, count, seed):
    return np.random.default_rng(seed).integers(0, 2, (count, code.k)).astype(np.uint8)


@pytest.mark.parametrize(("n", "t"), [(7, 1), (15, 1), (15, 2), (15, 3)])
def test_every_message_comes_back_from_every_pattern_of_up_to_t_errors(n, t):
    code = bch(n, t)
    numbers = np.arange(1 << code.k)[:, None] >> np.arange(code.k - 1, -1, -1) & 1
    words = code.encode(numbers.astype(np.uint8))
    assert np.array_equal(words[:, : code.k], numbers)
    for errors in range(t + 1):
        for places in itertools.combinations(range(n), errors):
            came = words.copy()
            came[:, list(places)] ^= 1
            decoded = code.decode(came)
            assert np.array_equal(decoded.bits, words)
            assert (decoded.errors == errors).all()


def test_words_of_a_small_code_are_decoded_to_a_word_within_t_or_refused():
    """All 32,768 words of length 15: what is decoded is nearest, what is refused has none near."""
    code = bch(15, 2)
    every = (np.arange(1 << 15)[:, None] >> np.arange(15) & 1).astype(np.uint8)
    book = code.encode((np.arange(1 << 7)[:, None] >> np.arange(7) & 1).astype(np.uint8))
    nearest = np.min([(every ^ word).sum(axis=1) for word in book], axis=0)
    decoded = code.decode(every)
    assert np.array_equal(decoded.good, nearest <= 2)
    assert np.array_equal(decoded.errors[decoded.good], nearest[decoded.good])
    assert np.array_equal(decoded.bits[~decoded.good], every[~decoded.good])
    assert not code.decode(decoded.bits[decoded.good]).errors.any()


@pytest.mark.parametrize(("n", "t"), [(127, 10), (255, 18), (255, 26), (511, 31)])
def test_random_words_of_long_codes_come_back_with_t_errors_and_are_refused_with_more(n, t):
    code = bch(n, t)
    words = code.encode(messages(code, 200, n))
    random = np.random.default_rng([n, t])
    for errors, decodes in ((t, True), (t + 1, False), (3 * t, False)):
        came = words.copy()
        for word in came:
            word[random.choice(n, errors, replace=False)] ^= 1
        decoded = code.decode(came)
        assert decoded.good.all() == decodes
        assert np.array_equal(decoded.bits, words) == decodes
        assert decoded.good.any() == decodes


@pytest.mark.parametrize(("n", "t"), [(0, 1), (16, 1), (1023, 5), (15, 0), (15, 8), (7, 4)])
def test_codes_that_do_not_exist_are_refused(n, t):
    with pytest.raises(RangeError, match="BCH code of n = "):
        bch(n, t)


@pytest.mark.parametrize("words", [np.zeros((2, 14)), np.zeros(15), np.full((1, 15), 2)])
def test_words_of_other_lengths_or_other_values_are_refused(words):
    with pytest.raises(RangeError, match="word"):
        bch(15, 2).decode(words)
