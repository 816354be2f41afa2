"""Which matrix channel joins an instrument's terminal with a line of the chip.

The probed chip has its instruments on the rows of a switch matrix and its pads on the columns. The
bench file's wiring says which; the matrix driver says what the channel between two is called.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol, runtime_checkable

from .bench_file import BenchFile
from .bench_wiring import expand_wiring
from .capabilities import Topology
from .errors import RecipeError
from .limits import Family

Terminal = Literal["sense", "drain", "gate", "ground"]
FAMILIES: tuple[Family, ...] = ("row", "column", "gate")


@runtime_checkable
class Crosspoints(Protocol):
    """A matrix that can name the channel between two of its own terminals."""

    def crosspoint(self, row: str, column: str) -> str:
        """Return the channel that joins a row and a column. Raises RangeError."""


@dataclass(frozen=True, slots=True)
class PadMap:
    """Channels by (terminal, family of lines): one for each line, in order."""

    channels: Mapping[tuple[Terminal, Family], tuple[str, ...]]

    @classmethod
    def through(
        cls,
        matrix: Crosspoints,
        terminals: Mapping[Terminal, str],
        pads: Mapping[Family, Sequence[str]],
    ) -> "PadMap":
        """Name all channels. terminals: the matrix row of each; pads: the column of each line."""
        return cls(
            {
                (terminal, family): tuple(matrix.crosspoint(row, column) for column in columns)
                for terminal, row in terminals.items()
                for family, columns in pads.items()
            }
        )

    def channel(self, terminal: Terminal, family: Family, index: int) -> str:
        """Return the channel that joins ``terminal`` with one line."""
        return self.channels[terminal, family][index]

    def check(self, topology: Topology) -> None:
        """Raise RecipeError unless every line of the chip can be reached."""
        counts = {"row": topology.rows, "column": topology.columns, "gate": topology.gates}
        for (terminal, family), channels in self.channels.items():
            if len(channels) != counts[family]:
                raise RecipeError(
                    f"pad map: {terminal} reaches {len(channels)} {family} lines, "
                    f"the chip has {counts[family]}"
                )
        uses = Counter(channel for channels in self.channels.values() for channel in channels)
        twice = sorted(channel for channel, count in uses.items() if count > 1)
        if twice:
            raise RecipeError(f"pad map: channel {twice[0]} serves two lines")


def pad_map_from_bench(bench: BenchFile, matrix: Crosspoints) -> PadMap:
    """Return the pad map that a bench file's wiring and probed_chip tables describe.

    Raises RecipeError that names the first terminal or line that is not wired to the matrix.
    """
    entry = bench.probed_chip
    if entry is None:
        raise RecipeError("bench file: a probed chip needs a [probed_chip] table")
    wiring = expand_wiring(bench.wiring)
    joined = wiring | {right: left for left, right in wiring.items()}

    def at_matrix(name: str) -> str:
        end = joined.get(name, "")
        if not end.startswith(f"{entry.matrix}."):
            raise RecipeError(f"bench file: [wiring] does not tie {name} to {entry.matrix}")
        return end.removeprefix(f"{entry.matrix}.")

    topology = bench.chip.topology()
    counts = {"row": topology.rows, "column": topology.columns, "gate": topology.gates}
    terminals: dict[Terminal, str] = {
        "sense": at_matrix(entry.sense),
        "drain": at_matrix(entry.drain),
        "gate": at_matrix(entry.gate),
        "ground": at_matrix("ground"),
    }
    pads: dict[Family, list[str]] = {
        family: [at_matrix(f"{family}.{index}") for index in range(counts[family])]
        for family in FAMILIES
    }
    return PadMap.through(matrix, terminals, pads)
