"""Challenges and responses of a whole array: a fingerprint with more answers than can be listed.

Published lines: uniformity and diffuseness near 50 %, bit error rate 1.5 % +- 1 % (Nili et al.,
Nature Electronics 1:197, 2018); sums alone are learned from their answers (Ruehrmair et al., 2010).
"""

from collections.abc import Mapping
from typing import Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from labcim.analysis.distributions import share_interval
from labcim.capabilities import Coding, Floats, Topology
from labcim.documents import Channel
from labcim.errors import RecipeError
from labcim.limits import Demand
from labcim.plots import PlotSpec
from labcim.programming.challenges import (
    MOST_BITS,
    Challenged,
    SneakPaths,
    Sums,
    challenges_of,
    check_pairs,
    packed,
)
from labcim.programming.estimate import LINE_STEP, Estimate
from labcim.protocol import Capabilities, Carry, Finding, Progress, Rows, Steps, protocol
from labcim.recipe import Recipe, Unit
from labcim.units import Ampere, Second, Volt


class PufChallenges(Recipe):
    """Put challenges to an array whose cells are at random, and keep the responses."""

    protocol: ClassVar[str] = "puf_challenges"

    mode: Literal["sums", "sneak paths"] = Field(
        "sums", description="Rows at +V or -V and columns summed, or lines driven and floating."
    )
    xor: int = Field(1, ge=1, le=64, description="Pairs of columns in one answer, exclusive or.")
    seed: int = Field(1, ge=0, description="Of the challenges.")
    first: int = Field(0, ge=0, le=1 << 31, description="Number of the first challenge.")
    count: int = Field(200, ge=1, le=1_000_000, description="How many challenges.")
    repeats: int = Field(2, ge=1, le=1000, description="Times each challenge is put.")
    averages: int = Field(4, ge=1, le=10_000, description="Readings averaged into one answer.")
    read_voltage: Volt = Field(0.2, gt=0, le=0.5, description="Voltage of driven rows.")
    gate: Volt = Field(2.5, ge=0, le=10, description="Voltage of every gate.")
    pulse: Second = Field(1e-5, gt=0, le=1, description="How long a challenge is on the lines.")
    output_bits: int = Field(14, ge=2, le=16, description="Bits of the converters, for sums.")
    margin: Ampere = Field(
        0.0, ge=0, le=1, description="Difference that all pairs must have for a clear answer."
    )
    block: int = Field(500, ge=1, le=100_000, description="Challenges in one unit of work.")

    def units(self, topology: Topology) -> list[Unit]:
        """Return blocks of challenges; nothing is pulsed."""
        check_pairs(self.xor, topology)
        cells = topology.all_cells()
        return [
            Unit(f"challenges-{start}", cells, values={"first": float(start)})
            for start in range(self.first, self.first + self.count, self.block)
        ]

    def demands(self) -> list[Demand]:
        """Return the read voltage and the gate."""
        return [
            Demand("read_voltage", "row", self.read_voltage, reads=True),
            Demand("gate", "gate", self.gate),
        ]

    def estimate(self, topology: Topology) -> Estimate:
        """Return the expected cost: two line states for each challenge."""
        states = 2.0 * self.count * self.repeats * self.averages
        time = states * (self.pulse + LINE_STEP)
        return Estimate(topology.size, 0.0, states * topology.columns, 0, time, time)

    def put(self, given: Capabilities) -> Challenged:
        """Return what puts challenges. Raises RecipeError on a bench that cannot."""
        chip = given.cells.topology
        if self.mode == "sums":
            if given.vectors is None:
                raise RecipeError('mode = "sums": nothing on this bench multiplies vectors')
            coding = Coding(
                self.read_voltage, bits=1, pulse=self.pulse, gate=self.gate,
                output_bits=self.output_bits,
            )  # fmt: skip
            return Sums(given.vectors, chip, self.xor, coding)
        if given.lines is None:
            raise RecipeError('mode = "sneak paths": the bench has no control of lines')
        return SneakPaths(
            given.lines, chip, self.xor,
            voltage=self.read_voltage, gate=self.gate, duration=self.pulse,
        )  # fmt: skip


CHANNELS = (
    Channel(name="challenge", dtype="<u4", doc="number of the challenge"),
    Channel(
        name="bits", dtype="u1", shape=(MOST_BITS // 8,), doc="its bits, the first bit highest"
    ),
    Channel(name="used", dtype="<u2", doc="how many of them are used"),
    Channel(name="answer", dtype="i1", doc="1 or 0, of the first time; -1 where not known"),
    Channel(name="agree", dtype="<f8", doc="share of the later times with the same answer"),
    Channel(name="smallest", dtype="<f8", unit="A", doc="difference of the pair nearest to 0"),
    Channel(name="clear", dtype="?", doc="known, and all pairs are beyond the margin"),
    Channel(name="time", dtype="<f8", unit="s", doc="bench time of the answer"),
)

PLOTS = (
    PlotSpec("Smallest difference", "cdf", "smallest"),
    PlotSpec("Agreement over the smallest difference", "scatter", "agree", x="smallest"),
    PlotSpec("Answers", "histogram", "answer"),
)


def summarise(recipe: PufChallenges, rows: Mapping[str, NDArray[Any]]) -> list[Finding]:
    """Return how even the answers are, and how often they come again."""
    known, clear = rows["answer"] >= 0, rows["clear"]
    count = len(known)
    if not count:
        return []
    shares = [
        ("answers known", int(known.sum()), count),
        ("uniformity", int((rows["answer"] == 1).sum()), int(known.sum())),
        ("clear answers", int(clear.sum()), count),
    ]
    found = [Finding("bits of a challenge", float(rows["used"][0]))]
    for name, part, of in shares:
        share = share_interval(part, of)
        found.append(Finding(name, share.value, "", share.low, share.high))
    for name, here in (("answers", known), ("clear answers", clear)):
        agree = rows["agree"][here]
        agree = agree[np.isfinite(agree)]
        if len(agree):
            trials = len(agree) * (recipe.repeats - 1)
            wrong = share_interval(round(float((1.0 - agree).sum()) * (recipe.repeats - 1)), trials)
            found.append(Finding(f"bit error rate, {name}", wrong.value, "", wrong.low, wrong.high))
    return found


@protocol(PufChallenges, channels=CHANNELS, plots=PLOTS, summarise=summarise)
def puf_challenges(recipe: PufChallenges, given: Capabilities, unit: Unit, carry: Carry) -> Steps:
    """Put the unit's challenges, all of them again for each repeat; a row for each."""
    put = recipe.put(given)
    first = int(unit.values["first"])
    count = min(recipe.block, recipe.first + recipe.count - first)
    challenges = challenges_of(recipe.seed, first, count, put.bits)
    differences = np.empty((recipe.repeats, count, recipe.xor))
    time = given.clock.now()
    for repeat in range(recipe.repeats):
        yield Progress(repeat / recipe.repeats, f"{count} challenges, time {repeat + 1}")
        readings = [put.differences(challenges) for _ in range(recipe.averages)]
        differences[repeat] = np.mean(readings, axis=0)
        time = given.clock.now() if repeat == 0 else time
    answers = answers_of(differences)
    smallest = np.abs(differences[0]).min(axis=1)
    yield Rows(
        {
            "challenge": np.arange(first, first + count),
            "bits": packed(challenges),
            "used": np.full(count, put.bits),
            "answer": answers[0],
            "agree": _agreement(answers),
            "smallest": smallest,
            "clear": (answers[0] >= 0) & (smallest >= recipe.margin),
            "time": np.full(count, time),
        }
    )
    return None


def answers_of(differences: Floats) -> NDArray[np.int8]:
    """Return the exclusive or over pairs of which are above 0; -1 where one is not known.

    differences: A, (..., pairs).
    """
    known = np.isfinite(differences).all(axis=-1)
    odd = (differences > 0.0).sum(axis=-1) % 2
    return np.where(known, odd, -1).astype(np.int8)


def _agreement(answers: NDArray[np.int8]) -> Floats:
    """Return the share of later answers that are known and the same, NaN without later ones."""
    if len(answers) < 2:
        return np.full(answers.shape[1], np.nan)
    same = (answers[1:] == answers[0]) & (answers[0] >= 0)
    return np.asarray(same.mean(axis=0))
