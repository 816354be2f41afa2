"""Fit the constants of a cell model to what was measured on a chip.

Each function takes one measurement and the preset to start from, and returns the constants that it
tells something about, by name; `Preset.changed` or [constants] in a chip file takes them.
"""
