"""Provable key destruction: a key hides the fingerprint of its own cells until it is erased.

All cells put at random by the same pulses show a pattern of their own, once several such times are
averaged. A key stored in the same pairs overwrites it. To show the pattern again every cell must
get the same pulses again, and nothing of the key is left: who shows it has erased the key (Jiang et
al., Nature Electronics 1:548, 2018).
"""

from collections.abc import Iterator, Mapping
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, field_validator

from labcim.analysis.distributions import share_interval
from labcim.analysis.fingerprint.destruction import Phase, match, remanence
from labcim.analysis.fingerprint.enrolled import table_of
from labcim.analysis.fingerprint.stable_bits import answers, stable_means
from labcim.capabilities import CellIndices, Floats, Topology, Train
from labcim.documents import Channel
from labcim.limits import Demand
from labcim.plots import PlotSpec
from labcim.programming.cell_selection import places
from labcim.programming.estimate import CellCost, Estimate
from labcim.protocol import Capabilities, Carry, Finding, Progress, Rows, Steps, protocol
from labcim.recipe import Unit
from labcim.units import Volt

from ._pairs import PULSES_TO_PREPARE, PairRecipe, Pairs, differences


class KeyDestruction(PairRecipe):
    """Enrol the fingerprint of pairs, store a key in them, erase it, and read the fingerprint."""

    protocol: ClassVar[str] = "key_destruction"

    enrol: bool = Field(True, description="Read the fingerprint first, before a key is stored.")
    store: bool = Field(True, description="Store the key.")
    erase: bool = Field(True, description="Erase the key, which shows the fingerprint.")
    times: int = Field(
        16, ge=2, le=1000, description="Times cells are put at random for one fingerprint."
    )
    seed: int = Field(1, ge=0, description="Of the key: one for a demonstration, on record.")
    nonce: str = Field(
        "", max_length=256, description="The verifier's, for this destruction: hexadecimal digits."
    )
    key_set: Volt = Field(2.5, gt=0, le=10, description="SET of the cells that hold the key.")
    key_gate: Volt = Field(2.5, ge=0, le=10, description="Gate during that SET.")
    margin: float = Field(
        2.0, ge=0, le=100, description="Spreads from time to time that a bit must be clear of 0."
    )

    @field_validator("nonce")
    @classmethod
    def _hexadecimal(cls, nonce: str) -> str:
        bytes.fromhex(nonce)
        return nonce.lower()

    def key(self, bits: int) -> Floats:
        """Return the key, one bit for each pair."""
        return np.random.default_rng(self.seed).integers(0, 2, bits).astype(np.float64)

    def units(self, topology: Topology) -> list[Unit]:
        """Return: fingerprint, store, erase, as far as they are asked for."""
        cells = self.pairs(topology).cells
        bound = self.times * PULSES_TO_PREPARE
        units = []
        if self.enrol:
            units.append(Unit("fingerprint", cells, bound))
        if self.store:
            units.append(Unit("store", cells, 1))
        if self.erase:
            units.append(Unit("erase", cells, bound))
        return units

    def demands(self) -> list[Demand]:
        """Return those of pairs, and of the key's SET."""
        return [
            *super().demands(),
            Demand("key_set", "row", self.key_set),
            Demand("key_gate", "gate", self.key_gate),
        ]

    def estimate(self, topology: Topology) -> Estimate:
        """Return the expected cost."""
        cells = len(self.pairs(topology).cells)
        times = self.times * (int(self.enrol) + int(self.erase))
        pulses = times * PULSES_TO_PREPARE + int(self.store)
        reads = times + 3
        return CellCost(pulses, reads, self.averages, self.width, pulses).of(cells, topology)

    def keep(self, given: Capabilities, pairs: Pairs) -> None:
        """Store the key: the cell that the bit names is SET, the other one is RESET."""
        key = self.key(len(pairs)) == 1.0
        cells: CellIndices = np.concatenate(
            [np.where(key, pairs.first, pairs.other), np.where(key, pairs.other, pairs.first)]
        ).astype(np.uint32)
        half = len(pairs)
        amplitude = np.repeat([self.key_set, -self.reset_voltage], half)
        gate = np.repeat([self.key_gate, self.reset_gate], half)
        given.cells.pulse(cells, Train(amplitude, self.width, gate))


PHASES = ", ".join(f"{phase.value} {phase.name.lower()}" for phase in Phase)

CHANNELS = (
    Channel(name="bit", dtype="<u4", doc="number of the pair"),
    Channel(name="cell", dtype="<u4", doc="first cell of the pair; index, row-major"),
    Channel(name="other", dtype="<u4", doc="other cell of the pair"),
    Channel(name="row", dtype="<u4", doc="of the first cell"),
    Channel(name="column", dtype="<u4", doc="of the first cell"),
    Channel(name="phase", dtype="u1", doc=PHASES),
    Channel(name="number", dtype="<u4", doc="of the time that cells were put at random, from 0"),
    Channel(name="difference", dtype="<f8", unit="S", doc="first less other; NaN where unreadable"),
    Channel(name="flagged", dtype="<u4", doc="flagged readings of both, none taken for data"),
    Channel(name="time", dtype="<f8", unit="s", doc="bench time of the last good reading"),
)

PLOTS = (
    PlotSpec("Difference", "map", "difference"),
    PlotSpec("Differences", "cdf", "difference", group="phase"),
)


def summarise(recipe: KeyDestruction, rows: Mapping[str, NDArray[Any]]) -> list[Finding]:
    """Return how well fingerprint and key are read in each phase, and what is left of the key."""
    if not len(rows["bit"]):
        return []
    bits = int(rows["bit"].max()) + 1
    tables = {phase: table_of(rows, phase, bits) for phase in Phase}
    key = recipe.key(bits)
    found = []
    if len(tables[Phase.STORED]):
        stored = answers(tables[Phase.STORED][-1])
        found.append(_share("key read while it is stored", match(stored, key), lower=0.95))
    if len(tables[Phase.ERASED]) and recipe.store:
        left = answers(tables[Phase.ERASED].mean(axis=0))
        found.append(_share("key read after it was erased", match(left, key), upper=0.6))
    fingerprint = tables[Phase.FINGERPRINT]
    if len(fingerprint) < 2:
        return found
    kept = stable_means(fingerprint, recipe.margin)
    share = share_interval(int(kept.sum()), bits)
    found.append(Finding("bits kept by the mask", share.value, "", share.low, share.high))
    if not kept.any():
        return found
    mean = fingerprint.mean(axis=0)
    reference = np.where(kept, answers(mean), np.nan)
    if len(tables[Phase.STORED]):
        same = match(answers(tables[Phase.STORED][-1]), reference)
        found.append(_share("fingerprint read while the key is stored", same, upper=0.6))
    if len(tables[Phase.ERASED]):
        after = tables[Phase.ERASED].mean(axis=0)
        same = match(answers(after), reference)
        found.append(_share("fingerprint read after the key was erased", same, lower=1.0))
        if recipe.store:
            rest = remanence(after, mean, key)
            found.append(
                Finding(
                    "correlation of what is left with the key", rest.value, "", rest.low, rest.high
                )
            )
    return found


def _share(
    name: str, same: Floats, *, lower: float | None = None, upper: float | None = None
) -> Finding:
    share = share_interval(int(same.sum()), len(same))
    return Finding(name, share.value, "", share.low, share.high, lower, upper)


@protocol(KeyDestruction, channels=CHANNELS, plots=PLOTS, summarise=summarise)
def key_destruction(recipe: KeyDestruction, given: Capabilities, unit: Unit, carry: Carry) -> Steps:
    """Do one unit; every reading is a batch of rows, one row for each pair.

    A unit begins with a reading, before anything is pulsed.
    """
    pairs = recipe.pairs(given.cells.topology)
    if unit.key == "store":
        yield Progress(0.0, "the key is stored")
        recipe.look(given, pairs.cells)
        recipe.keep(given, pairs)
        yield _rows(recipe, given, pairs, Phase.STORED)
    else:
        phase = Phase.FINGERPRINT if unit.key == "fingerprint" else Phase.ERASED
        yield from _at_random(recipe, given, pairs, phase)
    return None


def _at_random(
    recipe: KeyDestruction, given: Capabilities, pairs: Pairs, phase: Phase
) -> Iterator[Rows | Progress]:
    """Put all cells at random and read them at once, before they relax; again and again."""
    recipe.look(given, pairs.cells)
    for number in range(recipe.times):
        yield Progress(number / recipe.times, f"cells are put at random, {number + 1}")
        recipe.prepare(given, pairs.cells)
        yield _rows(recipe, given, pairs, phase, number)


def _rows(
    recipe: KeyDestruction, given: Capabilities, pairs: Pairs, phase: Phase, number: int = 0
) -> Rows:
    readings = recipe.read(given, pairs.cells)
    size = len(pairs)
    row, column = places(pairs.first, given.cells.topology)
    return Rows(
        {
            "bit": np.arange(size),
            "cell": pairs.first,
            "other": pairs.other,
            "row": row,
            "column": column,
            "phase": np.full(size, phase),
            "number": np.full(size, number),
            "difference": differences(readings),
            "flagged": readings.flagged[0::2] + readings.flagged[1::2],
            "time": np.fmax(readings.time[0::2], readings.time[1::2]),
        }
    )
