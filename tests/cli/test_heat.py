"""``labcim chip heat``: an oven for a chip that no bench holds."""

import re

import numpy as np
import pytest

from labcim.cli.exit_codes import ExitCode
from labcim.cli.main import run_command
from labcim.sim_backend.bench import SimulatedBench

REST = 3e-6  # S, the middle of the window of capacitor-igzo
ENERGY = 0.5  # eV, of its leak


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "chip.toml"
    path.write_text('[chip]\npreset = "capacitor-igzo"\nrows = 4\ncolumns = 4\nstuck = 0.0\n')
    run_command(["chip", "new", str(path)])
    with SimulatedBench(path) as bench:
        bench.chip.pulse_cells(bench.chip.topology.all_cells(), 2.0, 1e-3, 3.0)
    return path


def heat(path, *words):
    return run_command(["chip", "heat", str(path), *words])


def stands(path):
    """Return K, s and ln of each cell's distance from its rest."""
    with SimulatedBench(path) as bench:
        left = np.log(bench.chip.true_conductance() - REST)
        return bench.chip.temperature, bench.clock.now, left


def test_a_bake_leaks_by_arrhenius_and_the_chip_is_cold_again(path, capsys):
    """Leaks are exp(-t / tau); tau falls by exp(E / k (1/T - 1/T'))."""
    began = stands(path)
    assert heat(path, "--temperature", "300 K", "--for", "30 min") == ExitCode.DONE
    cold = stands(path)
    assert heat(path, "--temperature", "56.85 degC", "--for", "0.5 h") == ExitCode.DONE
    hot = stands(path)
    faster = (hot[2] - cold[2]) / (cold[2] - began[2])

    expected = np.exp(ENERGY / 8.617333262e-5 * (1 / 300.0 - 1 / 330.0))
    np.testing.assert_allclose(faster, expected, rtol=1e-4)
    assert [x[0] for x in (began, cold, hot)] == [300.0] * 3
    assert (cold[1] - began[1], hot[1] - cold[1]) == pytest.approx((1800.0, 1800.0))
    said = capsys.readouterr().out
    assert re.search(r"1\.8 ks at 330 K \(56\.85 °C\), now at 300 K \(26\.85 °C\) again", said)


def test_without_a_time_the_chip_stays_warm_and_its_clock_stands(path, capsys):
    _, began, _ = stands(path)
    assert heat(path, "--temperature", "85 °C") == ExitCode.DONE

    assert stands(path)[:2] == (pytest.approx(358.15), began)
    assert "at 358.15 K (85 °C) from now on (before: 300 K" in capsys.readouterr().out


@pytest.mark.parametrize(
    "words",
    [
        ["nan"],
        ["-5 K"],
        ["-300 degC"],
        ["2000 K"],
        ["inf"],
        ["warm"],
        ["85 C"],
        ["350 K", "--for", "0 s"],
        ["350 K", "--for", "-1 h"],
        ["350 K", "--for", "nan"],
        ["350 K", "--for", "1e30 d"],
        ["350 K", "--for", "10 V"],
    ],
)
def test_what_no_oven_does_is_refused_and_nothing_happens(path, words):
    began = stands(path)
    assert heat(path, "--temperature", *words) == ExitCode.BAD_INPUT
    ended = stands(path)

    assert ended[:2] == began[:2]
    np.testing.assert_array_equal(ended[2], began[2])


def test_a_chip_that_a_bench_holds_is_left_alone(path):
    with SimulatedBench(path) as bench:
        assert heat(path, "--temperature", "350 K") == ExitCode.HELD
        assert bench.chip.temperature == 300.0
