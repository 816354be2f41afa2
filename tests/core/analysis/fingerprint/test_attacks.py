"""Attacks break what they are known to break, and nothing else."""

import numpy as np
import pytest

from labcim.analysis.fingerprint.attacks import attack
from labcim.errors import RangeError


def pairs(bits, xor, count, seed):
    """Return challenges and answers: exclusive or of ``xor`` sums of signed weights."""
    random = np.random.default_rng(seed)
    weights = random.standard_normal((bits, xor))
    challenges = random.integers(0, 2, (count, bits))
    return challenges, ((2 * challenges - 1) @ weights > 0.0).sum(axis=1) % 2


def accuracies(bits, xor, size, seed=1, held_out=2000):
    challenges, answers = pairs(bits, xor, size + held_out, seed)
    found = attack(challenges, answers, [size], held_out=held_out, passes=30)
    return {one.name: one.accuracy.value for one in found}


def test_a_linear_fingerprint_is_broken_by_a_thousand_pairs():
    found = accuracies(32, 1, 1000)
    assert found["logistic regression"] > 0.95
    assert found["perceptron"] > 0.9


def test_two_sums_fall_to_products_and_to_the_perceptron_but_not_to_a_line():
    found = accuracies(16, 2, 4000)
    assert found["logistic regression"] < 0.65
    assert found["logistic regression, products of two"] > 0.9
    assert found["perceptron"] > 0.9


def test_answers_by_a_fair_coin_are_guessed_half_the_time():
    challenges, _ = pairs(32, 1, 4000, 3)
    coin = np.random.default_rng(4).integers(0, 2, 4000)
    for one in attack(challenges, coin, [100, 2000], held_out=2000, passes=10):
        assert one.accuracy.low < 0.5 < one.accuracy.high + 0.02


def test_the_same_seed_gives_the_same_attack():
    assert accuracies(16, 2, 500, held_out=500) == accuracies(16, 2, 500, held_out=500)


def test_training_on_pairs_that_do_not_exist_is_refused():
    challenges, answers = pairs(8, 1, 100, 5)
    for sizes, held_out in (([90], 20), ([5], 20), ([50], 0), ([], 10)):
        with pytest.raises(RangeError, match="training on"):
            attack(challenges, answers, sizes, held_out=held_out)
