"""A run on record as traffic: it answers again, and makes tests of its drivers."""

import json
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from io import StringIO

import pytest

from labcim.cli.main import run_command
from labcim.errors import TransportError

CHIP = """
[chip]
preset = "neurram-130nm"
rows = 4
columns = 4
seed = 5
formed = true
{instruments}
[wiring]
"smu.hi" = "matrix.row1"
"generator.ch1" = "matrix.row2"
"generator.ch2" = "matrix.row3"
"ground" = "matrix.row4"
"matrix.slot1.column[1:4]" = "row[0:3]"
"matrix.slot2.column[1:4]" = "column[0:3]"
"matrix.slot3.column[1:4]" = "gate[0:3]"
"""
MODELS = {"smu": "keithley2450", "generator": "keysight33522b", "matrix": "keithley3706a",
          "clock": "clock"}  # fmt: skip
BENCH = """
cells = "probed_chip"
clock = "clock"
[bench]
name = "recorded"
visa = "{visa}"
[chip]
identity = "small"
rows = 4
columns = 4
[chip.limits]
row = {{ high = "3.6 V", current = "5 mA" }}
column = {{ high = "3.6 V", current = "5 mA" }}
gate = {{ high = "5.5 V", current = "1 mA" }}
{instruments}
[probed_chip]
source_meter = "smu"
pulse_source = "generator"
matrix = "matrix"
[wiring]
{wiring}
"""
RECIPE = 'protocol = "read_map"\ncells = [[0, 0], [1, 2]]\n'


@dataclass
class Said:
    exit_code: int
    output: str


def labcim(*words):
    """Type a command; return its exit code and what it printed, errors included."""
    with redirect_stdout(StringIO()) as out, redirect_stderr(out):
        code = run_command([str(word) for word in words])
    return Said(code, out.getvalue())


def bench_text(visa):
    tables = "".join(
        f'[instruments.{name}]\ndriver = "{"simulated_clock" if model == "clock" else model}"\n'
        f'address = "TCPIP0::{name}::inst0::INSTR"\n'
        for name, model in MODELS.items()
    )
    wiring = CHIP.partition("[wiring]\n")[2]
    return BENCH.format(visa=visa, instruments=tables, wiring=wiring)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Return a folder with a bench, and one run of it in ``run.jsonl``."""
    where = tmp_path_factory.mktemp("traffic")
    tables = "".join(
        f'[[instrument]]\nname = "{name}"\nmodel = "{model}"\n'
        f'address = "TCPIP0::{name}::inst0::INSTR"\n'
        for name, model in MODELS.items()
    )
    (where / "chip.toml").write_text(CHIP.replace("{instruments}", tables))
    (where / "bench.toml").write_text(bench_text("chip.toml@labcim"))
    (where / "read.toml").write_text(RECIPE)
    done = labcim("run", where / "read.toml", "--bench", where / "bench.toml", "-q", "--record",
                  where / "r.sqlite", "--traffic", where / "run.jsonl", "--json")  # fmt: skip
    assert done.exit_code == 0, done.output
    (where / "live.json").write_text(done.output.splitlines()[-1])
    return where


def again(folder, visa, name):
    """Run the recipe on another bench, with its traffic in ``name``."""
    (folder / "again.toml").write_text(bench_text(visa))
    return labcim("run", folder / "read.toml", "--bench", folder / "again.toml", "-q", "--record",
                  folder / "r.sqlite", "--traffic", folder / name, "--json")  # fmt: skip


def results(text):
    return json.loads(text)["results"]


def test_a_run_on_its_own_recording_says_the_same_bytes_and_finds_the_same(folder):
    done = again(folder, "run.jsonl@replay", "again.jsonl")
    assert done.exit_code == 0, done.output
    assert results(done.output.splitlines()[-1]) == results((folder / "live.json").read_text())
    compared = labcim("traffic", "diff", folder / "run.jsonl", folder / "again.jsonl")
    assert compared.exit_code == 0, compared.output
    assert "byte for byte" in compared.output


def test_a_changed_conversation_ends_a_strict_replay_with_the_place_where_they_part(folder):
    text = (folder / "run.jsonl").read_text()
    (folder / "other.jsonl").write_text(text.replace("*RST;*CLS;", "*CLS;*RST;"))
    done = again(folder, "other.jsonl@replay", "parted.jsonl")
    assert done.exit_code == 3
    assert "message 3 parts from the recording: sent b'*RST" in done.output
    compared = labcim("traffic", "diff", folder / "run.jsonl", folder / "other.jsonl", "-a", "smu")
    assert compared.exit_code == 1
    assert "-> *RST;*CLS;" in compared.output and "+> *CLS;*RST;" in compared.output


def test_a_tolerant_replay_bears_a_driver_that_has_changed(folder):
    text = (folder / "run.jsonl").read_text()
    (folder / "other2.jsonl").write_text(text.replace("*RST;*CLS;", "*CLS;*RST;"))
    done = again(folder, "other2.jsonl@replay-tolerant", "borne.jsonl")
    assert done.exit_code == 0, done.output


@pytest.mark.parametrize("role", MODELS)
def test_every_instrument_of_a_recording_becomes_a_test_that_passes(folder, role):
    target = folder / f"test_{role}.py"
    assert (
        labcim("traffic", "test", folder / "run.jsonl", "-a", role, "--to", target).exit_code == 0
    )
    names = {}
    exec(compile(target.read_text(), target, "exec"), names)
    made = [item for name, item in names.items() if name.startswith("test_")]
    assert len(made) == 1
    made[0]()


def test_a_made_test_fails_where_the_driver_says_something_else(folder):
    target = folder / "test_changed.py"
    labcim("traffic", "test", folder / "run.jsonl", "-a", "smu", "--to", target)
    names = {}
    exec(target.read_text().replace("*RST;*CLS;", "*CLS;*RST;"), names)
    with pytest.raises(TransportError, match="parts from the recording"):
        names["test_test_changed_says_what_was_recorded"]()


def test_a_conversation_is_printed_with_its_directions(folder):
    lines = labcim("traffic", "print", folder / "run.jsonl", "-a", "smu").output.splitlines()
    assert "= smu: driver keithley2450" in lines[0]
    assert any("# .identify()" in line for line in lines)
    place = next(i for i, line in enumerate(lines) if line.endswith("> *IDN?"))
    assert "< KEITHLEY INSTRUMENTS,MODEL 2450" in lines[place + 1]


def test_an_instrument_that_is_not_in_the_recording_is_refused_with_those_that_are(folder):
    refused = labcim("traffic", "print", folder / "run.jsonl", "-a", "scope")
    assert refused.exit_code == 2
    assert "known are smu, generator, matrix, clock" in refused.output
