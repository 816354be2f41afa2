"""One host per bench; and a run that was aborted goes on where it was."""

import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

import labcim
from labcim.app.record import RunView
from labcim.documents import Attempt, RunStart, UnitDone
from labcim.errors import BenchHeldError
from labcim.sim_backend.chip.truth import Truth

from .conftest import small_bench

HOLDER = """
import sys, labcim
with labcim.open_bench(sys.argv[1], record=sys.argv[2]):
    print("held", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def holder(tmp_path):
    """Return (bench file, process that holds it)."""
    path = small_bench("board", tmp_path / "held", 8)
    words = [sys.executable, "-c", HOLDER, str(path), str(tmp_path / "holder.sqlite")]
    pipe = subprocess.PIPE
    with subprocess.Popen(words, stdin=pipe, stdout=pipe, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        yield path, process
        process.communicate(timeout=20)


def test_a_second_host_is_refused_within_a_second_and_told_by_whom(holder, tmp_path):
    path, process = holder
    began = time.monotonic()
    with (
        pytest.raises(BenchHeldError, match=rf"labcim \(process {process.pid}\) holds bench"),
        labcim.open_bench(path, record=tmp_path / "second.sqlite"),
    ):
        pass
    assert time.monotonic() - began < 1.0


def test_the_bench_is_free_when_its_holder_has_gone(holder, tmp_path):
    path, process = holder
    process.communicate(timeout=20)
    with labcim.open_bench(path, record=tmp_path / "second.sqlite") as bench:
        assert "board" in bench.identities


class Resumed:
    """A write-verify in units of eight cells, aborted at a random moment and then resumed."""

    def __init__(self, folder: Path, seed: int) -> None:
        path = small_bench("board", folder, 8, stuck="0.0", seed=str(seed))
        self.url = folder / "record.sqlite"
        moment = int(np.random.default_rng(seed).integers(2, 40))
        seen = 0
        with labcim.open_bench(path, record=self.url) as bench:

            def abort_now(_unit: str, _fraction: float, _text: str) -> None:
                nonlocal seen
                seen += 1
                if seen == moment:
                    bench.steering.request("abort", "a test says so")

            bench.run(labcim.new_recipe("form"))
            recipe = labcim.new_recipe("program_image", block=8)
            self.first = bench.run(recipe, on_progress=abort_now)
            self.at = float(Truth(folder / "chip.state").header()["clock"])
            self.second = bench.resume("last")
        self.truth = Truth(folder / "chip.state")

    def told(self, view: RunView, kind: type) -> list:
        """Return the documents of a kind that a run told."""
        with labcim.open_record(self.url) as record:
            return [it for it in record.documents(view.run) if isinstance(it, kind)]


@pytest.fixture(scope="module", params=[1, 2, 3])
def resumed(request, tmp_path_factory):
    return Resumed(tmp_path_factory.mktemp("resumed"), request.param)


def test_an_aborted_run_says_so_and_why(resumed):
    assert resumed.first.stop.state == "aborted"
    assert resumed.first.stop.reason == "a test says so"
    assert resumed.first.stop.safe


def test_a_resumed_run_finishes(resumed):
    assert resumed.second.stop.state == "completed"


def test_no_unit_is_done_twice_and_none_is_left_out(resumed):
    (start,) = resumed.told(resumed.first, RunStart)
    done = [
        it.unit for view in (resumed.first, resumed.second) for it in resumed.told(view, UnitDone)
    ]
    assert len(done) == 8
    assert tuple(done) == start.units


def test_a_unit_that_was_done_gets_no_pulse_of_the_resumed_run(resumed):
    done = {it.unit for it in resumed.told(resumed.first, UnitDone)}
    begun = resumed.told(resumed.first, Attempt)
    cells = [cell for it in begun if it.unit in done for cell in it.cells.tolist()]
    assert len(cells) == 8 * len(done)
    later = resumed.truth.pulses()
    later = later[later["time"] >= resumed.at]
    assert len(later) > 0
    assert not np.isin(later["cell"], cells).any()


def test_the_ledger_counts_every_pulse_of_the_truth(resumed):
    with labcim.open_record(resumed.url) as record:
        ledger = record.ledger("neurram-64x64-a")
    pulses = np.bincount(resumed.truth.pulses()["cell"], minlength=64)
    assert np.array_equal(ledger["pulses"].to_numpy(), pulses)
