"""Named lists of points to go back to, as a Keithley 2450 keeps them (manual, section 3)."""

from dataclasses import dataclass, field
from typing import Generic, TypeVar

from ..wire.errors import ScpiError

Point = TypeVar("Point")


@dataclass(slots=True)
class ConfigurationLists(Generic[Point]):
    """All lists of one kind, by name, and which of them a round of the catalogue has told."""

    points: dict[str, list[Point]] = field(default_factory=dict)
    told: set[str] = field(default_factory=set)

    def create(self, name: str) -> None:
        """Make an empty list; -224 for a name in use or that is none."""
        if name in self.points or not name.isidentifier() or len(name) > 31:
            raise ScpiError(-224)
        self.points[name] = []

    def get(self, name: str) -> list[Point]:
        """Return a list's points; -224 for a name that is none."""
        found = self.points.get(name)
        if found is None:
            raise ScpiError(-224, device_info="configuration list not found")
        return found

    def point(self, name: str, index: int) -> Point:
        """Return a point, from 1; -222 beyond the list's end."""
        found = self.get(name)
        if not 1 <= index <= len(found):
            raise ScpiError(-222)
        return found[index - 1]

    def store(self, name: str, index: int | None, point: Point) -> None:
        """Put a point at a place, or after the last one; -222 where that would leave a gap."""
        found = self.get(name)
        place = len(found) if index is None else index - 1
        if not 0 <= place <= len(found):
            raise ScpiError(-222)
        found[place : place + 1] = [point]

    def delete(self, name: str, index: int | None) -> None:
        """Delete a list, or one of its points; those after it move up."""
        if index is None:
            self.get(name)
            del self.points[name]
        else:
            self.point(name, index)
            del self.points[name][index - 1]

    def next_name(self) -> str:
        """Return the next name of a round through all lists, and nothing at its end."""
        left = [name for name in self.points if name not in self.told]
        if left:
            self.told.add(left[0])
            return left[0]
        self.told.clear()
        return ""
