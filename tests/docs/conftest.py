"""A newcomer who does, in a folder of their own, everything that a document says.

``sh`` blocks are typed line by line (``# exits 2`` at the end of a line is the exit code that the
document promises), ``sh background`` blocks are started as processes and ended with the document,
``python`` blocks are executed, ``toml`` blocks are read. A block whose first line is
``# file: NAME`` is saved under that name instead. ``text`` blocks are for reading only.
"""

import importlib
import re
import runpy
import shlex
import shutil
import signal
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from waiting import wait_until

from labcim import plugins
from labcim.cli.exit_codes import ExitCode
from labcim.cli.main import run_command
from labcim.control import ControlClient, find_hosts
from labcim.sim_backend.devices.finding import find_model
from labcim.sim_backend.devices.preset import load_preset

ROOT = Path(__file__).parents[2]
GROWING = {
    "labcim.instruments": "instruments",
    "labcim.protocols": "protocols",
    "labcim.sim_backend.instruments": "sim_backend/instruments",
    "labcim.sim_backend.devices": "sim_backend/devices",
}
_FENCE = re.compile(r"^```(?P<kind>[^\n]*)\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)
_FILE = re.compile(r"\A(?:#|//) file: (?P<name>\S+)\n")
_EXITS = re.compile(r"# exits (\d+)\s*$")


@dataclass(frozen=True)
class Block:
    """One fenced block of a document: its kind, its text, and the line where it begins."""

    kind: str
    text: str
    line: int


def blocks(document: Path) -> list[Block]:
    text = document.read_text(encoding="utf-8")
    return [
        Block(m["kind"].strip(), m["text"], text[: m.start()].count("\n") + 2)
        for m in _FENCE.finditer(text)
    ]


class Newcomer:
    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.names: dict[str, Any] = {"__name__": "snippet"}
        self.started: list[subprocess.Popen[str]] = []

    def follow(self, document: Path) -> None:
        for block in blocks(document):
            where = f"{document.name}:{block.line}"
            name = _FILE.match(block.text)
            if name:
                self.save(name["name"], block.text, where)
            elif block.kind == "sh":
                for line in block.text.replace("\\\n", " ").splitlines():
                    self.type(line, where)
            elif block.kind == "sh background":
                self.start(block.text)
            elif block.kind == "python":
                exec(compile(block.text, where, "exec"), self.names)
            elif block.kind == "toml":
                tomllib.loads(block.text)
            else:
                assert block.kind in ("", "text", "json", "html"), f"{where}: {block.kind}"

    def save(self, name: str, text: str, where: str) -> None:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        plugins._modules.cache_clear()
        if name.startswith("tests/"):
            found = runpy.run_path(str(path))
            tests = [item for key, item in found.items() if key.startswith("test_")]
            assert tests, f"{where}: {name} tests nothing"
            for test in tests:
                test()

    def type(self, line: str, where: str) -> None:
        words = shlex.split(line, comments=True)
        if not words:
            return
        promised = _EXITS.search(line)
        wanted = int(promised[1]) if promised else 0
        if words[0] in ("labcim", ".venv/bin/labcim"):
            code = run_command(words[1:])
            if code == ExitCode.HELD and self.started:  # by a run that is told to end
                self.started[-1].communicate(timeout=20)
                code = run_command(words[1:])
        elif words[0] == "make":
            code = self.make(words[1])
        elif words[0] in ("python", ".venv/bin/python"):
            code = subprocess.run([sys.executable, *words[1:]], check=False).returncode
        else:
            assert words[0] in ("mkdir", "export", "cp"), f"{where}: {line}"
            code = subprocess.run(["bash", "-c", line], check=False).returncode
        assert code == wanted, f"{where}: {line}: exit code {code}, promised is {wanted}"

    def make(self, target: str) -> int:
        """Ask make whether it knows the target; what ``make run`` starts is started here."""
        words = ["make", "--dry-run", target]
        known = subprocess.run(words, cwd=ROOT, capture_output=True, check=False).returncode
        if known or target != "run":
            return known
        return int(runpy.run_path("examples/first_hour.py")["main"]())

    def start(self, text: str) -> None:
        """Start a command that goes on, and wait until it is at work."""
        words = shlex.split(text, comments=True)
        assert words[0] == "labcim"
        process = subprocess.Popen(
            [sys.executable, "-m", *words],
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        self.started.append(process)
        if words[1] == "serve":
            assert process.stdout is not None
            assert any("Ctrl-C ends it" in line for line in process.stdout)
        else:
            wait_until(self.something_runs, 30.0, "the command has begun its run: it")

    def something_runs(self) -> bool:
        told = [ControlClient(card).request("status") for card in find_hosts()]
        return any(host["state"] == "running" for host in told)

    def leave(self) -> None:
        for process in self.started:
            if process.poll() is None:
                process.send_signal(signal.SIGINT)
            process.communicate(timeout=20)


@pytest.fixture
def newcomer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Newcomer]:
    """Return somebody with a copy of the examples (on small chips) and of the growing folders."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("LABCIM_RUNTIME", str(tmp_path / "runtime"))
    monkeypatch.setenv("MPLBACKEND", "agg")
    monkeypatch.setattr(plugins, "_extra_protocols", {})
    copy_examples(tmp_path)
    before = set(sys.modules)
    with pytest.MonkeyPatch.context() as grown:
        for package, folder in GROWING.items():
            (tmp_path / folder).mkdir(parents=True)
            module = importlib.import_module(package)
            grown.setattr(module, "__path__", [*module.__path__, str(tmp_path / folder)])
            grown.setattr(module.__spec__, "submodule_search_locations", module.__path__)
        for path in (ROOT / "sim_backend" / "devices").glob("*.toml"):
            shutil.copy(path, tmp_path / "sim_backend" / "devices")
        someone = Newcomer(tmp_path)
        try:
            yield someone
        finally:
            someone.leave()
            load_preset.cache_clear()
            find_model.cache_clear()
            plugins._modules.cache_clear()
            for name in set(sys.modules) - before:  # what grew here; the rest of labcim stays
                if str(getattr(sys.modules[name], "__file__", "")).startswith(str(tmp_path)):
                    del sys.modules[name]


def copy_examples(folder: Path) -> None:
    (folder / "docs").mkdir()
    measure = (ROOT / "docs" / "measure.py").read_text(encoding="utf-8")
    measure, changed = re.subn(r"^SEEDS = .*$", "SEEDS = (2026,)", measure, flags=re.MULTILINE)
    assert changed == 1
    (folder / "docs" / "measure.py").write_text(measure, encoding="utf-8")
    ignore = shutil.ignore_patterns("*.state", "*.sqlite*", "*.html")
    shutil.copytree(ROOT / "examples", folder / "examples", ignore=ignore)
    for path in (folder / "examples" / "board").glob("*.toml"):
        text = path.read_text(encoding="utf-8")
        text = re.sub(r"^(rows|columns) = 64$", r"\1 = 16", text, flags=re.MULTILINE)
        path.write_text(text, encoding="utf-8")
