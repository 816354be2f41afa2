"""The whole way: driver, PyVISA, simulated board, chip; judged by the truth log."""

import numpy as np
import pytest

from labcim.capabilities import Flag, LineState, Train
from labcim.errors import InstrumentError
from labcim.instruments.crossbar_board import CrossbarBoard
from labcim.instruments.simulated_clock import SimulatedClock
from labcim.limits import TerminalLimits
from labcim.sim_backend.bench import SimulatedBench
from labcim.transport import VisaTransport

CHIP = """
[chip]
preset = "neurram-130nm"
rows = 16
columns = 12
seed = 3
formed = true
stuck = 0.0

[[instrument]]
name = "board"
model = "crossbar_board"
address = "TCPIP0::board::inst0::INSTR"

[[instrument]]
name = "clock"
model = "clock"
address = "TCPIP0::clock::inst0::INSTR"
"""
LIMITS = {
    "row": TerminalLimits(low=0.0, high=4.0, current=10e-3),
    "column": TerminalLimits(low=0.0, high=4.0, current=10e-3),
    "gate": TerminalLimits(low=0.0, high=5.0, gate=True),
}


@pytest.fixture
def bench(tmp_path):
    """Return (simulated bench, board, clock) on a new chip."""
    path = tmp_path / "chip.toml"
    path.write_text(CHIP)
    simulated = SimulatedBench.shared(path)
    visa = f"{path}@labcim"
    board = CrossbarBoard(VisaTransport("TCPIP0::board::inst0::INSTR", visa), LIMITS)
    clock = SimulatedClock(VisaTransport("TCPIP0::clock::inst0::INSTR", visa))
    board.initialise()
    yield simulated, board, clock
    board.close()
    clock.close()
    simulated.close()


def random_train(count: int) -> tuple[np.ndarray, Train]:
    random = np.random.default_rng(11)
    cells = random.permutation(16 * 12)[:count].astype(np.uint32)
    amplitude = random.uniform(0.5, 1.5, count) * random.choice([-1.0, 1.0], count)
    return cells, Train(amplitude, 1e-6, random.choice([1.8, 2.4], count), count=2)


def test_what_was_delivered_is_what_the_chip_saw(bench):
    simulated, board, _ = bench
    cells, train = random_train(100)
    delivered = board.pulse(cells, train)
    truth = simulated.chip.truth.pulses()
    first = truth[::2]  # two pulses for each cell
    assert len(truth) == 200
    assert np.array_equal(first["cell"], delivered.cells)
    assert np.array_equal(first["amplitude"], delivered.amplitude.astype(np.float32))
    assert np.array_equal(first["gate"], delivered.gate.astype(np.float32))
    assert np.array_equal(first["time"], delivered.time)
    assert set(truth["width"]) == {np.float32(1e-6)}


def test_the_schedule_told_before_is_the_time_that_passes(bench):
    _, board, clock = bench
    cells, train = random_train(150)
    told, before = board.schedule(cells, train), clock.now()
    delivered = board.pulse(cells, train)
    assert clock.now() - before == pytest.approx(told.duration)
    assert len(np.unique(delivered.time)) == told.steps


def test_a_reading_is_the_current_that_flowed_within_the_converters_resolution(bench):
    simulated, board, _ = bench
    cells = board.topology.all_cells()
    readings = board.read(cells, 0.2, gate=3.0)
    truth = simulated.chip.truth.reads()
    assert readings.good.all()
    assert np.array_equal(truth["cell"], cells)
    assert np.abs(readings.current - truth["current"]).max() < 1e-4 / 2**17
    assert np.array_equal(readings.time, truth["time"])


def test_pulse_read_reads_after_the_stated_delay(bench):
    simulated, board, _ = bench
    cells, train = random_train(60)
    delivered, readings = board.pulse_read(cells, train, 0.2, delay=1e-3, gate=3.0)
    # Two pulses of 1 us with a gap of 100 ns, and then the delay.
    assert readings.time - delivered.time == pytest.approx(np.full(60, 2.1e-6 + 1e-3))
    assert np.array_equal(simulated.chip.truth.reads()["time"], readings.time)


def test_a_positive_train_raises_conductance_and_a_negative_one_lowers_it(bench):
    _, board, _ = bench
    cells = board.topology.all_cells()
    board.pulse(cells, Train(2.5, 1e-6, 2.5))
    high = board.read(cells, 0.2, gate=3.0).conductance.mean()
    board.pulse(cells, Train(-2.5, 1e-6, 4.0))
    assert board.read(cells, 0.2, gate=3.0).conductance.mean() < high


def test_every_step_of_a_sweep_is_a_pulse_of_the_dwell_time(bench):
    simulated, board, _ = bench
    swept = board.sweep(7, np.linspace(0.1, 1.4, 8), dwell=1e-3, gate=2.0, current_limit=1e-4)
    truth = simulated.chip.truth.pulses()
    assert truth["amplitude"].tolist() == swept.voltage.astype(np.float32).tolist()
    assert np.array_equal(truth["time"], swept.time)
    assert set(truth["width"]) == {np.float32(1e-3)}


def test_a_current_limit_shows_as_a_flag(bench):
    _, board, _ = bench
    cells = board.topology.all_cells()
    delivered = board.pulse(cells, Train(1.2, 1e-6, 3.0, current_limit=2e-6))
    assert (delivered.flags == Flag.IN_COMPLIANCE).any()
    assert delivered.peak_current.max() <= 2e-6 * 1.001


def test_a_driven_row_sends_the_sum_of_its_cells_through_the_columns(bench):
    _, board, _ = bench
    cells = np.arange(5 * 12, 6 * 12, dtype=np.uint32)
    alone = board.read(cells, 0.2, gate=3.0, averages=16).current
    rows = np.where(np.arange(16) == 5, 0.2, np.nan)
    state = LineState(rows, np.zeros(12), np.full(12, 3.0), 1e-3)
    (together,) = board.apply([state])
    assert -together.columns == pytest.approx(alone, rel=0.2)
    assert together.rows[5] == pytest.approx(-together.columns.sum())


def test_after_make_safe_the_truth_shows_all_off_in_order(bench):
    simulated, board, _ = bench
    cells, train = random_train(10)
    board.pulse(cells, train)
    before = len(simulated.chip.truth.actions())
    board.make_safe()
    actions = simulated.chip.truth.actions()[before:]
    told = [(bytes(a["kind"]), bytes(a["target"]), float(a["value"])) for a in actions]
    assert told == [
        (b"source", b"rows", 0.0),
        (b"source", b"columns", 0.0),
        (b"gate", b"gates", 0.0),
        (b"output", b"all", 0.0),
        (b"line", b"all", 0.0),
    ]
    assert not board.enabled


def test_a_board_that_someone_else_made_safe_says_so_and_is_armed_by_the_next_request(bench):
    simulated, board, _ = bench
    cells, train = random_train(10)
    board.pulse(cells, train)
    aside = CrossbarBoard(
        VisaTransport("TCPIP0::board::inst0::INSTR", f"{simulated.chip_file.path}@labcim"), LIMITS
    )
    aside.make_safe()
    aside.close()
    with pytest.raises(InstrumentError, match="the output is off"):
        board.pulse(cells, train)
    assert len(simulated.chip.truth.pulses()) == 20
    board.pulse(cells, train)
    assert len(simulated.chip.truth.pulses()) == 40


def test_sleeping_moves_the_time_of_the_chip_and_nothing_else(bench):
    _, _, clock = bench
    before = clock.now()
    clock.sleep(3600.0)
    assert clock.now() - before == pytest.approx(3600.0)


def test_settings_are_what_the_board_states(bench):
    _, board, _ = bench
    board.aperture = 2e-5
    board.pulse(*random_train(4))
    stated = board.settings()
    assert (stated["aperture"], stated["pulse_count"], stated["enabled"]) == (2e-5, 2.0, True)


def test_true_wiring_lies_between_the_board_and_the_cells(tmp_path):
    path = tmp_path / "chip.toml"
    path.write_text(f'{CHIP}\n[faults]\nswapped = [["row.2", "row.3"]]\nopen = ["column.5"]\n')
    with SimulatedBench.shared(path) as simulated:
        transport = VisaTransport("TCPIP0::board::inst0::INSTR", f"{path}@labcim")
        board = CrossbarBoard(transport, LIMITS)
        board.initialise()
        readings = board.read(np.array([2 * 12, 2 * 12 + 5], np.uint32), 0.2, gate=3.0)
        reached = simulated.chip.truth.reads()["cell"].tolist()
        board.close()
    assert reached == [3 * 12]
    assert readings.current[1] == 0.0


def test_a_record_reads_every_cell_once_in_each_interval(bench):
    simulated, board, _ = bench
    cells = np.array([3, 15, 40], np.uint32)
    currents = board.record(cells, 0.2, rate=1e3, count=500, gate=3.0)
    truth = simulated.chip.truth.reads().reshape(500, 3)
    assert np.array_equal(truth["cell"], np.tile(cells, (500, 1)))
    assert np.diff(truth["time"], axis=0) == pytest.approx(np.full((499, 3), 1e-3))
    assert np.abs(currents - truth["current"]).max() < 1e-4 / 2**17
