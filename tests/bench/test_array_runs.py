"""Runs that work on the whole array at once: whatever the chip saw is on record."""

from pathlib import Path

import numpy as np
import pytest
from logic_bench import write_bench

import labcim
from labcim.errors import RecipeError
from labcim.plugins import add_plugins
from labcim.sim_backend.chip.truth import Truth

PLUGINS = Path(__file__).parent / "plugins"


@pytest.fixture(scope="module")
def done(tmp_path_factory):
    """Return (the run, its documents, the truth, the ledger) of three rounds on formed cells."""
    add_plugins(PLUGINS)
    folder = tmp_path_factory.mktemp("array")
    path = write_bench(folder, 8, 8, preset="neurram-130nm", spread=1.0)
    record = folder / "record.sqlite"
    with labcim.open_bench(path, record=record) as bench:
        run = bench.run(labcim.new_recipe("whole_array"))
    opened = labcim.open_record(record)
    return run, list(opened.documents(run.run)), Truth(folder / "chip.state"), opened


def of_kind(documents, kind):
    return [d for d in documents if type(d).__name__ == "Event" and d.kind == kind]


def test_every_pulse_of_an_update_is_on_record_and_no_other(done):
    _, documents, truth, _ = done
    on_record = np.zeros(64, int)
    for document in documents:
        if type(document).__name__ == "Pulses":
            np.add.at(on_record, document.train["cell"], document.train["count"])
    seen = np.bincount(truth.pulses()["cell"], minlength=64)
    assert documents[-1].state == "completed"
    assert seen.sum() > 1000
    assert np.array_equal(on_record, seen)


def test_the_ledger_of_a_cell_counts_what_it_saw(done):
    _, documents, truth, opened = done
    ledger = opened.ledger(documents[0].chip)["pulses"]
    seen = np.bincount(truth.pulses()["cell"], minlength=64)
    assert ledger.sort_index().to_numpy().tolist() == seen[seen > 0].tolist()


def test_every_product_and_every_loop_is_an_event(done):
    _, documents, _, _ = done
    products, loops = of_kind(documents, "multiply"), of_kind(documents, "solve")
    assert [event.data["vectors"] for event in products] == [1] * 6
    assert {event.data["voltage"] for event in products} == {0.2}
    assert {event.data["ending"] for event in loops} <= {"settled", "saturated"}
    assert [event.data["rows"] for event in loops] == [2] * 3


def test_what_the_updates_did_shows_in_the_products(done):
    run, *_ = done
    rows = run.readings()
    assert (rows["after"] > rows["before"]).mean() > 0.9  # all pulses were SETs


def test_a_bench_that_cannot_says_so(new_bench, tmp_path):
    with labcim.open_bench(new_bench("probed"), record=tmp_path / "record.sqlite") as bench:
        for verb in ("vectors", "updates", "feedback"):
            with pytest.raises(RecipeError, match="nothing on this bench"):
                getattr(bench, verb)
        found = bench.look(lambda given: (given.vectors, given.updates, given.feedback))
    assert found == (None, None, None)
