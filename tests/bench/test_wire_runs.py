"""R14: ohm of each segment within 10 %, on chips whose wires are in the chip file."""

import pytest

import labcim

from .any_chip import any_chip, ran, result
from .conftest import small_bench

WIRES = """
[chip.wires]
row = "{row} ohm"
column = "{column} ohm"
driver = "20 ohm"
sense = "20 ohm"
"""
PASSIVE = {"preset": "taox-passive", "kind": "passive"}
GATED = {"preset": "neurram-130nm"}
NAMES = {"row": "row wire, each segment", "column": "column wire, each segment"}


def measured(folder, size, row, column, chip, **recipe):
    path = any_chip(folder, size, size, more=WIRES.format(row=row, column=column), **chip)
    return ran(path, "wire_resistance", check_contacts=False, terminal="20 ohm", **recipe)


def assert_found(view, row, column):
    for name, true in (("row", row), ("column", column)):
        found = result(view, NAMES[name])
        assert found["value"] == pytest.approx(true, rel=0.1)
        assert found["low"] - 0.02 * true <= true <= found["high"] + 0.02 * true


@pytest.mark.parametrize("seed", range(1, 6))
def test_r14_wires_are_found_within_10_percent(tmp_path, seed):
    view = measured(tmp_path, 16, 10, 8, {**PASSIVE, "seed": seed}, repeats=12)
    assert_found(view, 10.0, 8.0)
    assert view.stop.pulses == 0


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(1, 6))
@pytest.mark.parametrize(
    ("ohm", "chip", "repeats"), [(0.5, PASSIVE, 32), (2.0, GATED, 24), (10.0, GATED, 8)]
)
def test_r14_wires_from_half_an_ohm_on_are_found_in_32_x_32_cells(
    tmp_path, ohm, chip, repeats, seed
):
    view = measured(tmp_path, 32, ohm, ohm, {**chip, "seed": seed}, repeats=repeats, lines=24)
    assert_found(view, ohm, ohm)


def test_r14_wires_that_noise_hides_are_said_to_be_hidden(tmp_path):
    view = measured(tmp_path, 6, 0.5, 0.5, {**PASSIVE, "seed": 1}, repeats=2)
    names = {"row": 0.5, "column": 0.5}
    for name, true in names.items():
        hidden = result(view, f"{NAMES[name]}: not seen under noise, at most")
        assert hidden["value"] >= true


def test_fresh_cells_tell_nothing_of_wires(tmp_path):
    chip = {**PASSIVE, "seed": 1, "formed": False}
    view = measured(tmp_path, 8, 2, 2, chip, repeats=4)
    named = set(view.results()["name"])
    assert not named & set(NAMES.values())


def test_a_bench_that_does_not_measure_every_line_says_so(tmp_path):
    path = small_bench("probed", tmp_path, 4)
    with labcim.open_bench(path, record=tmp_path / "r.sqlite") as bench:
        view = bench.run(labcim.new_recipe("wire_resistance", repeats=1))
    assert view.stop.state == "failed"
    assert "does not measure the current of every line" in view.stop.reason
