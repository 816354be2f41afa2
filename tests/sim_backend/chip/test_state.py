"""The state outlives every process, however it ends."""

import os
import signal
import subprocess
import sys

import numpy as np
import pytest

from labcim.errors import RecordError
from labcim.sim_backend.chip.chip_file import ChipFile
from labcim.sim_backend.chip.crossbar import CrossbarChip
from labcim.sim_backend.chip.state import create
from labcim.sim_backend.chip.truth import Truth

KILLED = """
import os, signal, sys
from pathlib import Path
import numpy as np
from labcim.sim_backend.chip.chip_file import ChipFile
from labcim.sim_backend.chip.crossbar import CrossbarChip

chip = CrossbarChip(ChipFile.load(Path(sys.argv[1])))
for step in range(500):
    chip.pulse_cells(chip.topology.all_cells(), 1.2 + 0.001 * step, 1e-6, 2.5)
    chip.clock.advance(1e-3)
chip.truth.action("smu", "output", "smu.hi", 1.0)
print(chip.true_conductance().tobytes().hex(), flush=True)
os.kill(os.getpid(), signal.SIGKILL)
"""


def test_what_a_killed_process_did_to_the_chip_is_there(write_chip):
    path = write_chip()
    create(ChipFile.load(path))
    done = subprocess.run(
        [sys.executable, "-c", KILLED, str(path)], capture_output=True, text=True, env=os.environ
    )
    left = np.frombuffer(bytes.fromhex(done.stdout.strip()))
    truth = Truth(ChipFile.load(path).state_folder)
    chip = CrossbarChip(ChipFile.load(path))
    found, now = chip.true_conductance(), chip.clock.now
    chip.close()

    assert done.returncode == -signal.SIGKILL
    assert (found == left).all()
    assert now == pytest.approx(0.5)
    assert len(truth.pulses()) == 500 * 30
    assert truth.actions()["target"].tolist() == [b"smu.hi"]


def test_a_chip_goes_on_as_if_it_had_never_been_closed(write_chip):
    paths = write_chip("once"), write_chip("twice")
    kept = []
    for path, closes in zip(paths, (False, True), strict=True):
        create(ChipFile.load(path))
        chip = CrossbarChip(ChipFile.load(path))
        chip.pulse_cells(chip.topology.all_cells(), -2.2, 1e-6, 5.0)
        if closes:
            chip.close()
            chip = CrossbarChip(ChipFile.load(path))
        chip.pulse_cells(chip.topology.all_cells(), 1.8, 1e-6, 2.5)
        chip.read_cells(chip.topology.all_cells(), 0.2, 2.5, aperture=1e-5)
        kept.append((chip.state.cells.copy(), chip.truth.pulses()))
        chip.close()

    assert (kept[0][0] == kept[1][0]).all()
    assert (kept[0][1] == kept[1][1]).all()


def test_a_state_of_another_chip_is_refused_by_name_and_value(write_chip):
    create(ChipFile.load(write_chip(seed=3)))
    with pytest.raises(RecordError, match=r"seed = 4.*made with 3"):
        CrossbarChip(ChipFile.load(write_chip(seed=4)))


def test_a_chip_is_not_made_over_another(write_chip):
    chip_file = ChipFile.load(write_chip())
    create(chip_file)
    with pytest.raises(RecordError, match="exists already"):
        create(chip_file)


def test_the_logs_give_their_spare_room_back(write_chip):
    chip_file = ChipFile.load(write_chip())
    create(chip_file)
    chip = CrossbarChip(chip_file)
    chip.pulse_cells(chip.topology.all_cells(), 1.5, 1e-6, 2.5)
    chip.close()

    assert (chip_file.state_folder / "truth.bin").stat().st_size == 30 * 40
