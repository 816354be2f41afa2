"""ECRAM, capacitors and short-term oxides: curves, bounds, leak (D14, D15, D16, D23)."""

import numpy as np
import pytest

LI, OXIDE, CMOS, IGZO = "ecram-li", "ecram-metal-oxide", "capacitor-cmos", "capacitor-igzo"
WOX = "wox-short-term"
GATE = 3.0
EVEN = {
    name: 0.0
    for name in (
        "dw_min_dtod", "up_down_dtod", "w_max_dtod", "w_min_dtod", "gamma_up_dtod",
        "gamma_down_dtod", "lifetime_dtod", "dw_min_std",
    )
}  # fmt: skip
KEEPS = {**EVEN, "lifetime": 0.0}
MIDDLE = {LI: 43.104e-6, OXIDE: 43.144e-6}  # S, of weight 0; a weight of 1 is 40 uS more
PULSE = {LI: (1.0, 1e-6), OXIDE: (1.0, 1e-6), CMOS: (1.0, 1e-7), IGZO: (1.0, 1e-6)}


def ramp(cells, preset, sign, count):
    """Return the conductances of the first cell after each of ``count`` pulses."""
    volts, width = PULSE[preset]
    found = []
    for _ in range(count):
        cells.pulse(sign * volts, GATE if sign > 0 else 5.0, width=width)
        found.append(cells.true()[0])
    return np.array(found)


@pytest.mark.parametrize(
    ("preset", "step", "curves", "reach"),
    [
        (LI, 0.002, (0.1153, 0.5085), (1.1724, 0.8276)),
        (OXIDE, 2.82e-4, (0.4152, 0.7342), (1.1714, 0.8286)),
    ],
)
def test_d16_each_step_is_that_of_the_public_fit(cell_array, preset, step, curves, reach):
    """dw = +-dw_min (1 -+ gamma w / bound), w from the middle in units of 40 uS."""
    cells = cell_array(preset, size=1, **KEEPS)
    for sign, curve, bound in zip((1.0, -1.0), curves, reach, strict=True):
        at = ramp(cells, preset, sign, 300)[-1]
        change = ramp(cells, preset, sign, 1)[0] - at
        w = sign * (at - MIDDLE[preset]) / 40e-6
        assert change == pytest.approx(sign * step * 40e-6 * (1.0 - curve * w / bound), rel=2e-3)


@pytest.mark.parametrize("preset", [LI, OXIDE])
def test_d16_there_are_at_least_500_states(cell_array, preset):
    cells = cell_array(preset, size=1, **KEEPS)
    start = cells.true()[0]
    step = ramp(cells, preset, 1.0, 1)[0] - start
    window = cells.parameters["highest"] - cells.parameters["lowest"]

    assert window / step >= 500


def test_many_short_pulses_do_what_one_long_one_does(cell_array):
    many, one = (cell_array(LI, size=16, dw_min_std=0.0) for _ in range(2))
    for sign, gate in ((1.0, GATE), (-1.0, 5.0)):
        many.pulse(sign, gate, width=1e-6, count=200)
        one.pulse(sign, gate, width=200e-6)
        np.testing.assert_allclose(many.true(), one.true(), rtol=1e-9)


def test_the_changes_of_single_pulses_scatter_as_stated(cell_array):
    cells = cell_array(LI, size=4000, **{**EVEN, "dw_min_std": 0.3})
    before = cells.true().copy()
    cells.pulse(1.0, GATE, width=1e-6)
    single = cells.true() - before
    cells.pulse(1.0, GATE, width=1e-6, count=100)
    hundred = cells.true() - before - single

    assert single.mean() == pytest.approx(80e-9, rel=0.02)
    assert single.std() / single.mean() == pytest.approx(0.3, rel=0.05)
    assert hundred.std() / hundred.mean() == pytest.approx(0.03, rel=0.08)


def test_half_the_voltage_moves_a_tenth_of_a_step(cell_array):
    cells = cell_array(LI, size=1, **KEEPS)
    before = cells.true()[0]
    cells.pulse(0.5, GATE, width=1e-6)

    assert cells.true()[0] - before == pytest.approx(8e-9, rel=1e-3)


def test_no_cell_leaves_its_bounds(cell_array):
    cells = cell_array(OXIDE, size=500)
    for sign, gate in ((1.0, GATE), (-1.0, 5.0)):
        cells.pulse(sign, gate, width=1.0)
        weight = (cells.true() - MIDDLE[OXIDE]) / 40e-6
        assert (weight >= cells.devices["w_min"] - 1e-5).all()
        assert (weight <= cells.devices["w_max"] + 1e-5).all()


@pytest.mark.parametrize("preset", [CMOS, IGZO])
def test_d14_as_many_pulses_up_as_down_come_back_within_two_percent(cell_array, preset):
    cells = cell_array(preset, size=1, **KEEPS)
    start = cells.true()[0]
    ramp(cells, preset, 1.0, 150)
    end = ramp(cells, preset, -1.0, 150)[-1]

    assert abs(end - start) < 0.02 * 4e-6


@pytest.mark.parametrize(("preset", "tau", "within"), [(CMOS, 0.05, 0.03), (IGZO, 46500.0, 0.02)])
def test_d14_d15_a_fit_of_noisy_reads_finds_the_leak(cell_array, preset, tau, within):
    cells = cell_array(preset, size=100, **EVEN)
    volts, width = PULSE[preset]
    cells.pulse(volts, GATE, width=width, count=150)
    times, seen = np.linspace(0.05, 2.0, 40) * tau, []
    for cells.time in times:
        seen.append(cells.read(0.1, aperture=1e-3).mean() / 0.1 - 3e-6)
    slope = np.polyfit(times, np.log(seen), 1, w=np.exp(-times / tau))[0]

    assert -1.0 / slope == pytest.approx(tau, rel=within)


def test_d23_paired_pulses_facilitate_by_what_is_left_of_the_first(cell_array):
    """The second of two pulses ends higher by exp(-gap / 35 ms) of the first one's step."""
    gaps, facilitation = np.array([5e-3, 10e-3, 20e-3, 40e-3, 80e-3]), []
    for gap in gaps:
        cells = cell_array(WOX, size=1, **EVEN)
        cells.pulse(1.4, GATE, width=1e-3)
        first = cells.cells["conductance"][0]
        cells.time = 1e-3 + gap
        cells.pulse(1.4, GATE, width=1e-3)
        facilitation.append(cells.cells["conductance"][0] - first)
    tau = -1.0 / np.polyfit(gaps, np.log(facilitation), 1)[0]

    assert tau == pytest.approx(0.035, rel=0.05)


def test_warm_capacitors_leak_faster_as_arrhenius_says(cell_array):
    cells = cell_array(IGZO, size=1, temperature=330.0, **EVEN)
    factor = np.exp(0.5 / 8.617e-5 * (1 / 300.0 - 1 / 330.0))

    assert cells.devices["decay_rate"][0] * 46500.0 == pytest.approx(factor, rel=1e-3)
