"""The main job, from nothing: form a simulated chip, program a picture, verify it.

``make run`` runs this. The chip, the record and the reports stay in ``out/``; afterwards

    labcim run examples/recipes/rings.toml --bench out/bench.toml --record out/labcim.sqlite

programs the same chip with another picture.
"""

import shutil
import sys
from pathlib import Path

from labcim.cli.main import run_command

HERE = Path(__file__).parent
OUT = Path("out")


def main() -> int:
    OUT.mkdir(exist_ok=True)
    for name in ("chip.toml", "bench.toml"):
        shutil.copy(HERE / "board" / name, OUT / name)
    done = run_command(["chip", "reset", str(OUT / "chip.toml"), "--yes"])
    for recipe in ("form", "face", "read_map"):
        print(f"\n== {recipe} ==")
        words = [
            "run",
            str(HERE / "recipes" / f"{recipe}.toml"),
            "--bench",
            str(OUT / "bench.toml"),
        ]
        words += ["--record", str(OUT / "labcim.sqlite"), "--report", str(OUT / f"{recipe}.html")]
        done = done or run_command(words)
    return done


if __name__ == "__main__":
    sys.exit(main())
