"""Conditioning: yields by arithmetic, and the account of entropy of NIST's tool."""

import hashlib

import numpy as np
import pytest

from labcim.analysis.entropy.conditioning import (
    bits_for_full_entropy,
    output_entropy,
    peres,
    sha256_conditioned,
    von_neumann,
)
from labcim.errors import RangeError


def biased(p: float, n: int = 400_000, seed: int = 1) -> np.ndarray:
    return (np.random.default_rng(seed).random(n) < p).astype(np.uint8)


@pytest.mark.parametrize("p", [0.5, 0.55, 0.8])
def test_von_neumann_yields_p_q_bits_without_bias(p):
    out = von_neumann(biased(p))
    assert len(out) / 400_000 == pytest.approx(p * (1 - p), rel=0.02)
    assert out.mean() == pytest.approx(0.5, abs=4 * 0.5 / np.sqrt(len(out)))


def test_von_neumann_takes_the_first_of_pairs_that_differ():
    assert von_neumann([0, 1, 1, 0, 1, 1, 0, 0, 1, 0, 1]).tolist() == [0, 1, 1]


@pytest.mark.parametrize("p", [0.5, 0.7, 0.9])
def test_peres_yields_nearly_the_entropy_without_bias(p):
    out = peres(biased(p))
    entropy = -p * np.log2(p) - (1 - p) * np.log2(1 - p)
    assert 0.96 * entropy < len(out) / 400_000 < 1.01 * entropy
    assert out.mean() == pytest.approx(0.5, abs=4 * 0.5 / np.sqrt(len(out)))


def test_von_neumann_does_not_remove_correlation():
    flips = np.random.default_rng(2).random(200_000) < 0.1
    out = von_neumann(np.cumsum(flips) % 2)
    assert np.mean(out[1:] == out[:-1]) < 0.45 or np.mean(out[1:] == out[:-1]) > 0.55


def test_entropy_of_the_output_is_that_of_nists_tool():
    assert output_entropy(1024, 256).bits == pytest.approx(255.0, abs=1e-12)
    assert output_entropy(1024, 300).bits == pytest.approx(255.99999999999992, abs=1e-13)
    full = output_entropy(1024, 320)
    assert full.bits == 256.0 and full.epsilon_exponent == pytest.approx(71.5, abs=0.05)


def test_full_entropy_takes_64_bits_more_than_come_out():
    assert bits_for_full_entropy(0.8) == 400
    assert bits_for_full_entropy(1.0) == 320
    for entropy, near in ((0.1, 64), (0.37, 64), (0.8, 64), (0.829677, 58), (0.95, 43)):
        raw = bits_for_full_entropy(entropy)
        assert output_entropy(raw, raw * entropy).epsilon_exponent > near


def test_conditioned_bits_are_the_digests_of_packed_raw_bits():
    raw = biased(0.6, 1000)
    found = sha256_conditioned(raw, 0.7)
    assert found.raw == 458 and len(found.bits) == 512
    assert found.h_in == pytest.approx(320.6) and found.h_out.bits == 256.0
    digest = hashlib.sha256(np.packbits(raw[:458]).tobytes()).digest()
    assert np.packbits(found.bits[:256]).tobytes() == digest


@pytest.mark.parametrize("entropy", [0.0, -0.1, 1.1, float("nan")])
def test_impossible_entropies_are_refused(entropy):
    with pytest.raises(RangeError, match="accepts above 0"):
        sha256_conditioned(biased(0.5, 1000), entropy)
    with pytest.raises(RangeError, match="accepts"):
        output_entropy(100, 100 * entropy if entropy != 0.0 else 0.0)


def test_less_than_one_output_is_refused():
    with pytest.raises(RangeError, match="400 or more"):
        sha256_conditioned(np.zeros(399), 0.8)
