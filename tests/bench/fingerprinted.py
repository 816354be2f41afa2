"""Chips for fingerprints: boards of one preset that differ by seed and name, and what they say."""

from pathlib import Path

import labcim
from labcim.analysis.fingerprint.enrolled import Enrolled, enrolled
from labcim.app.record import RunView
from labcim.sim_backend.chip.manage import heat_chip

from .conftest import small_bench

ZERO_CELSIUS = 273.15


class Chips:
    """Chips by number, each on a board of its own, all on one record."""

    def __init__(
        self,
        folder: Path,
        size: int,
        *,
        kind: str = "board",
        first: int = 100,
        preset: str = "neurram-130nm",
        stuck: float = 0.0,
    ) -> None:
        self.folder, self.size, self.kind, self.first = folder, size, kind, first
        self.preset, self.stuck = preset, stuck
        self.record = folder / "record.sqlite"

    def path(self, number: int) -> Path:
        """Return the bench file of a chip, made when it is first asked for."""
        folder = self.folder / f"chip-{number}"
        if folder.exists():
            return folder / "bench.toml"
        changes = {"seed": str(self.first + number), "stuck": f"{self.stuck}"}
        if self.kind == "board":
            changes["preset"] = f'"{self.preset}"\nformed = true'
        path = small_bench(self.kind, folder, self.size, **changes)
        lines = path.read_text("utf-8").splitlines()
        named = [
            f'identity = "chip-{number}"' if line.startswith("identity = ") else line
            for line in lines
        ]
        path.write_text("\n".join(named) + "\n", "utf-8")
        return path

    def run(self, number: int, protocol: str = "puf_enrol", **recipe: object) -> RunView:
        """Run a recipe on a chip."""
        with labcim.open_bench(self.path(number), record=self.record) as bench:
            return bench.run(labcim.new_recipe(protocol, **recipe), check_contacts=False)

    def reread(self, number: int, **recipe: object) -> RunView:
        """Read a chip's fingerprint as it stands, ten minutes later."""
        as_it_is = {"preparations": 0, "settle": 600.0, "repeats": 1}
        return self.run(number, "puf_enrol", **as_it_is | recipe)

    def heat(self, number: int, celsius: float, duration: float | None = None) -> None:
        """Bring a chip to a temperature, for a while or for good."""
        path = self.path(number).with_name("chip.toml")
        heat_chip(path, celsius + ZERO_CELSIUS, duration)


def tables(view: RunView) -> Enrolled:
    """Return the tables of an enrolment."""
    return enrolled({name: values.to_numpy() for name, values in view.readings().items()})


def results(view: RunView) -> dict[str, float]:
    """Return the results by name."""
    frame = view.results()
    return dict(zip(frame["name"], frame["value"], strict=True))
