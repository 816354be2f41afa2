"""badcrossbar on problem E: CPU time of one solution, and of many inputs at once."""

import logging
import warnings

import numpy as np
from timing import cpu_of_a_call, tell

warnings.simplefilter("ignore")
try:
    import badcrossbar
except ModuleNotFoundError:
    tell()
    raise SystemExit from None
logging.disable(logging.CRITICAL)


def seconds(size: int, inputs: int = 1, rounds: int = 3) -> float:
    """Return the CPU time of problem E: 10-100 uS, 1 ohm a segment, 0-0.5 V, seed 0."""
    rng = np.random.default_rng(0)
    cells = rng.uniform(10e-6, 100e-6, (size, size))
    volts = rng.uniform(0, 0.5, size)
    volts = np.outer(volts, np.linspace(0.5, 1.0, inputs))

    def call() -> None:
        badcrossbar.compute(volts, 1.0 / cells, 1.0, node_voltages=True, all_currents=False)

    return cpu_of_a_call(call, 1, rounds)


one, hundred = seconds(256), seconds(256, 100, 1)
tell(one_256=one, one_512=seconds(512, rounds=1), thousand_256=one + (hundred - one) / 99 * 999)
