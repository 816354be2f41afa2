"""Which part of an array a picture shows: zoom and place, never beyond the array. No Qt here."""

from dataclasses import dataclass

_SQUARE = 4.0  # arrays longer than this times their width fill the picture, with oblong cells
_LARGEST = 120.0  # px that a cell may be zoomed to


@dataclass
class Lens:
    """Cell (row, column) has its middle at y = row, x = column; sizes in pixels."""

    rows: int = 1
    columns: int = 1
    width: float = 1.0
    height: float = 1.0
    zoom: float = 1.0
    x: float = 0.0  # the middle of what is shown
    y: float = 0.0

    def pixels(self) -> tuple[float, float]:
        """Return width and height of a cell, in pixels."""
        across, down = self._whole()
        return (
            min(across * self.zoom, max(across, _LARGEST)),
            min(down * self.zoom, max(down, _LARGEST)),
        )

    def window(self) -> tuple[float, float, float, float]:
        """Return what is shown: x from, x to, y from, y to."""
        across, down = self.pixels()
        x, wide = _placed(self.x, self.width / across, self.columns)
        y, high = _placed(self.y, self.height / down, self.rows)
        return x - wide / 2, x + wide / 2, y - high / 2, y + high / 2

    def show_all(self) -> None:
        """Show the whole array."""
        self.zoom = 1.0

    def zoom_at(self, x: float, y: float, factor: float) -> None:
        """Zoom in (factor > 1) or out; the point (x, y) stays where it is, if the array allows."""
        left, right, top, bottom = self.window()
        across, down = self.pixels()
        across_whole, down_whole = self._whole()
        most = max(1.0, _LARGEST / min(across_whole, down_whole))
        self.zoom = min(max(1.0, self.zoom * factor), most)
        new_across, new_down = self.pixels()
        self.x = x + ((left + right) / 2 - x) * across / new_across
        self.y = y + ((top + bottom) / 2 - y) * down / new_down
        self._settle()

    def move(self, right: float, down: float) -> None:
        """Move what is shown by so many cells."""
        self._settle()
        self.x += right
        self.y += down
        self._settle()

    def show(self, row: int, column: int) -> None:
        """Move just as far as needed to have this cell in sight."""
        left, right, top, bottom = self.window()
        x = max(0.0, column + 0.5 - right) - max(0.0, left - (column - 0.5))
        y = max(0.0, row + 0.5 - bottom) - max(0.0, top - (row - 0.5))
        if x or y:
            self.move(x, y)

    def _settle(self) -> None:
        left, right, top, bottom = self.window()
        self.x, self.y = (left + right) / 2, (top + bottom) / 2

    def _whole(self) -> tuple[float, float]:
        across, down = self.width / self.columns, self.height / self.rows
        if 1 / _SQUARE <= self.columns / self.rows <= _SQUARE:
            across = down = min(across, down)
        return max(across, 1e-6), max(down, 1e-6)


def _placed(middle: float, seen: float, count: int) -> tuple[float, float]:
    """Return the middle, moved so that nothing beyond the array shows, and the length shown."""
    if seen >= count:
        return (count - 1) / 2, seen
    return min(max(middle, seen / 2 - 0.5), count - 0.5 - seen / 2), seen
