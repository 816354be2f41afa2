"""The simulated crossbar: circuit, state, truth."""

from pathlib import Path

from ..devices import drop_stale_kernels

drop_stale_kernels(Path(__file__).parent)
