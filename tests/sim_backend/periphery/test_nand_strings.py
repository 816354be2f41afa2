"""3D NAND strings (D11): layers as matrices, what other layers hold, what reads do to them.

The bound is one least significant bit of 4: a fifteenth of what all inputs at full weight make.
"""

import numpy as np
import pytest
from scipy.stats import t

from labcim.errors import RangeError
from labcim.sim_backend.periphery.nand_strings import NandBlock

THERMAL = 8.617333262e-5 * 300.0
LAYERS, INPUTS, OUTPUTS = 32, 32, 8
STEP = 2e-9 / 15  # A: a cell's weight of 1; 2 nA is full scale
LSB = INPUTS * STEP  # A, of a product of bits
SEEDS = range(1, 6)
PASS, READS = 5.0, 10**6
ALL = np.ones(INPUTS, int)


def block_of(levels, passing=PASS, seed=1, **changes):
    return NandBlock(np.asarray(levels) * STEP / 0.5, passing=passing, seed=seed, **changes)


def random_levels(seed):
    return np.random.default_rng(seed).integers(0, 16, (LAYERS, INPUTS, OUTPUTS))


def disturbed(seed, passing):
    """Return the worst change of a product in LSB by READS products with layer 0."""
    block = block_of(random_levels(seed), passing, seed)
    layers = (1, LAYERS // 2, LAYERS - 1)
    before = [block.product(layer, ALL) for layer in layers]
    block.read_often(0, READS)
    after = [block.product(layer, ALL) for layer in layers]
    return np.abs(np.array(after) - before).max() / LSB


@pytest.mark.parametrize("current", [1e-10, 3e-6])
@pytest.mark.parametrize("count", [2, 7])
def test_a_string_of_n_equal_cells_carries_an_nth(current, count):
    """With n = 1 the terms of inner nodes cancel: I = I_0 (L^2(x) - L^2(x - V / (2 V_T))) / N."""
    equal = {"slope": 1.0, "slope_spread": 0.0}
    share = current / 1e-7 / -np.expm1(-0.5 / THERMAL)
    x = np.log(np.expm1(np.sqrt(share)))
    whole = 1e-7 * (share - np.logaddexp(0.0, x - 0.5 / (2.0 * THERMAL)) ** 2)
    block = NandBlock(np.full((count, 1, 1), current / 0.5), passing=1.4, **equal)

    assert block.currents(0)[0, 0] == pytest.approx(whole / count, rel=1e-7)


def test_a_cell_alone_carries_what_flash_says():
    levels = np.arange(1, 16).reshape(1, 15, 1)
    np.testing.assert_allclose(block_of(levels).currents(0), levels[0] * STEP, rtol=1e-6)


@pytest.mark.parametrize("seed", SEEDS)
def test_d11_the_layer_that_is_selected_gives_its_own_product(seed):
    """Inputs of 4 bits, one product for each bit; any other layer's is five times further off."""
    levels = random_levels(seed)
    block = block_of(levels, seed=seed)
    inputs = np.random.default_rng(100 + seed).integers(0, 16, (10, INPUTS))
    planes = np.array([inputs >> bit & 1 for bit in range(4)])
    for layer in (0, 11, LAYERS - 1):
        found = np.tensordot([1, 2, 4, 8], block.product(layer, planes), 1) / STEP
        every = inputs @ levels
        off = np.abs(found - every).max(axis=(1, 2)) / (15 * INPUTS)

        assert off[layer] < 0.5  # the nearest code
        assert np.delete(off, layer).min() > 5.0 * off[layer]


@pytest.mark.parametrize("others", [0, 15])
def test_d11_what_the_other_layers_hold_changes_a_weight_by_less_than_1_lsb(others):
    """All at the highest threshold, all at the lowest; the layer at the top suffers most."""
    found = {}
    for layer in (0, LAYERS - 1):
        levels = np.full((LAYERS, INPUTS, OUTPUTS), others)
        levels[layer] = np.resize(np.arange(16), (INPUTS, OUTPUTS))
        found[layer] = np.abs(block_of(levels).currents(layer) / STEP - levels[layer]).max()

    assert found[0] < 0.01 < found[LAYERS - 1] < 1.0


def test_a_pass_voltage_that_does_not_open_the_highest_threshold_chokes_the_strings():
    levels = random_levels(1)
    off = [
        np.abs(block_of(levels, passing).product(9, ALL) - levels[9].sum(axis=0) * STEP).max()
        for passing in (2.5, 3.5)
    ]
    assert off[1] < LSB < off[0]


def test_d11_a_million_reads_at_the_pass_voltage_change_products_by_less_than_1_lsb():
    worst = np.array([disturbed(seed, PASS) for seed in SEEDS])
    within = t.ppf(0.975, worst.size - 1) * worst.std(ddof=1) / np.sqrt(worst.size)

    assert worst.min() > 0.0
    assert worst.max() < 1.0
    assert worst.mean() + within < 1.0


@pytest.mark.parametrize("seed", SEEDS)
def test_d11_a_pass_voltage_of_8_volts_changes_them_by_more(seed):
    assert disturbed(seed, 8.0) > 1.0


def test_reads_move_thresholds_by_the_tunnelling_law():
    """s (N t / t_0) exp((V - reference - V_t) / s), times exp(sigma^2 / (2 s^2)) for the spread."""
    block = block_of(np.full((LAYERS, INPUTS, OUTPUTS), 15), slope_spread=0.0)
    before = block.thresholds()
    block.read_often(0, READS)
    moved = (block.thresholds() - before)[1:].ravel()
    law = 0.5 * READS * np.exp((PASS - 14.0 - before[0, 0, 0] + 0.2**2 / (2 * 0.5)) / 0.5)

    assert moved.mean() == pytest.approx(law, abs=3.0 * moved.std() / np.sqrt(moved.size))
    assert moved.mean() > 10.0 * moved.std() / np.sqrt(moved.size)


def test_the_same_seed_gives_the_same_block():
    one, two, other = (block_of(random_levels(1)[:2], seed=seed) for seed in (4, 4, 5))
    for block in (one, two, other):
        block.read_often(0, READS)

    np.testing.assert_array_equal(one.currents(1), two.currents(1))
    assert (one.currents(1) != other.currents(1)).any()


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: block_of(np.zeros((2, 2))), "three dimensions"),
        (lambda: block_of(np.zeros((0, 2, 2))), "three dimensions"),
        (lambda: block_of(np.full((1, 1, 1), np.nan)), "finite"),
        (lambda: block_of(np.full((1, 1, 1), -1.0)), "finite"),
        (lambda: block_of(np.full((1, 1, 1), 1e9)), "no charge"),
        (lambda: block_of(np.ones((1, 1, 1)), passing=np.nan), "passing"),
        (lambda: block_of(np.ones((1, 1, 1)), seed=-1), "seed"),
        (lambda: block_of(np.ones((2, 1, 1))).currents(2), "layer"),
        (lambda: block_of(np.ones((2, 2, 1))).product(0, [1, 2]), "bits"),
        (lambda: block_of(np.ones((2, 2, 1))).product(0, [1]), "bits"),
        (lambda: block_of(np.ones((2, 1, 1))).read_often(0, 0), "reads"),
        (lambda: block_of(np.ones((2, 1, 1))).read_often(0, 1, aperture=0.0), "aperture"),
    ],
)
def test_what_no_block_can_be_or_do_is_refused(call, message):
    with pytest.raises(RangeError, match=message):
        call()
