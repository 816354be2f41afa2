"""Pulsed updates of an array: trains, coincidences, noise and bounds, per sample of a batch.

aihwkit is source-only and is run only where it is installed; its figures elsewhere are reference
lines: version 1.2.0, one thread (it uses no more), on a quiet machine with AVX-512.
"""

import importlib.util
import time

import numpy as np
import pytest
from benchmarks.figures import Figure

from labcim.sim_backend.pulse_laws.array import PulsedArray
from labcim.sim_backend.pulse_laws.laws import ConstantStep, ExpStep, PowStep, SoftBounds

SAMPLES = 16
LONG, SHORT = 0.31, 0.01  # learning rates that make trains of 31 slots and of one
# us per sample of aihwkit 1.2.0; what labcim must be faster by (floor), and would like to be (goal)
REFERENCE = {
    ("SoftBounds", 256, LONG): (1231, 6, 20),
    ("SoftBounds", 1024, LONG): (26529, 6, 30),
    ("SoftBounds", 256, SHORT): (44, 0.9, 2),
    ("SoftBounds", 1024, SHORT): (1057, 0.9, 4),
    ("ConstantStep", 256, LONG): (947, None, None),
    ("ConstantStep", 1024, LONG): (19282, None, None),
    ("ExpStep", 256, SHORT): (192, 1.5, 4),
    ("PowStep", 256, SHORT): (336, 1.5, 4),
}
LAWS = {kind.__name__: kind for kind in (ConstantStep, SoftBounds, ExpStep, PowStep)}


def inputs(size):
    """Return rows in [-0.1, 0.1] and columns in [-1, 1]; shape (samples, size)."""
    rng = np.random.default_rng(0)
    return rng.uniform(-0.1, 0.1, (SAMPLES, size)), rng.uniform(-1.0, 1.0, (SAMPLES, size))


def aihwkit_seconds(name, size, rate):
    """Return seconds per sample of aihwkit here, or None where it is not installed."""
    if importlib.util.find_spec("aihwkit") is None:
        return None
    import torch
    from aihwkit.simulator.configs import SingleRPUConfig, devices
    from aihwkit.simulator.tiles import AnalogTile

    torch.set_num_threads(1)
    tile = AnalogTile(size, size, SingleRPUConfig(device=getattr(devices, f"{name}Device")()))
    tile.set_learning_rate(rate)
    rows, columns = (torch.tensor(values, dtype=torch.float32) for values in inputs(size))
    times = []
    for _ in range(5):
        start = time.process_time()
        tile.update(columns, rows)
        times.append(time.process_time() - start)
    return float(np.median(times)) / SAMPLES


@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize(("name", "size", "rate"), REFERENCE)
def bench_update(benchmark, figures, name, size, rate, threads):
    array = PulsedArray(LAWS[name](), size, size, seed=1, threads=threads)
    rows, columns = inputs(size)

    def there_and_back():  # so that weights stay between their bounds
        array.update(rows, columns, rate)
        array.update(-rows, columns, rate)

    there_and_back()  # compiles, or reads what is compiled
    start = time.process_time()
    benchmark.pedantic(there_and_back, rounds=15)
    cpu = (time.process_time() - start) / 15 / (2 * SAMPLES)
    wall = benchmark.stats.stats.median / (2 * SAMPLES)
    microseconds, floor, goal = REFERENCE[name, size, rate]
    live = aihwkit_seconds(name, size, rate)
    peer = "aihwkit 1.2.0, reference line" if live is None else "aihwkit here, one thread"
    slots = "31-slot" if rate == LONG else "1-slot"
    wanted = f"; goal {goal} × with two threads" if goal else ""
    figures.add(
        Figure(
            f"{name} update, {slots} trains, {size}², {threads} thread{'s' * (threads > 1)}",
            cpu if threads == 1 else wall,
            microseconds * 1e-6 / floor if floor else None,
            peer=(peer, live or microseconds * 1e-6),
            remark=("CPU" if threads == 1 else f"wall; CPU {cpu * 1e6:.0f} µs") + wanted,
            cpu=cpu,
        )
    )
