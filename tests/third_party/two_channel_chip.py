"""A bench for the Keithley 2636B: one resistor to ground at each channel."""

OHM_A, OHM_B = 10e3, 100e3

CHIP = f"""
[chip]
preset = "neurram-130nm"
rows = 4
columns = 4
seed = 3
formed = true

[[instrument]]
name = "smu"
model = "keithley2636b"
address = "USB0::0x05E6::0x2636::04400001::INSTR"

[[resistor]]
between = ["smu.a_hi", "ground"]
ohm = {OHM_A}

[[resistor]]
between = ["smu.b_hi", "ground"]
ohm = {OHM_B}

[wiring]
"ground" = "column[0:3]"
"""


def current_error(amps: float) -> float:
    """Return by how much a 2636B may misread a current on its best range, and its level with it.

    Data sheet: 0.02 % + 25 nA (100 uA range) of the reading, 0.02 % + 600 uV of a 2 V level.
    """
    offset = 25e-9 if abs(amps) > 1.01e-5 else 1.5e-9
    return 2.5e-4 * abs(amps) + offset + 2e-4 * abs(amps) + 600e-6 / (OHM_A if amps else OHM_B)
