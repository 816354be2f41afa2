"""A board on a chip of any preset, seed, kind and faults; runs on it; and what is true of it."""

from pathlib import Path
from typing import Any

from logic_bench import write_bench

import labcim
from labcim.app.record import RunView
from labcim.sim_backend.chip.truth import Truth


def any_chip(folder: Path, rows: int, columns: int, *, more: str = "", **chip: Any) -> Path:
    """Write a bench of cells that differ as the preset says. more: further tables of the chip."""
    kind = chip.get("kind", "1T1R")
    path = write_bench(folder, rows, columns, **{"spread": 1.0, **chip})
    with (folder / "chip.toml").open("a", encoding="utf-8") as file:
        file.write(f"\n{more}\n")
    text = path.read_text("utf-8").replace(
        'identity = "logic"', f'identity = "any"\nkind = "{kind}"'
    )
    path.write_text(text, "utf-8")
    return path


def ran(path: Path, protocol: str, *, check_contacts: bool = True, **recipe: Any) -> RunView:
    """Run one recipe on a bench file, kept in a record beside it."""
    with labcim.open_bench(path, record=path.parent / "record.sqlite") as bench:
        return bench.run(labcim.new_recipe(protocol, **recipe), check_contacts=check_contacts)


def truth_of(path: Path) -> Truth:
    """Return the truth of the chip beside a bench file."""
    return Truth(path.parent / "chip.state")


def result(view: RunView, name: str, cell: int = -1) -> Any:
    """Return the one result of that name (and cell)."""
    found = [r for r in view.results().to_dict("records") if r["name"] == name]
    (one,) = [r for r in found if cell < 0 or r["cell"] == cell]
    return one
