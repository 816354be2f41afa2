"""``labcim import ni-rram``: files by their columns and contents, onto the record."""

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from labcim.app.importing.imported_run import import_ni_rram
from labcim.app.importing.ni_rram import recognised
from labcim.app.importing.numbers import read_table
from labcim.app.record import RunView, open_record
from labcim.cli.exit_codes import ExitCode
from labcim.cli.main import run_command
from labcim.errors import RecordError
from labcim.record import HashCheck

DATA = Path(__file__).parents[3] / "shared" / "data" / "ni-rram"
measured = pytest.mark.skipif(
    not DATA.is_dir(), reason="the measured files are not beside the repository"
)


@pytest.fixture
def record(tmp_path):
    return tmp_path / "r.sqlite"


def written(folder, text, name="some name.txt"):
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def results(record, path):
    """Import a file and return its results by name."""
    view = RunView(record, import_ni_rram(path, record))
    return {result.name: result for result in view.detail().results}


def test_a_map_is_a_completed_run_that_says_it_was_imported_and_knows_of_no_pulse(tmp_path, record):
    path = written(tmp_path, "0\t20000\n257\t1e5\n65535\t40000.5\n")
    view = RunView(record, import_ni_rram(path, record, chip="C7"))
    summary, rows = view.detail().summary, view.readings()

    assert (summary.protocol, summary.mode, summary.state) == (
        "imported_map", "IMPORTED", "completed",
    )  # fmt: skip
    assert (summary.chip, summary.rows, summary.columns) == ("C7", 256, 256)
    assert (summary.pulses, summary.readings, summary.units_done) == (0, 3, 1)
    assert list(rows["row"]) == [0, 1, 255]
    assert list(rows["column"]) == [0, 1, 255]
    assert list(rows["resistance"]) == [20000.0, 1e5, 40000.5]
    assert rows["conductance"].to_numpy() == pytest.approx([5e-5, 1e-5, 1 / 40000.5])
    assert rows.attrs["units"]["resistance"] == "Ohm"
    assert view.results().set_index("name")["value"]["share below 50 kOhm"] == pytest.approx(2 / 3)
    assert 'file = "some name.txt"' in view.detail().recipe
    with open_record(record) as kept:
        check = HashCheck()
        for document in kept.documents(view.run):
            check(document)
    assert check.intact


@pytest.mark.parametrize("separator", ["\t", ","])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_tabs_and_commas_and_both_ends_of_lines_are_read_alike(tmp_path, separator, end):
    rows = [["3", "1.5e4", "2e5", "25"], ["4", "1.6e4", "3e5", "25"]]
    path = written(tmp_path, end.join(separator.join(row) for row in rows) + end)
    table, kind = recognised(path)
    assert kind.protocol == "imported_cycles"
    assert table.values.tolist() == [[float(x) for x in row] for row in rows]


def test_names_above_the_columns_and_empty_lines_are_left_out(tmp_path):
    path = written(tmp_path, "addr,resistance\n\n1,2e4\n\n2,3e4\n\n")
    table = read_table(path)
    assert table.values.tolist() == [[1.0, 2e4], [2.0, 3e4]]
    assert list(table.lines) == [3, 5]


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("1\t2e4\n", "imported_map"),
        ("1\t2e-6\t0.1\n", "imported_read_voltages"),
        ("1\t2e4\t2e5\t100\n", "imported_cycles"),
        ("1,0.0,1e4,1e-4,1e-5,0.0056\n", "imported_read_noise"),
    ],
)
def test_the_columns_tell_what_a_file_is_whatever_its_name(tmp_path, record, text, kind):
    path = written(tmp_path, text, "notes.log")
    assert RunView(record, import_ni_rram(path, record)).protocol == kind


def test_levels_are_told_from_a_map_by_the_order_of_their_conductances(tmp_path):
    random = np.random.default_rng(1)
    target = 4e-6 * (np.arange(256) % 32 + 0.5)
    reached = np.abs(target + 3e-6 * random.standard_normal(256)) + 1e-8
    level = "".join(f"{i}\t{1 / g!r}\n" for i, g in enumerate(map(float, reached)))
    mixed = "".join(
        f"{i}\t{1 / g!r}\n" for i, g in enumerate(map(float, random.permutation(reached)))
    )

    assert recognised(written(tmp_path, level, "a"))[1].protocol == "imported_levels"
    assert recognised(written(tmp_path, mixed, "b"))[1].protocol == "imported_map"


def test_a_sweep_is_read_alike_in_either_order_of_its_columns(tmp_path):
    volts = np.linspace(0.0, 0.35, 36)
    amps = 1e-6 + 2e-5 * volts
    one = "".join(f"7\t{i!r}\t{v!r}\n" for v, i in zip(volts.tolist(), amps.tolist(), strict=True))
    two = "".join(f"7\t{v!r}\t{i!r}\n" for v, i in zip(volts.tolist(), amps.tolist(), strict=True))
    for text in (one, two):
        table, kind = recognised(written(tmp_path, text))
        rows = kind.read(table)
        assert list(rows["voltage"]) == list(volts)
        assert list(rows["current"]) == list(amps)


@pytest.mark.parametrize("low_first", [True, False])
def test_cycles_with_a_line_for_each_state_become_one_row_a_cycle(tmp_path, low_first):
    states = [("8000", "50000"), ("9000", "40000"), ("8500", "7000")]
    lines = [
        f"772\t{ohm}\t{1000 * n}\n"
        for n, pair in enumerate(states, start=1)
        for ohm in (pair if low_first else pair[::-1])
    ]
    table, kind = recognised(written(tmp_path, "".join(lines)))
    rows = kind.read(table)
    assert kind.protocol == "imported_cycles"
    assert list(rows["cycle"]) == [1000, 2000, 3000]
    assert list(rows["low_resistance"]) == [8000.0, 9000.0, 8500.0]
    assert list(rows["high_resistance"]) == [50000.0, 40000.0, 7000.0]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "no line of numbers"),
        ("\n\n", "no line of numbers"),
        ("1\t2\t3\t4\t5\n", "5 columns; known are"),
        ("1\n", "1 columns; known are"),
        ("1\t2e4\n2\t3e4\t5\n", "line 2: 3 columns where others have 2"),
        ("1\t2e4\n2\t\n", "line 2: '' is no finite number"),
        ("1\t2e4\n2", "line 2: 1 columns where others have 2"),
        ("1\tnan\n", "line 1: 'nan' is no finite number"),
        ("1\t2e4\n1\tinf\n", "line 2: 'inf' is no finite number"),
        ("1\t1e999\n", "line 1: '1e999' is no finite number"),
        ("1\t1_000\n", "line 1: '1_000' is no finite number"),
        ("1\t2e4\n=cmd|' /C calc'!A0\t1\n", 'line 2: "=cmd'),
        ("1\t2e4\nword\tword\n", "line 2: 'word' is no finite number"),
        ("1\t0\n", "line 1: a resistance"),
        ("1\t1e-310\n", "line 1: a resistance"),
        ("1.5\t2e4\n", "line 1: an address"),
        ("-1\t2e4\n", "line 1: an address"),
        ("1\t2e4\n99999999999\t2e4\n", "line 2: an address"),
        ("1\t5.0\t0.1\n", "line 1: a current"),
        ("1\t8e3\t10\n1\t5e4\t10\n1\t8e3\t20\n", "line 3: a cycle has two lines"),
        ("1\t8e3\t10\n1\t5e4\t20\n", "line 1: a cycle has two lines"),
        ("0\t2e-8\t0.5\t0.5\t9726.1\t10018.1\n", "line 1: the conductance is not"),
        ("1\t1e-6\t50\n", "line 1: a read voltage"),
        ("1\t1e4\t1e5\t2.5\n", "line 1: a cycle"),
        ("1\t1e4\t1e5\t-3\n", "line 1: a cycle"),
        ("1,0,1e4,2e-4,1e-5,0.005\n", "line 1: the conductance is not"),
        ("1,5,1e4,1e-4,1e-5,0.005\n1,4,1e4,1e-4,1e-5,0.005\n", "line 2: the time goes back"),
        (b"1\t2e4\n\xff\xfe\t1\n", "line 2: no text in UTF-8"),
        (b"\x00\x01\x02\x03", "is no finite number"),
        ("1\t" + "9" * 10_000 + "\n", "line 1: longer than"),
    ],
)
def test_a_bad_file_is_refused_with_its_line_and_leaves_no_run(
    tmp_path, record, capsys, text, said
):
    path = written(tmp_path, text)
    code = run_command(["import", "ni-rram", str(path), "--record", str(record)])
    assert code == ExitCode.RECORD
    assert said in capsys.readouterr().err
    assert not record.exists()


def test_a_file_that_is_not_there_and_a_folder_are_refused(tmp_path, record):
    for path in (tmp_path / "none", tmp_path):
        with pytest.raises(RecordError, match="cannot be read"):
            import_ni_rram(path, record)


def test_a_line_without_its_end_is_said_to_be_perhaps_cut_off(tmp_path, record):
    stop = import_ni_rram(written(tmp_path, "1\t2e4\n2\t3e4"), record)
    with open_record(record) as kept:
        assert "cut off" in kept.events(stop.run)["message"].str.cat()


fields = st.one_of(
    st.floats().map(repr),
    st.integers(-3, 70_000).map(str),
    st.sampled_from(
        ["", " ", "nan", "1e400", "x", "0", "1e-5", '"', "\x00", "=1+1", "½", "\u2028"]
    ),
)
lines = st.lists(fields, min_size=1, max_size=7)
files = st.tuples(st.lists(lines, max_size=6), st.sampled_from("\t,; "), st.booleans())


@settings(
    max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.one_of(files, st.binary(max_size=200)))
def test_any_file_is_read_or_refused_in_words(tmp_path, content):
    if isinstance(content, tuple):
        rows, separator, end = content
        content = ("\n".join(separator.join(row) for row in rows) + "\n" * end).encode()
    path = written(tmp_path, content)
    try:
        table, kind = recognised(path)
        rows = kind.read(table)
    except RecordError as trouble:
        assert path.name in str(trouble)
        return
    assert {channel.name for channel in kind.channels} == set(rows)
    for channel in kind.channels:
        assert len(rows[channel.name]) == len(table.values)
        assert rows[channel.name].dtype == np.dtype(channel.dtype)
        assert np.isfinite(rows[channel.name].astype(float)).all()
    kind.findings(rows)


@settings(
    max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.lists(st.tuples(st.integers(0, 65_535), st.floats(1.0, 1e12)), min_size=1, max_size=30))
def test_what_is_written_is_what_is_read_to_the_last_bit(tmp_path, cells):
    path = written(tmp_path, "".join(f"{cell}\t{ohm!r}\n" for cell, ohm in cells))
    table, kind = recognised(path)
    rows = kind.read(table)
    assert list(zip(rows["cell"].tolist(), rows["resistance"].tolist(), strict=True)) == cells


def test_an_imported_run_is_shown_reported_exported_and_replayed_like_any(tmp_path, record, capsys):
    text = "".join(
        f"{cell}\t{1e4 + cell}\t{1e5 * (cell + cycle)}\t{cycle}\n"
        for cell in range(1, 5)
        for cycle in (25, 50)
    )
    path, page = written(tmp_path, text), tmp_path / "r.html"
    words = ["--record", str(record)]
    assert run_command(["import", "ni-rram", str(path), *words, "--json"]) == ExitCode.DONE
    told = json.loads(capsys.readouterr().out)
    assert told[0]["readings"] == 8
    assert run_command(["show", "last", *words]) == ExitCode.DONE
    assert "LRS, median" in capsys.readouterr().out
    assert run_command(["report", "last", *words, "--to", str(page)]) == ExitCode.DONE
    assert "IMPORTED" in page.read_text("utf-8")
    assert run_command(["export", "last", *words, "--to", str(tmp_path / "out")]) == ExitCode.DONE
    assert run_command(["replay", "last", *words, "--no-window"]) == ExitCode.DONE


@measured
def test_the_recorded_endurance_has_the_numbers_of_the_reference(record):
    found = results(record, DATA / "data_1us_endurance.tsv")

    def value(name, span):
        return found[f"{name}, {span} cycles"].value

    assert value("LRS median", "0 to 100,000") == pytest.approx(10.7e3, rel=0.02)
    assert value("LRS median", "300,000 to 1,000,000") == pytest.approx(12.5e3, rel=0.01)
    assert value("LRS median", "1,000,000 to 3,000,000") == pytest.approx(12.9e3, rel=0.01)
    assert value("HRS median", "0 to 100,000") == pytest.approx(135e3, rel=0.02)
    assert value("HRS median", "300,000 to 1,000,000") == pytest.approx(88e3, rel=0.01)
    assert value("HRS median", "1,000,000 to 3,000,000") == pytest.approx(115e3, rel=0.01)
    share = "HRS below 2 x LRS, share"
    assert value(share, "0 to 100,000") == 0.0
    assert value(share, "100,000 to 300,000") == pytest.approx(0.0015, abs=5e-5)
    assert value(share, "300,000 to 1,000,000") == pytest.approx(0.022, abs=5e-4)


@measured
def test_the_recorded_cycles_have_the_numbers_of_the_reference(record):
    found = results(record, DATA / "data_100cyc.tsv")
    assert found["LRS, median"].value == pytest.approx(7.43e3, rel=0.001)
    assert found["LRS ln-sd, total"].value == pytest.approx(0.075, abs=5e-4)
    assert found["LRS ln-sd, cycle to cycle"].value == pytest.approx(0.043, abs=5e-4)
    assert found["LRS ln-sd, device to device"].value == pytest.approx(0.062, abs=5e-4)
    assert found["HRS, median"].value == pytest.approx(156e3, rel=0.002)
    assert found["HRS, 10 % quantile"].value == pytest.approx(27e3, rel=0.02)
    assert found["HRS, 90 % quantile"].value == pytest.approx(845e3, rel=0.001)
    assert found["HRS ln-sd, total"].value == pytest.approx(1.39, abs=5e-3)
    assert found["HRS ln-sd, cycle to cycle"].value == pytest.approx(1.15, abs=5e-3)
    assert found["HRS ln-sd, device to device"].value == pytest.approx(0.78, abs=5e-3)


@measured
@pytest.mark.parametrize(
    ("name", "error", "own", "near"),
    [
        ("newwrite", 6.1e-6, 0.34, 0.59),
        ("prebake", 6.9e-6, 0.29, 0.53),
        ("postbake", 11.3e-6, 0.21, 0.41),
    ],
)
def test_the_recorded_levels_have_the_numbers_of_the_reference(record, name, error, own, near):
    found = results(record, DATA / f"data_{name}.tsv")
    assert found["error, RMS"].value == pytest.approx(error, abs=0.05e-6)
    assert found["share in their own bin"].value == pytest.approx(own, abs=0.006)
    assert found["share within 4 uS of the middle of their bin"].value == pytest.approx(
        near, abs=0.006
    )
    if name == "postbake":
        middle = found["sigma of a level, 25 to 75 uS, median"].value
        top = found["sigma of a level, 100 to 130 uS, median"].value
        assert 11e-6 <= middle <= 16e-6
        assert 4.4e-6 <= top <= 5.4e-6


@measured
def test_the_recorded_reads_have_the_noise_of_the_reference(record):
    found = results(record, DATA / "data_ret1.csv")
    assert found["conductance, mean"].value == pytest.approx(93e-6, rel=0.001)
    assert found["sigma/G in blocks of 100 reads"].value == pytest.approx(0.0135, abs=1e-4)
    assert found["sigma/G overall"].value == pytest.approx(0.017, abs=2e-4)
    assert found["drift, end to end"].value == pytest.approx(-0.02, abs=0.005)
    assert found["time between reads, mean"].value == pytest.approx(0.047, abs=5e-4)


@measured
def test_the_recorded_forming_has_the_numbers_of_the_reference(record):
    found = results(record, DATA / "log_C1_read_formed.tsv")
    assert found["resistance, median"].value == pytest.approx(16.1e3, rel=0.003)
    assert found["resistance, ln-sd"].value == pytest.approx(0.36, abs=0.006)
    assert found["share below 50 kOhm"].value == pytest.approx(0.998, abs=5e-4)
    assert found["resistance, 1 % quantile"].value == pytest.approx(7.8e3, rel=0.005)
    assert found["resistance, 99 % quantile"].value == pytest.approx(39e3, rel=0.005)
    fresh = results(record, DATA / "log_C1_read_fresh.tsv")
    assert fresh["share below 50 kOhm"].value == 0.0


@measured
def test_the_recorded_sweeps_bend_as_the_reference_says(record):
    """Its V0 by class; the last, of currents that bend by less than 1 %, is known to a fifth."""
    found = results(record, DATA / "data_read_multivolt.tsv")
    assert found["current at 0 V, mean"].value == pytest.approx(-2e-6, rel=0.02)
    for name, volts, tolerance in (
        ("1 to 10", 0.24, 0.1),
        ("10 to 25", 0.28, 0.1),
        ("25 to 50", 0.34, 0.1),
        ("50 to 100", 0.56, 0.1),
        ("100 to 160", 1.4, 0.2),
    ):
        assert found[f"V0, {name} uS"].value == pytest.approx(volts, rel=tolerance)
