"""An unknown chip characterises itself: hidden chips of many kinds, judged by what they are."""

import json
from functools import cache

import numpy as np
import pytest
from logic_bench import write_bench

import labcim
from labcim.app.datasheet import datasheet
from labcim.capabilities import Topology
from labcim.cli.main import run_command
from labcim.errors import RecipeError, RecordError

from .conftest import small_bench
from .hidden_chip import hidden_chip

GATES = 'gate = { high = "5.5 V" }\n'


class Known:
    """The datasheet of one chip, and the chip."""

    def __init__(self, folder, preset, seed, *, kind="1T1R", formed=False, **recipe):
        self.path = write_bench(
            folder, 4, 4, preset=preset, spread=1.0, seed=seed, formed=formed, kind=kind
        )
        if kind == "passive":
            text = self.path.read_text("utf-8").replace(GATES, "")
            self.path.write_text(text.replace("gate_along", 'kind = "passive"\ngate_along'))
        self.record = folder / "r.sqlite"
        with labcim.open_bench(self.path, record=self.record) as bench:
            chosen = labcim.new_recipe("characterise", **recipe)
            self.view = bench.run(chosen, check_contacts=False)  # what is off looks open
        assert self.view.stop.state == "completed", self.view.stop.reason
        self.sheet = datasheet(self.record)
        with hidden_chip(self.path) as chip:
            self.devices = chip.state.devices[:8].copy()
            self.pulses = chip.truth.pulses()

    def entry(self, stage, name):
        return next(e for e in self.sheet.entries if (e.stage, e.name) == (stage, name))

    def left_out(self):
        return {stage.name: stage.said for stage in self.sheet.stages if not stage.done}


@pytest.fixture(scope="module")
def known(tmp_path_factory):
    """Return (preset, seed) -> the chip, characterised once."""

    @cache
    def of(preset, seed=3, **how):
        return Known(tmp_path_factory.mktemp(preset), preset, seed, **how)

    return of


@pytest.mark.parametrize(
    "preset",
    ["neurram-130nm", "abrupt-binary", pytest.param("oxram-1t1r-64k", marks=pytest.mark.slow)],
)
def test_forming_voltages_of_fresh_chips_are_those_of_their_cells(known, preset):
    chip = known(preset)
    found = chip.entry("form", "forming voltage, mean")
    # A cell forms at the first step of 0.1 V above its own voltage.
    assert found.value == pytest.approx(chip.devices["forming_voltage"].mean() + 0.05, abs=0.08)
    assert found.cells == 8
    assert chip.left_out() == {}


def test_thresholds_of_an_abrupt_cell_are_those_of_its_cells(known):
    chip = known("abrupt-binary")
    for side, name in (("SET", "set_voltage"), ("RESET", "reset_voltage")):
        found = chip.entry("switch", f"{side} threshold, mean over cells")
        # A step of the ramp is 50 mV.
        assert found.value == pytest.approx(chip.devices[name].mean() + 0.025, abs=0.04)


def test_the_scatter_of_readings_is_that_of_the_chip(known):
    """0.4 % + 0.9 % sqrt(20 uS / G), stated at 10 us, where the cells stood; 2 % whatever G."""
    chip = known("neurram-130nm")
    results = chip.view.results()
    g = results[results["name"] == "listen: conductance, mean"]["value"].to_numpy()
    law = 0.004 + 0.009 * np.sqrt(20e-6 / g)
    name = "sigma / G in blocks, geometric mean over cells"
    assert chip.entry("listen", name).value == pytest.approx(np.exp(np.log(law).mean()), rel=0.2)
    assert known("abrupt-binary").entry("listen", name).value == pytest.approx(0.020, rel=0.1)


@pytest.mark.parametrize(("preset", "slope"), [("neurram-130nm", 0.08), ("abrupt-binary", 0.04)])
def test_the_voltage_time_slope_of_the_preset_lies_in_its_interval(known, preset, slope):
    found = known(preset).entry("kinetics", "SET slope")
    assert found.low < slope < found.high
    assert found.high - found.low < 1.5 * slope


def test_a_law_of_compliance_is_told_only_where_conductance_follows_the_current(known):
    names = {entry.name for entry in known("neurram-130nm").sheet.entries if entry.stage == "law"}
    assert "exponent of G over I_C" in names
    assert "V_C" not in names


@pytest.mark.slow
def test_the_compliance_voltage_of_the_64k_chips_is_found(known):
    found = known("oxram-1t1r-64k").entry("law", "V_C")
    assert found.value == pytest.approx(0.45, rel=0.1)


def test_a_volatile_chip_is_known_by_its_retention_and_not_written(known):
    chip = known("ag-diffusive")
    found = chip.entry("keep", "retention time at 1.6 V")
    # 1 us (I / 1 uA)^3.5 at 300 uS x 0.45 V; from pulse to pulse ln-sd 0.3.
    assert found.value == pytest.approx(1e-6 * 135.0**3.5, rel=0.4)
    left = chip.left_out()
    rest = {"faults", "kinetics", "law", "write", "respond", "listen", "disturb", "cycle"}
    assert set(left) == rest
    assert set(left.values()) == {"the cells forget what is written: there is no state to look at"}


def test_a_short_term_oxide_forgets_in_35_milliseconds(known):
    found = known("wox-short-term").entry("keep", "retention time at 1.6 V")
    assert found.value == pytest.approx(0.035, rel=0.03)


def test_phase_change_needs_no_forming_and_drifts(known):
    chip = known("pcm-mushroom")
    assert "conduct already" in chip.left_out()["form"]
    assert chip.entry("read", "conductance, median").value == pytest.approx(25e-6, rel=0.05)
    first = chip.entry("keep", "first reading at 1.6 V").value
    change = chip.entry("keep", "change by the last reading at 1.6 V").value
    # (1 + 100 s / 20 s)^-0.049, with 1/f noise of a few percent on eight cells.
    assert change / first == pytest.approx(6.0**-0.049 - 1.0, abs=0.04)


def test_passive_cells_are_measured_under_a_current_limit(known):
    chip = known("taox-passive", formed=True, kind="passive")
    found = chip.entry("switch", "SET threshold, mean over cells")
    assert found.value == pytest.approx(chip.devices["set_voltage"].mean(), abs=0.3)
    assert chip.entry("write", "accepted of the cells that answer").value >= 0.75
    assert set(chip.left_out()) == {"form", "hold", "law"}


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(10, 15))
@pytest.mark.parametrize(
    "preset",
    ["neurram-130nm", "oxram-1t1r-64k", "pcm-mushroom", "ag-diffusive", "abrupt-binary",
     "ecram-li", "stt-mram", "fefet-hfo2", "nor-flash", "dram-1t1c", "superparamagnetic-mtj"],
)  # fmt: skip
def test_no_chip_ends_in_an_exception(tmp_path, preset, seed):
    chip = Known(tmp_path, preset, seed)
    assert len(chip.sheet.stages) == 15


@pytest.mark.parametrize(
    ("preset", "how"),
    [("neurram-130nm", {}), ("taox-passive", {"formed": True, "kind": "passive"})],
)
def test_no_pulse_goes_beyond_the_caps_nor_beyond_what_was_announced(known, preset, how):
    chip = known(preset, **how)
    recipe = labcim.new_recipe("characterise")
    caps = max(recipe.set_cap, recipe.forming_cap)
    assert chip.pulses["amplitude"].max() <= caps * (1 + 1e-6)
    assert chip.pulses["amplitude"].min() >= -recipe.reset_cap * (1 + 1e-6)
    told = chip.view.pulses()
    meant = told.groupby("cell")["count"].sum().max()
    topology = Topology(4, 4, how.get("kind", "1T1R"))
    assert meant <= sum(unit.bound for unit in recipe.units(topology))


def test_a_run_that_was_stopped_goes_on_with_what_it_knew(tmp_path):
    path = write_bench(tmp_path, 2, 4, preset="neurram-130nm", spread=1.0, formed=False)
    record = tmp_path / "r.sqlite"
    recipe = labcim.new_recipe("characterise", leave_out=["disturb", "cycle", "faults", "law"])
    with labcim.open_bench(path, record=record) as bench:

        def stop(unit, fraction, text):
            if unit == "switch":
                bench.steering.request("stop", "enough")

        first = bench.run(recipe, on_progress=stop)
        second = bench.resume("last")
    assert (first.stop.state, second.stop.state) == ("stopped", "completed")
    sheet = datasheet(record)
    assert [stage.name for stage in sheet.stages] == [
        "contacts", "read", "form", "hold", "switch", "keep", "loop", "kinetics", "write",
        "respond", "listen",
    ]  # fmt: skip
    assert len(sheet.runs) == 2
    assert all(stage.done for stage in sheet.stages)
    threshold = next(e for e in sheet.entries if e.name == "SET threshold, mean over cells").value
    # The "keep" stage of the second run went by what the first had found.
    assert second.pulses()["amplitude"].iloc[0] == pytest.approx(
        min(threshold + 0.5, 2.6), abs=1e-6
    )


def test_a_probed_chip_is_characterised_as_well(tmp_path):
    path = small_bench("probed", tmp_path, 4, stuck="0.0")
    recipe = labcim.new_recipe(
        "characterise", cells=[[0, 0], [2, 1]], leave_out=["contacts", "disturb", "law"],
        averages=4, noise_rate=20.0, noise_count=64, cycles=20, step=0.1,
    )  # fmt: skip
    with labcim.open_bench(path, record=tmp_path / "r.sqlite") as bench:
        view = bench.run(recipe)
    assert view.stop.state == "completed", view.stop.reason
    sheet = datasheet(tmp_path / "r.sqlite")
    assert {stage.name: stage.said for stage in sheet.stages if not stage.done} == {}


def test_the_command_prints_the_sheet_and_writes_it(known, tmp_path, capsys):
    chip = known("ag-diffusive")
    words = ["datasheet", "last", "--record", str(chip.record)]
    assert run_command(words) == 0
    said = capsys.readouterr().out
    assert "retention time at 1.6 V" in said
    assert "write: left out: the cells forget what is written" in said

    page, data = tmp_path / "sheet.html", tmp_path / "sheet.json"
    assert run_command([*words, "--html", str(page), "--json", str(data)]) == 0
    sheet = json.loads(data.read_text("utf-8"))
    assert sheet["chip"] == "logic"
    assert sheet["conditions"]["set_cap"] == 2.6
    text = page.read_text("utf-8")
    assert text.count("data:image/png") >= 2
    assert "Left out: the cells forget" in text


def test_a_datasheet_of_another_run_is_refused(tmp_path):
    path = write_bench(tmp_path, 2, 2, preset="neurram-130nm", spread=1.0)
    with labcim.open_bench(path, record=tmp_path / "r.sqlite") as bench:
        bench.run(labcim.new_recipe("read_map"))
    with pytest.raises(RecordError, match="accepts runs of characterise"):
        datasheet(tmp_path / "r.sqlite")


def test_an_unknown_stage_cannot_be_left_out():
    with pytest.raises(RecipeError, match="accepts contacts, read, form"):
        labcim.new_recipe("characterise", leave_out=["coffee"])
