"""What products of vectors must show, through driver, wire, firmware and chip (P1, P2, P18-P21)."""

import numpy as np
import pytest
from board_bench import board_on

import labcim
from labcim.capabilities import Coding
from labcim.protocol import Capabilities
from labcim.protocols.program.write_verify import write_verify
from labcim.sim_backend.chip.vectors import Drive, VectorPort

IDEAL_BOARD = """
[instrument.options]
dac_inl = 0.0
dac_dnl = 0.0
adc_inl = 0.0
adc_dnl = 0.0
noise = 0.0
"""
CURVED = """
kind = "passive"
[chip.constants]
read_voltage = 0.3
nonlinearity = 4.4
nonlinear_scale = 78e-6
white_floor = 0.0
white_slope = 0.0
trap_fraction = 0.0
"""
STILL = """
[chip.wires]
row = 0.35
column = 0.35
driver = 20.0
sense = 20.0
[chip.constants]
white_floor = 0.0
white_slope = 0.0
trap_fraction = 0.0
"""
WIRED = """
[chip.wires]
row = {ohm}
column = {ohm}
driver = 20.0
sense = 20.0
[chip.constants]
white = 0.0
"""


def put_on(simulated, conductance):
    """Give the cells their conductances in S, of now."""
    cells = simulated.chip.state.cells
    cells["conductance"] = np.ravel(conductance)
    for name, value in (("relaxation", 0.0), ("written_at", simulated.chip.clock.now)):
        if name in cells.dtype.names:
            cells[name] = value


def relative(found, wanted):
    return float(np.sqrt(np.mean((found - wanted) ** 2) / np.mean(wanted**2)))


def program(board, clock, targets):
    """Write and verify every cell, as the protocol does it."""
    recipe = labcim.new_recipe(
        "write_verify", targets="list", values=tuple(targets.ravel()), block=targets.size
    )
    for unit in recipe.units(board.topology):
        for _ in write_verify.run(recipe, Capabilities(clock, board), unit, {}):
            pass


def test_p1_a_programmed_chip_multiplies_within_its_error_at_once_and_a_second_later(tmp_path):
    """64 x 64 cells of three chips, 2-38 uS, pulses of 10 us, 10 bits."""
    at_once, later = [], []
    for seed in (1, 2, 3):
        random = np.random.default_rng(seed)
        targets = random.uniform(2e-6, 38e-6, (64, 64))
        inputs = random.uniform(-1.0, 1.0, (200, 64))
        with board_on(tmp_path, "neurram-130nm", 64, 64, seed=seed) as (_, board, clock):
            program(board, clock, targets)
            how = Coding(gate=2.5, pulse=10e-6)
            for found in (at_once, later):
                products = board.multiply(inputs, how)
                assert not products.flags.any()
                found.append(relative(products.current, inputs @ targets * 0.2))
                clock.sleep(1.0)
    assert max(at_once) <= 0.035
    assert max(later) <= 0.10


def test_p1_what_is_left_of_systematic_errors_after_calibration_is_one_per_cent(tmp_path):
    """IR drop in wires of 0.35 ohm, drivers, transistors, converters: a line fitted to each column.

    With 1 ohm a segment 1.15 % are left: what IR drop does depends on the whole vector.
    """
    random = np.random.default_rng(4)
    with board_on(tmp_path, "neurram-130nm", 64, 64, more=STILL) as (simulated, board, _):
        conductance = random.uniform(2e-6, 38e-6, (64, 64))
        put_on(simulated, conductance)
        how = Coding(gate=2.5, output_bits=12, bits=10)
        sets = []
        for _ in range(2):
            inputs = random.uniform(-1.0, 1.0, (40, 64))
            sets.append((board.multiply(inputs, how).current, inputs @ conductance * 0.2))
    (first, ideal), (second, wanted) = sets
    before = relative(second, wanted)
    after = np.empty_like(second)
    for column in range(64):
        after[:, column] = np.polyval(np.polyfit(first[:, column], ideal[:, column], 1),
                                      second[:, column])  # fmt: skip
    assert before > 0.05
    assert relative(after, wanted) <= 0.01


def test_p2_with_ir_drop_the_transposed_product_is_the_transpose_within_one_per_cent(tmp_path):
    random = np.random.default_rng(5)
    with board_on(tmp_path, "ecram-metal-oxide", 24, 32, more=WIRED.format(ohm=2.0)) as bench:
        simulated, board, _ = bench
        conductance = random.uniform(10e-6, 90e-6, (24, 32))
        put_on(simulated, conductance)
        x, y = random.uniform(0.0, 1.0, (5, 24)), random.uniform(0.0, 1.0, (5, 32))
        how = Coding(gate=2.5, output_bits=14)
        forward = (board.multiply(x, how).current * y).sum(axis=1)
        back = (board.multiply_transposed(y, how).current * x).sum(axis=1)
    ideal = 0.2 * np.einsum("bi,ij,bj->b", x, conductance, y)
    assert (forward / ideal < 0.97).all()  # the wires do take their share
    assert np.abs(forward / back - 1.0).max() <= 0.01


@pytest.mark.parametrize("preset", ["ecram-metal-oxide", "neurram-130nm"])
@pytest.mark.parametrize("side", ["row", "column"])
def test_wires_take_the_same_of_many_vectors_at_once_as_of_each_alone(tmp_path, preset, side):
    """The matrix against the non-linear circuit, vector by vector: within 1e-3 of the products."""
    constants = "" if preset == "neurram-130nm" else "white = 0.0\n"
    quiet = "white_floor = 0.0\nwhite_slope = 0.0\ntrap_fraction = 0.0\n"
    constants = constants or quiet
    more = "[chip.wires]\nrow = 2.0\ncolumn = 3.0\ndriver = 40.0\nsense = 5.0\n"
    more += f"[chip.constants]\n{constants}"
    with board_on(tmp_path, preset, 12, 9, more=more) as (simulated, _, _):
        put_on(simulated, np.random.default_rng(3).uniform(12e-6, 38e-6, (12, 9)))
        lines = 12 if side == "row" else 9
        random = np.random.default_rng(4)
        volts = random.uniform(-0.2, 0.2, (20, lines)) + 0.2
        port = VectorPort(simulated.wired_chip("board"))
        drive = Drive(side, volts, np.full(volts.shape, 1e-6), 0.2, np.full(9, 3.0))
        lost = port.lost(drive, 1e-2)
        assert lost is not None and not port.at_once(drive, 1e-2)
        together = (port.charges(drive, np.zeros(20)) - lost) / 1e-6
        alone = np.array([port.currents(drive, one, 1e-6)[0] for one in volts])
    ideal = (together * 1e-6 + lost) / 1e-6
    assert relative(together, ideal) > 3e-3
    assert relative(together, alone) < 1e-3


def test_few_vectors_and_curved_cells_are_solved_one_by_one(tmp_path):
    more = f"{CURVED}\n[chip.wires]\nrow = 50.0\ncolumn = 50.0"
    with board_on(tmp_path, "taox-passive", 12, 9, more=more) as (simulated, _, _):
        put_on(simulated, np.random.default_rng(3).uniform(12e-6, 25e-6, (12, 9)))
        port = VectorPort(simulated.wired_chip("board"))
        for count, volt in ((20, 0.4), (3, 0.01)):
            volts = np.full((count, 12), volt)
            drive = Drive("row", volts, np.full(volts.shape, 1e-6), 0.0, np.zeros(0))
            assert port.lost(drive, 1e-2) is None


def test_p18_an_input_of_sixteen_bits_goes_out_as_sixteen_pulses(tmp_path):
    """Exact to a step of the converter, and as slow as its pulses."""
    random = np.random.default_rng(6)
    more = "[chip.constants]\nwhite = 0.0"
    with board_on(tmp_path, "ecram-metal-oxide", 16, 8, more=more, board=IDEAL_BOARD) as bench:
        simulated, board, clock = bench
        conductance = random.uniform(10e-6, 90e-6, (16, 8))
        put_on(simulated, conductance)
        simulated.chip.state.parameters["gated"] = 0.0
        inputs = random.integers(-65535, 65536, (10, 16)) / 65535
        how = Coding(
            gate=2.5, coding="bits", bits=16, output_bits=16, output_range=300e-6, signs="shift"
        )
        began = clock.now()
        found = board.multiply(inputs, how)
        lasted = clock.now() - began
    step = 2 * 300e-6 / (2**16 - 1)
    assert np.abs(found.current - inputs @ conductance * 0.2).max() <= step
    assert lasted == pytest.approx(10 * 16 * (1e-6 + 1e-6 + 8 * 100e-9))


@pytest.mark.parametrize("high", [10e-6, 25e-6])
def test_p20_pulse_widths_do_not_see_that_cells_are_curved(tmp_path, high):
    """Sinh-shaped passive cells at 0.3 V: the amplitudes' error is three times theirs at least."""
    random = np.random.default_rng(7)
    with board_on(tmp_path, "taox-passive", 32, 32, more=CURVED) as (simulated, board, _):
        conductance = random.uniform(2e-6, high, (32, 32))
        put_on(simulated, conductance)
        inputs = random.uniform(-1.0, 1.0, (30, 32))
        error = {}
        for coding in ("amplitude", "width"):
            how = Coding(voltage=0.3, coding=coding, output_bits=14)
            error[coding] = relative(
                board.multiply(inputs, how).current, inputs @ conductance * 0.3
            )
    assert error["amplitude"] >= 3.0 * error["width"]


class Patterns:
    """Ten patterns in the columns of a chip, one column above and one below its middle each."""

    def __init__(self, simulated, board):
        random = np.random.default_rng(8)
        patterns = np.clip(random.normal(size=(64, 10)) / 8, -0.3, 0.3)
        self.labels = random.integers(0, 10, 800)
        noise = random.normal(size=(800, 64)) * 2.4
        self.vectors = np.clip((patterns.T[self.labels] * 8 + noise) / 8.0, -1.0, 1.0)
        parts = (50e-6 + patterns * 120e-6, 50e-6 - patterns * 120e-6)
        put_on(simulated, np.concatenate(parts, axis=1))
        self.board = board
        self.exact = self._share(self.vectors @ patterns)

    def _share(self, scores):
        return float(np.mean(scores.argmax(axis=1) == self.labels))

    def accuracy(self, bits, span, **more):
        """Return the share of right answers; flagged products count as they came."""
        how = Coding(gate=2.5, signs="shift", output_bits=bits, output_range=span, **more)
        found = self.board.multiply(self.vectors, how).current
        return self._share(found[:, :10] - found[:, 10:])


def test_p21_accuracy_has_its_knee_at_four_to_five_bits_and_auto_range_keeps_it(tmp_path):
    with board_on(tmp_path, "ecram-metal-oxide", 64, 20) as (simulated, board, _):
        patterns = Patterns(simulated, board)
        spans = np.geomspace(30e-6, 1e-3, 6)
        best = {bits: max(patterns.accuracy(bits, span) for span in spans) for bits in (2, 4, 5, 9)}
        ideal = max(spans, key=lambda span: patterns.accuracy(5, span))
        narrow = patterns.accuracy(5, ideal / 16)
        automatic = patterns.accuracy(5, 0.0)
        retried = patterns.accuracy(5, ideal / 16, retries=6)
    assert best[9] > 0.9 * patterns.exact > 0.5
    assert best[2] < 0.8 * best[9]
    assert best[4] >= 0.85 * best[9]
    assert best[5] >= 0.95 * best[9]
    assert narrow < 0.9 * best[5]
    assert automatic >= 0.9 * best[5]
    assert retried >= 0.9 * best[5]
