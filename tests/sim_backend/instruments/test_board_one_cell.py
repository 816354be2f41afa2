"""A single cell on the board: what is done sooner for it is what is done for many."""

import numpy as np
import pytest
from board_bench import board_on

from labcim.sim_backend.instruments._board_codec import Codec
from labcim.sim_backend.instruments._board_settings import BoardSettings

EDGES = [1e-6, 1.05e-6, 1.0500001e-6, 1e-5, 1.05e-5, 1.05e-4, 1.05e-3, 1.0500001e-3, 2.0]
CURRENTS = [0.0, -0.0, 3.3e-9, -3.3e-9, 4.2e-12, *EDGES, *(-edge for edge in EDGES)]


@pytest.mark.parametrize("widest", [1e-6, 1e-5, 1e-3])
@pytest.mark.parametrize("auto", [True, False])
def test_one_current_is_converted_as_among_others(auto, widest):
    settings = BoardSettings(auto_range=auto, widest_range=widest, current_range=1e-5)
    together, over = settings.convert(np.array([*CURRENTS, np.nan, np.inf]))
    for current, value, beyond in zip([*CURRENTS, np.nan, np.inf], together, over, strict=True):
        alone, flag = settings.convert(np.array([current]))
        assert alone.tobytes() == value.tobytes() or np.isnan([alone[0], value]).all()
        assert flag[0] == beyond


def test_one_row_is_written_as_the_first_of_two():
    rows = np.array([1.25, 2.5]), np.array([-3e-6, np.nan]), np.array([0, 2], np.uint8)
    kinds = "time", "value", "flag"
    both = Codec().answer(*zip(kinds, rows, strict=True))
    each = [Codec().answer(*((k, r[n : n + 1]) for k, r in zip(kinds, rows, strict=True)))
            for n in (0, 1)]  # fmt: skip
    assert (
        b",".join(each)
        == both
        == b"1.250000000000E+00,-3.000000E-06,0,2.500000000000E+00,9.91E37,2"
    )


@pytest.mark.parametrize("faults", ["", "options = { pickup = 2e-7, drift = 1e-9 }"])
def test_a_reading_of_one_cell_is_the_same_as_text_and_in_a_block(tmp_path, faults):
    """Text takes the way without arrays; a block does not. Two boards, one chip each, alike."""
    found = []
    for name, text in (("text", True), ("block", False)):
        (tmp_path / name).mkdir()
        with board_on(tmp_path / name, "neurram-130nm", 4, 4, board=faults) as (bench, _, _clock):
            board = bench.simulated["board"]
            board.output, board.codec.text, board.codec.bits = True, text, 64
            board.codec.swapped = False
            cell = (5).to_bytes(4, "big")
            answers = [board.read_cells(cell, 0.2, 2.5) for _ in range(5)]
            found.append(
                (answers, bench.clock.now, bench.chip.state.truth.valid()["current"].copy())
            )
    (texts, ours, logged), (blocks, theirs, also) = found
    assert ours == theirs
    assert np.array_equal(logged, also)
    for text, block in zip(texts, blocks, strict=True):
        body = block[2 + int(block[1:2]) :]
        row = np.frombuffer(body[:16], ">f8")
        assert text == b"%.12E,%+.6E,%d" % (*row, body[16])
