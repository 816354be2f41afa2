"""Whatever a user gets wrong: one clear sentence, an exit code, and no traceback."""

import shutil
from pathlib import Path

import pytest

from labcim.cli.exit_codes import ExitCode
from labcim.cli.main import run_command

EXAMPLES = Path(__file__).parents[2] / "examples"


@pytest.fixture
def bench(tmp_path):
    ignore = shutil.ignore_patterns("*.state")
    shutil.copytree(EXAMPLES / "board", tmp_path / "board", ignore=ignore)
    return tmp_path / "board" / "bench.toml"


@pytest.fixture
def refused(capsys):
    """Return a function that runs a command and returns its code and what stands on stderr."""

    def run(*words):
        code = run_command([str(word) for word in words])
        said = capsys.readouterr().err
        assert "Traceback" not in said
        assert len(said.strip().splitlines()) == 1, said
        return code, said

    return run


def recipe(folder, text):
    path = folder / "recipe.toml"
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('protocol = "form"\ncolour = "red"\n', "colour is not a known key"),
        ('protocol = "write_verify"\ntolerance = "1 V"\n', "is in V, expected S"),
        ('protocol = "write_verify"\ntarget = nan\n', "target"),
        ('protocol = "dance"\n', "protocol 'dance' is not known; known are"),
        ('colour = "red"\n', "protocol = NAME is missing"),
        ('protocol = "program_image"\nimage = "nowhere.png"\n', "nowhere.png"),
        ("protocol = \n", "recipe.toml"),
        ("\x00\x01", "recipe.toml"),
    ],
)
def test_a_wrong_recipe_is_refused_by_the_place_that_is_wrong(bench, refused, tmp_path, text, said):
    code, told = refused("run", recipe(tmp_path, text), "--bench", bench, "--dry-run")
    assert code == ExitCode.BAD_INPUT
    assert said in told


def test_a_missing_recipe_is_named(bench, refused, tmp_path):
    code, told = refused("run", tmp_path / "nowhere.toml", "--bench", bench)
    assert code == ExitCode.BAD_INPUT
    assert "nowhere.toml: no such file" in told


def test_too_much_for_the_chip_is_refused_with_value_unit_and_limit(bench, refused, tmp_path):
    path = recipe(tmp_path, 'protocol = "write_verify"\ncap = "4 V"\n')
    code, told = refused("run", path, "--bench", bench, "--record", tmp_path / "r.sqlite")
    assert code == ExitCode.BAD_INPUT
    assert "cap on the row lines = 4 V: the chip accepts 0 V to 3.6 V" in told


def test_an_address_that_does_not_answer_is_named(bench, refused, tmp_path):
    text = bench.read_text(encoding="utf-8").replace("TCPIP0::board", "TCPIP0::nobody")
    bench.write_text(text, encoding="utf-8")
    code, told = refused("check", bench)
    assert code == ExitCode.INSTRUMENT
    assert "nobody" in told


def test_a_bench_whose_instrument_is_another_model_is_refused(bench, refused):
    text = bench.read_text(encoding="utf-8").replace('"crossbar_board"', '"keithley2450"')
    bench.write_text(text, encoding="utf-8")
    code, told = refused("check", bench)
    assert code == ExitCode.INSTRUMENT
    assert "expected is MODEL 2450" in told


def test_a_bench_that_believes_in_another_chip_is_refused(bench, refused):
    text = bench.read_text(encoding="utf-8").replace("rows = 64", "rows = 32")
    bench.write_text(text, encoding="utf-8")
    code, told = refused("check", bench)
    assert code == ExitCode.BAD_INPUT
    assert "32 rows x 64 columns" in told and "64 rows x 64 columns" in told


def test_a_record_that_is_no_database_is_refused(bench, refused, tmp_path):
    path = tmp_path / "r.sqlite"
    path.write_text("this is a letter to my aunt, and no database at all\n" * 20, encoding="utf-8")
    code, told = refused("list", "--record", path)
    assert code == ExitCode.RECORD
    assert "r.sqlite" in told


def test_a_record_that_does_not_exist_is_named(refused, tmp_path):
    code, told = refused("show", "last", "--record", tmp_path / "none.sqlite")
    assert code == ExitCode.RECORD
    assert "none.sqlite" in told


def test_an_unknown_command_and_a_missing_option_are_bad_input(refused):
    assert refused("dance")[0] == ExitCode.BAD_INPUT
    assert refused("run", "recipe.toml")[0] == ExitCode.BAD_INPUT


def test_steering_without_a_host_says_so(refused, tmp_path, monkeypatch):
    monkeypatch.setenv("LABCIM_RUNTIME", str(tmp_path / "runtime"))
    code, told = refused("pause")
    assert code == ExitCode.FAILED
    assert "no running host" in told


def test_a_file_that_exists_is_not_overwritten_unasked(refused, tmp_path):
    target = recipe(tmp_path, "precious")
    code, told = refused("new", "recipe", "form", target)
    assert code == ExitCode.BAD_INPUT
    assert "--force" in told
    assert target.read_text(encoding="utf-8") == "precious"
