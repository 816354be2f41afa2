"""Pulse-response laws for learning: what one pulse, or a train of them, does to a weight.

Weights are numbers without a unit, as the field writes them; whoever maps them to siemens says how.
The laws and their parameters bear the names of aihwkit (Rasch et al., AICAS 2021).
"""

from pathlib import Path

from ..devices import drop_stale_kernels

drop_stale_kernels(Path(__file__).parent)
