"""ngspice as a witness: networks as netlists, run in batch, operating points from raw files."""

import re
import shutil
import subprocess
from pathlib import Path

import numpy as np

from labcim.sim_backend.circuit import Gated, Network, Sinh, Solution, Voltages

# No conductances of ngspice's own, and tolerances that Newton's method just reaches in doubles.
OPTIONS = ".options reltol=1e-9 abstol=1e-16 vntol=1e-12 gmin=1e-20 pivtol=1e-30 itl1=1000 noacct"
MODEL = ".model access nmos level=1 vto={vt} kp={kp} lambda=0 gamma=0 is=1e-40 js=0 tnom=27"


def operating_point(network: Network, voltages: Voltages, folder: Path, law=None) -> np.ndarray:
    """Return V of row nodes and of column nodes, (2, rows, columns); 0 V where nothing leads."""
    program = shutil.which("ngspice")
    assert program, "ngspice is missing: `make test` installs it (tests/system_packages.sh)"
    netlist, raw = folder / "network.cir", folder / "network.raw"
    netlist.write_text("\n".join(_lines(network, voltages, law)), encoding="ascii")
    subprocess.run(
        [program, "-b", "-r", raw, netlist], check=True, capture_output=True, cwd=folder, timeout=50
    )
    found = _read(raw)
    rows, columns = network.shape
    return np.array(
        [
            [[found.get(f"v({kind}{i}_{j})", 0.0) for j in range(columns)] for i in range(rows)]
            for kind in "xw"
        ]
    )


def worst_difference(ours: Solution, theirs: np.ndarray) -> float:
    """Return the largest difference of a node's voltage, of the largest voltage."""
    both = np.array([ours.row_voltage, ours.column_voltage])
    return float(np.abs(both - theirs).max() / np.abs(theirs).max())


def _lines(network: Network, voltages: Voltages, law) -> list[str]:
    lines = ["* a crossbar", OPTIONS]
    rows, columns = network.shape
    sides = {name: volts[0] for name, volts in voltages.on(network).items()}
    lines += _wires("r", network.segments("row"), sides["left"], sides["right"], "x{0}_{1}")
    down = network.segments("column").T
    lines += _wires("c", down, sides["top"], sides["bottom"], "w{1}_{0}")
    if isinstance(law, Gated):
        lines.append(MODEL.format(vt=law.threshold, kp=law.beta))
    for i in range(rows):
        for j in range(columns):
            lines += _cell(network, law, i, j)
    return [*lines, ".op", ".end"]


def _wires(name: str, wires: np.ndarray, near: np.ndarray, far: np.ndarray, node: str) -> list[str]:
    lines = []
    for line, resistances in enumerate(wires):
        nodes = [node.format(line, k) for k in range(resistances.size - 1)]
        nodes = [f"{name}a{line}", *nodes, f"{name}b{line}"]
        for volts, end in ((near[line], nodes[0]), (far[line], nodes[-1])):
            lines.append(f"v{end} {end} 0 {float(volts)!r}")
        for k, resistance in enumerate(resistances):
            ends = f"{nodes[k]} {nodes[k + 1]}"
            if resistance == 0.0:
                lines.append(f"v{name}{line}_{k} {ends} 0")
            elif np.isfinite(resistance):
                lines.append(f"r{name}{line}_{k} {ends} {float(resistance)!r}")
    return lines


def _cell(network: Network, law, i: int, j: int) -> list[str]:
    name, ends = f"{i}_{j}", f"x{i}_{j} w{i}_{j}"
    if law is None:
        g = network.conductance[i, j]
        return [f"rg{name} {ends} {float(1 / g)!r}"] if g else []
    g = float(law.conductance[i, j])
    if isinstance(law, Sinh):
        alpha = float(law.alpha[i, j])
        return [f"b{name} {ends} i={g / alpha!r}*sinh({alpha!r}*v(x{name},w{name}))"]
    return [
        f"rg{name} x{name} n{name} {1 / g!r}",
        f"vg{name} g{name} 0 {float(law.gate[i, j])!r}",
        f"m{name} n{name} g{name} w{name} 0 access w=1 l=1",
    ]


def _read(raw: Path) -> dict[str, float]:
    head, _, body = raw.read_bytes().partition(b"Binary:\n")
    names = re.findall(r"^\t\d+\t(\S+)\t", head.decode("ascii"), re.MULTILINE)
    return dict(zip(names, np.frombuffer(body, dtype=np.float64), strict=True))
