"""Program a matrix into a simulated chip, multiply vectors with it in one step, tell the error."""

from pathlib import Path

import numpy as np

import labcim
from labcim.capabilities import Coding

here, random = Path(__file__).parent, np.random.default_rng(1)
with labcim.open_bench(here / "small/bench.toml", record=here / "small/record.sqlite") as bench:
    chip = bench.cells.topology
    matrix = random.uniform(2e-6, 38e-6, (chip.rows, chip.columns))  # S
    bench.run(labcim.new_recipe("form"))
    tuning = labcim.new_recipe("write_verify", targets="list", values=tuple(matrix.ravel()))
    cells = bench.run(tuning).readings()
    inputs = random.uniform(-1.0, 1.0, (100, chip.rows))  # of 0.2 V
    products = bench.vectors.multiply(inputs, Coding(voltage=0.2, gate=2.5, pulse=10e-6))

whole = cells.groupby("column")["accepted"].all().to_numpy()  # columns without a dead cell
wanted = inputs @ matrix[:, whole] * 0.2
off = products.current[:, whole] - wanted
error = np.sqrt(np.mean(off**2) / np.mean(wanted**2))
print(
    f"{whole.sum()} of {chip.columns} columns have no dead cell; their products are {error:.1%} off"
)
