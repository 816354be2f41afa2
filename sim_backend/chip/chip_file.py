"""Chip files: what *is*, for the simulator: cells, seed, true wiring, faults, the state's place."""

import json
import zlib
from functools import cached_property
from pathlib import Path
from typing import Any, Literal, Self

from pydantic import Field, ValidationError, model_validator

from labcim.capabilities import Topology
from labcim.errors import RecipeError
from labcim.recipe import explain_validation, read_toml
from labcim.units import Kelvin

from ..devices.preset import Preset, load_preset, preset_names
from .chip_parts import CellFaults, Heating, Resistor, Selector, Table, Windows, Wires
from .pads import Family, pad, pair
from .wafer_table import WaferTable


class ChipTable(Table):
    """The array. ``stuck``: fraction of dead cells; ``formed``: leaves the fab formed already.

    spread: factor on all that makes cells and cycles differ; 0 gives nominal cells.  constants:
    those of the preset that are others on this chip, by name, in base SI.
    """

    preset: str
    rows: int = Field(ge=1, le=65536)
    columns: int = Field(ge=1, le=65536)
    seed: int = Field(default=1, ge=0, lt=2**63)
    kind: Literal["1T1R", "1S1R", "passive"] = "1T1R"
    gate_along: Literal["row", "column", "cell"] = "column"
    set_terminal: Literal["row", "column"] = "row"
    stuck: float = Field(default=0.01, ge=0, le=1)
    formed: bool = False
    temperature: Kelvin = Field(default=300.0, gt=0)
    windows: Windows = Windows()
    spread: float = Field(default=1.0, ge=0, le=100)
    constants: dict[str, float | list[float]] = Field(default_factory=dict)
    wires: Wires = Wires()
    selector: Selector | None = None
    heating: Heating = Heating()

    @model_validator(mode="after")
    def _known(self) -> Self:
        if self.preset not in preset_names():
            known = ", ".join(preset_names())
            raise ValueError(f"preset {self.preset!r} is not known; known are {known}")
        if self.rows * self.columns > 2**28:
            raise ValueError(f"{self.rows} x {self.columns} cells: accepts at most 268435456")
        if self.constants:
            self.cells()  # says what is wrong with them
        if (self.kind == "1S1R") is (self.selector is None):
            raise ValueError(f"kind {self.kind!r}: a table [chip.selector] belongs to 1S1R, only")
        if self.kind != "1T1R" and self.cells().own_gate:
            raise ValueError(f"kind {self.kind!r}: {self.preset} cells have gates: accepts 1T1R")
        return self

    def cells(self) -> Preset:
        """Return the constants of the cells: those of the preset, as this chip changes them."""
        return load_preset(self.preset).changed(spread=self.spread, constants=self.constants)

    def kind_of_cells(self) -> str:
        """Return the preset's name, and "#" and a checksum where this chip changes constants."""
        if not self.constants and self.spread == 1.0:
            return self.preset
        text = json.dumps([self.spread, self.constants], sort_keys=True)
        return f"{self.preset}#{zlib.crc32(text.encode()):08x}"

    def topology(self) -> Topology:
        """Return how the cells hang on the lines."""
        return Topology(self.rows, self.columns, self.kind, self.gate_along, self.set_terminal)


class StateTable(Table):
    """Where the chip's state is kept, and whether reads are logged too."""

    folder: str | None = None
    truth: Literal["full", "pulses"] = "full"


class InstrumentSpec(Table):
    """One simulated instrument. ``options`` are for its model; ``port`` is its TCP port."""

    name: str
    model: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    address: str
    serial: str = ""
    port: int | None = Field(default=None, ge=0, le=65535)
    options: dict[str, Any] = Field(default_factory=dict)


class Faults(CellFaults):
    """Where the true wiring is not what the pads say. Pads such as "row.3"; pairs for two lines.

    stuck_relays: contacts that do not move, such as "matrix.1203", and how they are.  And what is
    wrong in the array: see `CellFaults`.
    """

    swapped: list[tuple[str, str]] = Field(default_factory=list)
    open: list[str] = Field(default_factory=list)
    shorted: list[tuple[str, str]] = Field(default_factory=list)
    stuck_relays: dict[str, Literal["open", "closed"]] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _pads(self) -> Self:
        names = [*self.open, *(name for two in (*self.swapped, *self.shorted) for name in two)]
        for name in names:
            if pad(name) is None:
                raise ValueError(f"{name!r} is not a pad: write row.3, column.0 or gate.12")
        return self


class ChipFile(Table):
    """A whole chip file."""

    path: Path
    chip: ChipTable
    state: StateTable = StateTable()
    instrument: tuple[InstrumentSpec, ...] = ()
    wiring: dict[str, str | list[str]] = Field(default_factory=dict)
    resistor: tuple[Resistor, ...] = ()
    faults: Faults = Faults()
    wafer: WaferTable | None = None

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read a chip file. Raises RecipeError that names every wrong key and what fits."""
        values = read_toml(path, "chip file")
        try:
            return cls.model_validate({**values, "path": path.resolve()})
        except ValidationError as trouble:
            raise RecipeError(explain_validation(trouble, f"chip file {path}")) from trouble

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        names = [spec.name for spec in self.instrument]
        places = [spec.address.upper() for spec in self.instrument]
        for twice in {n for n in names if names.count(n) > 1}:
            raise ValueError(f"two instruments are called {twice!r}")
        for twice in {a for a in places if places.count(a) > 1}:
            raise ValueError(f"two instruments have the address {twice}")
        self.faults.check(self.chip.rows, self.chip.columns)
        for relay in self.faults.stuck_relays:
            if relay.rpartition(".")[0] not in names:
                raise ValueError(f"faults: stuck_relays: {relay}: no instrument of that name")
        if self.wafer and self.preset.model == "charge":
            raise ValueError(f"wafer: dies of {self.chip.preset} cells cannot be changed")
        for two in self.ties():
            self._check_pads("wiring", two)
        for resistor in self.resistor:
            self._check_pads("resistor", resistor.between)
        return self

    def _check_pads(self, table: str, names: tuple[str, str]) -> None:
        for name in names:
            found = pad(name)
            if found is not None and found[1] >= (count := self.lines(found[0])):
                raise ValueError(f"{table}: {name}: the chip has {count} {found[0]} lines")

    def lines(self, family: Family) -> int:
        """Return how many lines of a family the chip has."""
        counts = {"row": self.chip.rows, "column": self.chip.columns}
        return counts[family] if family != "gate" else self.chip.topology().gates

    def ties(self) -> list[tuple[str, str]]:
        """Return every permanent connection, ranges written out."""
        found: list[tuple[str, str]] = []
        for left, right in self.wiring.items():
            for one in [right] if isinstance(right, str) else right:
                found += pair(left, one)
        return found

    @cached_property
    def preset(self) -> Preset:
        """Return the constants of the chip's cells."""
        return self.chip.cells()

    @property
    def state_folder(self) -> Path:
        """Return the folder of the state: as named, else beside the chip file."""
        name = self.state.folder or f"{self.path.stem}.state"
        return self.path.parent / name
