"""CMO/HfOx (Falcone et al., arXiv 2502.04524): the published laws of forming, writing and after."""

import numpy as np
import pytest

CARD = "cmo-hfox"
GATE = 2.5
STILL = {"one_second": 0.0, "one_day": 0.0, "relaxation_shift": 0.0, "flicker_log": 0.0}


def program(cells, target, acceptance, attempts=400):
    """Tune every cell to ``target`` S within a share of it; return how many pulses each took.

    Each polarity has an amplitude of its own, corrected by what its last pulse missed.
    """
    target = np.broadcast_to(target, cells.size)
    volts = {1: 0.65 + (target - 8e-6) / 130e-6, -1: 0.65 + (92e-6 - target) / 130e-6}
    volts = {sign: np.full(cells.size, level) for sign, level in volts.items()}
    pulses = np.zeros(cells.size, int)
    for _ in range(attempts):
        seen = cells.read(aperture=1e-3) / 0.2
        error = seen - target
        open_ = np.flatnonzero(np.abs(error) > acceptance * target).astype(np.uint32)
        if not open_.size:
            break
        sign = np.where(error[open_] > 0, -1, 1)
        level = np.where(sign > 0, volts[1][open_], volts[-1][open_])
        cells.pulse(sign * level, GATE, cells=open_)
        pulses[open_] += 1
        missed = (target[open_] - cells.read(aperture=1e-3, cells=open_) / 0.2) * sign
        for way in (1, -1):
            mine = sign == way
            step = np.clip(missed[mine] / 130e-6, -0.05, 0.05)
            volts[way][open_[mine]] += np.where(step > 0, 0.7, 1.0) * step
    return pulses


@pytest.mark.parametrize(
    ("acceptance", "offset", "share"), [(0.002, 0.00081e-6, 0.00107), (0.02, 0.01122e-6, 0.01129)]
)
@pytest.mark.parametrize("target", [12e-6, 45e-6, 85e-6])
def test_cells_can_be_written_to_the_published_programming_noise(
    cell_array, acceptance, offset, share, target
):
    """sigma = 0.00081 + 0.00107 G uS at an acceptance of 0.2 %, 0.01122 + 0.01129 G at 2 %."""
    cells = cell_array(CARD, size=1000, white_floor=0.0, **STILL)
    cells.cells["conductance"] = 30e-6
    program(cells, target, acceptance)
    error = cells.read(aperture=1e-3) / 0.2 - target
    within = np.abs(error) <= acceptance * target * 1.001

    assert within.mean() > 0.99
    # An even spread over +- a share has its root third, 1.15 of 0.1 %: the published slope.
    assert error[within].std() <= 1.15 * (offset + share * target)


def test_32_states_lie_apart_when_written(cell_array):
    cells = cell_array(CARD, size=32 * 30, white_floor=0.0, **STILL)
    levels = np.repeat(np.linspace(9e-6, 89e-6, 32), 30)
    cells.cells["conductance"] = 30e-6
    program(cells, levels, 0.002)
    written = cells.true().reshape(32, 30)

    assert (written[1:].min(axis=1) > written[:-1].max(axis=1)).all()


def test_no_state_takes_more_than_1_5_volts(cell_array):
    cells = cell_array(CARD, size=2000, **STILL)
    cells.pulse(-1.5, 5.0)
    low = cells.true().copy()
    cells.pulse(1.5, GATE)

    assert np.median(low) < 9e-6 and np.median(cells.true()) > 89e-6


@pytest.mark.parametrize("age", [1.0, 100.0, 86_400.0, 3e6, 3e8])
@pytest.mark.parametrize("conductance", [20e-6, 70e-6])
def test_relaxation_has_the_published_mean_and_spread(cell_array, conductance, age):
    """Mean -0.0890 ln t uS, standard deviation 0.042 ln t + 0.412 uS, t in s."""
    cells = cell_array(CARD, size=8000)
    cells.cells["conductance"] = conductance
    cells.cells["relaxation"] = np.random.default_rng(1).standard_normal(8000)
    cells.time = age
    change = (cells.true() - conductance) * 1e6
    spread = 0.042 * np.log(age) + 0.412

    assert change.mean() == pytest.approx(-0.0890 * np.log(age), abs=4 * spread / np.sqrt(8000))
    assert change.std() == pytest.approx(spread, rel=0.03)


@pytest.mark.parametrize("age", [1e-3, 1.0, 1e4])
@pytest.mark.parametrize("conductance", [10e-6, 50e-6, 89e-6])
def test_read_noise_follows_the_published_law(cell_array, conductance, age):
    """sigma = 0.0277 log10(G) sqrt(ln((t + 1 us) / 2 us)) uS, G in uS."""
    cells = cell_array(CARD, size=6000, white_floor=0.0, gated=False, one_second=0.0, one_day=0.0)
    cells.cells["conductance"] = conductance
    cells.time = age
    noise = (cells.read(aperture=1e-7) / 0.2 - cells.true()) * 1e6
    law = 0.0277 * np.log10(conductance * 1e6) * np.sqrt(np.log((age + 1e-6) / 2e-6))

    assert noise.std() == pytest.approx(law, rel=0.05)


def test_cells_form_at_3_38_volts(cell_array):
    """By one pulse of 1 us each; the mean is what is left to form, summed over the voltage."""
    grid = np.arange(2.6, 4.0, 0.02)
    unformed = []
    for volts in grid:
        cells = cell_array(CARD, size=2000, formed=False)
        cells.pulse(volts, 1.5)
        unformed.append(np.mean(cells.cells["formed"] == 0))

    assert 2.6 + 0.02 * np.sum(unformed) - 0.01 == pytest.approx(3.38, abs=0.02)
    assert unformed[0] > 0.99 and unformed[-1] < 0.005
