"""The trigger model of a Keithley 2450: blocks in a row, run one after the other.

What waits for nothing from outside runs to its end at once, in simulated time. A model that waits
for an event stays at its block until the event comes; one that never ends is run in slices, one
for each look at its state, so that a bench is always given back.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

SLICE: Final = 100_000  # blocks run at once
LARGEST_BLOCK: Final = 63

Act = Callable[[], int | None]
"""Carry out a block; return the number of the next one where that is not the one after it."""


@dataclass(slots=True)
class Block:
    """One block: how it is listed, and what it does. events: what it waits for."""

    text: str
    act: Act
    events: frozenset[str] = frozenset()
    needs_all: bool = False
    forgets: bool = False


class TriggerModel:
    """Blocks, where they stand, and events that have been seen."""

    def __init__(self) -> None:
        self.clear()

    def clear(self) -> None:
        """Forget all blocks."""
        self.blocks: dict[int, Block] = {}
        self.state, self.previous, self.at = "EMPTY", "EMPTY", 0
        self.counts: dict[int, int] = {}
        self.recalled: dict[str, int] = {}  # by configuration list, the point of this run
        self.passed: set[int] = set()
        self.seen: set[str] = set()

    def put(self, number: int, block: Block) -> None:
        """Define a block."""
        self.blocks[number] = block
        self._go("BUILDING")

    def start(self) -> None:
        """Begin at the first block."""
        self.counts, self.recalled, self.passed, self.seen = {}, {}, set(), set()
        self.at = 1
        self._go("RUNNING")
        self.run()

    def run(self) -> None:
        """Go on until the end, a wait, or the end of a slice."""
        for _ in range(SLICE):
            if self.state != "RUNNING":
                return
            if self.at > max(self.blocks):
                self.at = max(self.blocks)
                self._go("IDLE")
                return
            block = self.blocks.get(self.at)
            if block is not None and block.events:
                self._wait(block)
                continue
            following = block.act() if block is not None else None
            if self.state == "RUNNING":
                self.at = self.at + 1 if following is None else following

    def notice(self, event: str) -> None:
        """Let an event be seen; go on where it was waited for."""
        self.seen.add(event)
        if self.state == "WAITING":
            block = self.blocks[self.at]
            if self._is_served(block):
                self._pass(block)
                self.run()

    def abort(self) -> None:
        """End where it stands."""
        if self.state in ("RUNNING", "WAITING"):
            self._go("ABORTED")

    def count(self, number: int, target: int, to: int) -> int | None:
        """Branch until a block has been reached ``target`` times."""
        self.counts[number] = self.counts.get(number, 0) + 1
        return to if self.counts[number] < target else None

    def once(self, number: int, to: int, excluded: bool) -> int | None:
        """Branch the first time only, or every time but the first."""
        first = number not in self.passed
        self.passed.add(number)
        return to if first is not excluded else None

    def listed(self) -> str:
        """Return all blocks, in their order."""
        return "\n".join(
            f"{number:2d}) {self.blocks[number].text}" for number in sorted(self.blocks)
        )

    def _wait(self, block: Block) -> None:
        if block.forgets:
            self.seen -= block.events
        if self._is_served(block):
            self._pass(block)
        else:
            self._go("WAITING")

    def _is_served(self, block: Block) -> bool:
        come = block.events & self.seen
        return come == block.events if block.needs_all else bool(come)

    def _pass(self, block: Block) -> None:
        self.seen -= block.events
        self.at += 1
        self._go("RUNNING")

    def _go(self, state: str) -> None:
        if state != self.state:
            self.previous, self.state = self.state, state
