"""A chip on a chuck, for drivers of the Lake Shore 336: output 2 has a plate of its own."""

CHIP = """
[chip]
preset = "neurram-130nm"
rows = 2
columns = 2
formed = true

[[instrument]]
name = "chuck"
model = "lakeshore336"
address = "GPIB0::12::INSTR"
options = { noise = 0.0, second_stage = true }
"""
