"""A wafer: many dies of one chip file, of which the probes touch one at a time, or none.

Every die has a seed and a state folder of its own, ``die_X_Y`` in the chip's. While the probes are
up, the wiring reaches no line. All dies share the bench's clock and the chuck's temperature.
"""

import zlib
from collections.abc import Iterator

from labcim.errors import RangeError

from ..devices.random import MISSED, uniform
from .chip_file import ChipFile, StateTable
from .crossbar import CrossbarChip
from .state import create
from .truth import Truth
from .wafer_table import DiePlace, OtherDie, WaferTable
from .wiring import Wiring


class Wafer:
    """The wafer on the chuck of a bench. ``place``: the die under the probes, touched or not."""

    def __init__(
        self, table: WaferTable, chip_file: ChipFile, chip: CrossbarChip, wiring: Wiring
    ) -> None:
        self.dies = table.dies
        self.place: DiePlace | None = None
        self.touched = False
        self._table, self._chip_file = table, chip_file
        self._chip, self._wiring = chip, wiring
        self._rows = chip_file.chip.rows
        times = [float(Truth(die.state_folder).header()["clock"]) for die in made_dies(chip_file)]
        chip.clock.catch_up(max(times, default=0.0))
        wiring.touch(None)

    def go_to(self, place: DiePlace) -> None:
        """Bring a die under the probes. Raises RangeError for none of the wafer, or while down."""
        if self.touched:
            raise RangeError("the wafer moves only while the probes are up")
        if place not in self.dies:
            raise RangeError(f"die {place}: the wafer has none there")
        self.place = place

    def leave(self) -> None:
        """Bring a place of the wafer under the probes where no die is. Raises RangeError."""
        if self.touched:
            raise RangeError("the wafer moves only while the probes are up")
        self.place = None

    def touch(self) -> None:
        """Let the probes down on the die. Raises RangeError where none is under them."""
        if self.touched:
            return
        if self.place is None:
            raise RangeError("no die is under the probes")
        die = die_file(self._chip_file, self.place)
        if not die.state_folder.exists():
            create(die)
        self._chip.become(die)
        self._chip.truth.action("wafer", "touchdown", "{},{}".format(*self.place), 1.0)
        self._wiring.touch(self._missed_pads())
        self.touched = True

    def lift(self) -> None:
        """Take the probes up."""
        self._wiring.touch(None)
        self.touched = False

    def _missed_pads(self) -> frozenset[str]:
        """Return which pads this touchdown misses: seldom one, a row's."""
        number = int((self._chip.truth.actions()["kind"] == b"touchdown").sum())
        seed = self._chip.state.seed
        if uniform(seed, 0, MISSED, number) >= self._table.missed:
            return frozenset()
        row = min(int(uniform(seed, 1, MISSED, number) * self._rows), self._rows - 1)
        return frozenset({f"row.{row}"})


def die_file(chip_file: ChipFile, place: DiePlace) -> ChipFile:
    """Return the chip file of one die: its own seed, its own state, whatever else differs."""
    table = chip_file.wafer
    assert table is not None  # asked for a wafer's dies only
    other = next((other for other in table.other if other.die == place), OtherDie(die=place))
    chip = chip_file.chip
    changed = chip.model_copy(
        update={
            "seed": zlib.crc32(f"{chip.seed} {place[0]} {place[1]}".encode()),
            "stuck": chip.stuck if other.stuck is None else other.stuck,
            "formed": chip.formed if other.formed is None else other.formed,
            "constants": {**chip.constants, **other.constants},
        }
    )
    folder = chip_file.state_folder / "die_{}_{}".format(*place)
    state = StateTable(folder=str(folder), truth=chip_file.state.truth)
    return chip_file.model_copy(update={"chip": changed, "state": state, "wafer": None})


def made_dies(chip_file: ChipFile) -> Iterator[ChipFile]:
    """Yield the chip files of those dies that were ever touched."""
    for place in chip_file.wafer.dies if chip_file.wafer else ():
        die = die_file(chip_file, place)
        if die.state_folder.exists():
            yield die
