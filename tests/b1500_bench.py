"""The bench of the B1500A's third-party tests: four units, each on a resistor to ground."""

CHIP = """
[chip]
preset = "neurram-130nm"
rows = 2
columns = 2
seed = 3
stuck = 0.0
formed = true

[[instrument]]
name = "analyzer"
model = "keysightb1500a"
address = "GPIB0::17::INSTR"

[[resistor]]
between = ["analyzer.smu1", "ground"]
ohm = 10e3

[[resistor]]
between = ["analyzer.smu2", "ground"]
ohm = 1e6

[[resistor]]
between = ["analyzer.smu3", "analyzer.smu4"]
ohm = 100e3
"""
