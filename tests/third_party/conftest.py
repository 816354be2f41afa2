"""One simulated bench for third-party drivers, reached on every road that leads to it.

A test module that wants another bench than this says so with a ``CHIP`` of its own.
"""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from labcim.sim_backend.bench import SimulatedBench
from labcim.sim_backend.wire.serve import serve

CHIP = """
[chip]
preset = "neurram-130nm"
rows = 4
columns = 4
seed = 3
stuck = 0.0
formed = true

[[instrument]]
name = "smu"
model = "keithley2450"
address = "USB0::0x05E6::0x2450::04412345::INSTR"

[[instrument]]
name = "awg"
model = "keysight33522b"
address = "USB0::0x0957::0x2C07::MY52812345::INSTR"

[[instrument]]
name = "matrix"
model = "keithley3706a"
address = "USB0::0x05E6::0x3706::04400001::INSTR"

[[instrument]]
name = "chuck"
model = "lakeshore336"
address = "GPIB0::12::INSTR"

[wiring]
"smu.hi" = "row.0"
"lab.gate" = "gate.0"
"ground" = "column[0:3]"
"""


@dataclass
class Reached:
    """A bench, and how its instruments are addressed on one road."""

    bench: SimulatedBench
    road: str
    addresses: dict[str, str]
    visa: str

    def tm_device(self, name: str) -> dict[str, str]:
        """Return an instrument's address as tm_devices 3.7 takes it: it takes VISA's apart itself.

        VXI-11 with a port is beyond it (an address must be an IP address or a host's name).
        """
        address = self.addresses[name]
        if self.road != "hislip":
            return {"address": address}
        _, host, device, _ = address.split("::")
        return {"address": host, "connection_type": "TCPIP", "lan_device_endpoint": device}

    def conductance(self) -> float:
        """Return the true conductance in S of the cell between row 0 and column 0."""
        return float(self.bench.chip.true_conductance()[0])


@contextmanager
def _in_process(bench: SimulatedBench) -> Iterator[Reached]:
    names = {spec.name: spec.address for spec in bench.chip_file.instrument}
    yield Reached(bench, "in-process", names, f"{bench.chip_file.path}@labcim")


@contextmanager
def _served(road: str, bench: SimulatedBench) -> Iterator[Reached]:
    with serve(bench, roads=[road]) as server:
        addresses = server.addresses[road]
        names = {spec.name: addresses[spec.address] for spec in bench.chip_file.instrument}
        yield Reached(bench, "tcp" if road == "socket" else road, names, "@py")


ROADS = {
    "in-process": _in_process,
    "tcp": partial(_served, "socket"),
    "hislip": partial(_served, "hislip"),
    "vxi11": partial(_served, "vxi11"),
}


@pytest.fixture(scope="session", autouse=True)
def _no_log_files() -> None:
    """Keep tm_devices, where a module here has imported it, from writing into this folder."""
    if "tm_devices" in sys.modules:
        from tm_devices.helpers.logging import configure_logging

        configure_logging(log_console_level="NONE", log_file_level="NONE")


@contextmanager
def _reached(name: str, chip: Path, text: str) -> Iterator[Reached]:
    """Yield a bench on one road, its first gate open for reading."""
    chip.write_text(text)
    bench = SimulatedBench.shared(chip)
    try:
        with bench.lock:
            bench.drive("lab.gate", 3.0)
        with ROADS[name](bench) as reached:
            yield reached
    finally:
        bench.close()


@pytest.fixture(params=ROADS)
def road(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Reached]:
    """Yield the bench on one road."""
    text = getattr(request.module, "CHIP", CHIP)
    with _reached(request.param, tmp_path / "chip.toml", text) as reached:
        yield reached


Scenario = Callable[[Reached], None]


@pytest.fixture
def messages(tmp_path: Path) -> Callable[[str, Scenario], dict[str, list[bytes]]]:
    """Return what plays a scenario on every road, each time on a new bench.

    It gives the program messages that the instruments got, without their terminators.
    """

    def play(text: str, scenario: Scenario) -> dict[str, list[bytes]]:
        logs: dict[str, list[bytes]] = {}
        for name in ROADS:
            with _reached(name, tmp_path / f"{name}.toml", text) as reached:
                logs[name] = []
                for instrument in reached.bench.simulated.values():
                    _listen(instrument, logs[name])
                scenario(reached)
        return logs

    return play


def _listen(instrument: Any, log: list[bytes]) -> None:
    """Note every program message that an instrument carries out."""
    carry_out = instrument.execute

    def execute(message: bytes) -> bytes | None:
        log.append(message)
        reply: bytes | None = carry_out(message)
        return reply

    instrument.execute = execute
