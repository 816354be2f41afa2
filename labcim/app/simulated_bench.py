"""A simulated bench for whoever has no other: a chip file and a bench file in a folder."""

from pathlib import Path

from labcim.errors import RecipeError

from .describe import simulated_bench_template

BENCH, CHIP = "bench.toml", "simulated-{rows}x{columns}.toml"


def simulated_bench(folder: Path, *, rows: int = 64, columns: int = 64, seed: int = 1) -> Path:
    """Return the bench file in ``folder``; a fresh chip is made where there is none yet.

    Raises RecipeError where the folder cannot be written.
    """
    bench = folder / BENCH
    if bench.exists():
        return bench
    from labcim.sim_backend.chip.manage import new_chip

    chip = folder / CHIP.format(rows=rows, columns=columns)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        new_chip(chip, rows=rows, columns=columns, seed=seed)
        bench.write_text(simulated_bench_template(chip, bench), encoding="utf-8")
    except OSError as trouble:
        raise RecipeError(f"a simulated bench cannot be made in {folder}: {trouble}") from trouble
    return bench
