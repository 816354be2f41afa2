"""The state outlives every process, however it ends."""

import os
import signal
import subprocess
import sys

import numpy as np
import pytest

from labcim.errors import RecordError
from labcim.sim_backend.bench import SimulatedBench
from labcim.sim_backend.chip.chip_file import ChipFile
from labcim.sim_backend.chip.crossbar import CrossbarChip
from labcim.sim_backend.chip.manage import reset_chip, show_chip
from labcim.sim_backend.chip.state import ChipState, create
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


def test_a_state_made_with_other_constants_is_refused(write_chip):
    create(ChipFile.load(write_chip(rest="[chip.constants]\nfloor = 8e-6")))
    ChipState(ChipFile.load(write_chip(rest="[chip.constants]\nfloor = 8e-6"))).close()

    with pytest.raises(RecordError, match="preset = neurram-130nm#"):
        ChipState(ChipFile.load(write_chip(rest="[chip.constants]\nfloor = 9e-6")))


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


def cut(content):
    return content[:100]


def random_bytes(content):
    return np.random.default_rng(7).bytes(len(content))


def overwritten(start, values):
    return lambda content: content[:start] + values + content[start + len(values) :]


@pytest.mark.parametrize(
    ("name", "damage"),
    [
        ("cells.bin", cut),
        ("header.bin", cut),
        ("header.bin", random_bytes),
        ("header.bin", lambda content: b""),
        ("header.bin", overwritten(8, b"\7\0\0\0")),  # the format
        ("header.bin", overwritten(32, np.float64(np.nan).tobytes())),  # the clock
        ("truth.bin", cut),
        ("actions.bin", cut),
    ],
)
def test_a_damaged_file_is_named_in_one_sentence_by_whoever_opens_the_chip(
    write_chip, name, damage
):
    path = write_chip()
    with SimulatedBench(path) as bench:
        bench.chip.pulse_cells(bench.chip.topology.all_cells(), 1.9, 1e-6, 2.5)
        for _ in range(2):
            bench.chip.truth.action("smu", "output", "smu.hi", 1.0)
    damaged = ChipFile.load(path).state_folder / name
    damaged.write_bytes(damage(damaged.read_bytes()))

    for opened in (SimulatedBench, show_chip):
        with pytest.raises(RecordError, match=rf"{name} [^\n]+labcim chip reset[^\n]*$"):
            opened(path)


@pytest.mark.parametrize("tail", [b"\1" + bytes(7), b"\xff" * 8])
@pytest.mark.parametrize(("name", "start"), [("truth.bin", 40), ("actions.bin", 48)])
def test_a_counter_beyond_its_file_is_refused(write_chip, name, start, tail):
    path = write_chip()
    create(ChipFile.load(path))
    header = ChipFile.load(path).state_folder / "header.bin"
    header.write_bytes(overwritten(start, tail)(header.read_bytes()))

    for opened in (SimulatedBench, show_chip):
        with pytest.raises(RecordError, match=rf"{name} has 0 bytes where at least \d+ belong"):
            opened(path)


def test_a_state_of_the_format_before_this_one_says_so_and_can_be_made_anew(write_chip):
    path = write_chip()
    create(ChipFile.load(path))
    header = ChipFile.load(path).state_folder / "header.bin"
    header.write_bytes(overwritten(8, b"\1\0\0\0")(header.read_bytes())[:128])  # its length

    for opened in (SimulatedBench, show_chip):
        with pytest.raises(RecordError, match=r"of format 1, and only 2 .*labcim chip reset"):
            opened(path)
    reset_chip(path)
    assert show_chip(path).formed == 30


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"kind": "passive"}, "kind = passive.*made with 1T1R"),
        ({"gate_along": "row"}, "gate_along = row.*made with column"),
        ({"set_terminal": "column"}, "set_terminal = column.*made with row"),
    ],
)
def test_a_state_opens_with_the_topology_that_it_was_made_with_only(write_chip, change, says):
    create(ChipFile.load(write_chip()))

    with pytest.raises(RecordError, match=says):
        CrossbarChip(ChipFile.load(write_chip(**change)))


def test_a_chip_without_gates_opens_wherever_the_file_says_they_run(write_chip):
    create(ChipFile.load(write_chip(kind="passive")))

    CrossbarChip(ChipFile.load(write_chip(kind="passive", gate_along="row"))).close()


def test_a_damaged_chip_can_be_made_anew(write_chip):
    path = write_chip()
    create(ChipFile.load(path))
    (ChipFile.load(path).state_folder / "cells.bin").write_bytes(b"")
    reset_chip(path)

    assert show_chip(path).formed == 30
