"""A matrix of numbers on a chip, multiplied with ``@``; every pulse is on record."""

from pathlib import Path

import numpy as np

import labcim
from labcim.capabilities import Coding

here = Path(__file__).parent / "small"
weights = np.random.default_rng(1).uniform(-1.0, 1.0, (8, 16))
vectors = np.random.default_rng(2).uniform(-1.0, 1.0, (16, 100))
with labcim.open_bench(here / "bench.toml", record=here / "matrix.sqlite") as bench:
    bench.run(labcim.new_recipe("form"))
    matrix = bench.matrix(weights, coding=Coding(gate=2.5, pulse=10e-6), rounds=3)
    error = matrix @ vectors - weights @ vectors
    print(f"error of the products {np.std(error) / np.std(weights @ vectors):.1%}, of which")
    print(matrix.budget())
