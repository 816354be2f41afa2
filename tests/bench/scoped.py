"""The example's probe station with a scope on what the pulses go through."""

from pathlib import Path

from .conftest import small_bench

SCOPE = "TCPIP0::scope::inst0::INSTR"
IN_CHIP = f"""
[[instrument]]
name = "scope"
model = "tektronix_tds2024b"
address = "{SCOPE}"
"""
IN_BENCH = f"""
[instruments.scope]
driver = "tektronix_tds2024b"
address = "{SCOPE}"

[digitizer]
instrument = "scope"
channel = 1
probe = 10
"""


def scoped_bench(
    folder: Path, size: int = 4, *, node: str = "matrix.row2", wires: str = "", lines: str = ""
) -> Path:
    """Return the bench file. wires: text of [chip.wires]; lines: of the bench's limits.lines."""
    path = small_bench("probed", folder, size, stuck="0.0")
    chip = folder / "chip.toml"
    text = chip.read_text("utf-8").replace("[wiring]\n", f'[wiring]\n"scope.ch1" = "{node}"\n')
    if wires:
        text = text.replace("[[instrument]]", f"[chip.wires]\n{wires}\n\n[[instrument]]", 1)
    chip.write_text(text + IN_CHIP, "utf-8")
    text = path.read_text("utf-8").replace("[wiring]\n", f'[wiring]\n"scope.ch1" = "{node}"\n')
    if lines:
        text = text.replace("[chip.limits]\n", f"[chip.limits]\nlines = {lines}\n")
    path.write_text(text + IN_BENCH, "utf-8")
    return path
