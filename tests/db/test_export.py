import csv
import io
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest

from labcim.db import Archive, Store
from labcim.db.export import harmless
from labcim.documents import Event, Result
from labcim.errors import RecordError

from .told_run import ToldRun, train_of

NASTY = '=HYPERLINK("http://evil","x")'


@pytest.fixture
def archive(path):
    with Store(path) as store:
        run = ToldRun(store, "run/../../1", units=(NASTY, "b"))
        run.channels()
        for unit in (NASTY, "b"):
            run.attempt(unit)
            run.pulse(unit, train_of([1, 2], [1.5, -1.5]))
            run.read(
                unit, cell=np.array([1, 2], "<u4"), time=np.array([0.0, 1.0]),
                conductance=np.array([2e-6, np.nan]), flags=np.array([0, 1], "|u1"),
                counts=np.array([[1, 2], [3, 4]], "<i4"),
            )  # fmt: skip
            run.done(unit)
        run.tell(Event, kind="reply", message="@SUM(1)", data={"n": 1})
        run.tell(Result, name="-yield", value=0.5, unit="%", upper_limit=1.0, outcome="PASS")
        run.stop()
    with Archive(path) as archive:
        yield archive


def test_readings_are_a_table_with_units(archive):
    frame = archive.readings("last")
    assert frame["unit"].tolist() == [NASTY, NASTY, "b", "b"]
    assert frame["cell"].tolist() == [1, 2, 1, 2] and frame["cell"].dtype == np.uint32
    assert frame["counts[1]"].tolist() == [2, 4, 2, 4]
    assert frame.attrs["units"] == {"time": "s", "conductance": "S"}


def test_pulses_are_a_table_with_units(archive):
    frame = archive.pulses("last")
    assert frame["amplitude"].tolist() == [1.5, -1.5, 1.5, -1.5]
    assert frame.attrs["units"]["width"] == "s"
    assert frame.attrs["units"]["amplitude"] == "V"


def test_results_events_and_ledger_are_tables(archive):
    assert archive.results("last").loc[0, ["name", "value", "outcome"]].tolist() == [
        "-yield", 0.5, "PASS",
    ]  # fmt: skip
    assert archive.events("last")["message"].tolist() == ["@SUM(1)"]
    ledger = archive.ledger("chip 7")
    assert ledger["sets"][1] == 2 and ledger["resets"][2] == 2
    assert ledger.attrs["units"]["stress"] == "V s"


def test_a_csv_never_runs_a_formula(archive, tmp_path):
    paths = archive.export("last", tmp_path / "out", "csv")
    assert [p.name.partition("-")[2] for p in paths] == [
        "readings.csv", "pulses.csv", "results.csv", "events.csv", "units.csv",
    ]  # fmt: skip
    for path in paths:
        assert path.parent == tmp_path / "out"
        for row in csv.reader(io.StringIO(path.read_text(encoding="utf-8"), newline="")):
            for text in row:
                assert text[:1] not in ("=", "@", "+") and (text[:1] != "-" or float(text) < 0)


def test_a_csv_keeps_every_bit_of_every_number(archive, tmp_path):
    (path, *_) = archive.export("last", tmp_path, "csv")
    back = pd.read_csv(path)
    frame = archive.readings("last")
    for name in ("cell", "time", "conductance", "counts[0]"):
        np.testing.assert_array_equal(back[name], frame[name])


def test_parquet_gives_back_the_table_with_units(archive, tmp_path):
    paths = archive.export("last", tmp_path, "parquet")
    frame = pd.read_parquet(paths[0])
    pd.testing.assert_frame_equal(frame, archive.readings("last"))
    assert frame.attrs["units"] == {"time": "s", "conductance": "S"}
    assert frame["unit"].tolist()[0] == NASTY


def test_a_run_without_rows_has_empty_tables(path, tmp_path):
    with Store(path) as store:
        ToldRun(store).stop()
    with Archive(path) as archive:
        assert len(archive.readings("last")) == len(archive.pulses("last")) == 0
        for form in ("csv", "parquet"):
            assert all(p.stat().st_size for p in archive.export("last", tmp_path / form, form))


def test_an_export_that_cannot_be_written_is_told_and_leaves_nothing(archive, tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(RecordError, match="export to"):
        archive.export("last", tmp_path / "file")
    with pytest.raises(RecordError, match="accepted are csv and parquet"):
        archive.export("last", tmp_path / "other", "xlsx")
    assert not list(tmp_path.glob("other/*"))


@pytest.mark.parametrize("text", ["=1", "+1", "-1", "@A1", "\t=1", "\r=1"])
def test_text_that_a_spreadsheet_would_run_gets_a_quote(text):
    assert harmless(text) == f"'{text}"
    assert harmless(f"a{text}") == f"a{text}"


def test_keeping_a_record_does_not_need_pandas():
    slow = {"pandas", "pyarrow", "alembic"}
    check = f"import sys, labcim.db; print({slow!r} & set(sys.modules))"
    told = subprocess.run([sys.executable, "-c", check], capture_output=True, text=True, check=True)
    assert told.stdout.strip() == "set()"
