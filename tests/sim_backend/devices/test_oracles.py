"""Fast and compiled laws against what they stand for, written out."""

import numpy as np
import pytest
from filament_oracle import after_pulse

from labcim.sim_backend.devices import kernels
from labcim.sim_backend.devices.preset import load_preset, preset_names
from labcim.sim_backend.devices.random import random_bits, uniform

FILAMENTS = ["neurram-130nm", "oxram-1t1r-64k", "sky130-reram"]
WORD = 2**64
GOLDEN = 0x9E3779B97F4A7C15


def mixed(word):
    """SplitMix64's finaliser in whole numbers (Steele, Lea and Flood, 2014)."""
    word = (word ^ (word >> 30)) * 0xBF58476D1CE4E5B9 % WORD
    word = (word ^ (word >> 27)) * 0x94D049BB133111EB % WORD
    return word ^ (word >> 31)


def test_random_bits_are_those_of_whole_number_arithmetic_bit_for_bit():
    random = np.random.default_rng(1)
    for _ in range(2000):
        seed, cell, kind, counter = (int(n) for n in random.integers(0, [2**63, 2**32, 200, 2**40]))
        word = mixed((seed + GOLDEN) % WORD)
        word = mixed(word ^ ((cell * GOLDEN + kind) % WORD))
        word = mixed(word ^ ((counter * 0xD1342543DE82EF95 + 0x2545F4914F6CDD1D) % WORD))

        assert int(random_bits(seed, cell, kind, counter)) == word
        assert uniform(seed, cell, kind, counter) == ((word >> 11) + 0.5) / 2**53


@pytest.mark.parametrize("preset", FILAMENTS)
def test_a_filament_ends_where_the_written_out_law_has_its_root(cell_array, preset):
    """300 cells, random pulses, with jitter, cycles, compliance, limits, wear; to 32 bits."""
    changes = {"one_second": 0.0, "one_day": 0.0, "weak_reset_share": 0.5}
    changes |= {"weak_reset_chance": 0.5, "weak_reset_shift": 0.6, "life": 1e12}
    cells = cell_array(preset, size=300, **changes)
    cells.cells["reversals"][::3] = 50_000
    p, random = cells.parameters[0], np.random.default_rng(2)
    names = ("slow_memory", "slow_share", "cycle_spread")
    assert all(0.0 < float(p[name]) for name in names)
    moved = 0
    for _ in range(8):
        limit = np.inf if random.random() < 0.7 else float(random.uniform(5e-6, 300e-6))
        down = 0.6 if limit == np.inf else 0.0  # see the oracle
        width = 10.0 ** random.uniform(-8.0, -3.0)
        volts = np.where(random.random(300) < down, -1.0, 1.0) * random.uniform(0.3, 4.0, 300)
        gate = random.uniform(0.5, 5.0, 300)
        before = cells.cells.copy()
        expected = [
            after_pulse(
                before[i], cells.devices[i], p, cells.seed, i, max(volts[i], 0.0),
                max(-volts[i], 0.0), gate[i], width, limit,
            )
            for i in range(300)
        ]  # fmt: skip
        cells.pulse(volts, gate, width=width, limit=limit)
        moved += int((cells.cells["conductance"] != before["conductance"]).sum())

        np.testing.assert_allclose(cells.cells["conductance"], expected, rtol=2e-7)
    assert moved > 500


@pytest.mark.parametrize("preset", preset_names())
def test_many_cells_in_one_call_do_what_single_calls_do_bit_for_bit(cell_array, preset):
    together, alone = (cell_array(preset, size=40, stuck=0.1) for _ in range(2))
    read = load_preset(preset).read
    for volts in (2.5, -2.5, 3.0):
        currents = [together.pulse(volts, 3.0, count=3, gap=1e-6)]
        currents.append(together.read(read.read_voltage, gate=read.read_gate))
        single = [np.empty(40), np.empty(40)]
        for i in range(39, -1, -1):  # in another order, too
            one = np.array([i], np.uint32)
            single[0][i] = alone.pulse(volts, 3.0, count=3, gap=1e-6, cells=one)[0]
            single[1][i] = alone.read(read.read_voltage, gate=read.read_gate, cells=one)[0]
        together.time, alone.time = together.time + 0.1, alone.time + 0.1

        assert (np.array(currents) == np.array(single)).all()
        assert (together.cells == alone.cells).all()


def test_the_truth_log_of_a_call_says_what_each_cell_met_in_the_order_it_was_asked(cell_array):
    cells = cell_array("neurram-130nm", size=20)
    peak = cells.pulse(-2.0, 4.0, count=2, gap=1e-6)

    assert cells.tail[0] == 40
    assert cells.log["cell"].tolist() == np.repeat(np.arange(20), 2).tolist()
    assert cells.log["current"].reshape(20, 2).max(axis=1) == pytest.approx(peak, rel=1e-6)
    assert (cells.log["kind"] == kernels.PULSE).all()


def test_telegraph_noise_has_the_moments_of_a_chain_followed_in_small_steps(cell_array):
    """One trap of 1 ms, occupied for 30 %, read for 0.5 ms twice, 1 ms from start to start."""
    changes = {"trap_fraction": 1.0, "second_trap_fraction": 0.0, "white_floor": 0.0}
    changes |= {"white_slope": 0.0, "trap_lowest": 0.0, "trap_highest": 1.0}
    cells = cell_array("neurram-130nm", size=40_000, one_second=0.0, one_day=0.0, **changes)
    cells.cells["conductance"] = 20e-6
    cells.devices["trap_amplitude"], cells.devices["trap_time"] = 0.1, 1e-3
    cells.devices["trap_occupancy"] = 0.3
    cells.time = 1.0  # the first read finds the chain at rest
    seen = []
    for _ in range(2):
        voltage, gate = (float(cells.parameters[name][0]) for name in ("read_voltage", "read_gate"))
        seen.append(cells.read(voltage, gate=gate, aperture=5e-4) / voltage / 20e-6 - 1.0)
        cells.time += 1e-3
    ours = np.array(seen) / 0.1

    random, steps = np.random.default_rng(3), 100  # of 10 us
    state = random.random(40_000) < 0.3
    kept = np.exp(-1e-5 / 1e-3)
    means = []
    for _ in range(2):
        total = np.zeros(40_000)
        for step in range(steps):
            total += state if step < 50 else 0.0
            state = random.random(40_000) < 0.3 + (state - 0.3) * kept
        means.append(total / 50 - 0.3)
    chain = np.array(means)

    assert ours.mean(axis=1) == pytest.approx(chain.mean(axis=1), abs=0.012)
    assert ours.var(axis=1) == pytest.approx(chain.var(axis=1), rel=0.03)
    assert np.mean(ours[0] * ours[1]) == pytest.approx(np.mean(chain[0] * chain[1]), rel=0.06)
