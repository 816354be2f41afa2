"""One simulated bench for third-party drivers, reached in this process and over TCP."""

from dataclasses import dataclass

import pytest

from labcim.sim_backend.bench import SimulatedBench
from labcim.sim_backend.wire.tcp_server import serve

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
ADDRESSES = {
    "smu": "USB0::0x05E6::0x2450::04412345::INSTR",
    "awg": "USB0::0x0957::0x2C07::MY52812345::INSTR",
    "matrix": "USB0::0x05E6::0x3706::04400001::INSTR",
    "chuck": "GPIB0::12::INSTR",
}


@dataclass
class Reached:
    """A bench, and how its instruments are addressed on one road."""

    bench: SimulatedBench
    addresses: dict[str, str]
    visa: str

    @property
    def is_tcp(self) -> bool:
        return self.visa == "@py"

    def conductance(self) -> float:
        """Return the true conductance in S of the cell between row 0 and column 0."""
        return float(self.bench.chip.true_conductance()[0])


@pytest.fixture(params=["in process", "over TCP"])
def road(request, tmp_path):
    """Yield the bench on one road, its first gate open for reading."""
    chip = tmp_path / "chip.toml"
    chip.write_text(CHIP)
    bench = SimulatedBench.shared(chip)
    with bench.lock:
        bench.drive("lab.gate", 3.0)
    try:
        if request.param == "in process":
            yield Reached(bench, ADDRESSES, f"{chip}@labcim")
        else:
            with serve(bench) as server:
                names = {
                    name: f"TCPIP0::127.0.0.1::{server.addresses[address]}::SOCKET"
                    for name, address in ADDRESSES.items()
                }
                yield Reached(bench, names, "@py")
    finally:
        bench.close()
