"""``labcim randomness`` on files and on runs."""

import json

import numpy as np
import pytest
from reference_bits import digits

from labcim.cli.exit_codes import ExitCode
from labcim.cli.main import run_command


@pytest.fixture
def said(capsys):
    """Return a function that runs a command that must succeed, and returns what it printed."""

    def run(*words):
        assert run_command(["randomness", *map(str, words)]) == ExitCode.DONE
        return capsys.readouterr().out

    return run


def test_a_packed_file_of_pi_gives_the_published_values(said, tmp_path):
    file = tmp_path / "pi.bin"
    np.packbits(digits("pi")).tofile(file)
    found = json.loads(said(file, "--packed", "--no-entropy", "--json"))
    tests = {test["test"]: test for test in found["tests"]}
    assert found["bits"] == 1_000_000 and found["fips"] == {"passed": 49, "blocks": 50}
    assert tests["frequency"]["p"][""] == pytest.approx(0.578211, abs=2e-6)
    assert tests["random excursions"]["p"]["-3"] == pytest.approx(0.639439, abs=2e-6)
    assert tests["overlapping template"]["variant"] == "corrected classes"


def test_bytes_and_characters_are_bits_too_and_the_warnings_are_told(said, tmp_path):
    bits = np.random.default_rng(2).integers(0, 2, 5000).astype(np.uint8)
    as_bytes, as_text = tmp_path / "bits.bin", tmp_path / "bits.txt"
    bits.tofile(as_bytes)
    as_text.write_text("".join(map(str, bits[:2500])) + "\n" + "".join(map(str, bits[2500:])))
    told = said(as_bytes)
    assert "not applicable" in told and "min-entropy, non-IID route" in told
    assert "prove nothing about its source" in told and "0.83 to 0.90" in told
    assert told.split("\n")[1:] == said(as_text).split("\n")[1:]


def test_many_sequences_have_a_verdict(said, tmp_path):
    file = tmp_path / "bits.bin"
    np.random.default_rng(3).integers(0, 2, 60 * 2000).astype(np.uint8).tofile(file)
    found = json.loads(said(file, "--length", "2000", "--no-entropy", "--json"))
    frequency = next(v for v in found["verdicts"] if v["test"] == "frequency")
    assert frequency["sequences"] == 60 and frequency["passed"] is True
    assert 0.0 < frequency["uniformity"] <= 1.0


@pytest.mark.parametrize(
    ("content", "says"), [(b"\x02\x01" * 60, "--packed"), (b"\x01" * 60, "100 or more")]
)
def test_files_without_bits_are_refused(capsys, tmp_path, content, says):
    file = tmp_path / "bits.bin"
    file.write_bytes(content)
    assert run_command(["randomness", str(file)]) == ExitCode.BAD_INPUT
    assert says in capsys.readouterr().err
