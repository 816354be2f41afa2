"""The main job, from nothing: form a simulated chip, program a picture, verify it.

``make run`` runs this. The chip, the record and the report stay in ``out/``; afterwards

    labcim run examples/recipes/rings.toml --bench out/bench.toml --record out/labcim.sqlite

programs the same chip with another picture.
"""

import shutil
import sys
import time
from pathlib import Path

import labcim
from labcim.cli.main import look_for_garbage_less_often
from labcim.cli.progress import ProgressBar
from labcim.cli.summary import exit_code, tell
from labcim.sim_backend.chip.manage import reset_chip

HERE = Path(__file__).parent
OUT = Path("out")


def main() -> int:
    """Run three recipes on one open bench; return the exit code of the first that goes wrong."""
    look_for_garbage_less_often()
    OUT.mkdir(exist_ok=True)
    for name in ("chip.toml", "bench.toml"):
        shutil.copy(HERE / "board" / name, OUT / name)
    reset_chip(OUT / "chip.toml")
    record = OUT / "labcim.sqlite"
    with labcim.open_bench(OUT / "bench.toml", record=record) as bench:
        for name in ("form", "face", "read_map"):
            recipe = labcim.load_recipe(HERE / "recipes" / f"{name}.toml")
            report = OUT / f"{name}.html" if name == "face" else None
            began = time.monotonic()
            with ProgressBar(name) as progress:
                run = bench.run(recipe, report=report, on_progress=progress)
            print()
            tell(run, time.monotonic() - began, record, report)
            if code := exit_code(run):
                return code
    print(f"report {OUT / 'face.html'}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
