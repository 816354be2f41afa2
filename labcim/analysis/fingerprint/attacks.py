"""Learning a fingerprint from challenges and responses: what an attacker without the chip can do.

Logistic regression on features of the challenges (Rührmair et al., CCS 2010), and a multi-layer
perceptron (as used on exclusive-or arbiters by Mursi et al., 2020). Everything is seeded. Features
are (samples, features), answers 0 or 1.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from labcim.analysis.distributions import Interval, share_interval
from labcim.errors import RangeError

Floats = NDArray[np.float64]
Predict = Callable[[Floats], Floats]


@dataclass(frozen=True, slots=True)
class Attack:
    """Accuracy on held-out pairs after training on so many, with its 95 % interval."""

    name: str
    training: int
    accuracy: Interval


def linear_features(challenges: Floats) -> Floats:
    """Return the bits of challenges as -1 and 1, and a constant."""
    signs = 2.0 * np.asarray(challenges, np.float64) - 1.0
    return np.concatenate([signs, np.ones((len(signs), 1))], axis=1)


def pair_features(challenges: Floats) -> Floats:
    """Return `linear_features` and all products of two of them: what sneak paths add first."""
    linear = linear_features(challenges)
    first, second = np.triu_indices(linear.shape[1] - 1, 1)
    return np.concatenate([linear, linear[:, first] * linear[:, second]], axis=1)


def fit_logistic(features: Floats, answers: Floats, *, ridge: float = 1e-2) -> Predict:
    """Fit by Newton's steps with a small quadratic penalty; return what predicts."""
    weights = np.zeros(features.shape[1])
    for _ in range(30):
        chance = _logistic(features @ weights)
        pull = features.T @ (chance - answers) + ridge * weights
        curvature = (features * (chance * (1.0 - chance))[:, None]).T @ features
        curvature[np.diag_indices_from(curvature)] += ridge + 1e-9
        step = np.linalg.solve(curvature, pull)
        weights -= step
        if np.abs(step).max() < 1e-6 * max(np.abs(weights).max(), 1.0):
            break
    return lambda at: (at @ weights > 0.0).astype(np.float64)


def fit_perceptron(
    features: Floats,
    answers: Floats,
    *,
    hidden: tuple[int, ...] = (64, 64),
    passes: int = 60,
    batch: int = 100,
    rate: float = 3e-3,
    seed: int = 1,
) -> Predict:
    """Train a perceptron with tanh layers by Adam on the cross entropy; return what predicts.

    A tenth of the pairs is kept back, and the weights of the best pass over it are returned.
    """
    random = np.random.default_rng(seed)
    held = max(len(features) // 10, 1)
    order = random.permutation(len(features))
    check, use = order[:held], order[held:]
    layers = _first_layers((features.shape[1], *hidden, 1), random)
    moments = [(np.zeros_like(a), np.zeros_like(a)) for a in layers]
    best, best_layers, steps = -1.0, [a.copy() for a in layers], 0
    for _ in range(passes):
        shuffled = random.permutation(use)
        for start in range(0, len(shuffled), batch):
            at = shuffled[start : start + batch]
            steps += 1
            _adam(layers, moments, _slopes(layers, features[at], answers[at]), rate, steps)
        right = float(np.mean(_decide(layers, features[check]) == answers[check]))
        if right > best:
            best, best_layers = right, [a.copy() for a in layers]
    return lambda at: _decide(best_layers, at)


def attack(
    challenges: Floats,
    answers: Floats,
    sizes: Sequence[int],
    *,
    held_out: int,
    seed: int = 1,
    passes: int = 60,
) -> list[Attack]:
    """Attack with every method and number of training pairs; accuracy on the last ``held_out``.

    challenges: (pairs, bits) of 0 and 1.  answers: (pairs,).  sizes: numbers of training pairs,
    taken from the beginning. Raises RangeError where there are not so many pairs.
    """
    challenges, answers = np.asarray(challenges, float), np.asarray(answers, float)
    if held_out < 1 or min(sizes, default=0) < 10 or max(sizes) + held_out > len(challenges):
        raise RangeError(
            f"training on {list(sizes)} and {held_out} held out: accepts 10 and more of the first, "
            f"1 and more of the second, {len(challenges)} together"
        )
    methods: list[tuple[str, Callable[[Floats], Floats], Callable[[Floats, Floats], Predict]]] = [
        ("logistic regression", linear_features, fit_logistic),
        (
            "logistic regression, products of two",
            pair_features,
            lambda f, a: fit_logistic(f, a, ridge=1.0),
        ),
        (
            "perceptron",
            linear_features,
            lambda f, a: fit_perceptron(f, a, seed=seed, passes=passes),
        ),
    ]
    found = []
    for name, features_of, fit in methods:
        features = features_of(challenges)
        for size in sizes:
            predict = fit(features[:size], answers[:size])
            right = int(np.sum(predict(features[-held_out:]) == answers[-held_out:]))
            found.append(Attack(name, size, share_interval(right, held_out)))
    return found


def _logistic(x: Floats) -> Floats:
    return np.asarray(1.0 / (1.0 + np.exp(-np.clip(x, -40.0, 40.0))))


def _first_layers(sizes: tuple[int, ...], random: np.random.Generator) -> list[Floats]:
    layers = []
    for fan_in, fan_out in pairwise(sizes):
        layers += [
            random.normal(0.0, np.sqrt(1.0 / fan_in), (fan_in, fan_out)),
            np.zeros(fan_out),
        ]
    return layers


def _activities(layers: list[Floats], features: Floats) -> list[Floats]:
    """Return the input and what each layer makes of it; the last one without tanh."""
    found = [features]
    for number in range(0, len(layers), 2):
        drive = found[-1] @ layers[number] + layers[number + 1]
        found.append(drive if number == len(layers) - 2 else np.tanh(drive))
    return found


def _decide(layers: list[Floats], features: Floats) -> Floats:
    return (_activities(layers, features)[-1][:, 0] > 0.0).astype(np.float64)


def _slopes(layers: list[Floats], features: Floats, answers: Floats) -> list[Floats]:
    activities = _activities(layers, features)
    back = (_logistic(activities[-1][:, 0]) - answers)[:, None] / len(answers)
    found: list[Floats] = []
    for number in range(len(layers) - 2, -1, -2):
        below = activities[number // 2]
        found = [below.T @ back, back.sum(axis=0), *found]
        if number:
            back = (back @ layers[number].T) * (1.0 - below**2)
    return found


def _adam(
    layers: list[Floats],
    moments: list[tuple[Floats, Floats]],
    slopes: list[Floats],
    rate: float,
    step: int,
) -> None:
    for layer, (first, second), slope in zip(layers, moments, slopes, strict=True):
        first += 0.1 * (slope - first)
        second += 0.001 * (slope**2 - second)
        unbiased = first / (1.0 - 0.9**step)
        layer -= rate * unbiased / (np.sqrt(second / (1.0 - 0.999**step)) + 1e-8)
