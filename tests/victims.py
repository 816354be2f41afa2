"""Benches with a small board chip, and what their truth says about the outputs."""

import json
import subprocess
import sys
from pathlib import Path
from types import TracebackType

import numpy as np

from labcim.bench_file import BenchFile, load_bench
from labcim.sim_backend.chip.truth import Truth

ADDRESS = {"board": "TCPIP0::board::inst0::INSTR", "clock": "TCPIP0::clock::inst0::INSTR"}

_CHIP = """
[chip]
preset = "neurram-130nm"
rows = 8
columns = 8
seed = {seed}
formed = true
"""

_BENCH = """
cells = "board"
{clock}

[bench]
name = "victim"
visa = "{visa}"

[chip]
identity = "victim-8x8"
rows = 8
columns = 8

[chip.limits]
row = {{ high = "3.6 V", current = "5 mA" }}
column = {{ high = "3.6 V", current = "5 mA" }}
gate = {{ high = "5.5 V", current = "1 mA" }}
"""

_PROBED = {"smu": "keithley2450", "generator": "keysight33522b", "matrix": "keithley3706a"}

_PROBED_CHIP = """
[chip]
preset = "neurram-130nm"
rows = 4
columns = 4
seed = 5
formed = true
""" + "".join(
    f"""
[[instrument]]
name = "{name}"
model = "{model}"
address = "TCPIP0::{name}::inst0::INSTR"
{'options = { cards = ["3730", "3730", "3730"], bridged = true }' if name == "matrix" else ""}
"""
    for name, model in _PROBED.items()
)

_PROBED_WIRING = """
[wiring]
"smu.hi" = "matrix.row1"
"generator.ch1" = "matrix.row2"
"generator.ch2" = "matrix.row3"
"ground" = "matrix.row4"
"matrix.slot1.column[1:4]" = "row[0:3]"
"matrix.slot2.column[1:4]" = "column[0:3]"
"matrix.slot3.column[1:4]" = "gate[0:3]"
"""

_PROBED_INSTRUMENTS = """
[probed_chip]
source_meter = "smu"
pulse_source = "generator"
matrix = "matrix"
"""

_SERVER = """
import json, sys
from pathlib import Path
from labcim.sim_backend.bench import SimulatedBench
from labcim.sim_backend.wire.serve import serve
with SimulatedBench(Path(sys.argv[1])) as bench, serve(bench, roads=[sys.argv[2]]) as server:
    print(json.dumps(server.addresses[sys.argv[2]]), flush=True)
    sys.stdin.read()
"""

#: The order in which a bench is made safe; the ground of the lines is the end of it.
ORDER = ("source", "gate", "output", "relay", "line")


class Victim:
    """A bench in a folder of its own."""

    def __init__(self, folder: Path, *, seed: int = 5) -> None:
        self.folder = folder
        self.path = folder / "bench.toml"
        self.chip = folder / "chip.toml"
        self.chip.write_text(_CHIP.format(seed=seed) + "".join(map(_instrument, ADDRESS)))

    def write(self, visa: str, addresses: dict[str, str], clock: bool, timeout: float) -> None:
        """Write the bench file."""
        text = _BENCH.format(visa=visa, clock='clock = "clock"' if clock else "")
        drivers = {"board": "crossbar_board", "clock": "simulated_clock"}
        for name, address in addresses.items():
            text += f'\n[instruments.{name}]\ndriver = "{drivers[name]}"\n'
            text += f'address = "{address}"\ntimeout = "{timeout} s"\n'
        self.path.write_text(text)

    @property
    def bench(self) -> BenchFile:
        return load_bench(self.path)

    @property
    def truth(self) -> Truth:
        return Truth(self.folder / "chip.state")

    def enabled(self) -> bool:
        """Say whether the outputs are on, by the truth log."""
        outputs = self.truth.actions()
        outputs = outputs[outputs["kind"] == b"output"]
        last = {(one["instrument"], one["target"]): one["value"] for one in outputs}
        return any(last.values())

    def shut_down(self) -> list[str]:
        """Return what happened since the outputs were last on, up to the end of the first pass.

        The guardian and the run itself both make the bench safe; the first one matters.
        """
        actions = self.truth.actions()
        # A generator goes through its smallest amplitude, 1 mV, on its way to nothing.
        on = np.flatnonzero(np.abs(actions["value"]) > 2e-3)
        kinds = [kind.decode() for kind in actions["kind"][on[-1] + 1 :]]
        kinds = [kind for kind in kinds if kind in ORDER]
        again = [i for i, kind in enumerate(kinds) if kind == "source" and "output" in kinds[:i]]
        return kinds[: again[0]] if again else kinds

    def still_on(self, kind: str, *, of: tuple[str, ...]) -> list[str]:
        """Return what of some kinds was still on when the first of ``kind`` went off at the end.

        A level behind an open output is not on: a source-meter ends its own sweeps so.
        """
        actions = self.truth.actions()
        start = int(np.flatnonzero(np.abs(actions["value"]) > 2e-3)[-1]) + 1
        ends = start + np.flatnonzero(actions["kind"][start:] == kind.encode())
        assert len(ends), f"no {kind} went off"
        first = ends[-1] if kind == "output" else ends[0]
        known = {(one["kind"], one["target"]): one["value"] for one in actions[:first]}
        return [
            f"{k.decode()} {target.decode()}"
            for (k, target), value in known.items()
            if value and k.decode() in of and known.get((b"output", target), 1.0)
        ]

    def off_since(self) -> float:
        """Return when the outputs first went off after they were last on, as Unix time in s."""
        actions = self.truth.actions()
        outputs = actions[actions["kind"] == b"output"]
        last_on = np.flatnonzero(outputs["value"] == 1.0)[-1]
        off = outputs[last_on + 1 :][outputs["target"][last_on + 1 :] == outputs["target"][last_on]]
        return float(off["wall_time"][0]) / 1e9


class InProcess(Victim):
    """Simulated inside the process that holds the bench. Without clock: on wall time."""

    def __init__(self, folder: Path, *, clock: bool = False, timeout: float = 0.5) -> None:
        super().__init__(folder)
        addresses = ADDRESS if clock else {"board": ADDRESS["board"]}
        self.write("chip.toml@labcim", addresses, clock, timeout)


class Probed(Victim):
    """A probed chip on wall time, simulated inside the process that holds the bench."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.chip.write_text(_PROBED_CHIP + _PROBED_WIRING)
        head = _BENCH.format(visa="chip.toml@labcim", clock="").replace('"board"', '"probed_chip"')
        text = head + _PROBED_WIRING + _PROBED_INSTRUMENTS
        for name, driver in _PROBED.items():
            text += f'\n[instruments.{name}]\ndriver = "{driver}"\ntimeout = "500 ms"\n'
            text += f'address = "TCPIP0::{name}::inst0::INSTR"\n'
        self.path.write_text(text.replace(" 8\n", " 4\n"))


class Served(Victim):
    """Simulated in a process of its own, which outlives whoever drives it."""

    def __init__(self, folder: Path, *, seed: int = 5, road: str = "socket") -> None:
        super().__init__(folder, seed=seed)
        self.process = subprocess.Popen(
            [sys.executable, "-c", _SERVER, str(self.chip), road],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def __enter__(self) -> "Served":
        assert self.process.stdout
        served = json.loads(self.process.stdout.readline())
        names = {address.upper(): name for name, address in ADDRESS.items()}
        addresses = {names[name.upper()]: address for name, address in served.items()}
        self.write("@py", addresses, clock=True, timeout=5.0)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.process.communicate(timeout=20)


def _instrument(name: str) -> str:
    model = {"board": "crossbar_board", "clock": "clock"}[name]
    return f'\n[[instrument]]\nname = "{name}"\nmodel = "{model}"\naddress = "{ADDRESS[name]}"\n'
