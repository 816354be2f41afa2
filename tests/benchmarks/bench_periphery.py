"""The noisy multiply of the periphery, and the analog feedback circuits.

aihwkit 1.2 comes as source only and is not built for the peers' environment: its times are
*reference lines*, measured once on two AVX-512 cores (one thread), where numpy's product of
1024 x 1024 by a batch of 128 took 3.87 ms. numpy's product is measured here beside each of ours.
"""

import time

import numpy as np
import pytest
from benchmarks.figures import Figure

from labcim.sim_backend.periphery.feedback import eigenvector, solve
from labcim.sim_backend.periphery.mvm import NoisyMultiply
from labcim.sim_backend.periphery.opamp import OpAmp

# Size and batch: aihwkit 1.2 with its defaults, s; how many times as fast we mean to be.
AIHWKIT = {(1024, 128): (8.15e-3, 1.8), (256, 128): (584e-6, 1.8), (256, 1): (31.8e-6, 3.0)}


def _product(weights, vectors, times):
    """Return the CPU time of numpy's product, s: the best of some rounds."""
    taken = []
    for _ in range(15):
        start = time.process_time()
        for _ in range(times):
            vectors @ weights
        taken.append((time.process_time() - start) / times)
    return min(taken)


@pytest.mark.benchmark(timer=time.process_time)
@pytest.mark.parametrize(("size", "batch"), list(AIHWKIT))
def bench_a_noisy_multiply(benchmark, figures, size, batch):
    """7-bit DAC, 9-bit ADC, output noise 0.06, abs max, iterative: the field's defaults."""
    random = np.random.default_rng(0)
    weights = np.clip(random.normal(size=(size, size)) * 0.1, -0.6, 0.6).astype(np.float32)
    vectors = random.uniform(-1.0, 1.0, (batch, size)).astype(np.float32)
    multiply = NoisyMultiply(weights)
    times = 1000 if batch == 1 else 5

    def run():
        for _ in range(times):
            multiply.multiply(vectors)

    benchmark.pedantic(run, rounds=20, warmup_rounds=2)
    took = benchmark.stats.stats.median / times
    reference, goal = AIHWKIT[size, batch]
    what = f"noisy multiply {size}×{size}, batch {batch}"
    line = ("aihwkit 1.2, reference line", reference)
    figures.add(Figure(what, took, reference / goal, peer=line))
    ideal = ("numpy's product alone", _product(weights, vectors, times))
    figures.add(Figure(f"{what}, beside the product alone", took, peer=ideal))


@pytest.mark.benchmark(timer=time.process_time)
@pytest.mark.parametrize("size", [16, 100])
@pytest.mark.parametrize("circuit", ["inverse", "eigenvector"])
def bench_a_feedback_circuit(benchmark, figures, size, circuit):
    random = np.random.default_rng(1)
    matrix = np.eye(size) + random.uniform(0.0, 1.0, (size, size)) / size
    inputs, unit = random.uniform(-0.5, 0.5, size), 1e-4
    largest = np.linalg.eigvals(matrix).real.max()

    def run():
        if circuit == "inverse":
            return solve(matrix * unit, inputs, unit, OpAmp()).answer
        return eigenvector(matrix * unit, 0.98 * largest * unit, OpAmp()).answer

    benchmark.pedantic(run, rounds=5, warmup_rounds=1)
    figures.add(Figure(f"analog {circuit} {size}×{size}", benchmark.stats.stats.median))
