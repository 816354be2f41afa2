"""Cells that learn by a law of `pulse_laws`: the same law, in siemens."""

import numpy as np
import pytest
from scipy import stats

from labcim.errors import RecipeError
from labcim.sim_backend.devices._pulse_law_preset import PulseLawPreset, law_of
from labcim.sim_backend.devices.preset import load_preset
from labcim.sim_backend.pulse_laws.array import PulsedArray
from labcim.sim_backend.pulse_laws.cells import law_numbers
from labcim.sim_backend.pulse_laws.steps import mean_steps

GATE, SIZE = 3.0, 60
# Bounds that no floor touches, so that a cell's constants are those of the array of that seed.
NARROW = {"w_max": 1.0, "w_min": -1.0, "w_max_dtod": 0.1, "w_min_dtod": 0.1}
LAWS = [
    {"law": "ConstantStep", "up_down": 0.1},
    {"law": "LinearStep", "gamma_up": 0.3, "gamma_down": 0.6, "mult_noise": False},
    {"law": "SoftBounds"},
    {"law": "SoftBoundsReference", "slope_up_dtod": 0.05},
    {"law": "ExpStep", "A_up": 0.3, "A_down": 0.2, "gamma_up": 2.0, "gamma_down": 2.5},
    {"law": "PowStep", "pow_gamma": 1.5},
    {"law": "PowStepReference", "pow_gamma": 0.7},
    {"law": "PiecewiseStep", "piecewise_up": (1, 0.5, 0.2), "piecewise_down": (0.1, 0.6, 1)},
]
ALL = pytest.mark.parametrize("law", LAWS, ids=lambda law: law["law"])


def preset_of(law, **window):
    """Return a preset with that law; the rest is that of an even RPU target device."""
    known = load_preset("gokmen-vlasov").model_dump()
    known["window"] |= {"floor": 1e-9, **window}
    return PulseLawPreset.model_validate({**known, "law": {"dw_min": 0.01, **NARROW, **law}})


def weights_of(cells):
    """Return the weights that true conductances stand for, window 1 to 9 uS for -1 to 1."""
    return cells.true() / 4e-6 - 1.25


@ALL
def test_without_noise_a_chip_does_what_the_oracle_of_the_law_does_bit_for_bit(cell_array, law):
    cells = cell_array(preset_of({**law, "dw_min_std": 0.0}), size=SIZE, seed=7)
    array = PulsedArray(law_of(cells.parameters), 1, SIZE, seed=7)
    for volts, count in ((1.0, 130), (-1.0, 260), (1.0, 17)):
        cells.pulse(volts, GATE if volts > 0 else 5.0, count=count)
        array.pulse_all(count, up=volts > 0.0, method="literal")

        assert (cells.cells["weight"] == array.stored[0]).all()
    np.testing.assert_allclose(weights_of(cells), array.stored[0], atol=1e-6)


@ALL
def test_the_noise_of_a_chip_and_of_an_array_have_the_same_distribution(cell_array, law):
    even = {"dw_min_dtod": 0.0, "up_down_dtod": 0.0, "w_max_dtod": 0.0, "w_min_dtod": 0.0}
    more = {"pow_gamma_dtod": 0.0, "gamma_up_dtod": 0.0, "gamma_down_dtod": 0.0}
    more |= {"slope_up_dtod": 0.0, "slope_down_dtod": 0.0}
    kept = {name: value for name, value in more.items() if name in law_of_names(law)}
    constants = preset_of({**law, **even, **kept, "dw_min_std": 0.5})
    cells = cell_array(constants, size=3000, seed=7)
    array = PulsedArray(law_of(cells.parameters), 1, 3000, seed=8)
    for volts, count in ((1.0, 20), (-1.0, 30)):
        cells.pulse(volts, GATE if volts > 0 else 5.0, count=count)
        array.pulse_all(count, up=volts > 0.0, method="pulses")

    test = stats.ks_2samp(weights_of(cells), array.stored[0])
    assert test.pvalue > 0.01
    assert weights_of(cells).std() == pytest.approx(array.stored[0].std(), rel=0.07)


def law_of_names(law):
    """Return the parameters that a law has."""
    return type(preset_of(law).law).model_fields


def test_a_pulse_that_is_worth_a_hundred_steps_does_what_a_hundred_do(cell_array):
    law = {"law": "SoftBounds", "dw_min_std": 0.5}
    many, one = (cell_array(preset_of(law), size=2000, seed=3) for _ in range(2))
    many.pulse(1.0, GATE, count=50)
    one.pulse(1.0, GATE, width=50e-6)

    assert one.cells["weight"].mean() == pytest.approx(many.cells["weight"].mean(), rel=0.01)
    assert one.cells["weight"].std() == pytest.approx(many.cells["weight"].std(), rel=0.05)


def test_ten_pulses_at_half_the_voltage_are_worth_one_step_in_mean_and_variance(cell_array):
    even = {"dw_min_dtod": 0.0, "up_down_dtod": 0.0, "dw_min_std": 0.5}
    cells = cell_array(preset_of({"law": "ConstantStep", **even}), size=5000)
    cells.pulse(0.5, GATE, count=10)
    step = cells.cells["weight"]

    assert step.mean() == pytest.approx(0.01, rel=0.03)
    assert step.std() == pytest.approx(0.005, rel=0.03)


@pytest.mark.parametrize("preset", ["gokmen-vlasov", "reram-es", "reram-sb", "reram-array-om"])
def test_one_pulse_moves_the_cells_of_a_preset_by_the_mean_step_of_their_own_law(
    cell_array, preset
):
    cells = cell_array(preset, size=SIZE, dw_min_std=0.0, write_noise_std=0.0)
    law = law_numbers(law_of(cells.parameters))
    made = type("Cells", (), {name: cells.devices[name] for name in cells.devices.dtype.names})
    for up in (True, False):
        before = cells.cells["weight"].astype(float)
        wanted = mean_steps(law, made, before, up=up)
        cells.pulse(1.0 if up else -1.0, GATE if up else 5.0)
        reached = np.clip(before + wanted, cells.devices["w_min"], cells.devices["w_max"])

        np.testing.assert_allclose(cells.cells["weight"], reached, atol=1e-6)


def test_write_noise_is_seen_until_the_next_pulse_and_does_not_add_up(cell_array):
    cells = cell_array("reram-sb", size=4000, dw_min_std=0.0)
    cells.pulse(1.0, GATE, count=5)
    seen = cells.true()
    cells.time += 10.0

    assert (cells.true() == seen).all()
    off = cells.cells["unseen"]
    assert off.std() == pytest.approx(56.0 * 0.002, rel=0.05)
    assert abs(off.mean()) < 4.0 * off.std() / np.sqrt(4000)


def test_a_cell_decays_to_its_rest_by_its_lifetime_in_seconds_or_updates(cell_array):
    law = {"law": "ConstantStep", "reset": 0.0, "lifetime": 50.0, "clock": "updates"}
    constants = preset_of({**law, "dw_min_std": 0.0})
    cells = cell_array(constants, size=SIZE, update_time=0.2)
    cells.pulse(1.0, GATE, count=30)
    start = weights_of(cells)
    cells.time = 1e-6 + 10.0  # one lifetime of 50 updates of 0.2 s

    np.testing.assert_allclose(weights_of(cells), start * np.exp(-1.0), atol=2e-4)


def test_no_cell_is_seen_below_the_floor_nor_beyond_its_bounds(cell_array):
    cells = cell_array("reram-array-hfo2", size=2000, write_noise_std=0.0)
    for volts in (-1.0, 1.0):
        cells.pulse(volts, GATE if volts > 0 else 5.0, count=200)
        w = cells.cells["weight"]
        assert (w >= cells.devices["w_min"]).all() and (w <= cells.devices["w_max"]).all()
        assert (cells.true() > 0.99e-6).all()


def test_a_chip_file_changes_the_law_s_constants_by_name_and_its_spreads_by_a_factor():
    preset = load_preset("rpu-target")
    changed = preset.changed(spread=0.5, constants={"dw_min": 0.002, "lowest": 9e-9})

    assert changed.law.dw_min == 0.002 and changed.window.lowest == 9e-9
    assert changed.law.dw_min_dtod == 0.5 * preset.law.dw_min_dtod
    assert changed.law.dw_min_std == 0.5 * preset.law.dw_min_std
    assert changed.window.resistance_spread == 0.5 * preset.window.resistance_spread
    with pytest.raises(ValueError, match="pow_gamma"):
        preset.changed(constants={"pow_gamma": 2.0})


@pytest.mark.parametrize(
    "law",
    [{"law": "SoftBounds", "diffusion": 0.1}, {"preset": "NoSuchLaw"}, {"law": "NoSuchLaw"},
     {"law": "PiecewiseStep", "piecewise_up": (1.0,) * 40, "piecewise_down": (1.0,) * 40},
     {"law": "SoftBounds", "w_max": 0.0, "w_min": 0.0}],
)  # fmt: skip
def test_a_law_that_a_chip_cannot_have_is_refused(law):
    known = load_preset("gokmen-vlasov").model_dump()
    with pytest.raises((ValueError, RecipeError)):
        PulseLawPreset.model_validate({**known, "law": law})
