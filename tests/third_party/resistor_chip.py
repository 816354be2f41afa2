"""A bench for third-party source-meter drivers: one instrument with a resistor on its terminal."""

OHM = 10e3


def resistor_chip(model: str, address: str, options: str = "", terminal: str = "hi") -> str:
    """Return a chip file with an instrument "smu" across 10 kOhm to ground.

    options: of the instrument, as TOML.
    terminal: of the instrument, the resistor's.
    """
    return f"""
[chip]
preset = "neurram-130nm"
rows = 2
columns = 2
seed = 3

[[instrument]]
name = "smu"
model = "{model}"
address = "{address}"
options = {{ {options} }}

[[resistor]]
between = ["smu.{terminal}", "ground"]
ohm = {OHM}

[wiring]
"lab.gate" = "gate.0"
"""
