"""``labcim serve``: which roads, which ports, and what it refuses."""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest
import pyvisa

from labcim.cli.exit_codes import ExitCode
from labcim.cli.main import run_command

SMALL = Path(__file__).parents[2] / "examples" / "small"


@pytest.fixture
def chip(tmp_path):
    shutil.copytree(SMALL, tmp_path / "small", ignore=shutil.ignore_patterns("*.state"))
    path = tmp_path / "small" / "chip.toml"
    lines = path.read_text("utf-8").splitlines()
    path.write_text("\n".join(line for line in lines if not line.startswith("port =")), "utf-8")
    return path


@pytest.fixture
def serving(chip):
    """Yield what starts a server with some options; it is told to end when the test is over."""
    started = []

    def serve(*options):
        words = [sys.executable, "-m", "labcim", "serve", str(chip), *options]
        process = subprocess.Popen(words, stdout=subprocess.PIPE, text=True)
        started.append(process)
        return process

    yield serve
    for process in started:
        process.send_signal(signal.SIGTERM)
        with process:
            assert process.wait(timeout=20) == 0


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


def test_a_signal_ends_it_whichever_of_its_threads_the_system_gives_it_to(serving):
    process = serving("--json")
    process.stdout.readline()
    threads = Path(f"/proc/{process.pid}/task")  # where there is none, the process itself is told
    others = sorted({int(path.name) for path in threads.glob("*")} - {process.pid})
    os.kill(others[-1] if others else process.pid, signal.SIGTERM)
    assert process.wait(timeout=20) == 0


def test_json_gives_each_instruments_address_on_each_road(serving):
    told = json.loads(serving("--json").stdout.readline())
    assert len(told) == 2
    for number, roads in enumerate(told.values()):
        assert list(roads) == ["socket", "hislip", "vxi11"]
        assert roads["socket"].endswith("::SOCKET")
        assert f"::hislip{number}," in roads["hislip"]
        assert roads["vxi11"].endswith(f"::inst{number}::INSTR")
    manager = pyvisa.ResourceManager("@py")
    for address in next(iter(told.values())).values():
        ends = {"write_termination": "\n", "read_termination": "\n"}
        with manager.open_resource(address, **ends) as session:
            assert session.query("*IDN?").startswith("LABCIM,")
    manager.close()


def test_one_road_and_its_port_can_be_chosen_and_people_are_told_in_lines(serving):
    port = free_port()
    lines = serving("--road", "hislip", "--hislip-port", str(port)).stdout
    assert lines.readline().split() == [
        "board",
        "hislip",
        f"TCPIP0::127.0.0.1::hislip0,{port}::INSTR",
    ]
    assert lines.readline().split()[:2] == ["clock", "hislip"]
    assert lines.readline() == "Ctrl-C ends it\n"


def test_an_address_that_strangers_reach_is_refused_without_their_networks(chip, capsys):
    code = run_command(["serve", str(chip), "--listen", "0.0.0.0"])
    assert code == ExitCode.BAD_INPUT
    assert "name the networks that may connect" in capsys.readouterr().err


def test_a_port_that_is_taken_is_told_in_a_sentence(chip, capsys):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        code = run_command(["serve", str(chip), "--hislip-port", port])
    assert code == ExitCode.BAD_INPUT
    assert f"port = {port}" in capsys.readouterr().err
