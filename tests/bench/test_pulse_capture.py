"""The pulse at the pad, captured by the scope and judged by what the node really did."""

import numpy as np
import pytest

import labcim
from labcim.app.describe import simulated_bench_template
from labcim.bench_file import load_bench
from labcim.capabilities import Train
from labcim.errors import RangeError, RecipeError
from labcim.sim_backend.bench import SimulatedBench
from labcim.sim_backend.chip.truth import Truth

from .conftest import small_bench
from .scoped import IN_BENCH, IN_CHIP, scoped_bench


def captured(path, **recipe):
    """Run the protocol; return its view, its rows and its results by name."""
    chosen = {"cells": "0:1, 0:2", "repeats": 4} | recipe
    with labcim.open_bench(path, record=path.parent / "record.sqlite") as bench:
        view = bench.run(labcim.new_recipe("pulse_capture", **chosen))
    assert view.stop.state == "completed"
    table = view.results().drop_duplicates("name")
    return view, view.readings(), {row.name: row for row in table.itertuples(index=False)}


@pytest.fixture(scope="module")
def clean(tmp_path_factory):
    """Return a run on a sound bench, and the folder of its chip."""
    path = scoped_bench(tmp_path_factory.mktemp("clean"))
    return (*captured(path), path.parent)


def test_a_sound_bench_passes_within_5_percent(clean):
    _, _, results, _ = clean
    assert results["captures with a pulse"].value == 1.0
    assert abs(results["amplitude error"].value) < 0.05
    assert results["amplitude error"].outcome == "PASS"
    assert results["width error"].outcome == results["overshoot"].outcome == "PASS"


def test_every_result_has_an_interval_that_holds_the_truth(clean):
    _, _, results, _ = clean
    amplitude, width = results["amplitude error"], results["width"]
    assert amplitude.low < 0.0 < amplitude.high
    assert width.low <= 1e-6 * 1.002 and width.high >= 1e-6 * 0.998
    # The generator's edges are 10 ns from 10 to 90 %; the scope adds its own.
    assert results["rise"].low < 10e-9 * 1.3 < results["rise"].high * 1.6


def test_the_waveform_is_on_record_with_its_pretrigger(clean):
    _, rows, _, _ = clean
    one = rows[(rows["repeat"] == 0) & (rows["cell"] == 0)]
    assert one["at"].min() <= -0.5e-6 and one["at"].max() >= 1.99e-6
    assert np.median(one["volts"][one["at"] < -0.1e-6]) == pytest.approx(0.0, abs=0.02)
    assert one["volts"][(one["at"] > 0.2e-6) & (one["at"] < 0.8e-6)].median() == pytest.approx(
        0.2, rel=0.05
    )


def test_nothing_was_written_and_every_pulse_is_in_the_truth(clean):
    *_, folder = clean
    truth = Truth(folder / "chip.state")
    assert len(truth.pulses()) <= 2 * (4 + 2)


def test_a_load_setting_that_does_not_fit_doubles_the_amplitude_and_fails(tmp_path, monkeypatch):
    from labcim.sim_backend.instruments import _keysight33522b_signal as signal

    path = scoped_bench(tmp_path)
    # The generator believes in a high impedance, but its load setting was lost: 50 ohm.
    monkeypatch.setattr(signal.Signal, "set_load", lambda self, load: None)
    _, _, results = captured(path)
    assert results["amplitude error"].value == pytest.approx(1.0, abs=0.05)
    assert results["amplitude error"].outcome == "FAIL"


def test_a_line_that_rounds_the_pulse_shows_in_its_edges_and_width(tmp_path):
    tau = 50.0 * 5 * 400e-12  # the generator's 50 ohm, five segments of a row
    path = scoped_bench(tmp_path, wires='row_capacitance = "400 pF"')
    _, _, results = captured(path)
    assert results["rise"].value == pytest.approx(2.2 * tau, rel=0.1)
    assert results["fall"].value == pytest.approx(2.2 * tau, rel=0.1)


def test_a_pulse_that_the_lines_swallow_fails_in_its_amplitude(tmp_path):
    path = scoped_bench(tmp_path, wires='row_capacitance = "2 nF"')
    _, _, results = captured(path, width=0.7e-6)  # 1.4 time constants
    assert results["amplitude error"].value < -0.1
    assert results["amplitude error"].outcome == "FAIL"


def test_a_scope_on_another_pad_captures_nothing_and_says_so(tmp_path):
    path = scoped_bench(tmp_path, node="row.3")
    _, rows, results = captured(path, cells="0:1, 0:1", repeats=2, patience=0.1)
    assert results["captures with a pulse"].value == 0.0
    assert results["captures with a pulse"].outcome == "FAIL"
    assert results["amplitude error"].outcome == "ERROR"
    assert np.isnan(rows["amplitude"]).all()


def test_a_scope_on_a_pad_sees_the_pulse_of_its_own_line(tmp_path):
    path = scoped_bench(tmp_path, node="row.3")
    _, _, results = captured(path, cells="3:4, 0:1", repeats=2)
    assert abs(results["amplitude error"].value) < 0.05


def test_without_a_digitizer_it_is_refused(tmp_path):
    path = small_bench("probed", tmp_path, 4)
    with labcim.open_bench(path, record=tmp_path / "r.sqlite") as bench:
        view = bench.run(labcim.new_recipe("pulse_capture"))
    assert view.stop.state == "failed"
    assert "no digitizer" in view.stop.reason


def test_a_digitizer_that_records_nothing_is_refused_at_the_bench(tmp_path):
    path = scoped_bench(tmp_path)
    text = path.read_text("utf-8").replace('instrument = "scope"', 'instrument = "smu"')
    path.write_text(text, "utf-8")
    with (
        pytest.raises(RecipeError, match="records no waveform"),
        labcim.open_bench(path, record=tmp_path / "r.sqlite") as bench,
    ):
        bench.run(labcim.new_recipe("pulse_capture"))


def test_a_pulse_that_is_too_short_for_the_lines_is_refused_before_a_byte(tmp_path):
    lines = '{ resistance = "1 kohm", capacitance = "100 pF" }'
    path = scoped_bench(tmp_path, lines=lines)
    with labcim.open_bench(path, record=tmp_path / "r.sqlite") as bench:
        with pytest.raises(RangeError, match=r"100 ns .1 kΩ and 100 pF.* accepts 299\.57 ns"):
            bench.run(labcim.new_recipe("pulse_capture", width=200e-9))
        with pytest.raises(RangeError, match=r"accepts 299\.57 ns and more; nothing was sent"):
            bench.cells.pulse(np.array([0]), Train(amplitude=0.2, width=250e-9))
        bench.cells.pulse(np.array([0]), Train(amplitude=0.2, width=300e-9))
    assert len(Truth(tmp_path / "chip.state").pulses()) <= 1


def test_the_truth_of_the_node_agrees_with_what_the_scope_says(tmp_path):
    path = scoped_bench(tmp_path)
    bench = SimulatedBench.shared(tmp_path / "chip.toml")
    probe = bench.waveforms.watch("scope.ch1")
    try:
        _, rows, _ = captured(path, cells="0:1, 0:1", repeats=2)
        pulse = next(part for part in probe.parts if hasattr(part, "top"))
        assert pulse.top == pytest.approx(0.2, rel=1e-3)
        seen = rows["amplitude"].dropna()
        assert seen.to_numpy() == pytest.approx(pulse.top - pulse.base, rel=0.05)
    finally:
        bench.close()


@pytest.mark.parametrize(("amplitude", "pad"), [(0.2, "row.2"), (-0.2, "column.1")])
def test_on_a_board_the_scope_sees_the_line_that_is_raised(tmp_path, amplitude, pad):
    path = small_bench("board", tmp_path, 4)
    chip = tmp_path / "chip.toml"
    text = chip.read_text("utf-8") + IN_CHIP
    chip.write_text(text + f'\n[wiring]\n"scope.ch1" = "{pad}"\n', "utf-8")
    path.write_text(path.read_text("utf-8") + IN_BENCH, "utf-8")
    _, rows, results = captured(path, cells="2:3, 1:2", amplitude=amplitude, patience=0.1)
    assert results["captures with a pulse"].value == 1.0
    assert abs(results["amplitude error"].value) < 0.05
    assert results["width"].value == pytest.approx(1e-6, rel=0.02)
    assert (np.sign(rows["amplitude"].dropna()) == np.sign(amplitude)).all()


def test_a_bench_file_that_is_written_for_a_chip_with_a_scope_names_it(tmp_path):
    small_bench("board", tmp_path, 4)
    chip = tmp_path / "chip.toml"
    chip.write_text(chip.read_text("utf-8") + IN_CHIP, "utf-8")
    made = tmp_path / "made.toml"
    made.write_text(simulated_bench_template(chip, made), "utf-8")
    entry = load_bench(made).digitizer
    assert entry is not None
    assert (entry.instrument, entry.channel, entry.probe) == ("scope", 1, 10)


def test_a_digitizer_that_is_no_instrument_is_refused(tmp_path):
    path = small_bench("board", tmp_path, 4)
    path.write_text(path.read_text("utf-8") + '[digitizer]\ninstrument = "eye"\n', "utf-8")
    with pytest.raises(RecipeError, match="no instrument is called eye"):
        load_bench(path)
