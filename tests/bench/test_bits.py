"""A whole bench on a chip of bits: the check of its wiring, and bits as a protocol sees them."""

import numpy as np
import pytest
from typer.testing import CliRunner

import labcim
from labcim.bit_capabilities import Levels
from labcim.cli.main import app
from labcim.errors import InstrumentError, RecipeError

CHIP = """
[chip]
preset = "dram-1t1c"
rows = 16
columns = 16
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


@pytest.fixture
def bench_of(tmp_path):
    """Return a function that makes a bench on a chip of bits; more: at the end of its file."""

    def make(more=""):
        chip, bench = tmp_path / "chip.toml", tmp_path / "bench.toml"
        chip.write_text(CHIP + more, encoding="utf-8")
        for words in (
            ["chip", "new", str(chip)],
            ["new", "bench", str(bench), "--chip", str(chip)],
        ):
            done = CliRunner().invoke(app, words)
            assert done.exit_code == 0, done.output
        return labcim.open_bench(bench)

    return make


def test_lines_of_a_chip_without_direct_current_are_not_called_open(bench_of):
    with bench_of() as bench:
        assert bench.check_contacts() == []


def test_a_short_is_found_and_rows_of_bits_are_refused(bench_of):
    with bench_of('\n[faults]\nshorted = [["row.3", "row.5"]]\n') as bench:
        assert {"row 3 is shorted to row 5", "row 5 is shorted to row 3"} <= set(
            bench.check_contacts()
        )
        with pytest.raises(InstrumentError, match="-221"):
            bench.look(lambda given: given.bits.read_rows(0, 1))


def test_a_protocol_is_given_bits_and_no_products(bench_of):
    def both(given):
        assert given.sums is None and given.vectors is None and given.updates is None
        a, b = np.array([1, 1, 0, 0] * 4), np.array([1, 0, 1, 0] * 4)
        given.bits.write_rows(0, np.array([a, b, np.zeros(16)], np.bool_))
        return a & b, given.bits.activate(np.array([0, 1, 2], np.uint32)).bits

    with bench_of() as bench:
        wanted, found = bench.look(both)
    np.testing.assert_array_equal(found, wanted)


def test_a_script_finds_bits_on_the_bench_and_is_told_what_it_does_not_find(bench_of):
    with bench_of() as bench:
        bench.bits.write_rows(2, np.ones((1, 16), np.bool_))
        assert bench.bits.read_rows(2, 1).all()
        with pytest.raises(RecipeError, match="multiplies with rows of bits"):
            bench.sums.sums(np.ones((1, 16)), Levels())
