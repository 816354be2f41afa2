"""R1: forming on hidden chips, judged by the truth; and cells without a transistor."""

import numpy as np
import pytest

from .any_chip import any_chip, ran, result, truth_of

RAMP = {  # of the public recipe: 1 us, up to 3.1 V, verified each step
    "gate_start": "1.4 V", "gate_stop": "1.4 V", "drain_start": "1.9 V", "drain_stop": "3.1 V",
    "drain_step": "50 mV", "over_formed": "150 uS",
}  # fmt: skip
SEEDS = range(1, 6)


@pytest.fixture(scope="module")
def chips(tmp_path_factory):
    """Return (run, truth) of five hidden chips of 1,024 cells, 1 % of them dead."""
    found = []
    for seed in SEEDS:
        chip = {"preset": "sky130-reram", "seed": seed, "formed": False, "stuck": 0.01}
        path = any_chip(tmp_path_factory.mktemp("chip"), 32, 32, **chip)
        found.append((ran(path, "form", **RAMP), truth_of(path)))
    return found


def test_r1_at_least_99_percent_of_the_truly_good_cells_form_at_3_1_volt(chips):
    for _, truth in chips:
        cells = truth.cells()
        good = cells["stuck"] == 0
        assert np.mean(cells["formed"][good] != 0) >= 0.99
        assert np.abs(truth.pulses()["amplitude"]).max() <= 3.1 + 1e-6


def test_r1_the_mean_forming_voltage_is_2_5_volt_within_50_mv(chips):
    for view, _ in chips:
        mean = result(view, "forming voltage, mean")
        assert abs(mean["value"] - 2.5) <= 0.05
        assert mean["low"] < mean["value"] < mean["high"]


def test_r1_no_cell_is_over_formed(chips):
    for view, truth in chips:
        cells = truth.cells()
        first = view.readings().set_index("cell").sort_index()
        ours = first["by_us"].to_numpy()
        assert cells["conductance"][ours].max() <= 150e-6
        assert result(view, "over-formed cells")["outcome"] == "PASS"


def test_r1_the_weibull_law_is_that_of_the_preset(chips):
    """Mean 2.5 V and shape 18: the scale is 2.5 / Gamma(1 + 1 / 18) = 2.573 V."""
    scale = np.mean([result(v, "forming voltage, Weibull scale")["value"] for v, _ in chips])
    shape = np.mean([result(v, "forming voltage, Weibull shape")["value"] for v, _ in chips])
    assert scale == pytest.approx(2.573, abs=0.012)
    assert shape == pytest.approx(18.0, rel=0.05)


def test_every_cell_that_formed_is_reset_at_once_when_wanted(tmp_path):
    chip = {"preset": "neurram-130nm", "seed": 2, "formed": False}
    path = any_chip(tmp_path, 8, 8, **chip)
    view = ran(path, "form", reset_after="2.6 V")
    rows = view.readings()
    assert rows["by_us"].all()
    assert rows["after_reset"].max() < rows["conductance"].median()
    resets = view.pulses().query("amplitude < 0")
    assert len(resets) == 64
    assert np.allclose(resets["amplitude"], -2.6)


def test_cells_without_transistors_are_formed_under_a_limit_and_none_into_a_short(tmp_path):
    chip = {"preset": "taox-passive", "kind": "passive", "seed": 1, "formed": False}
    path = any_chip(tmp_path, 8, 8, **chip)
    recipe = {"drain_start": "1.6 V", "drain_stop": "2.6 V", "over_formed": "150 uS"}
    view = ran(path, "form", accept_instrument_compliance=True, current_limit="100 uA", **recipe)
    cells = truth_of(path).cells()
    assert (cells["formed"] != 0).all()
    assert (cells["stuck"] == 0).all()
    assert cells["conductance"].max() <= 150e-6
    assert result(view, "over-formed cells")["outcome"] == "PASS"
