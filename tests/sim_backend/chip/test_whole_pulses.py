"""Pulses on many cells by several threads: the same cells, the same log, whoever does them."""

import numpy as np
import pytest

from labcim.sim_backend.chip import whole_pulses
from labcim.sim_backend.chip.truth import Truth


@pytest.mark.parametrize("order", ["as they lie", "shuffled", "one twice"])
def test_the_same_bits_come_out_for_any_number_of_threads(make_chip, monkeypatch, order):
    found = []
    for threads in (1, 2, 3):
        monkeypatch.setattr(whole_pulses, "default_threads", lambda threads=threads: threads)
        chip = make_chip(f"chip{threads}", rows=96, columns=96)
        cells = chip.topology.all_cells()
        if order != "as they lie":
            cells = np.random.default_rng(1).permutation(cells).astype(np.uint32)
        if order == "one twice":
            cells[7] = cells[9000]
        volts = np.linspace(-2.0, 2.0, cells.size)
        peak = chip.pulse_cells(cells, volts, 1e-6, 3.0, count=2)
        found.append((peak.tobytes(), chip.state.cells.tobytes(), chip.truth.pulses().tobytes()))
    assert found[0] == found[1] == found[2]


def test_a_record_that_was_announced_and_not_written_is_no_pulse(make_chip, monkeypatch):
    """As a process that was killed in the midst leaves it."""
    chip = make_chip(rows=96, columns=96)
    monkeypatch.setattr(whole_pulses, "default_threads", lambda: 2)

    def killed(work, rows, size, threads):
        work(0, rows // 3)
        raise KeyboardInterrupt

    monkeypatch.setattr(whole_pulses, "over_rows", killed)
    with pytest.raises(KeyboardInterrupt):
        chip.pulse_cells(chip.topology.all_cells(), 1.5, 1e-6, 3.0)
    moved = np.flatnonzero(chip.state.cells["pulses"])
    for log in (chip.truth, Truth(chip.state.folder)):
        assert log.pulses()["cell"].tolist() == moved.tolist() == list(range(96 * 96 // 3))
    assert Truth(chip.state.folder).counts() == (96 * 96 // 3, 0)
