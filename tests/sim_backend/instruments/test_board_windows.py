"""What the lines of a chip stand ([chip.windows]): its board drives none beyond, whoever asks."""

import numpy as np
import pytest
from board_bench import board_on

from labcim.capabilities import Coding, LineState, Loop, Overlap, Train
from labcim.errors import InstrumentError, RangeError
from labcim.instruments.crossbar_board import CrossbarBoard
from labcim.limits import TerminalLimits
from labcim.transport import VisaTransport

WINDOWS = "[chip.windows]\nrow = [0.0, 2.0]\ncolumn = [0.0, 1.5]\ngate = [0.0, 3.5]"
WITHIN = {"high": 1.5, "gate": 3.5}
LINES = np.arange(3, dtype=np.uint32)
ONES = np.ones((1, 3))


def state(row, column, gate):
    """Return a state with one line of each family away from ground."""
    levels = [np.array([0.0, volts, 0.0]) for volts in (row, column, gate)]
    return [LineState(*levels, duration=1e-5)]


BEYOND = {
    "a SET pulse": lambda board: board.pulse(LINES, Train(2.2, 1e-6, 2.0)),
    "a RESET pulse": lambda board: board.pulse(LINES, Train(-1.7, 1e-6, 2.0)),
    "a reading": lambda board: board.read(LINES, 2.2, gate=3.0),
    "a row of a state": lambda board: board.apply(state(2.2, 0.0, 1.0)),
    "a column of a state": lambda board: board.apply(state(0.0, 1.7, 1.0)),
    "a line below ground": lambda board: board.apply(state(-0.1, 0.0, 1.0)),
    "a product": lambda board: board.multiply(ONES, Coding(voltage=2.2, gate=3.0)),
    "a product of columns": lambda board: board.multiply_transposed(
        ONES, Coding(voltage=1.7, gate=3.0)
    ),
    "an update": lambda board: board.update(ONES, ONES, Overlap(2.2, -1.0, gate_up=2.0)),
    "a loop": lambda board: board.solve(np.zeros(3), Loop(LINES, LINES, 1e-4, gate=3.0, limit=0.8)),
}


@pytest.fixture
def chip(tmp_path):
    """Return the simulated bench, and a driver whose bench file believes in 3 V on every line."""
    with board_on(tmp_path, "neurram-130nm", 3, 3, more=WINDOWS, **WITHIN) as (simulated, _, _):
        wide = {name: TerminalLimits(-3.0, 3.0, 5e-3) for name in ("row", "column", "gate")}
        library = f"{simulated.chip_file.path}@labcim"
        driver = CrossbarBoard(VisaTransport("TCPIP0::board::inst0::INSTR", library), wide)
        driver.send("*RST")  # protections are the chip's own
        yield simulated, driver
        driver.close()


@pytest.mark.parametrize("asked", BEYOND)
def test_whatever_leaves_a_window_of_the_chip_is_refused_and_drives_nothing(chip, asked):
    simulated, board = chip
    before = simulated.chip.true_conductance()
    with pytest.raises(InstrumentError, match=r"-222.*(row|column) takes 0 to"):
        BEYOND[asked](board)

    assert np.array_equal(simulated.chip.true_conductance(), before)
    assert not len(simulated.chip.truth)


@pytest.mark.parametrize(
    "message", ["ROW:VOLT 2.1", "COL:VOLT 0,0,1.6", "GATE:VOLT 3.6", "ROW:VOLT -0.1"]
)
def test_a_level_beyond_a_window_is_not_taken(chip, message):
    board = chip[1]
    with pytest.raises(InstrumentError, match=r"-222.*takes 0 to"):
        board.send(message)
    assert board.transport.query("ROW:VOLT:PEAK?;:COL:VOLT:PEAK?;:GATE:VOLT:PEAK?") == "0.0;0.0;0.0"


def test_a_reset_board_protects_the_windows_and_says_its_largest_voltage(chip):
    board = chip[1]
    assert board.transport.query("ROW:VOLT:PROT?;:COL:VOLT:PROT?") == "0.0,2.0;0.0,1.5"
    assert board.transport.query("GATE:VOLT:PROT?") == "0.0,3.5"
    assert board.transport.query("SYST:CAP:LIM?").startswith("3.5,")
    with pytest.raises(RangeError, match="nothing was sent"):
        board.read(LINES, 0.2, gate=3.6)


def test_a_bench_file_that_believes_more_than_the_chip_stands_does_not_open(chip):
    with pytest.raises(InstrumentError, match="row window holds 0 V, within 0 to 2 V"):
        chip[1].initialise()


def test_what_fits_the_windows_is_done(tmp_path):
    with board_on(tmp_path, "neurram-130nm", 3, 3, more=WINDOWS, **WITHIN) as (simulated, board, _):
        board.pulse(LINES, Train(1.5, 1e-6, 3.5))
        assert len(simulated.chip.truth) == 3


def test_without_windows_a_board_gives_what_its_drivers_do(tmp_path):
    with board_on(tmp_path, "neurram-130nm", 3, 3) as (_, board, _):
        board.send("*RST")
        assert board.transport.query("ROW:VOLT:PROT?") == "-10.0,10.0"
        assert board.transport.query("SYST:CAP:LIM?").startswith("10.0,")


def test_a_window_wider_than_the_drivers_gives_no_more_than_they_do(tmp_path):
    wide = "[chip.windows]\nrow = [-20.0, 20.0]"
    with board_on(tmp_path, "neurram-130nm", 3, 3, more=wide) as (_, board, _):
        board.send("*RST")
        assert board.transport.query("ROW:VOLT:PROT?") == "-10.0,10.0"
