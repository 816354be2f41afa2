"""One host per bench: it takes runs from others, and is stopped when idle too."""

import json
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from waiting import wait_until

from labcim.cli.exit_codes import ExitCode
from labcim.cli.main import run_command

EXAMPLES = Path(__file__).parents[2] / "examples"


@pytest.fixture
def host_process(tmp_path, monkeypatch):
    """Yield a running ``labcim host``, the bench file that it holds, and its record."""
    monkeypatch.setenv("LABCIM_RUNTIME", str(tmp_path / "runtime"))
    ignore = shutil.ignore_patterns("*.state", ".*", "*.html")
    shutil.copytree(EXAMPLES / "small", tmp_path / "small", ignore=ignore)
    bench, record = tmp_path / "small" / "bench.toml", tmp_path / "r.sqlite"
    words = [sys.executable, "-m", "labcim", "host", "--bench", str(bench), "--record", str(record)]
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as host:
        assert host.stdout.readline().startswith("holding")
        try:
            yield host, bench, record
            host.send_signal(signal.SIGINT)  # does nothing to one that has ended
            assert host.wait(20) == 0
        finally:
            host.kill()


@pytest.fixture
def hosted(host_process):
    """Yield a bench file that a ``labcim host`` holds, and its record."""
    return host_process[1:]


def told(capsys, *words):
    assert run_command([str(word) for word in words]) == ExitCode.DONE
    return capsys.readouterr().out


def test_a_run_is_handed_to_the_host_that_has_the_bench(hosted, capsys):
    bench, record = hosted
    said = told(capsys, "run", EXAMPLES / "recipes" / "form.toml", "--bench", bench)
    assert said.startswith("handed to")

    def finished():
        if run_command(["list", "--record", str(record), "--json"]) != ExitCode.DONE:
            return False  # the host has not made its record yet
        runs = json.loads(capsys.readouterr().out)
        return runs and runs[0]["state"] == "completed"

    wait_until(finished, 30)


def test_an_emergency_stop_works_on_an_idle_bench_and_stays_until_released(hosted, capsys):
    bench, _ = hosted
    assert "all outputs off" in told(capsys, "estop", bench)
    (status,) = json.loads(told(capsys, "status", bench, "--json"))
    assert status["state"] == "estop"
    told(capsys, "estop", bench, "--release")
    (status,) = json.loads(told(capsys, "status", bench, "--json"))
    assert status["state"] == "idle"


def test_a_resume_that_the_host_refuses_says_why(hosted, capsys):
    bench, _ = hosted
    assert run_command(["resume", "nonsense", "--bench", str(bench)]) == ExitCode.BAD_INPUT
    said = capsys.readouterr()
    assert "the host refused it" in said.err and "no such file" in said.err
    assert "handed to" not in said.out


def test_a_host_is_ended_from_another_terminal(host_process, capsys):
    host, bench, _ = host_process
    assert "taken" in told(capsys, "end", bench)
    assert host.wait(20) == 0
    assert run_command(["status", str(bench)]) != ExitCode.DONE


def test_a_report_of_a_run_that_was_handed_over_is_promised_for_later(hosted, capsys, tmp_path):
    bench, _ = hosted
    recipe = EXAMPLES / "recipes" / "read_map.toml"
    said = told(capsys, "run", recipe, "--bench", bench, "--report", tmp_path / "r.html")
    assert "no report yet" in said
    assert not (tmp_path / "r.html").exists()
