"""The simulated board over chips of resistors, spoken to in its own words."""

import numpy as np
import pytest
from ohmic_chip import ohmic_board

from labcim.capabilities import Topology
from labcim.sim_backend.instruments._board_plan import plan
from labcim.sim_backend.instruments.crossbar_board import CrossbarBoard
from labcim.transport import block

TWO_BY_THREE = Topology(2, 3)
BIG, LITTLE = ">", "<"


def cells(*indices: int, order: str = BIG) -> bytes:
    return block(np.array(indices, f"{order}u4").tobytes())


def volts(*values: float, order: str = BIG) -> bytes:
    return block(np.array(values, f"{order}f4").tobytes())


@pytest.fixture
def bench():
    chip, board, line = ohmic_board(TWO_BY_THREE)
    line.write("OUTP ON")
    return chip, board, line


def errors(line) -> str:
    return line.query("SYST:ERR:ALL?")


def test_the_board_says_what_chip_it_carries(bench):
    assert bench[2].query("SYST:CAP:GEOM?") == "2,3,1T1R,COLUMN,ROW,24,18,2e-08"


def test_a_read_cell_answers_time_current_and_flag_as_text_after_reset(bench):
    _, _, line = bench
    answer = line.query(b"READ:CELL? " + cells(4) + b",0.2,3")
    time, current, flag = answer.split(",")
    assert float(time) == pytest.approx(1e-6)  # the sense channel settles first
    assert float(current) == pytest.approx(5e-6 * 0.2, rel=1e-4)
    assert flag == "0"


@pytest.mark.parametrize(("word", "order"), [("NORM", BIG), ("SWAP", LITTLE)])
def test_blocks_go_out_and_come_in_in_the_chosen_byte_order(bench, word, order):
    _, _, line = bench
    line.write(f"FORM REAL,64;FORM:BORD {word}")
    payload = line.query_block(b"READ:CELL? " + cells(0, 5, order=order) + b",0.2,3")
    currents = np.frombuffer(payload, f"{order}f8", 2, 16)
    assert currents == pytest.approx([0.2e-6, 1.2e-6], rel=1e-4)


def test_the_default_byte_order_is_big_endian_as_scpi_has_it(bench):
    assert bench[2].query("FORM:BORD?") == "NORM"


def test_a_pulse_reaches_each_cell_with_its_own_amplitude_and_gate(bench):
    chip, _, line = bench
    line.write("PULS:WIDT 2e-6;COUN 3;PER 5e-6")
    line.query(b"PULS:CELL? " + cells(0, 4) + b"," + volts(1.5, -2.0) + b"," + volts(2.0, 3.0))
    (kind, told), *_ = chip.asked
    assert kind == "pulse"
    assert told["amplitude"].tolist() == [1.5, -2.0]
    assert told["gate"].tolist() == [2.0, 3.0]
    assert (told["width"], told["count"], told["gap"]) == (2e-6, 3, pytest.approx(3e-6))


def test_time_moves_on_by_the_steps_times_their_trains(bench):
    chip, _, line = bench
    line.write("PULS:WIDT 2e-6;COUN 3;PER 5e-6")
    line.query(b"PULS:CELL? " + cells(0, 1, 2, 3) + b",1.0,2.0")
    # Three columns, one step each: cells 0 and 3 share a column.
    assert chip.now == pytest.approx(3 * 3 * 5e-6)
    assert chip.asked[0][1]["start"] == pytest.approx([0.0, 15e-6, 30e-6, 0.0])


def test_one_line_drives_only_cells_of_one_polarity_at_a_time(bench):
    chip, _, line = bench
    line.write("PULS:WIDT 1e-6;PER 2e-6")
    line.query(b"PULS:CELL? " + cells(0, 3) + b"," + volts(1.0, -1.0) + b",2.0")
    assert chip.now == pytest.approx(2 * 2e-6)


def test_the_current_of_the_shared_line_bounds_the_cells_of_a_step(bench):
    chip, _, line = bench
    line.write("CURR:PROT 1e-3;PROT:COMM 1e-3;:PULS:PER 2e-6")
    line.query(b"PULS:CELL? " + cells(0, 3) + b",1.0,2.0")
    assert chip.now == pytest.approx(2 * 2e-6)


def test_pulse_and_read_are_one_operation_with_the_stated_delay(bench):
    chip, _, line = bench
    line.write("PULS:WIDT 2e-6;COUN 1")
    line.query(b"PULS:READ? " + cells(0) + b",1.0,2.0,1e-3,0.2,3.0")
    (_, pulsed), (_, read) = chip.asked
    assert read["start"] - pulsed["start"] == pytest.approx(2e-6 + 1e-3)


def test_a_cell_at_its_current_limit_is_flagged(bench):
    _, board, line = bench
    line.write("CURR:PROT 2e-6")
    answer = line.query(b"PULS:CELL? " + cells(0, 5) + b",1.0,2.0").split(",")
    assert answer[2::3] == ["0", "1"]
    assert board.status.questionable.event == 2


def test_a_current_beyond_a_fixed_range_is_flagged_and_never_taken_for_data(bench):
    _, _, line = bench
    line.write("SENS:CURR:RANG 1e-6")
    answer = line.query(b"READ:CELL? " + cells(0, 5) + b",0.5,3").split(",")
    assert answer[2::3] == ["0", "2"]


def test_a_record_holds_passes_at_the_stated_interval(bench):
    chip, _, line = bench
    line.write("FORM REAL,32")
    payload = line.query_block(b"REC:CELL? " + cells(0, 1) + b",0.2,3,1e-3,4")
    currents = np.frombuffer(payload, ">f4").reshape(4, 2)
    assert currents == pytest.approx(np.tile([0.2e-6, 0.4e-6], (4, 1)), rel=1e-4)
    assert chip.now == pytest.approx(4e-3)


def test_a_record_faster_than_its_readings_is_a_settings_conflict(bench):
    assert bench[2].query_block(b"REC:CELL? " + cells(0, 1) + b",0.2,3,1e-6,4") == b""
    assert errors(bench[2]).startswith("-221")


def test_a_sequence_holds_every_line_and_measures_at_its_end(bench):
    chip, _, line = bench
    line.write("FORM REAL,32")
    duration = block(np.array([1e-3], ">f8").tobytes())
    levels = volts(0.2, np.nan, 0.0, 0.0, 0.0, 3.0, 3.0, 3.0)
    payload = line.query_block(b"SEQ:APPL? " + duration + b"," + levels)
    currents = np.frombuffer(payload, ">f4")
    assert currents[0] == pytest.approx(0.2 * (1e-6 + 2e-6 + 3e-6), rel=1e-6)
    assert np.isnan(currents[1])
    assert currents[2:] == pytest.approx([-0.2e-6, -0.4e-6, -0.6e-6], rel=1e-6)
    assert chip.now == pytest.approx(1e-3)


@pytest.mark.parametrize(
    ("message", "code"),
    [
        (b"PULS:CELL? " + cells(6) + b",1.0,2.0", -222),
        (b"SEQ:APPL? #10,#10", -109),
        (b"PULS:CELL? " + cells(1, 1) + b",1.0,2.0", -224),
        (b"PULS:CELL? " + cells(0, 1) + b"," + volts(1.0) + b",2.0", -109),
        (b"PULS:CELL? " + cells(0) + b"," + volts(1.0, 1.0) + b",2.0", -223),
        (b"PULS:CELL? " + cells(0, 1) + b"," + volts(1.0, np.nan) + b",2.0", -222),
        (b"PULS:CELL? " + cells(0, 1) + b"," + volts(1.0, np.inf) + b",2.0", -222),
        (b"PULS:CELL? " + cells(0) + b",4.5,2.0", -222),
        (b"PULS:CELL? " + cells(0) + b",-2.5,2.0", -222),
        (b"PULS:CELL? " + cells(0) + b",1.0,6.0", -222),
        (b"PULS:CELL? #15abcde,1.0,2.0", -161),
        (b"READ:CELL? " + cells(0) + b",9.0,2.0", -222),
    ],
)
def test_a_request_that_is_wrong_anywhere_drives_no_line_and_answers_an_empty_block(
    bench, message, code
):
    chip, _, line = bench
    line.write("ROW:VOLT:PROT 0,4;:COL:VOLT:PROT 0,2;:GATE:VOLT:PROT 0,5")
    assert line.query_block(message) == b""
    assert errors(line).startswith(f"{code},")
    assert chip.asked == []


def test_a_period_that_the_pulse_does_not_fit_into_is_a_settings_conflict(bench):
    chip, _, line = bench
    line.write("PULS:WIDT 2e-6;PER 1e-6")
    assert line.query_block(b"PULS:CELL? " + cells(0) + b",1.0,2.0") == b""
    assert errors(line).startswith("-221")
    assert chip.asked == []


def test_nothing_is_driven_while_the_output_is_off(bench):
    chip, _, line = bench
    line.write("OUTP OFF")
    assert line.query_block(b"READ:CELL? " + cells(0) + b",0.2,3") == b""
    assert errors(line).startswith("-221")
    assert chip.asked == []


def test_reset_grounds_every_line_and_turns_the_output_off(bench):
    _, _, line = bench
    line.write("ROW:VOLT 1.5;:ROUT:ROW:STAT 1")
    assert (line.query("ROUT:GRO?"), line.query("ROW:VOLT:PEAK?")) == ("2", "1.5")
    line.write("*RST")
    answers = line.query("OUTP?;:ROUT:GRO?;:ROW:VOLT:PEAK?;:FORM?")
    assert answers == "0;0;0.0;ASC"


def test_what_is_turned_off_is_noted_as_truth(bench):
    chip, _, line = bench
    line.write("ROW:VOLT 1;:GATE:VOLT 2;:OUTP OFF")
    assert chip.actions[-3:] == [
        ("board", "source", "rows", 1.0),
        ("board", "gate", "gates", 2.0),
        ("board", "output", "all", 0.0),
    ]


def test_a_whole_block_is_noted_as_one_action(bench):
    chip, _, line = bench
    before = len(chip.actions)
    line.query(b"PULS:CELL? " + cells(0, 1, 2, 3, 4, 5) + b",-1.5,2.0")
    assert chip.actions[before:] == [("board", "pulse", "6 cells", 1.5)]


def test_every_setting_is_read_back_as_it_was_set(bench):
    _, _, line = bench
    for header, value in {
        "PULS:WIDT": 3e-7, "PULS:PER": 4e-6, "PULS:COUN": 7, "PULS:TRAN": 1e-8,
        "PULS:TRAN:TRA": 2e-8, "CURR:PROT": 1e-4, "CURR:PROT:COMM": 2e-3, "SENS:APER": 1e-5,
        "SENS:AVER:COUN": 4, "SENS:CURR:RANG": 1e-5,
    }.items():  # fmt: skip
        line.write(f"{header} {value}")
        assert float(line.query(f"{header}?")) == value


def test_with_gates_along_the_rows_cells_of_a_row_share_a_step():
    chip, _, line = ohmic_board(Topology(2, 3, gate_along="row"))
    line.write("OUTP ON;:PULS:PER 2e-6")
    line.query(b"PULS:CELL? " + cells(0, 1, 2, 3) + b",1.0,2.0")
    assert chip.now == pytest.approx(2 * 2e-6)


def test_a_plan_serves_every_cell_once_and_never_two_kinds_in_a_step():
    random = np.random.default_rng(5)
    line = random.integers(0, 40, 3000).astype(np.uint32)
    amplitude = random.normal(size=3000)
    gate = random.choice([1.0, 2.0, 3.0], 3000)
    made = plan(line, amplitude, gate, 7)
    assert set(made.step) == set(range(made.steps))
    for step in range(made.steps):
        served = made.step == step
        assert served.sum() <= 7
        assert len(set(zip(line[served], amplitude[served] < 0, gate[served], strict=True))) == 1


def test_the_manual_names_every_command_of_the_board(request):
    manual = (request.config.rootpath / "docs" / "crossbar-board.md").read_text(encoding="utf-8")
    told = manual.replace("\\|", "|")
    own = [pattern for pattern in CrossbarBoard.command_table.patterns if pattern[0] not in "*:"]
    assert [header for header in own if header.replace("[:SOURce]", "[SOURce]").rstrip("?")
            not in told] == []  # fmt: skip
