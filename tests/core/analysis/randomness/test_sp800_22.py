"""The fifteen tests against the published values, and against literal counting on other bits."""

import math
from fractions import Fraction

import numpy as np
import pytest
from reference_bits import digits
from scipy.special import erfc, gammaincc

from labcim.analysis.randomness.excursions import cycles
from labcim.analysis.randomness.frequency import cumulative_sums, frequency
from labcim.analysis.randomness.linear_complexity import complexities, linear_complexity
from labcim.analysis.randomness.many_sequences import judge, least_proportion, uniformity
from labcim.analysis.randomness.outcome import TestOutcome
from labcim.analysis.randomness.patterns import approximate_entropy, serial
from labcim.analysis.randomness.rank import rank_probability, ranks
from labcim.analysis.randomness.runs import longest_run, runs
from labcim.analysis.randomness.sp800_22 import fifteen_tests
from labcim.analysis.randomness.templates import aperiodic_templates, non_overlapping, overlapping
from labcim.analysis.randomness.universal import universal
from labcim.errors import RangeError

# SP 800-22 rev. 1a, appendix B, with all states of the excursions from NIST's own code
PUBLISHED = {
    "pi": {
        "frequency": [0.578211],
        "block frequency": [0.380615],
        "cumulative sums": [0.628308, 0.663369],
        "runs": [0.419268],
        "longest run of ones": [0.024390],
        "matrix rank": [0.083553],
        "spectral": [0.010186],
        "overlapping template": [0.296897],
        "universal": [0.669012],
        "approximate entropy": [0.361595],
        "linear complexity": [0.255475],
        "serial": [0.143005, 0.034354],
        "random excursions": [
            0.279235, 0.639439, 0.268428, 0.613106, 0.844143, 0.794540, 0.790685, 0.627278,
        ],
        "random excursions variant": [
            0.995094, 0.926985, 0.854948, 0.657527, 0.760966, 0.687364, 0.864963, 0.650024,
            0.760966, 0.509815, 0.714432, 0.954795, 0.708635, 0.806410, 0.945155, 0.932760,
            0.911398, 1.000000,
        ],
    },
    "sqrt3": {
        "frequency": [0.610051],
        "block frequency": [0.473961],
        "cumulative sums": [0.917121, 0.689519],
        "runs": [0.261123],
        "longest run of ones": [0.446726],
        "matrix rank": [0.314498],
        "spectral": [0.776046],
        "overlapping template": [0.082716],
        "universal": [0.165981],
        "approximate entropy": [0.180481],
        "linear complexity": [0.346469],
        "serial": [0.157500, 0.171100],
        "random excursions": [
            0.140338, 0.464827, 0.095758, 0.372229, 0.783283, 0.380383, 0.616285, 0.586895,
        ],
        "random excursions variant": [
            0.379094, 0.574799, 0.616585, 0.721501, 0.697462, 0.269151, 0.082536, 0.112630,
            0.155066, 0.798247, 0.719052, 0.375650, 0.414970, 0.733238, 0.791062, 0.797183,
            0.788604, 0.756576,
        ],
    },
}  # fmt: skip
NON_OVERLAPPING = {"pi": 0.165757, "sqrt3": 0.532235}
CORRECTED = {
    "pi": {"overlapping template": 0.260700, "linear complexity": 0.246857},
    "sqrt3": {"overlapping template": 0.080767, "linear complexity": 0.338275},
}
CYCLES = {"pi": 778, "sqrt3": 1959}


def outcomes(bits, **variants) -> dict[str, TestOutcome]:
    return {outcome.test: outcome for outcome in fifteen_tests(bits, **variants)}


def random_bits(n: int, *, p: float = 0.5, seed: int = 1) -> np.ndarray:
    return (np.random.default_rng(seed).random(n) < p).astype(np.uint8)


@pytest.mark.parametrize("name", ["pi", "sqrt3"])
def test_a_million_digits_give_the_published_values(name):
    found = outcomes(digits(name), overlapping_classes="published", complexity_classes="published")
    assert len(found) == 15
    for test, expected in PUBLISHED[name].items():
        assert found[test].p == pytest.approx(expected, abs=2e-6), test
    of_nine = found["non-overlapping template"]
    assert len(of_nine.labels) == 148
    first = of_nine.p[of_nine.labels.index("000000001")]
    assert first == pytest.approx(NON_OVERLAPPING[name], abs=2e-6)
    assert cycles(digits(name)) == CYCLES[name]


@pytest.mark.parametrize("name", ["pi", "sqrt3"])
def test_the_corrected_classes_are_the_default_and_named(name):
    found = outcomes(digits(name))
    for test, expected in CORRECTED[name].items():
        assert found[test].p == pytest.approx([expected], abs=2e-6)
        assert found[test].variant == "corrected classes"


@pytest.mark.parametrize(
    "dtype", [bool, "i1", "i2", "i4", "i8", "u1", "u2", "u8", "f2", "f4", "f8", ">i4", ">f8"]
)
def test_the_type_of_the_input_changes_nothing(dtype):
    bits = random_bits(50_000, seed=5)
    given = bits.astype(dtype)
    given.flags.writeable = False
    expected, found = outcomes(bits), outcomes(given)
    again = outcomes(given)
    for test, outcome in expected.items():
        assert np.array_equal(found[test].p, outcome.p) and np.array_equal(again[test].p, outcome.p)
    assert np.array_equal(given, bits)


@pytest.mark.parametrize(
    "wrong",
    [
        [0, 1, 2], [-1, 1], [0.5], [float("nan"), 1.0], [], "0101", ["0", "1"], [0j, 1j],
        [[0, 1]], [None], np.array([0, 255], np.uint8), np.float64(1.0), [[0], [1, 0]],
    ],
)  # fmt: skip
def test_anything_but_zeros_and_ones_in_a_row_is_refused(wrong):
    with pytest.raises(RangeError, match=r"accepts|inhomogeneous"):
        fifteen_tests(wrong)


def test_a_test_without_its_recommended_size_has_no_p_value():
    found = outcomes(random_bits(999))
    for test in (
        "matrix rank", "spectral", "non-overlapping template", "overlapping template", "universal",
        "linear complexity", "serial", "approximate entropy", "random excursions",
        "random excursions variant",
    ):  # fmt: skip
        assert not found[test].applicable and len(found[test].p) == 0 and found[test].why_not
    assert found["frequency"].applicable
    assert all(not outcome.applicable for outcome in outcomes([1]).values())
    biased = outcomes(random_bits(1_000_000, p=0.6))
    assert "cycles" in biased["random excursions"].why_not


@pytest.mark.parametrize(
    "bits", [np.zeros(1_000_000), np.ones(1_000_000), np.arange(1_000_000) % 2]
)
def test_bits_without_any_surprise_fail_without_a_nan(bits):
    found = outcomes(bits)
    for outcome in found.values():
        assert np.all(np.isfinite(outcome.p)) and np.all((outcome.p >= 0) & (outcome.p <= 1))
    failed = [o.test for o in found.values() if o.applicable and o.p.min() < 1e-4]
    assert len(failed) >= 9


def test_the_examples_of_the_standard_on_a_hundred_bits_of_pi():
    bits = digits("pi")[:100]  # 2.1.8, 2.3.8, 2.13.8
    assert frequency(bits).p == pytest.approx([0.109599], abs=1e-6)
    assert runs(bits).p == pytest.approx([0.500798], abs=1e-6)
    assert cumulative_sums(bits).p == pytest.approx([0.219194, 0.114866], abs=1e-6)


def test_the_example_of_the_standard_for_the_longest_run():
    text = (
        "11001100000101010110110001001100111000000000001001"
        "00110101010001000100111101011010000000110101111100"
        "1100111001101101100010110010"
    )  # 2.4.8: classes 4, 9, 3, 0; p from the standard
    assert longest_run(np.array([int(b) for b in text])).p == pytest.approx([0.180609], abs=1e-6)


def test_ranks_are_those_of_elimination_with_whole_numbers():
    rng = np.random.default_rng(3)
    matrices = rng.integers(0, 2**32, (300, 32), dtype=np.uint32)
    matrices[::3, 5:] &= matrices[::3, :1]  # some of low rank
    matrices[1::3, 7] = matrices[1::3, 9] ^ matrices[1::3, 1]

    def rank(rows: list[int]) -> int:
        basis: list[int] = []
        for row in rows:
            for word in basis:
                row = min(row, row ^ word)
            if row:
                basis.append(row)
        return len(basis)

    expected = [rank([int(word) for word in matrix]) for matrix in matrices]
    assert ranks(matrices).tolist() == expected
    assert min(expected) < 30 and max(expected) == 32


def test_rank_probabilities_are_those_of_counting_matrices():
    def exact(rank: int, n: int = 32) -> Fraction:
        ways = Fraction(1)
        for i in range(rank):
            ways *= Fraction((2**n - 2**i) ** 2, 2**rank - 2**i)
        return ways / Fraction(2) ** (n * n)

    for rank in (32, 31, 30):
        assert rank_probability(rank) == pytest.approx(float(exact(rank)), rel=1e-12)


@pytest.mark.parametrize("p", [0.5, 0.15, 0.9])
def test_complexities_are_the_shortest_registers(p):
    blocks = np.array([random_bits(12, p=p, seed=s) for s in range(40)])

    def shortest(bits: list[int]) -> int:
        if not any(bits):
            return 0
        for length in range(1, len(bits) + 1):
            for taps in range(2**length):
                feeds = [taps >> k & 1 for k in range(length)]
                if all(
                    bits[i] == sum(c & bits[i - 1 - k] for k, c in enumerate(feeds)) % 2
                    for i in range(length, len(bits))
                ):
                    return length
        raise AssertionError

    assert complexities(blocks).tolist() == [shortest(block.tolist()) for block in blocks]


def test_templates_are_the_148_of_nine_bits_and_matches_are_counted_by_hand():
    templates = aperiodic_templates()
    assert len(templates) == 148 and len(aperiodic_templates(4)) == 6
    bits = random_bits(40_003, p=0.45, seed=8)
    found = non_overlapping(bits)
    text = "".join(str(b) for b in bits)
    block = len(text) // 8
    for template in (templates[0], templates[70], templates[-1]):
        w = [text[i * block : (i + 1) * block].count(template) for i in range(8)]
        mean = (block - 8) / 512
        variance = block * (1 / 512 - 17 / 512**2)
        expected = gammaincc(4, sum((x - mean) ** 2 for x in w) / variance / 2)
        assert found.p[templates.index(template)] == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize("p", [0.5, 0.52])
def test_overlapping_matches_are_counted_by_hand(p):
    bits = random_bits(1_000_000, p=p, seed=4)
    text = "".join(str(b) for b in bits)
    seen = [0] * 6
    for i in range(len(text) // 1032):
        part = text[i * 1032 : (i + 1) * 1032]
        hits = sum(part.startswith("1" * 9, j) for j in range(1032 - 8))
        seen[min(hits, 5)] += 1
    classes = [0.364091, 0.185659, 0.139381, 0.100571, 0.070432, 0.139865]
    n = sum(seen)
    chi2 = sum((s - n * c) ** 2 / (n * c) for s, c in zip(seen, classes, strict=True))
    assert overlapping(bits).p[0] == pytest.approx(gammaincc(2.5, chi2 / 2), rel=1e-9)


def test_universal_distances_are_counted_by_hand():
    bits = random_bits(400_001, p=0.49, seed=6)
    length, start = 6, 640
    blocks = len(bits) // length
    last: dict[tuple, int] = {}
    total = 0.0
    for i in range(blocks):
        word = tuple(bits[i * length : (i + 1) * length])
        if i >= start:
            total += math.log2(i + 1 - last.get(word, 0))
        last[word] = i + 1
    k = blocks - start
    c = 0.7 - 0.8 / length + (4 + 32 / length) * k ** (-3 / length) / 15
    sigma = c * math.sqrt(2.954 / k)
    expected = erfc(abs(total / k - 5.2177052) / (math.sqrt(2) * sigma))
    assert universal(bits).p[0] == pytest.approx(expected, rel=1e-9)


def test_patterns_are_counted_round_the_end():
    bits = random_bits(3_000, p=0.47, seed=7)
    ring = bits.tolist() * 2

    def share(m: int) -> list[float]:
        counts: dict[tuple, int] = {}
        for i in range(len(bits)):
            key = tuple(ring[i : i + m])
            counts[key] = counts.get(key, 0) + 1
        return [c / len(bits) for c in counts.values()]

    def psi2(m: int) -> float:
        return len(bits) * (2**m * sum(s * s for s in share(m)) - 1)

    first = psi2(5) - psi2(4)
    second = psi2(5) - 2 * psi2(4) + psi2(3)
    expected = [gammaincc(8, first / 2), gammaincc(4, second / 2)]
    assert serial(bits, length=5).p == pytest.approx(expected, rel=1e-9)
    phi = [sum(s * math.log(s) for s in share(m)) for m in (3, 4)]
    chi2 = 2 * len(bits) * (math.log(2) - (phi[0] - phi[1]))
    assert approximate_entropy(bits, length=3).p[0] == pytest.approx(gammaincc(4, chi2 / 2))


def test_good_bits_give_even_p_values_and_biased_ones_do_not():
    def verdicts(p: float) -> dict[str, bool]:
        sequences = [
            [frequency(random_bits(5_000, p=p, seed=s)), runs(random_bits(5_000, p=p, seed=s))]
            for s in range(100)
        ]
        return {v.test: v.passed for v in judge(sequences)}

    assert verdicts(0.5) == {"frequency": True, "runs": True}
    assert verdicts(0.52)["frequency"] is False


def test_proportion_and_uniformity_are_those_of_the_standard():
    assert least_proportion(1000) == pytest.approx(0.9805607, abs=1e-7)  # 4.2.1
    assert least_proportion(100) == pytest.approx(0.96015, abs=1e-5)
    assert uniformity(np.linspace(0.005, 0.995, 100)) == 1.0
    assert uniformity(np.full(60, 0.3)) < 1e-100
    ninety_six = [[TestOutcome("any", np.array([0.005 if s < 4 else 0.5]))] for s in range(100)]
    assert judge(ninety_six)[0].proportion == 0.96
    assert judge(ninety_six[:55])[0].passed is False  # 51 of 55, where 52 are asked for
    few = judge([[frequency(random_bits(1_000, seed=s))] for s in range(54)])
    assert math.isnan(few[0].uniformity)
    with pytest.raises(RangeError, match="one or more"):
        judge([])


def test_short_blocks_have_no_linear_complexity_test():
    assert not linear_complexity(random_bits(1_000_000), block=499).applicable
