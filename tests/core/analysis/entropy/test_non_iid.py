"""The ten estimators: NIST's values on its own data, and slow oracles on other inputs."""

from pathlib import Path

import entropy_oracles as oracles
import numpy as np
import pytest
from reference_bits import digits

from labcim.analysis.entropy import contexts
from labcim.analysis.entropy.non_iid import estimates, non_iid
from labcim.analysis.entropy.repeats import find_repeats, suffix_array
from labcim.errors import RangeError

BUNDLED = Path(__file__).parents[5] / "shared/data/sp800-90b/truerand_1bit.bin"
NIST_TOOL = {
    "most common value": 0.995043,
    "collision": 0.900936,
    "Markov": 0.998486,
    "compression": 0.829677,
    "t-tuple": 0.914226,
    "longest repeated substring": 0.985818,
    "MultiMCW": 0.996972,
    "lag": 0.998292,
    "MultiMMC": 0.996660,
    "LZ78Y": 0.997050,
}


def test_nists_bundled_bits_give_the_values_of_nists_tool():
    if not BUNDLED.exists():
        pytest.skip("the reference data are not beside the repository")
    found = non_iid(np.fromfile(BUNDLED, np.uint8))
    assert found.original == pytest.approx(NIST_TOOL, abs=1e-6)
    assert found.entropy == pytest.approx(0.829677, abs=1e-6)


def test_the_bits_of_pi_give_the_value_of_nists_tool():
    assert non_iid(digits("pi")).entropy == pytest.approx(0.857412, abs=1e-6)


def biased(n: int, k: int, seed: int) -> list[int]:
    weight = np.arange(k, 0, -1.0)
    return np.random.default_rng(seed).choice(k, n, p=weight / weight.sum()).tolist()


def sticky(n: int, k: int, seed: int) -> list[int]:
    rng = np.random.default_rng(seed)
    found = [0]
    for stay, other in zip(rng.random(n - 1) < 0.6, rng.integers(0, k, n - 1), strict=True):
        found.append(found[-1] if stay else int(other))
    return found


def periodic(n: int, k: int, seed: int) -> list[int]:
    rng = np.random.default_rng(seed)
    wave = (np.arange(n) // 3) % k
    return np.where(rng.random(n) < 0.85, wave, rng.integers(0, k, n)).tolist()


CASES = [
    (make, k, seed) for make in (biased, sticky, periodic) for k, seed in ((2, 1), (4, 2), (256, 3))
]


@pytest.mark.parametrize(("make", "k", "seed"), CASES)
def test_predictors_and_repeats_agree_with_the_letter_of_the_standard(make, k, seed):
    s = make(1500 if k > 2 else 2500, k, seed)
    seen, names = np.unique(s, return_inverse=True)
    plain = names.tolist()
    found = estimates(names.astype(np.uint8), len(seen), of_bits=False)
    tuples, longest = oracles.repeats(plain)
    expected = {
        "lag": oracles.lag(plain, len(seen)),
        "MultiMMC": oracles.multi_mmc(plain, len(seen)),
        "LZ78Y": oracles.lz78y(plain, len(seen)),
        "t-tuple": tuples,
        "longest repeated substring": longest,
        "MultiMCW": oracles.window(plain, len(seen)),
    }
    for name, value in expected.items():
        assert found[name] == pytest.approx(value, abs=1e-6, nan_ok=True), name


@pytest.mark.parametrize("make", [biased, sticky, periodic])
def test_full_dictionaries_agree_with_the_letter_of_the_standard(make, monkeypatch):
    s = make(2000, 5, 4)
    monkeypatch.setattr(contexts, "_MOST_PAIRS", 150)
    monkeypatch.setattr(contexts, "_MOST_CONTEXTS", 700)
    symbols = np.array(s, np.uint8)
    assert contexts.multi_mmc(symbols, 5) == pytest.approx(oracles.multi_mmc(s, 5, 150), abs=1e-6)
    assert contexts.lz78y(symbols, 5) == pytest.approx(oracles.lz78y(s, 5, 700), abs=1e-6)


@pytest.mark.parametrize(("make", "seed"), [(biased, 5), (sticky, 6), (periodic, 7)])
def test_estimates_of_bits_agree_with_the_letter_of_the_standard(make, seed):
    s = make(9000, 2, seed)
    found = estimates(np.array(s, np.uint8), 2)
    assert found["collision"] == pytest.approx(oracles.collision(s), abs=1e-6)
    assert found["Markov"] == pytest.approx(oracles.markov(s), abs=1e-9)
    assert found["compression"] == pytest.approx(oracles.compression(s), abs=1e-6)


def test_symbols_are_judged_as_symbols_and_as_bits_whatever_their_type():
    rng = np.random.default_rng(8)
    s = rng.integers(0, 16, 30_000)
    found = non_iid(s, bits=4)
    assert set(found.bitstring) == set(NIST_TOOL)
    assert set(found.original) == set(NIST_TOOL) - {"collision", "Markov", "compression"}
    least = min(*found.original.values(), *(4 * h for h in found.bitstring.values()))
    assert found.entropy == least and 2.5 < found.entropy < 4.0
    assert non_iid(s.astype(float), bits=4) == found


def test_known_chains_have_the_entropy_that_they_have():
    # one bit in ten flips: the likeliest next bit has p = 0.9, 0.152 bits
    flips = np.random.default_rng(9).random(200_000) < 0.1
    chain = np.cumsum(flips) % 2
    of_128 = (1 - 127 * np.log2(0.9)) / 128
    assert non_iid(chain).original["Markov"] == pytest.approx(of_128, abs=0.003)
    assert non_iid(chain).original["MultiMMC"] == pytest.approx(-np.log2(0.9), abs=0.005)
    assert 0.0 < non_iid(chain).entropy < -np.log2(0.9)  # collisions take it for a worse source
    assert non_iid(np.ones(1000)).entropy == 0.0


def test_suffixes_are_sorted_also_where_everything_repeats():
    for text in (b"banana", b"aaaaaaa", b"abababab", b"mississippi"):
        symbols = np.frombuffer(text, np.uint8)
        expected = sorted(range(len(text)), key=lambda i, text=text: text[i:])
        assert suffix_array(symbols).tolist() == expected
    constant = find_repeats(np.zeros(1000, np.uint8))
    assert constant.longest == 999
    assert constant.most[1:].tolist() == list(range(1000, 1, -1))


@pytest.mark.parametrize("wrong", [[1.5] * 30, [-1] * 30, [256] * 30, [0, 1], ["a"] * 30])
def test_what_are_no_symbols_is_refused(wrong):
    with pytest.raises(RangeError, match="accepts"):
        non_iid(wrong)
