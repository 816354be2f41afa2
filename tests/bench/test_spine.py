"""From a recipe to a verified crossbar on record, judged by the truth log."""

import numpy as np
import pytest

import labcim

EXAMPLES_TOLERANCE = 1e-6


def window(truth, run, kind):
    """Return the truth records of a kind that belong to a run, by bench time."""
    documents = list(labcim.open_record(run.record).documents(run.run))
    first, last = documents[0].bench_time, documents[-1].bench_time
    records = truth.reads() if kind == "reads" else truth.pulses()
    return records[(records["time"] >= first) & (records["time"] <= last)]


def last_of_each_cell(records):
    """Return the last record of every cell in ``records``, by cell."""
    backwards = records[::-1]
    _, at = np.unique(backwards["cell"], return_index=True)
    return backwards[at]


def good_cells(truth):
    return np.flatnonzero(truth.cells()["stuck"] == 0)


def test_at_least_99_percent_of_the_truly_good_cells_are_formed(day):
    cells = day.truth.cells()
    good = cells["stuck"] == 0
    assert 0 < (~good).sum() < 100  # one percent of 4096 is dead
    assert cells["formed"][good].mean() >= 0.99


def test_at_least_99_percent_are_truly_within_1_microsiemens_at_their_own_acceptance(day):
    rows = day.runs["face"].readings()
    truth = last_of_each_cell(window(day.truth, day.runs["face"], "reads"))
    cells = day.truth.cells()
    usable = (cells["stuck"] == 0) & (cells["formed"] != 0)
    by_cell = rows.set_index("cell").sort_index()
    error = np.abs(truth["conductance"] - by_cell["target"].to_numpy()[truth["cell"]])
    truly = error[usable[truth["cell"]]] <= EXAMPLES_TOLERANCE
    assert len(truly) == usable.sum()
    assert truly.mean() >= 0.99


def test_the_adaptive_start_needs_at_most_10_pulses_for_each_usable_cell(day):
    rows = day.runs["face"].readings().set_index("cell").sort_index()
    cells = day.truth.cells()
    usable = (cells["stuck"] == 0) & (cells["formed"] != 0)
    assert rows["pulses"].to_numpy()[usable].mean() <= 10.0


def test_every_pulse_of_the_truth_log_is_on_record_and_no_other(day):
    for name in ("form", "face"):
        truth = window(day.truth, day.runs[name], "pulses")
        record = day.runs[name].pulses()
        assert len(record) > 4000
        assert int(record["count"].sum()) == len(truth)
        for field in ("cell", "amplitude", "gate", "width"):
            said = np.sort(record[field].to_numpy().astype("f4"))
            assert np.array_equal(said, np.sort(truth[field].astype("f4"))), field


def test_each_cell_got_its_pulses_in_the_recorded_order(day):
    truth = window(day.truth, day.runs["face"], "pulses")
    record = day.runs["face"].pulses()
    for cell in (0, 777, 4095):
        said = record[record["cell"] == cell]["amplitude"].to_numpy().astype("f4")
        assert np.array_equal(said, truth[truth["cell"] == cell]["amplitude"].astype("f4"))


def test_every_reading_is_within_the_noise_that_the_preset_states(day):
    """White noise of 0.4 % + 0.9 % sqrt(20 uS / G) in one reading of 10 us, averaged 5 times."""
    rows = day.runs["face"].readings()
    rows = rows[rows["accepted"]].set_index("cell").sort_index()
    truth = last_of_each_cell(window(day.truth, day.runs["face"], "reads"))
    true = truth["conductance"][np.isin(truth["cell"], rows.index)]
    noise = true * (0.004 + 0.009 * np.sqrt(20e-6 / true)) / np.sqrt(5)
    pull = (rows["conductance"].to_numpy() - true) / noise
    # Telegraph noise of a quarter of the cells stands on top of the white noise.
    assert np.median(np.abs(pull)) == pytest.approx(0.6745, rel=0.25)
    assert np.mean(np.abs(pull) < 5) > 0.97


def sigma_after_one_second(g):
    """Return the published relaxation at 1 s in S (Wan et al. 2022, public fit), g in S."""
    u = g / 40e-6
    return 1e-6 * (0.348 + 16.03 * u - 43.853 * u**2 + 45.393 * u**3 - 16.815 * u**4)


def test_a_map_after_one_second_shows_the_relaxation_of_the_preset_within_10_percent(day):
    """From the accepted reading to the map, in units of the law and of two readings' noise."""
    rows = day.runs["face"].readings().set_index("cell").sort_index()
    later = day.runs["read_map"].readings().set_index("cell").sort_index()
    cells = day.truth.cells()
    usable = (cells["stuck"] == 0) & (cells["formed"] != 0) & rows["accepted"].to_numpy()
    at = rows["conductance"].to_numpy()[usable]
    moved = later["conductance"].to_numpy()[usable] - at
    noise = at * (0.004 + 0.009 * np.sqrt(20e-6 / at))
    pull = moved / np.sqrt(sigma_after_one_second(at) ** 2 + (1 + 1 / 5) * noise**2)
    assert pull.std() == pytest.approx(1.0, abs=0.10)


def test_the_ledger_counts_what_the_truth_log_counts(day):
    with labcim.open_record(day.record) as record:
        ledger = record.ledger("neurram-64x64-a")
    pulses = np.bincount(day.truth.pulses()["cell"], minlength=4096)
    assert np.array_equal(ledger["pulses"].to_numpy(), pulses)


def test_the_stored_documents_have_the_hash_of_the_end(day):
    with labcim.open_record(day.record) as record:
        assert all(record.is_intact(run.run) for run in day.runs.values())


def test_outputs_are_off_at_the_end_in_the_order_of_the_phases(day):
    actions = day.truth.actions()
    last = {}
    for action in actions:
        last[(action["instrument"], action["kind"], action["target"])] = action["value"]
    on = {key: value for key, value in last.items() if key[1] in (b"source", b"gate", b"output")}
    assert on
    assert not any(on.values())


def test_the_report_stands_alone(day, tmp_path):
    page = day.runs["face"].report(tmp_path / "face.html").read_text(encoding="utf-8")
    assert page.count("data:image/png;base64,") >= 6
    assert "http://" not in page and "https://" not in page
    for title in ("Target", "Achieved", "Error", "Pulses for each cell"):
        assert title in page


def test_two_runs_with_the_same_seed_have_the_same_record(new_bench, tmp_path):
    hashes = []
    for name in ("one", "two"):
        path = new_bench("board", name, rows="16", columns="16")
        text = path.read_text(encoding="utf-8").replace("= 64", "= 16")
        path.write_text(text, encoding="utf-8")
        with labcim.open_bench(path, record=tmp_path / f"{name}.sqlite") as bench:
            for protocol in ("form", "program_image"):
                hashes.append(bench.run(labcim.new_recipe(protocol)).stop.hash)
    assert hashes[:2] == hashes[2:]


def test_the_plain_schedule_needs_at_most_18_pulses_and_is_as_true(new_bench, tmp_path):
    path = new_bench("board", "plain")
    with labcim.open_bench(path, record=tmp_path / "plain.sqlite") as bench:
        bench.run(labcim.new_recipe("form"))
        run = bench.run(labcim.new_recipe("program_image", algorithm="plain"))
    from labcim.sim_backend.chip.truth import Truth

    truth = Truth(path.parent / "chip.state")
    cells = truth.cells()
    usable = (cells["stuck"] == 0) & (cells["formed"] != 0)
    rows = run.readings().set_index("cell").sort_index()
    last = last_of_each_cell(window(truth, run, "reads"))
    error = np.abs(last["conductance"] - rows["target"].to_numpy()[last["cell"]])
    assert rows["pulses"].to_numpy()[usable].mean() <= 18.0
    assert (error[usable[last["cell"]]] <= 1e-6).mean() >= 0.99
