"""Helper data gives the key back, tells no more than it says, and cannot be tampered with."""

import json
from dataclasses import replace

import numpy as np
import pytest

from labcim.analysis.fingerprint.bch import bch
from labcim.analysis.fingerprint.helper_data import (
    HelperData,
    block_failure,
    blocks_needed,
    enrol,
    regenerate,
    residual_entropy,
)
from labcim.analysis.fingerprint.key_derivation import hkdf
from labcim.errors import RangeError, RecipeError

CODE = bch(255, 18)
DESCRIBED = {"cells": [[0, 1], [2, 3]], "read_voltage": 0.2}


def response(seed, bits=510):
    return np.random.default_rng(seed).integers(0, 2, bits).astype(np.uint8)


def seeded(seed):
    return np.random.default_rng(seed).bytes


def enrolled(seed=1):
    return enrol(response(seed), CODE, entropy=0.95, described=DESCRIBED, random=seeded(seed))


def flipped(bits, count, seed, blocks=2):
    """Return bits with ``count`` of them wrong in each block."""
    out = bits.reshape(blocks, -1).copy()
    for block in out:
        block[np.random.default_rng(seed).choice(out.shape[1], count, replace=False)] ^= 1
    return out.ravel()


def test_hkdf_is_that_of_the_rfc():
    """RFC 5869, appendix A.1 and A.3."""
    secret, salt = bytes([0x0B] * 22), bytes(range(13))
    assert hkdf(secret, salt, bytes(range(0xF0, 0xFA)), 42).hex() == (
        "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865"
    )
    assert hkdf(secret, b"", b"", 42).hex() == (
        "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8"
    )


@pytest.mark.parametrize("errors", [0, 1, 18])
def test_up_to_t_errors_in_each_block_give_the_same_key_again(errors):
    helper, key = enrolled()
    again = regenerate(flipped(response(1), errors, 2), helper)
    assert again.key == key and again.authentic
    assert again.errors.tolist() == [errors, errors]


def test_more_errors_than_t_give_no_key():
    helper, _ = enrolled()
    again = regenerate(flipped(response(1), 19, 2), helper)
    assert again.key is None and not again.decoded


def test_another_chip_gets_no_key():
    helper, _ = enrolled()
    assert all(regenerate(response(seed), helper).key is None for seed in range(2, 30))


def test_helper_data_that_was_manipulated_is_found():
    """Every field, and any one bit of the offsets: decoded it may be, authentic it is not."""
    helper, _ = enrolled()
    told = json.loads(helper.to_json())
    changes = [
        {"salt": "00" + told["salt"][2:]},
        {"entropy": 0.9},
        {"response": DESCRIBED | {"read_voltage": 0.3}},
        {"key_digest": "0" * 64},
        {"tag": "00" * 32},
    ]
    for change in changes:
        again = regenerate(response(1), HelperData.from_json(json.dumps(told | change)))
        assert again.key is None and again.decoded and not again.authentic
    for bit in range(0, 510, 7):
        offsets = helper.offsets.copy()
        offsets.flat[bit] ^= 1
        again = regenerate(response(1), replace(helper, offsets=offsets))
        assert again.key is None and again.decoded and not again.authentic


def test_flipping_whole_code_words_into_the_offsets_is_found_too():
    """The offset plus a code word decodes without an error, to another response."""
    helper, _ = enrolled()
    word = CODE.encode(np.ones((2, CODE.k), np.uint8))
    again = regenerate(response(1), replace(helper, offsets=helper.offsets ^ word))
    assert again.decoded and again.errors.tolist() == [0, 0]
    assert again.key is None and not again.authentic


@pytest.mark.parametrize("wrong", [0.5, 257, -1, np.nan])
def test_a_response_of_anything_but_bits_is_refused(wrong):
    helper, _ = enrolled()
    told = np.full(510, wrong)
    with pytest.raises(RangeError, match="something else than bits"):
        enrol(told, bch(255, 18), entropy=1.0, described={})
    with pytest.raises(RangeError, match="something else than bits"):
        regenerate(told, helper)


def test_text_and_back_is_the_same_helper_data_with_the_same_key():
    helper, key = enrolled()
    assert regenerate(response(1), HelperData.from_json(helper.to_json())).key == key
    assert key.hex() not in helper.to_json()


@pytest.mark.parametrize(
    "text",
    ["", "[]", "{}", "null", '{"version": 2}', "[" * 100_000],
    ids=["empty", "list", "nothing", "null", "version", "deep"],
)
def test_text_that_is_no_helper_data_is_refused(text):
    with pytest.raises(RecipeError, match="helper data cannot be read"):
        HelperData.from_json(text)


@pytest.mark.parametrize(
    "change",
    [
        {"n": 16},
        {"t": 128},
        {"blocks": 10**9},
        {"offsets": "ff"},
        {"salt": "x"},
        {"entropy": 2},
        {"t": 0},
    ],
)
def test_helper_data_with_a_wrong_field_is_refused(change):
    told = json.loads(enrolled()[0].to_json())
    with pytest.raises(RecipeError, match="helper data cannot be read"):
        HelperData.from_json(json.dumps(told | change))


def test_what_offsets_tell_is_counted_and_too_little_entropy_is_refused():
    """Reference figures: 131, 105 and 80 bits of one block at 1.0, 0.9 and 0.8 bits a bit."""
    left = [residual_entropy(255, 131, h) for h in (1.0, 0.9, 0.8)]
    assert left == pytest.approx([131.0, 105.5, 80.0])
    assert enrolled()[0].residual_entropy == pytest.approx(2 * (255 * 0.95 - 124))
    assert [blocks_needed(255, 131, h) for h in (1.0, 0.9883, 0.98, 0.6)] == [1, 1, 2, 5]
    with pytest.raises(RangeError, match="needs 510 bits"):
        enrol(response(1, 255), CODE, entropy=0.9, described={}, random=seeded(1))
    with pytest.raises(RangeError, match="tells all of it"):
        blocks_needed(255, 131, 0.4)


def test_offsets_of_equal_responses_look_different_each_time():
    one, other = enrolled(1)[0], enrol(response(1), CODE, entropy=0.95, described={})[0]
    assert 100 < (one.offsets[0] != other.offsets[0]).sum() < 155


# statistics-and-data reference, 2.3: chance that a block fails, by bit error rate.
FAILURES = {
    0.01: (7.7e-08, 2.3e-11, 2.3e-19, 6.3e-16),
    0.02: (5.4e-05, 1.3e-06, 3.4e-12, 2.5e-08),
    0.03: (1.6e-03, 3.0e-04, 2.0e-08, 1.0e-04),
    0.045: (2.9e-02, 2.3e-02, 4.0e-05, 4.0e-02),
    0.06: (1.4e-01, 2.0e-01, 3.2e-03, 4.3e-01),
    0.08: (4.4e-01, 6.6e-01, 8.4e-02, 9.4e-01),
}


@pytest.mark.parametrize("ber", FAILURES)
def test_block_failures_are_those_of_the_table(ber):
    found = [block_failure(n, t, ber) for n, t in ((127, 10), (255, 18), (255, 26), (511, 31))]
    assert found == pytest.approx(FAILURES[ber], rel=0.05)


def test_block_failure_at_the_ends_and_beyond():
    assert block_failure(255, 18, 0.0) == 0.0 and block_failure(255, 18, 1.0) == 1.0
    with pytest.raises(RangeError, match="accepts 0 to 1"):
        block_failure(255, 18, float("nan"))
