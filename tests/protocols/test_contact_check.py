"""Contact check on a fresh chip with known faults."""

from pathlib import Path

import numpy as np
import pytest
from fake_cells import FakeCells, FakeLines

from labcim.analysis.contacts import Contact
from labcim.capabilities import Flag, Topology
from labcim.errors import RangeError
from labcim.protocols.characterise.contact_check import ContactCheck, contact_check

from .running import Done, run

SIDE = Topology(16, 16)


def fresh() -> FakeCells:
    cells = FakeCells(SIDE)
    cells.unform(SIDE.all_cells())
    return cells


def state_of(done: Done, family: int, line: int) -> tuple[Contact, int, int]:
    at = np.flatnonzero((done.rows["family"] == family) & (done.rows["line"] == line))[0]
    rows = done.rows
    return Contact(rows["state"][at]), int(rows["partner_family"][at]), int(rows["partner"][at])


def bad_lines(done: Done) -> set[str]:
    return {f.name for f in done.findings if f.outcome == "FAIL" and not f.name.endswith("lines")}


def test_a_good_fresh_chip_raises_no_alarm():
    done = run(contact_check, ContactCheck(), fresh())
    assert np.all(done.rows["state"] == Contact.OK)
    assert all(finding.outcome != "FAIL" for finding in done.findings)


def test_an_open_row_is_found_and_named():
    cells = fresh()
    cells.open[5 * 16 : 6 * 16] = True
    done = run(contact_check, ContactCheck(), cells)
    assert state_of(done, 0, 5)[0] is Contact.OPEN
    assert bad_lines(done) == {"row 5 is open"}


def test_a_row_shorted_to_a_column_is_found_with_its_partner():
    cells = fresh()
    cells.leak[3 * 16 + 9] = 1e-3
    done = run(contact_check, ContactCheck(), cells)
    assert state_of(done, 0, 3) == (Contact.SHORT, 1, 9)
    assert state_of(done, 1, 9) == (Contact.SHORT, 0, 3)
    assert bad_lines(done) == {"row 3 is shorted to column 9", "column 9 is shorted to row 3"}


def test_a_short_that_overruns_the_range_is_a_short_all_the_same():
    cells = fresh()
    read = cells.read

    def read_with_short(chosen, *args, **kwargs):
        cells.flag_next[3 * 16 + 9] = Flag.OVER_RANGE
        return read(chosen, *args, **kwargs)

    cells.read = read_with_short
    done = run(contact_check, ContactCheck(), cells)
    assert bad_lines(done) == {"row 3 is shorted to column 9", "column 9 is shorted to row 3"}


def test_two_rows_that_conduct_everywhere_are_shorted_to_each_other_not_to_every_column():
    cells = fresh()
    cells.leak.reshape(16, 16)[[4, 13]] = 10e-3
    done = run(contact_check, ContactCheck(), cells)
    assert bad_lines(done) == {"row 4 is shorted to row 13", "row 13 is shorted to row 4"}
    assert np.all(done.rows["state"][done.rows["family"] == 1] == Contact.UNKNOWN)


def test_no_gate_is_opened_on_a_chip_with_a_short():
    cells = fresh()
    cells.leak[3 * 16 + 9] = 1e-3
    run(contact_check, ContactCheck(), cells)
    assert {gate for *_, gate in cells.reads} == {0.0}


def test_two_shorted_rows_are_found_where_lines_can_be_driven():
    cells = fresh()
    done = run(contact_check, ContactCheck(), cells, FakeLines(cells, shorts=[(2, 7)]))
    assert state_of(done, 0, 2) == (Contact.SHORT, 0, 7)
    assert state_of(done, 0, 7) == (Contact.SHORT, 0, 2)


def test_columns_whose_gates_are_swapped_are_found_where_lines_can_be_driven():
    cells = fresh()
    gate_of = list(range(16))
    gate_of[4], gate_of[11] = 11, 4
    silent = cells.open.reshape(16, 16)
    silent[:, [4, 11]] = True  # a cell whose own gate stays off does not conduct
    done = run(contact_check, ContactCheck(), cells, FakeLines(cells, gate_of=gate_of))
    assert state_of(done, 1, 4) == (Contact.SWAPPED, 1, 11)
    assert state_of(done, 1, 11) == (Contact.SWAPPED, 1, 4)


def test_two_rows_that_changed_places_are_found_with_a_map_of_an_earlier_day(tmp_path: Path):
    cells = FakeCells(SIDE)
    cells.true = np.random.default_rng(5).uniform(2e-6, 38e-6, SIDE.size)
    np.save(tmp_path / "before.npy", cells.true.reshape(16, 16))
    rows = cells.true.reshape(16, 16)
    rows[[1, 12]] = rows[[12, 1]]
    recipe = ContactCheck(reference=str(tmp_path / "before.npy"))
    done = run(contact_check, recipe, cells)
    assert state_of(done, 0, 1) == (Contact.SWAPPED, 0, 12)
    assert bad_lines(done) == {"row 1 holds the place of row 12", "row 12 holds the place of row 1"}


def test_what_the_noise_hides_is_called_unknown_not_good():
    cells = fresh()
    cells.floor = 5e-6
    done = run(contact_check, ContactCheck(), cells)
    assert np.all(done.rows["state"] == Contact.UNKNOWN)


def test_more_than_50_mv_is_refused_before_anything_is_read():
    cells = fresh()
    with pytest.raises(RangeError, match=r"60 mV.*at most 50 mV"):
        run(contact_check, ContactCheck(read_voltage="60 mV"), cells)
    assert cells.reads == []


def test_a_contact_check_pulses_nothing_and_stays_at_50_mv():
    cells = fresh()
    lines = FakeLines(cells)
    run(contact_check, ContactCheck(), cells, lines)
    assert cells.pulses == []
    assert max(voltage for _, voltage, _ in cells.reads) <= 0.05
    assert max(max(np.abs(s.rows).max(), np.abs(s.columns).max()) for s in lines.states) <= 0.05
