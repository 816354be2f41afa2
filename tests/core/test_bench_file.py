from pathlib import Path

import pytest

from labcim.bench_file import load_bench
from labcim.bench_wiring import expand_wiring
from labcim.errors import RecipeError

BOARD = """
cells = "board"
[bench]
name = "b"
visa = "chip.toml@labcim"
[chip]
identity = "c"
rows = 4
columns = 3
[chip.limits]
row = { high = "3.6 V", current = "1 mA" }
column = { high = "3 V" }
gate = { high = "5 V" }
[instruments.board]
driver = "crossbar_board"
address = "TCPIP0::board::inst0::INSTR"
"""

PROBED = """
cells = "probed_chip"
[bench]
name = "p"
[chip]
identity = "c"
rows = 4
columns = 3
[chip.limits]
row = { high = "3.6 V", current = "1 mA" }
column = { high = "3 V", current = "2 mA" }
gate = { high = "5 V" }
[probed_chip]
source_meter = "smu"
pulse_source = "gen"
matrix = "matrix"
[instruments]
smu = { driver = "keithley2450", address = "GPIB0::24::INSTR" }
gen = { driver = "keysight33522b", address = "GPIB0::10::INSTR" }
matrix = { driver = "keithley3706a", address = "GPIB0::16::INSTR" }
"""


def written(folder: Path, text: str) -> Path:
    (folder / "chip.toml").write_text("", encoding="utf-8")
    path = folder / "bench.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_the_simulated_chip_is_found_beside_the_bench_file(tmp_path):
    bench = load_bench(written(tmp_path, BOARD))
    assert bench.visa_of("board") == f"{tmp_path / 'chip.toml'}@labcim"
    assert bench.mode == "SIM"


def test_a_bench_without_simulated_parts_is_hardware(tmp_path):
    assert load_bench(written(tmp_path, PROBED)).mode == "HARDWARE"


def test_the_boards_terminals_have_the_limits_of_their_lines(tmp_path):
    limits = load_bench(written(tmp_path, BOARD)).terminal_limits("board")
    assert limits["row"].high == 3.6
    assert limits["column"].high == 3.0
    assert limits["gate"].gate and limits["gate"].high == 5.0


@pytest.mark.parametrize(
    ("line", "limit"), [("", 0.5), ('read = "1.2 V"\n', 1.2), ('read = "150 mV"\n', 0.15)]
)
def test_the_read_limit_is_500_mv_unless_the_bench_file_says_another(tmp_path, line, limit):
    text = BOARD.replace("[chip.limits]\n", f"[chip.limits]\n{line}")
    limits = load_bench(written(tmp_path, text)).terminal_limits("board")
    assert limits["row"].read == limits["column"].read == limit


def test_a_terminal_that_is_wired_to_rows_and_columns_has_the_tighter_limit(tmp_path):
    bench = load_bench(written(tmp_path, PROBED))
    drain, gate = (bench.terminal_limits("gen")[name] for name in ("ch1", "ch2"))
    assert (drain.high, drain.current, drain.gate) == (3.0, 1e-3, False)
    assert (gate.high, gate.gate) == (5.0, True)
    assert bench.terminal_limits("smu")["hi"].high == 3.0


EXTRA = """
[instruments.extra]
driver = "keithley2400"
address = "GPIB0::9::INSTR"
[wiring]
"""
ON_MATRIX = """
"matrix.slot1.column[1:4]" = "row[0:3]"
"matrix.slot2.column[1:3]" = "column[0:2]"
"matrix.slot3.column[1:3]" = "gate[0:2]"
"""


def extra_on(tmp_path, ties):
    return load_bench(written(tmp_path, PROBED + EXTRA + ties)).terminal_limits("extra")


def test_an_instrument_that_is_wired_to_a_pad_has_the_limits_of_its_line(tmp_path):
    limits = extra_on(tmp_path, '"extra.hi" = "lab.gate"\n"lab.gate" = "gate.0"')
    assert (limits["hi"].high, limits["hi"].gate) == (5.0, True)


def test_an_instrument_on_the_switch_has_the_limits_of_all_lines_there(tmp_path):
    limits = extra_on(tmp_path, '"extra.hi" = "matrix.row8"' + ON_MATRIX)
    assert (limits["hi"].high, limits["hi"].gate) == (3.0, False)


def test_an_instrument_that_reaches_no_line_has_no_limits_of_the_chip(tmp_path):
    assert "hi" not in extra_on(tmp_path, '"extra.hi" = "lamp"' + ON_MATRIX)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('name = "b"', 'name = "b"\ncolour = "red"', "bench.colour is not a known key"),
        ('high = "3.6 V"', 'high = "3.6 A"', "is in A, expected V"),
        ('cells = "board"', 'cells = "bord"', "no instrument is called bord"),
        ("rows = 4", "rows = 0", "chip.rows"),
        ('visa = "chip.toml@labcim"', 'visa = "other.toml@labcim"', "there is no chip file"),
        ("rows = 4", "rows = = 4", "bench.toml"),
        ('high = "3.6 V"', 'high = "nan V"', "row.high"),
        ("[chip.limits]", '[chip.limits]\nread = "0 V"', "chip.limits.read"),
        ("[chip.limits]", '[chip.limits]\nread = "inf V"', "chip.limits.read"),
        ('cells = "board"', 'cells = "probed_chip"', "needs a"),
    ],
)
def test_a_wrong_bench_file_is_refused_in_one_sentence_that_names_the_place(
    tmp_path, old, new, said
):
    with pytest.raises(RecipeError, match=said):
        load_bench(written(tmp_path, BOARD.replace(old, new)))


def test_a_missing_bench_file_is_named(tmp_path):
    with pytest.raises(RecipeError, match=r"nowhere.toml: no such file"):
        load_bench(tmp_path / "nowhere.toml")


def test_a_wiring_range_becomes_one_connection_for_each_line():
    assert expand_wiring({"matrix.slot1.column[1:3]": "row[0:2]"}) == {
        "matrix.slot1.column1": "row.0",
        "matrix.slot1.column2": "row.1",
        "matrix.slot1.column3": "row.2",
    }


def test_wiring_ranges_of_different_length_are_refused():
    with pytest.raises(RecipeError, match="differ in length"):
        expand_wiring({"a[1:3]": "row[0:1]"})


STAGED = BOARD.replace('cells = "board"', 'cells = "board"\nstage = "chuck"') + (
    '[instruments.chuck]\ndriver = "lakeshore336"\naddress = "GPIB0::12::INSTR"\n'
)
WARM = STAGED.replace("[chip.limits]", '[chip.limits]\ntemperature = { high = "430 K" }')


def test_a_stage_has_the_chips_limits_of_temperature(tmp_path):
    limits = load_bench(written(tmp_path, WARM)).terminal_limits("chuck")["stage"]
    assert (limits.coldest, limits.hottest) == (273.15, 430.0)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (STAGED, r"stage = 'chuck' needs \[chip.limits\] temperature"),
        (WARM.replace('stage = "chuck"', 'stage = "oven"'), "no instrument is called oven"),
    ],
)
def test_a_stage_without_limits_or_instrument_is_refused(tmp_path, text, says):
    with pytest.raises(RecipeError, match=says):
        load_bench(written(tmp_path, text))
