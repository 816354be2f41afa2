"""Relays of a switch: they take time, bounce, wear out, and stick.

A relay that is told to close touches for the first time somewhat before its settling time is over,
opens and closes a few times, and rests. One that opens does so at once, somewhere in its settling
time. Nothing of this shows while no source is live, so that only a hot switch is followed contact
by contact. Every closure is counted in the chip's state folder, one file for each card, so that
wear outlives the power switch. A relay whose life is over sticks: each has a life of its own, a
Weibull number of the chip's seed, of which a tenth lies below what the data sheet promises.
A contact of less than an ohm is ideal, unless the chip file wants it otherwise: beside a cell it is
nothing, and every resistance of the bench costs a solution of its network.
"""

import math
import zlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final, Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from labcim.errors import RecipeError

from ..chip.chip_file import ChipFile
from ..chip.truth import TruthLog
from ..chip.wiring import Wiring

Stuck = Literal["open", "closed"]
Move = tuple[float, str, bool]  # s after the command, relay, whether its contact closes

WEAR: Final = np.dtype([("closures", "<u4"), ("hot", "<u4")])
STEEPNESS: Final = 3.0  # of the Weibull distribution of lives
EARLY: Final = 0.1  # of all relays do not reach the rated life
MOST_BOUNCES: Final = 3
NEGLIGIBLE: Final = 1.0  # ohm


@dataclass(frozen=True, slots=True)
class RelayKind:
    """What a data sheet says. settle: s.  bounce: s of it.  fresh, worn: ohm, new and at its end.

    life, hot_life: rated closures without load, and with the greatest load.  latching: whether the
    contact stays where it is without power.
    """

    settle: float
    bounce: float
    fresh: float
    worn: float
    life: float
    hot_life: float
    latching: bool


class RelayBench(Protocol):
    """What relays need of a bench (see `Electrics`)."""

    chip_file: ChipFile
    truth: TruthLog
    wiring: Wiring

    def advance(self, duration: float) -> None:
        """Let time pass."""

    def connect(self, a: str, b: str, ohm: float = ...) -> None:
        """Close a contact of ``ohm`` between two nodes."""

    def disconnect(self, a: str, b: str) -> None:
        """Open a contact."""


class RelayBank:
    """The relays of one card, by the names of their channels.

    ends: the two nodes that each joins, or None for one on which nothing of the bench hangs.
    contacts: those that really conduct, whatever was asked of them.  lives: of each, in rated ones.
    negligible: ohm of a contact below which it is ideal.
    """

    def __init__(
        self,
        bench: RelayBench,
        owner: str,
        card: str,
        kind: RelayKind,
        ends: Mapping[str, tuple[str, str] | None],
        negligible: float = NEGLIGIBLE,
    ) -> None:
        self.kind = kind
        self.contacts: set[str] = set()
        self._bench, self._owner, self._ends = bench, owner, dict(ends)
        self._negligible = negligible
        self._places = {name: place for place, name in enumerate(self._ends)}
        self._seed = [bench.chip_file.chip.seed, zlib.crc32(f"{owner} {card}".encode())]
        self._wear = _kept(bench.chip_file, f"relays_{owner}_{card}.bin", len(self._ends))
        lives = np.random.default_rng(self._seed).weibull(STEEPNESS, len(self._ends))
        self.lives = lives / (-math.log(1.0 - EARLY)) ** (1.0 / STEEPNESS)
        self._stuck: dict[str, Stuck] = {}
        for name in self._ends:
            found = bench.chip_file.faults.stuck_relays.get(f"{owner}.{name}")
            if found is not None:
                self.stick(name, found)

    def __contains__(self, name: object) -> bool:
        return name in self._ends

    # --- wear ---

    def closures(self, name: str) -> int:
        """Return how often a relay was told to close in its life."""
        return int(self._wear["closures"][self._places[name]])

    def resistance(self, name: str) -> float:
        """Return the resistance in ohm of a relay's closed contact: it grows with wear."""
        return self.kind.fresh + (self.kind.worn - self.kind.fresh) * self._used(name)

    def stick(self, name: str, how: Stuck) -> None:
        """Let a relay's contact stay as it is said, for good."""
        self._stuck[name] = how
        self._touch(name, how == "closed")

    def _used(self, name: str) -> float:
        """Return the part of its rated life that a relay has behind it."""
        wear = self._wear[self._places[name]]
        cold = int(wear["closures"]) - int(wear["hot"])
        return cold / self.kind.life + int(wear["hot"]) / self.kind.hot_life

    def _age(self, name: str, hot: bool) -> None:
        place = self._places[name]
        self._wear["closures"][place] += 1
        if hot:
            self._wear["hot"][place] += 1
        if name not in self._stuck and self._used(name) >= self.lives[place]:
            welded = 2 * int(self._wear["hot"][place]) * self.kind.life > (
                int(self._wear["closures"][place]) * self.kind.hot_life
            )
            self._stuck[name] = "closed" if welded else "open"

    # --- moving ---

    def moves(self, opening: Iterable[str], closing: Iterable[str]) -> list[Move]:
        """Return what the contacts of relays do within their settling time, in no order.

        Counts the closures; the contacts have not moved yet: see `contact`.
        """
        hot = self._bench.wiring.is_live
        found: list[Move] = []
        for name in opening:
            found += self._opens(name, hot)
        for name in closing:
            self._age(name, hot)
            found += self._closes(name, hot)
        return found

    def contact(self, name: str, closed: bool) -> None:
        """Let a contact open or close now, unless it is stuck."""
        self._touch(name, self._stuck.get(name, "closed" if closed else "open") == "closed")

    def _opens(self, name: str, hot: bool) -> list[Move]:
        settle = self.kind.settle
        if not hot:
            return [(settle, name, False)]
        self._tell("hot open", name)
        return [(settle * self._draw(name, 0).uniform(0.3, 0.9), name, False)]

    def _closes(self, name: str, hot: bool) -> list[Move]:
        settle = self.kind.settle
        if not hot:
            return [(settle, name, True)]
        self._tell("hot close", name)
        draw = self._draw(name, 1)
        begin = (settle - self.kind.bounce) * draw.uniform(0.5, 1.0)
        bounces = int(draw.integers(1, MOST_BOUNCES + 1))
        times = np.sort(draw.uniform(0.0, self.kind.bounce, 2 * bounces))
        later = [(begin + float(t), name, bool(n % 2)) for n, t in enumerate(times)]
        return [(begin, name, True), *later]

    def _draw(self, name: str, what: int) -> np.random.Generator:
        return np.random.default_rng([*self._seed, self._places[name], self.closures(name), what])

    def _tell(self, kind: str, name: str) -> None:
        self._bench.truth.action(self._owner, kind, f"{self._owner}.{name}", 1.0)

    def _touch(self, name: str, closed: bool) -> None:
        ends = self._ends[name]
        if closed is (name in self.contacts):
            return
        if closed:
            self.contacts.add(name)
            if ends is not None:
                ohm = self.resistance(name)
                self._bench.connect(*ends, ohm=ohm if ohm >= self._negligible else 0.0)
        else:
            self.contacts.discard(name)
            if ends is not None:
                self._bench.disconnect(*ends)

    def close(self) -> None:
        """Let go of the file in which closures are counted; no more are kept."""
        self._wear = np.array(self._wear)

    # --- the power switch ---

    def without_power(self) -> None:
        """Let go of every relay that does not hold by itself."""
        if not self.kind.latching:
            for name in sorted(self.contacts):
                self.contact(name, False)


def _kept(chip_file: ChipFile, file: str, count: int) -> NDArray[np.void]:
    """Return the wear of a card's relays, kept in the state folder."""
    path = chip_file.state_folder / file
    if not path.exists():
        np.zeros(count, WEAR).tofile(path)
    if path.stat().st_size != count * WEAR.itemsize:
        raise RecipeError(
            f"{path} has the wear of other relays than the {count} of this card: remove it for new"
        )
    return np.memmap(path, WEAR, "r+", shape=(count,))
