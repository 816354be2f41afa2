"""``labcim puf``: what it says, and what it refuses in one sentence."""

import json

import pytest

import labcim
from labcim.cli.exit_codes import ExitCode
from labcim.cli.main import run_command
from labcim.sim_backend.chip.manage import new_chip


@pytest.fixture(scope="module")
def record(tmp_path_factory):
    """Return a record of two chips of 8 x 8 cells: enrolled, asked, and read."""
    folder = tmp_path_factory.mktemp("puf")
    for number in (1, 2):
        chip, bench = folder / f"c{number}.toml", folder / f"b{number}.toml"
        new_chip(chip, rows=8, columns=8, seed=number)
        run_command(["new", "bench", str(bench), "--chip", str(chip)])
        with labcim.open_bench(bench, record=folder / "r.sqlite") as opened:
            opened.run(labcim.new_recipe("form"))
            opened.run(labcim.new_recipe("puf_enrol", repeats=2))
            opened.run(labcim.new_recipe("puf_challenges", count=60))
    return str(folder / "r.sqlite")


@pytest.fixture
def say(record, capsys):
    """Return a function that runs ``labcim puf`` and gives (exit code, what it said)."""

    def run(*words):
        code = run_command(["puf", *map(str, words), "--record", record])
        said = capsys.readouterr()
        return code, said.out + said.err

    return run


def run_named(record, protocol):
    with labcim.open_record(record) as kept:
        return next(run.run for run in kept.runs() if run.protocol == protocol)


def test_compare_tells_the_same_in_words_and_in_json(say):
    code, text = say("compare")
    assert code == ExitCode.DONE
    assert "uniqueness" in text and "2 chips, 32 bits each" in text
    code, text = say("compare", "--json")
    told = json.loads(text)
    assert code == ExitCode.DONE and told["quality"]["chips"] == 2
    assert 0.2 < told["quality"]["uniqueness"]["value"] < 0.8


def test_attack_tells_what_every_method_guesses(say, record):
    run = run_named(record, "puf_challenges")
    code, text = say("attack", run, "--train", 40, "--held-out", 20, "--json")
    assert code == ExitCode.DONE
    assert {one["name"] for one in json.loads(text)} > {"perceptron"}


def test_a_fingerprint_with_too_little_entropy_gets_no_helper_data(say, record, tmp_path):
    target = tmp_path / "h.json"
    code, text = say("helper", run_named(record, "puf_enrol"), "--to", target)
    assert code != ExitCode.DONE and "bits" in text
    assert len(text.strip().splitlines()) == 1 and not target.exists()


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("helper", "last"), "accepts one of puf_enrol, key_destruction"),
        (("attack", "nobody"), "nobody"),
        (("compare", "nobody"), "nobody"),
        (("prove", "last", "--helper", "nowhere.json"), "nowhere.json cannot be read"),
        (("attack", "last", "--train", "5", "--held-out", "20"), "training on [5]"),
    ],
)
def test_what_cannot_be_done_is_said_in_one_sentence(say, words, says):
    code, text = say(*words)
    assert code not in (ExitCode.DONE, ExitCode.INTERNAL)
    assert says in text and len(text.strip().splitlines()) == 1


def test_a_proof_that_is_none_does_not_hold(tmp_path, capsys):
    for name in ("proof", "helper", "key"):
        (tmp_path / name).write_text("{}", "utf-8")
    words = ["puf", "check-proof", str(tmp_path / "proof"), "--nonce", "00"]
    words += ["--helper", str(tmp_path / "helper"), "--key", str(tmp_path / "key")]
    assert run_command(words) == ExitCode.BAD_INPUT
    assert "proof cannot be read" in capsys.readouterr().err
