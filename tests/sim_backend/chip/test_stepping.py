"""Voltage dividers of cells that move while a pulse lasts: against the closed form of the law."""

import numpy as np
import pytest
from scipy.integrate import cumulative_trapezoid
from scipy.interpolate import CubicSpline

from labcim.sim_backend.devices.random import JITTER, normal

NAN = np.nan
HOLDS, MOVES = 0, 1  # two cells of one floating row


@pytest.fixture
def divider(make_chip):
    """Return a chip of one row: a cell that never moves beside one that does."""

    def make(name, held, moving, **changes):
        chip = make_chip(name, rows=1, columns=2, **changes)
        cells = chip.state.cells
        cells["conductance"] = [held, moving]
        cells["relaxation"] = 0.0
        cells["stuck"][HOLDS] = 2
        return chip

    return make


def levels(volts):
    """The held cell's column is driven, the other grounded; its gate as at the reference read."""
    return np.array([NAN]), np.array([volts, 0.0]), np.array([6.0, 2.5])


def voltage(chip, conductance, volts):
    """Return V across the moving cell if it had that conductance."""
    kept = chip.state.cells[MOVES]["conductance"]
    chip.state.cells["conductance"][MOVES] = conductance
    found = chip.at_rest(*levels(volts)).row_voltage[0]
    chip.state.cells["conductance"][MOVES] = kept
    return float(found)


def law_of_the_divider(chip, start, volts, width):
    """Solve the law at one moment's voltage, dG/dt = K / ln 10 10^(-h/K) in microseconds.

    h = G - lowest - slope (V(G) - threshold), K = slope decade: see `_filament_kinetics`, where V
    is constant. chip: after the pulse; cycle_offset and the counter of the jitter are read there.
    """
    p, device, cell = chip.state.parameters[0], chip.state.devices[MOVES], chip.state.cells[MOVES]
    jitter = p["jitter"] * normal(chip.state.seed, MOVES, JITTER, int(cell["pulses"]))
    threshold = device["set_voltage"] + p["cycle_spread"] * cell["cycle_offset"] + jitter
    slope, scale = float(device["set_slope"]), float(device["set_slope"] * p["decade"])
    coarse = np.linspace(start, 36e-6, 60)
    across = CubicSpline(coarse, [voltage(chip, g, volts) for g in coarse])
    grid = np.linspace(start, 36e-6, 100_000)
    distance = grid - device["lowest"] - slope * (across(grid) - threshold)
    microseconds = cumulative_trapezoid(np.log(10.0) / scale * 10.0 ** (distance / scale), grid)
    return float(np.interp(np.log(width * 1e6), np.log(microseconds), grid[1:]))


@pytest.mark.parametrize("volts", [2.2, 2.6, 3.0])
@pytest.mark.parametrize("width", [1e-8, 1e-6, 1e-4])
def test_a_set_through_a_divider_limits_itself_as_the_law_says(divider, volts, width):
    chip = divider("divider", 60e-6, 2e-6)
    before = voltage(chip, 2e-6, volts)
    chip.apply(*levels(volts), width)
    found = chip.state.cells["conductance"][MOVES]
    expected = law_of_the_divider(chip, 2e-6, volts, width)

    assert expected > 4e-6  # it moves, and takes its own voltage away
    assert voltage(chip, found, volts) < before - 0.05
    assert found == pytest.approx(expected, rel=0.02)


def test_a_reset_through_a_divider_runs_away_and_one_that_sees_too_little_does_not(divider):
    """The heart of MAGIC: as it goes, a RESET gets more of the voltage."""
    ends = {}
    for name, held in (("strong", 100e-6), ("weak", 2e-6)):
        chip = divider(name, held, 30e-6)
        chip.apply(np.array([NAN]), np.array([0.0, 3.0]), np.array([6.0, 6.0]), 1e-6)
        ends[name] = chip.state.cells["conductance"][MOVES]
    assert ends["strong"] < 5e-6
    assert ends["weak"] == pytest.approx(30e-6, rel=0.01)


def test_a_pulse_in_parts_is_one_pulse_on_the_truth_log(divider):
    chip = divider("divider", 60e-6, 2e-6)
    before = voltage(chip, 2e-6, 3.0)
    chip.apply(*levels(3.0), 1e-6, count=3, gap=1e-6)
    pulses = chip.truth.pulses()
    of = pulses[pulses["cell"] == MOVES]

    assert len(pulses) == 6
    assert of["time"] == pytest.approx([0.0, 2e-6, 4e-6])
    assert of["width"] == pytest.approx([1e-6] * 3, rel=1e-6)
    assert of["amplitude"][0] == pytest.approx(before, rel=1e-6)  # the strongest it saw
    assert (np.diff(of["conductance"]) >= 0).all()
    assert of["conductance"][-1] == pytest.approx(chip.true_conductance()[MOVES], rel=1e-3)
    assert chip.state.cells["pulses"][MOVES] == 3


def test_many_pulses_through_a_divider_do_what_one_of_their_length_does(divider):
    """But for jitter, which is drawn for each pulse: at most 10 mV of 3 V."""
    one, many = divider("one", 60e-6, 2e-6), divider("many", 60e-6, 2e-6)
    one.apply(*levels(3.0), 1e-3)
    many.apply(*levels(3.0), 1e-6, count=1000)

    pair = [chip.state.cells["conductance"][MOVES] for chip in (one, many)]
    assert pair[0] == pytest.approx(pair[1], rel=0.03)
    assert len(many.truth.pulses()) == 2000


def test_the_same_seed_moves_a_divider_to_the_same_bit(divider):
    found = []
    for name in ("first", "second"):
        chip = divider(name, 60e-6, 2e-6)
        chip.apply(*levels(3.2), 1e-6, count=2)
        found.append((chip.state.cells.tobytes(), chip.truth.pulses().tobytes()))
    assert found[0] == found[1]


@pytest.mark.parametrize("lines", ["resistive", "floating"])
def test_a_jump_in_the_midst_of_a_pulse_takes_a_bounded_number_of_solutions(
    make_chip, monkeypatch, lines
):
    """Forming has no duration: parts are not divided without end to find its moment."""
    rest = "[chip.wires]\nrow = 40.0\ncolumn = 40.0\ndriver = 100.0\n" * (lines == "resistive")
    chip = make_chip("fresh", rest, formed=False)
    settled = []
    kind = type(chip._circuit.hold(np.zeros(6), np.zeros(5), np.zeros(5), 0.0))
    plain = kind.settle
    monkeypatch.setattr(
        kind, "settle", lambda held, time: (settled.append(time), plain(held, time))
    )
    rows, columns, gates = np.full(6, 3.2), np.zeros(5), np.zeros(5)
    gates[[2, 3]] = 2.5
    if lines == "floating":
        rows[[1, 3, 5]] = NAN
        columns[3] = NAN
    chip.apply(rows, columns, gates, 1e-5)

    assert chip.formed[2]
    assert len(settled) < 400
    assert len(chip.truth.pulses()) == len(np.unique(chip.truth.pulses()["cell"]))
