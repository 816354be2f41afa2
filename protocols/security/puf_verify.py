"""Verifying a fingerprint: the pairs that helper data names are read, and give the key again.

The key goes nowhere: what is on record is whether it came, and how many errors were mended.
"""

from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, ValidationInfo, field_validator

from labcim.analysis.fingerprint.helper_data import HelperData, Regenerated, regenerate
from labcim.analysis.fingerprint.stable_bits import answers, majority
from labcim.capabilities import Floats, Topology
from labcim.documents import Channel
from labcim.errors import RecipeError
from labcim.limits import Demand
from labcim.plots import PlotSpec
from labcim.programming.cell_selection import places
from labcim.programming.estimate import CellCost, Estimate
from labcim.programming.reading import read_good
from labcim.protocol import Capabilities, Carry, Finding, Progress, Rows, Steps, protocol
from labcim.recipe import Recipe, Unit
from labcim.units import Second, Volt

from ._pairs import Pairs, differences, write_back

_LARGEST_FILE = 4_000_000  # bytes


class PufVerify(Recipe):
    """Read the pairs of helper data, mend the errors, and see whether the key comes back."""

    protocol: ClassVar[str] = "puf_verify"

    helper: str = Field(
        "", description="Helper data: its file, of `labcim puf helper`, or its text."
    )
    votes: int = Field(1, ge=1, le=999, description="Readings that vote on each bit; odd.")
    read_voltage: Volt = Field(
        0.0, ge=0, le=0.5, description="Read voltage; 0: that of the helper data."
    )
    flagged: int = Field(5, ge=1, le=1000, description="Flagged readings before giving up.")
    refresh: bool = Field(
        False, description="Write back: RESET the lower cell of each pair once the key is back."
    )
    reset_voltage: Volt = Field(2.6, gt=0, le=10, description="RESET of write back, as magnitude.")
    reset_gate: Volt = Field(5.0, ge=0, le=10, description="Gate during RESET.")
    width: Second = Field(1e-6, gt=0, le=1, description="Pulse width.")

    @field_validator("helper")
    @classmethod
    def _as_text(cls, helper: str, info: ValidationInfo) -> str:
        """Take a file's text into the recipe: what was verified against stays on record."""
        if not helper:
            return helper
        try:
            if not helper.lstrip().startswith("{"):
                folder = (info.context or {}).get("folder") or Path()
                path = Path(folder) / helper
                if path.stat().st_size > _LARGEST_FILE:
                    raise ValueError(f"{path}: larger than {_LARGEST_FILE // 1_000_000} MB")
                helper = path.read_text("utf-8")
            data = HelperData.from_json(helper)
            _pairs(data)
        except (RecipeError, OSError) as trouble:
            raise ValueError(str(trouble)) from trouble
        return helper

    @field_validator("votes")
    @classmethod
    def _odd(cls, votes: int) -> int:
        if votes % 2 == 0:
            raise ValueError("an even number of votes can end in a draw")
        return votes

    def data(self) -> HelperData:
        """Return the helper data. Raises RecipeError where none was named."""
        if not self.helper:
            raise RecipeError("helper: name the file of helper data to verify against")
        return _data(self.helper)

    def voltage(self) -> float:
        """Return the read voltage in V."""
        return self.read_voltage or float(self.data().response["read_voltage"])

    def units(self, topology: Topology) -> list[Unit]:
        """Return one unit that reads, and one that writes back."""
        cells = _pairs(self.data()).cells
        if cells.max() >= topology.size:
            raise RecipeError(
                f"helper: cell {cells.max()} is not on the array of {topology.rows} rows and "
                f"{topology.columns} columns"
            )
        units = [Unit("read", cells)]
        return [*units, Unit("write-back", cells, 1)] if self.refresh else units

    def demands(self) -> list[Demand]:
        """Return what readings need, and the RESET of write back."""
        told = self.data().response
        demands = [
            Demand("read_voltage", "row", self.voltage(), reads=True),
            Demand("helper read_gate", "gate", told["read_gate"]),
        ]
        if self.refresh:
            demands.append(Demand("reset_voltage", "column", self.reset_voltage))
            demands.append(Demand("reset_gate", "gate", self.reset_gate))
        return demands

    def estimate(self, topology: Topology) -> Estimate:
        """Return the expected cost."""
        data = self.data()
        pulses = 0.5 if self.refresh else 0.0
        averages = int(data.response["averages"])
        cost = CellCost(pulses, self.votes, averages, self.width, int(self.refresh))
        return cost.of(2 * data.bits, topology)


CHANNELS = (
    Channel(name="bit", dtype="<u4", doc="number of the pair in the helper data"),
    Channel(name="cell", dtype="<u4", doc="first cell of the pair; index, row-major"),
    Channel(name="other", dtype="<u4", doc="other cell of the pair"),
    Channel(name="row", dtype="<u4", doc="of the first cell"),
    Channel(name="column", dtype="<u4", doc="of the first cell"),
    Channel(name="vote", dtype="<u4", doc="number of the reading"),
    Channel(name="difference", dtype="<f8", unit="S", doc="first less other; NaN where unreadable"),
    Channel(name="flagged", dtype="<u4", doc="flagged readings of both, none taken for data"),
    Channel(name="time", dtype="<f8", unit="s", doc="bench time of the last good reading"),
)

PLOTS = (
    PlotSpec("Difference", "map", "difference"),
    PlotSpec("Differences", "histogram", "difference"),
)


def summarise(recipe: PufVerify, rows: Mapping[str, NDArray[Any]]) -> list[Finding]:
    """Return whether the key came back, and what it took."""
    data = recipe.data()
    if not len(rows["bit"]):
        return []
    table = np.full((recipe.votes, data.bits), np.nan)
    table[rows["vote"], rows["bit"]] = rows["difference"]
    came = _regenerated(data, table)
    mended = came.errors[came.errors >= 0]
    return [
        Finding("key came back", float(came.key is not None), lower_limit=1.0),
        Finding("helper data authentic", float(came.authentic), lower_limit=1.0),
        Finding("blocks decoded", float(len(mended)), lower_limit=float(len(came.errors))),
        Finding("errors mended, worst block", float(mended.max(initial=0))),
        Finding("errors that a block stands", float(data.t)),
        Finding("bit error rate", float(mended.sum()) / max(len(mended) * data.n, 1)),
        Finding("bits unreadable", float(np.isnan(table).all(axis=0).sum())),
        Finding("entropy left beside the helper data", data.residual_entropy, "bit"),
    ]


@protocol(PufVerify, channels=CHANNELS, plots=PLOTS, summarise=summarise)
def puf_verify(recipe: PufVerify, given: Capabilities, unit: Unit, carry: Carry) -> Steps:
    """Read the pairs, one row for each bit and vote; write back if asked, and only the right bits.

    Cells are written back by the mended response, never by what was just read.
    """
    data = recipe.data()
    pairs = _pairs(data)
    table = np.empty((recipe.votes, len(pairs)))
    row, column = places(pairs.first, given.cells.topology)
    for vote in range(recipe.votes):
        yield Progress(vote / recipe.votes, f"reading {vote + 1} of {recipe.votes}")
        readings = read_good(
            given.cells,
            pairs.cells,
            recipe.voltage(),
            gate=float(data.response["read_gate"]),
            averages=int(data.response["averages"]),
            attempts=recipe.flagged,
        )
        table[vote] = differences(readings)
        if unit.key == "read":
            yield Rows(
                {
                    "bit": np.arange(len(pairs)),
                    "cell": pairs.first,
                    "other": pairs.other,
                    "row": row,
                    "column": column,
                    "vote": np.full(len(pairs), vote),
                    "difference": table[vote],
                    "flagged": readings.flagged[0::2] + readings.flagged[1::2],
                    "time": np.fmax(readings.time[0::2], readings.time[1::2]),
                }
            )
    if unit.key == "write-back":
        came = _regenerated(data, table)
        if came.response is None:
            yield Finding("pairs written back", 0.0, lower_limit=1.0)
            return None
        write_back(
            given,
            pairs,
            came.response.astype(np.float64),
            voltage=recipe.reset_voltage,
            gate=recipe.reset_gate,
            width=recipe.width,
        )
        yield Finding("pairs written back", float(len(pairs)), lower_limit=1.0)
    return None


@lru_cache(maxsize=4)
def _data(text: str) -> HelperData:
    return HelperData.from_json(text)


def _pairs(data: HelperData) -> Pairs:
    """Return the pairs that make the response. Raises RecipeError where it is not made of such."""
    told = data.response
    if told.get("kind") != "puf_enrol":
        raise RecipeError(f"helper: of {told.get('kind')!r:.80}; accepts that of a puf_enrol")
    try:
        cells = np.array(told["cells"], dtype=np.int64).reshape(-1, 2)
        volts = [float(told[name]) for name in ("read_voltage", "read_gate")]
        averages = int(told["averages"])
    except (KeyError, TypeError, ValueError, OverflowError) as trouble:
        raise RecipeError(f"helper: its pairs of cells cannot be read: {trouble}") from trouble
    fits = len(cells) == data.bits and cells.min() >= 0 and cells.max() < 1 << 32
    if not fits or len(np.unique(cells)) != cells.size:
        raise RecipeError(f"helper: {data.bits} bits need as many pairs of cells, all different")
    if not (np.isfinite(volts).all() and 0.0 < volts[0] and 1 <= averages <= 10_000):
        raise RecipeError(f"helper: {volts} V, {averages} averages: accepts numbers above 0")
    return Pairs(cells[:, 0].astype(np.uint32), cells[:, 1].astype(np.uint32))


def _regenerated(data: HelperData, table: Floats) -> Regenerated:
    """Return what the votes give; a bit that nobody knows counts as 0, and may be mended."""
    bits = majority(answers(table))
    return regenerate(np.nan_to_num(bits).astype(np.uint8), data)
