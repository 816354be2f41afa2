"""The bench of the B1500A's third-party tests: units on resistors, and a pulse generator on one."""

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
options = { slots = ["B1517A", "B1517A", "B1517A", "B1517A", "B1511B"] }

[[instrument]]
name = "pulser"
model = "keysightb1500a"
address = "GPIB0::18::INSTR"
options = { slots = ["B1517A", "B1525A"] }

[[resistor]]
between = ["analyzer.smu1", "ground"]
ohm = 10e3

[[resistor]]
between = ["analyzer.smu2", "ground"]
ohm = 1e6

[[resistor]]
between = ["analyzer.smu3", "analyzer.smu4"]
ohm = 100e3

[[resistor]]
between = ["analyzer.smu5", "ground"]
ohm = 1e3

[[resistor]]
between = ["pulser.spgu201", "ground"]
ohm = 50.0
"""
