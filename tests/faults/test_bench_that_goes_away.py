"""The simulated bench dies under a run: the run ends by itself, and says that nothing is proved."""

import gc
import json
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

import labcim

EXAMPLES = Path(__file__).parents[2] / "examples"


@pytest.fixture(params=["socket", "hislip", pytest.param("vxi11", marks=pytest.mark.slow)])
def served(request, tmp_path, monkeypatch):
    """Yield a bench file over TCP and the process that serves its chip."""
    monkeypatch.setenv("LABCIM_RUNTIME", str(tmp_path / "runtime"))
    ignore = shutil.ignore_patterns("*.state", ".*", "*.html")
    shutil.copytree(EXAMPLES / "small", tmp_path / "small", ignore=ignore)
    chip, bench = tmp_path / "small" / "chip.toml", tmp_path / "small" / "bench.toml"
    chip.write_text(re.sub(r"^port = .*\n", "", chip.read_text(), flags=re.MULTILINE))
    words = [sys.executable, "-m", "labcim", "serve", str(chip), "--clock", "simulated", "--json"]
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as process:
        text = bench.read_text().replace("chip.toml@labcim", "@py")
        for name, by_road in json.loads(process.stdout.readline()).items():
            text = re.sub(re.escape(name), by_road[request.param], text, flags=re.IGNORECASE)
        bench.write_text(text)
        try:
            yield bench, process
        finally:
            process.kill()


# PyVISA-py 0.8.1 does not close the socket of a connection that it could not make.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_a_run_ends_by_itself_when_its_instruments_are_gone(served, tmp_path, caplog):
    bench_file, process = served
    with labcim.open_bench(bench_file, record=tmp_path / "r.sqlite") as bench:
        recipe = labcim.new_recipe("form", block=32)
        began = time.monotonic()
        run = bench.run(recipe, on_progress=lambda unit, fraction, text: process.kill())
        assert time.monotonic() - began < 30
    assert (run.stop.state, run.stop.safe) == ("failed", False)
    assert "NOT SAFE" in run.stop.reason
    with labcim.open_record(tmp_path / "r.sqlite") as record:
        assert record.run("last").summary.state == "failed"
    caplog.clear()  # its tracebacks hold the sockets
    gc.collect()
