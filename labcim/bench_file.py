"""Bench files: what we believe about a bench: drivers, addresses, wiring, the chip's limits."""

from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from .bench_wiring import expand_wiring, families_reached
from .capabilities import Topology
from .errors import RecipeError
from .limits import ChipLimits, Family, TerminalLimits, tightest
from .recipe import explain_validation, read_toml
from .replay_transport import is_replayed
from .transport import is_simulated
from .units import Second


class _Entry(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class BenchHead(_Entry):
    """Who and where. ``visa`` is the VISA library of all instruments that name no other."""

    name: str
    visa: str = ""
    station: str = ""
    operator: str = ""


class ChipEntry(_Entry):
    """The chip's identity, shape and absolute limits."""

    identity: str = Field(min_length=1, max_length=200, pattern=r"^[^\x00-\x1f]+$")
    rows: int = Field(ge=1, le=65536)
    columns: int = Field(ge=1, le=65536)
    kind: Literal["1T1R", "1S1R", "passive"] = "1T1R"
    gate_along: Literal["row", "column", "cell"] = "column"
    set_terminal: Literal["row", "column"] = "row"
    limits: ChipLimits

    def topology(self) -> Topology:
        """Return how the cells hang on the lines."""
        return Topology(self.rows, self.columns, self.kind, self.gate_along, self.set_terminal)


class InstrumentEntry(_Entry):
    """One instrument: the driver's name and where it answers."""

    driver: str
    address: str
    visa: str | None = None
    timeout: Second = Field(default=5.0, gt=0, le=3600)


class ProbedChipEntry(_Entry):
    """Which instruments together make a chip whose cells can be reached.

    sense_terminal: that of ``source_meter``; one with several source-meters reads from there.
    pulse_terminal: what the terminals of ``pulse_source`` begin with, before the channel's number.
    """

    source_meter: str
    pulse_source: str
    matrix: str
    sense_terminal: str = "hi"
    pulse_terminal: str = "ch"
    drain_channel: int = 1
    gate_channel: int = 2

    @property
    def sense(self) -> str:
        """Return the terminal that reads, as the wiring names it."""
        return f"{self.source_meter}.{self.sense_terminal}"

    @property
    def drain(self) -> str:
        """Return the terminal that pulses, as the wiring names it."""
        return f"{self.pulse_source}.{self.pulse_terminal}{self.drain_channel}"

    @property
    def gate(self) -> str:
        """Return the terminal that holds the gate, as the wiring names it."""
        return f"{self.pulse_source}.{self.pulse_terminal}{self.gate_channel}"

    @model_validator(mode="after")
    def _terminals_differ(self) -> "ProbedChipEntry":
        if len({self.sense, self.drain, self.gate}) < 3:
            raise ValueError(
                f"[probed_chip]: {self.sense}, {self.drain} and {self.gate} must be three terminals"
            )
        return self


class DigitizerEntry(_Entry):
    """Which instrument records pulses, on which of its channels, with a probe of which factor."""

    instrument: str
    channel: int = Field(default=1, ge=1, le=16)
    probe: int = Field(default=10, ge=1, le=1000)


class BenchFile(_Entry):
    """A whole bench. ``cells`` names the instrument that has the cells, or "probed_chip".

    stage: the instrument that holds the chip's temperature, if there is one.  digitizer: what is on
    a pad to see the pulses, likewise.
    """

    bench: BenchHead
    chip: ChipEntry
    instruments: dict[str, InstrumentEntry]
    cells: str
    clock: str = ""
    stage: str = ""
    prober: str = ""
    probed_chip: ProbedChipEntry | None = None
    digitizer: DigitizerEntry | None = None
    wiring: dict[str, str] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _roles_exist(self) -> "BenchFile":
        named = {self.clock, self.stage, self.prober} - {""}
        named |= {self.digitizer.instrument} if self.digitizer else set()
        if self.stage and self.chip.limits.temperature is None:
            raise ValueError(f"stage = {self.stage!r} needs [chip.limits] temperature")
        if self.cells == "probed_chip":
            if self.probed_chip is None:
                raise ValueError("cells = 'probed_chip' needs a [probed_chip] table")
            entry = self.probed_chip
            named |= {entry.source_meter, entry.pulse_source, entry.matrix}
        else:
            named |= {self.cells}
        missing = sorted(named - set(self.instruments))
        if missing:
            raise ValueError(f"no instrument is called {', '.join(missing)}")
        return self

    def for_chip(self, identity: str) -> "BenchFile":
        """Return the bench with another chip of the same kind on it."""
        chip = self.chip.model_copy(update={"identity": identity})
        return self.model_copy(update={"chip": chip})

    def visa_of(self, role: str) -> str:
        """Return the VISA library through which an instrument is reached."""
        entry = self.instruments[role]
        return self.bench.visa if entry.visa is None else entry.visa

    @property
    def mode(self) -> Literal["SIM", "HARDWARE", "REPLAYED"]:
        """Return SIM where time can be moved or the bench lives in this process.

        And REPLAYED where a recording answers for any of the instruments.
        """
        if any(is_replayed(self.visa_of(role)) for role in self.instruments):
            return "REPLAYED"
        simulated = self.clock or any(is_simulated(self.visa_of(role)) for role in self.instruments)
        return "SIM" if simulated else "HARDWARE"

    def terminal_limits(self, role: str) -> dict[str, TerminalLimits]:
        """Return what each terminal of an instrument may be given, by the lines it can reach.

        A stage is a terminal of its own, "stage", of whatever instrument there is.
        """
        warmth = {"stage": self.chip.limits.stage()} if self.chip.limits.temperature else {}
        return warmth | {
            terminal: tightest(
                [self.chip.limits.family(family) for family in families],
                gate=families == ("gate",),
                read=self.chip.limits.read,
                timing=self.chip.limits.lines,
            )
            for terminal, families in self._reach(role).items()
        }

    def _reach(self, role: str) -> dict[str, tuple[Family, ...]]:
        """Return terminal -> line families, through the wiring and every switch in it.

        The instruments of the probed chip reach less: it forbids every other connection.
        """
        if role == self.cells:
            return {"row": ("row",), "column": ("column",), "gate": ("gate",)}
        reach = families_reached(expand_wiring(self.wiring), role)
        if self.probed_chip is None:
            return reach
        entry = self.probed_chip
        if role == entry.source_meter:
            reach[entry.sense_terminal] = ("row", "column")
        if role == entry.pulse_source:
            reach[f"{entry.pulse_terminal}{entry.drain_channel}"] = ("row", "column")
            reach[f"{entry.pulse_terminal}{entry.gate_channel}"] = ("gate",)
        return reach


def load_bench(path: Path) -> BenchFile:
    """Read a bench file. Raises RecipeError that names every wrong key and what fits.

    The path of a simulated chip (``"chip.toml@labcim"``) or of a recording
    (``"run.jsonl@replay"``) is taken from the bench file's folder.
    """
    values = read_toml(path, "bench file")
    folder = path.resolve().parent
    for table in (values.get("bench"), *_tables(values.get("instruments"))):
        if not isinstance(table, dict):
            continue
        visa = str(table.get("visa", ""))
        if is_simulated(visa) or is_replayed(visa):
            name, _, library = visa.rpartition("@")
            what = "recording" if is_replayed(visa) else "chip file"
            table["visa"] = f"{folder / name}@{library}"
            if not (folder / name).is_file():
                raise RecipeError(f"bench file {path}: there is no {what} {folder / name}")
    try:
        return BenchFile.model_validate(values)
    except ValidationError as trouble:
        raise RecipeError(explain_validation(trouble, f"bench file {path}")) from trouble


def _tables(value: object) -> list[object]:
    return list(value.values()) if isinstance(value, dict) else []
