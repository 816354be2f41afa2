"""Relays that do not do what they are told are found by instruments, whatever the switch says."""

import json
from pathlib import Path

import numpy as np
import pytest

from labcim.cli.main import run_command
from labcim.instruments.keithley2450 import Keithley2450
from labcim.instruments.keithley3706a import Keithley3706A
from labcim.sim_backend.bench import SimulatedBench
from labcim.sim_backend.instruments._relays import WEAR
from labcim.transport import VisaTransport

from .conftest import small_bench

SIZE = 8

#: A contact that is not as it is told, and what tells of it.
STUCK = {
    '"matrix.1103" = "open"': ["row 2 is open"],
    '"matrix.2403" = "open"': ["column 2 is open"],
    '"matrix.1401" = "closed"': ["row 0 is shorted"],
    '"matrix.3402" = "closed"': ["column 1 is open"],  # its gate lies on ground for ever
}


@pytest.mark.parametrize("relay", STUCK)
def test_a_check_finds_a_stuck_relay_that_the_switch_says_is_good(relay, tmp_path, capsys):
    path = small_bench("probed", tmp_path, SIZE, faults=f"stuck_relays = {{ {relay} }}")
    record = str(tmp_path / "record.sqlite")
    assert run_command(["check", str(path), "--record", record, "--json"]) == 1
    assert json.loads(capsys.readouterr().out)["faults"] == STUCK[relay]


LOAD = 100.0  # ohm
LONE = """
[chip]
preset = "neurram-130nm"
rows = 2
columns = 2

[[instrument]]
name = "smu"
model = "keithley2450"
address = "TCPIP0::smu::inst0::INSTR"

[[instrument]]
name = "matrix"
model = "keithley3706a"
address = "TCPIP0::matrix::inst0::INSTR"

[wiring]
"smu.hi" = "matrix.row1"
"lab.source" = "matrix.row3"
"matrix.slot1.column1" = "pin"

[[resistor]]
between = ["pin", "ground"]
ohm = 100.0
"""


@pytest.fixture
def lone(tmp_path) -> Path:
    """Return the chip file of one resistor behind one relay."""
    path = tmp_path / "chip.toml"
    path.write_text(LONE)
    return path


def aged(path: Path, place: int, closures: int, hot: int = 0) -> None:
    """Give a relay of slot 1 a past."""
    with SimulatedBench(path):
        pass
    file = path.with_suffix(".state") / "relays_matrix_slot1_3730.bin"
    wear = np.fromfile(file, WEAR)
    wear[place] = (closures, hot)
    wear.tofile(file)


def measured(path: Path) -> tuple[list[str], float]:
    """Return what the switch says is closed, and A at 10 mV through relay 1101."""
    visa = f"{path}@labcim"
    smu = Keithley2450(VisaTransport("TCPIP0::smu::inst0::INSTR", visa))
    matrix = Keithley3706A(VisaTransport("TCPIP0::matrix::inst0::INSTR", visa))
    with SimulatedBench.shared(path):
        for driver in (smu, matrix):
            driver.initialise()
        matrix.connect(["1101"])
        smu.source(10e-3, current_limit=10e-3)
        _, current, _ = smu.measure(averages=4)
        smu.off()
        said = matrix.closed()
        matrix.open_all()
        for driver in (smu, matrix):
            driver.close()
    return said, current


def test_a_worn_contact_shows_in_the_current_and_in_the_count(lone):
    _, fresh = measured(lone)
    aged(lone, 0, 50_000_000)
    said, worn = measured(lone)
    # Half of the rated life is over: 0.5 ohm have become 1.25 (data sheet: 2 at its end).
    assert said == ["1101"]
    assert fresh / worn == pytest.approx((LOAD + 1.25) / LOAD, rel=1.5e-3)


def test_a_relay_that_wore_out_conducts_no_more_and_says_that_it_is_closed(lone):
    aged(lone, 0, 1_000_000_000)
    said, current = measured(lone)
    assert said == ["1101"]
    assert abs(current) < 1e-7


def test_a_node_sees_a_contact_bounce_under_voltage_and_nothing_of_it_without(lone):
    with SimulatedBench(lone) as bench:
        matrix = bench.simulated["matrix"]
        probe = bench.waveforms.watch("pin")

        def dips() -> int:
            """Return how often the pin fell from 1 V while relay 1301 closed."""
            begin = bench.clock.now
            matrix.execute(b"channel.close('1301')")
            volts = probe.volts(np.linspace(begin, bench.clock.now, 40_001))
            return int((np.diff((volts > 0.5).astype(int)) < 0).sum())

        bench.drive("lab.source", 0.0, impedance=1e-3)
        assert dips() == 0
        matrix.execute(b"channel.open('1301')")
        bench.drive("lab.source", 1.0, impedance=1e-3)
        assert 1 <= dips() <= 3
        told = [str(action["kind"], "ascii") for action in bench.truth.actions()]
        assert told.count("hot close") == 1


@pytest.mark.parametrize(
    ("rule", "shorted"), [("BREAK_BEFORE_MAKE", False), ("MAKE_BEFORE_BREAK", True)]
)
def test_make_before_break_shorts_two_sources_for_the_relays_time(rule, shorted, lone):
    with SimulatedBench(lone) as bench:
        matrix = bench.simulated["matrix"]
        bench.drive("lab.source", 1.0)
        bench.drive("matrix.row4", -1.0)
        matrix.execute(b"channel.close('1301')")
        matrix.execute(f"channel.connectrule = channel.{rule}".encode())
        matrix.execute(b"channel.exclusiveclose('1401')")
        kinds = bench.truth.actions()["kind"]
        assert (b"short" in kinds) is shorted
        assert matrix.execute(b"print(channel.getclose('allslots'))") == b"1401"


def test_a_cell_that_is_switched_hot_sees_every_bounce(tmp_path):
    small_bench("probed", tmp_path, 4)
    chip = tmp_path / "chip.toml"
    chip.write_text(chip.read_text("utf-8").replace("[chip]", "[chip]\nformed = true"), "utf-8")
    with SimulatedBench(chip) as bench:
        matrix = bench.simulated["matrix"]
        matrix.execute(b"channel.close('3301,2401')")  # gate 0 on the generator, column 0 grounded
        bench.drive("generator.ch2", 3.0)
        bench.drive("smu.hi", 1.0)
        before = len(bench.truth.pulses())
        matrix.execute(b"channel.close('1101')")
        seen = bench.truth.pulses()[before:]
    assert len(seen) >= 2  # at least one bounce, and the rest of the settling time
    assert (seen["cell"] == 0).all()
    assert seen["width"].sum() < 4e-3
    assert seen["amplitude"] == pytest.approx(1.0, abs=0.01)
