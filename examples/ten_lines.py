"""Form a chip, program a picture, read it one second later: labcim in ten lines of Python."""

from pathlib import Path

import labcim

here = Path(__file__).parent
with labcim.open_bench(here / "small/bench.toml", record=here / "small/record.sqlite") as bench:
    bench.run(labcim.new_recipe("form"))
    face = bench.run(
        labcim.load_recipe(here / "recipes/face.toml"), report=here / "small/face.html"
    )
    later = bench.run(labcim.new_recipe("read_map", delay="1 s"))

picture = later.readings().pivot(index="row", columns="column", values="conductance")
print((1e6 * picture).round(1).to_string())  # µS
print(face.results()[["name", "value", "unit"]].to_string(index=False))
