"""Flash and SONOS cells: threshold, tunnelling, leak and spread (D10)."""

import numpy as np
import pytest

from labcim.sim_backend.devices import kernels

NOR, SONOS = "nor-flash", "sonos"
THERMAL = 8.617333262e-5 * 300.0
EVEN = {"slope_spread": 0.0, "tunnel_spread": 0.0, "electron": 0.0}


def program(cells, stress, width=1e-5, count=1):
    """Pulse with a stress in V that takes electrons in: 6 V at the gate, the rest at the drain."""
    cells.pulse(-(stress - 6.0), 6.0, width=width, count=count)


def erase(cells, stress, width=1e-5, count=1):
    cells.pulse(stress - 5.0, -5.0, width=width, count=count)


def test_d10_the_current_is_the_subthreshold_exponential_over_five_decades(cell_array):
    """I_0 exp((V_GS - V_t) / (n V_T)), to the first order of the interpolation: sqrt(I / I_0)."""
    cells = cell_array(NOR, size=1, noise=0.0, **EVEN)
    gates = np.linspace(0.75, 1.25, 11)
    seen = np.array([cells.read(0.5, gate=g)[0] for g in gates])
    law = 100e-6 * np.exp((gates - 1.7) / (1.6 * THERMAL)) * -np.expm1(-0.5 / THERMAL)

    assert seen[-1] / seen[0] > 1e5
    np.testing.assert_allclose(np.log(seen), np.log(law), atol=1.1 * np.sqrt(seen[-1] / 100e-6))
    np.testing.assert_allclose(np.log(seen[:4]), np.log(law[:4]), atol=2e-3)


def test_a_current_that_is_asked_for_is_found_again_from_its_conductance(cell_array):
    for threshold in (0.7, 1.2, 2.7):
        cells = cell_array(NOR, size=1, fresh=threshold, noise=0.0, **EVEN)
        seen = cells.read(0.5, gate=1.4)[0]
        assert seen == pytest.approx(cells.true()[0] * 0.5, rel=1e-9)


def test_many_short_pulses_move_the_threshold_as_one_long_one_does(cell_array):
    for stress, move in ((11.6, program), (11.0, erase)):
        many, one = (cell_array(NOR, size=8, electron=0.0, loss=0.0) for _ in range(2))
        move(many, stress, count=100)
        move(one, stress, width=1e-3)
        np.testing.assert_allclose(many.cells["threshold"], one.cells["threshold"], rtol=1e-9)


def test_a_staircase_moves_the_threshold_by_its_step_and_a_decade_is_worth_s_ln_10(cell_array):
    cells = cell_array(NOR, size=1, fresh=1.0, loss=0.0, **EVEN)
    found = []
    for stress in np.arange(11.0, 12.0, 0.1):
        program(cells, stress)
        found.append(float(cells.cells["threshold"][0]))
    np.testing.assert_allclose(np.diff(found)[6:], 0.1, rtol=0.01)

    long = [cell_array(NOR, size=1, fresh=0.7, loss=0.0, **EVEN) for _ in range(2)]
    program(long[0], 11.5, width=1e-4)
    program(long[1], 11.5, width=1e-3)
    apart = long[1].cells["threshold"][0] - long[0].cells["threshold"][0]
    assert apart == pytest.approx(0.15 * np.log(10.0), rel=1e-3)


def test_thresholds_reach_two_volts_apart_at_10_us_and_more_than_10_volts(cell_array):
    cells = cell_array(NOR, size=200)
    program(cells, 12.8)
    programmed = cells.cells["threshold"].copy()
    erase(cells, 12.0, width=1e-4)

    assert (programmed > 2.5).all()
    assert (programmed - cells.cells["threshold"] > 1.7).all()


def test_electrons_are_counted(cell_array):
    """A change of 0.3 V by electrons of 0.1 mV scatters by sqrt(0.1 mV 0.3 V)."""
    cells = cell_array(NOR, size=4000, fresh=1.0, loss=0.0, slope_spread=0.0, tunnel_spread=0.0)
    program(cells, 10.76)
    change = cells.cells["threshold"] - 1.0

    assert change.mean() == pytest.approx(0.3, abs=0.05)
    assert change.std() == pytest.approx(np.sqrt(1e-4 * change.mean()), rel=0.05)


def test_half_the_stress_moves_nothing(cell_array):
    cells = cell_array(NOR, size=50)
    before = cells.true().copy()
    cells.pulse(0.0, 6.0, width=1e-5, count=1000)
    cells.pulse(5.5, 0.0, width=1e-5, count=1000)

    assert (cells.true() == before).all()


@pytest.mark.parametrize(
    ("age", "spread", "scale"), [(0.0, 19.9e-9, 176e-9), (5 * 86400.0, 34.6e-9, 207e-9)]
)
def test_sonos_currents_spread_as_the_public_fit_says(cell_array, age, spread, scale):
    for current in (100e-9, 1e-6):
        threshold = 1.4 + 1.6 * THERMAL * np.log(100e-6 / current)
        changes = {**EVEN, "read_gate": 1.4, "fresh": threshold, "onset": 1e-3, "noise": 0.0}
        cells = cell_array(SONOS, size=6000, **changes, program_reference=50.0)
        cells.pulse(1e-2, 1e-2, width=1e-12)  # a write that moves no charge
        even = cell_array(SONOS, size=1, **changes).true()[0]
        cells.time = age
        off = (cells.true() - even) * 0.5
        expected = spread * -np.expm1(-even * 0.5 / scale)

        assert off.std() == pytest.approx(expected, rel=0.04)


def test_sonos_reads_scatter_as_the_public_fit_says(cell_array):
    cells = cell_array(SONOS, size=6000, fresh=1.55, **EVEN)
    true = cells.true()[0] * 0.5
    seen = cells.read(0.5, gate=1.4, aperture=1e-5)

    assert seen.std() == pytest.approx(12.6e-9 * -np.expm1(-true / 215e-9), rel=0.04)


def test_charge_leaks_by_each_temperature_for_the_time_that_it_lasts(cell_array):
    """An hour at 358 K is worth exp(1.1 eV / k (1/300 K - 1/358 K)) hours at 300 K."""
    cells = cell_array(NOR, size=1, fresh=2.5, loss=0.01, **EVEN)
    kelvin = cells.parameters["temperature"]
    for until, now, then in ((3600.0, 300.0, 358.0), (7200.0, 358.0, 300.0)):
        kernels.settle_cells(cells.cells, cells.devices, cells.parameters, cells.seed, until, then)
        assert kelvin[0] == now
        kelvin[0] = then
    cells.time = 7200.0
    hot = 3600.0 * np.exp(1.1 / 8.617333262e-5 * (1 / 300.0 - 1 / 358.0))
    lost = 2.5 - threshold_of(cells)

    assert lost == pytest.approx(0.01 * np.log10(3601.0 + hot), rel=1e-4)


def threshold_of(cells):
    """Return V_t of the first cell at 300 K, from its true current."""
    current = cells.true()[0] * 0.5 / -np.expm1(-0.5 / THERMAL)
    return 1.4 - 2.0 * 1.6 * THERMAL * np.log(np.expm1(np.sqrt(current / 100e-6)))


def test_charge_leaks_by_the_same_share_in_each_decade_and_sooner_when_hot(cell_array):
    shares = []
    for temperature, ages in ((300.0, (1e3, 1e4, 1e5)), (358.0, (1e3,))):
        cells = cell_array(NOR, size=1, temperature=temperature, fresh=2.5, **EVEN)
        for age in ages:
            cells.time = age
            overdrive = np.log(cells.true()[0])
            shares.append(-overdrive * 1.6 * 8.617333262e-5 * temperature)
    fell = -np.diff(shares[:3])

    np.testing.assert_allclose(fell, 1e-4 * 1.0, rtol=0.02)  # of 1 V above neutral
