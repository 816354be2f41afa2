"""A crossbar with resistive wires, as a frozen description; no chip knowledge.

    left  --R--w-- x00 --w-- x01 --w-- ... --w--R-- right       a row line: nodes x, in row i
                    |g        |g
    top   --R--w-- w00      w01 ...                             column lines: nodes w, going down

Every line has a node at each cell, a wire segment before the first and after the last node, and a
terminal at each end: a resistance to a voltage. A driver has its output resistance, a sense or
ground terminal its sense resistance, a floating end an infinite one.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from labcim.errors import RangeError

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Network:
    """A crossbar of any shape. Scalars stand for all segments or lines.

    conductance: S of each cell, (rows, columns): 0 is an open cell, inf a shorted one.
    row_wire: ohm of each segment of the row lines from left to right, (rows, columns + 1).
    column_wire: ohm of each segment of the column lines from top to bottom, (rows + 1, columns).
    left, right: ohm of the terminals of row lines, (rows,).
    top, bottom: ohm of the terminals of column lines, (columns,).
    access: ohm in series with each cell, (rows, columns).

    Resistances of 0 are ideal; inf is a broken wire, or an end that floats. By default row lines
    are driven from the left and column lines are grounded at the bottom, both without resistance. A
    part of the network that no terminal holds is at 0 V. Raises RangeError for a negative value or
    a shape that does not fit.
    """

    conductance: Floats
    row_wire: Floats | float = 0.0
    column_wire: Floats | float = 0.0
    left: Floats | float = 0.0
    right: Floats | float = np.inf
    top: Floats | float = np.inf
    bottom: Floats | float = 0.0
    access: Floats | float = 0.0

    def __post_init__(self) -> None:
        cells = _positive("conductance", self.conductance, "S")
        if cells.ndim != 2 or not cells.size:
            raise RangeError(f"conductance has shape {cells.shape}: accepts (rows, columns)")
        rows, columns = cells.shape
        access = _shaped("access", _positive("access", self.access, "ohm"), (rows, columns))
        if access.any():
            cells = _in_series(cells, access)
        kept = {"conductance": cells, "access": access}
        for name, shape in (
            ("row_wire", (rows, columns + 1)),
            ("column_wire", (rows + 1, columns)),
        ):
            kept[name] = _shaped(name, _positive(name, getattr(self, name), "ohm"), shape)
        for name, count in (("left", rows), ("right", rows), ("top", columns), ("bottom", columns)):
            values = _positive(name, getattr(self, name), "ohm")
            kept[name] = spread = np.empty(count)
            spread[:] = _shaped(name, values, (count,)) if values.ndim else values
        for name, values in kept.items():
            values.flags.writeable = False
            object.__setattr__(self, name, values)

    @property
    def shape(self) -> tuple[int, int]:
        """Return (rows, columns)."""
        rows, columns = self.cells.shape
        return rows, columns

    @property
    def cells(self) -> Floats:
        """Return the conductance of each cell with its access resistance, in S."""
        return np.asarray(self.conductance)

    def segments(self, of: str) -> Floats:
        """Return ohm of every segment of the ``of`` = "row" or "column" lines with both terminals.

        Shape (rows, columns + 1) or (rows + 1, columns); the outermost hold the terminals too.
        """
        rows, columns = self.shape
        if of == "row":
            found = np.array(np.broadcast_to(self.row_wire, (rows, columns + 1)))
            found[:, 0] += self.left
            found[:, -1] += self.right
        else:
            found = np.array(np.broadcast_to(self.column_wire, (rows + 1, columns)))
            found[0] += self.top
            found[-1] += self.bottom
        return found


@dataclass(frozen=True, eq=False)
class Voltages:
    """V of the terminals: a scalar for all, (lines,), or (inputs, lines) for many inputs at once.

    Those of floating ends do not matter.
    """

    left: ArrayLike = 0.0
    right: ArrayLike = 0.0
    top: ArrayLike = 0.0
    bottom: ArrayLike = 0.0

    def on(self, network: Network) -> dict[str, Floats]:
        """Return the voltages of each side, (inputs, lines), 0 V where an end floats."""
        rows, columns = network.shape
        given = {name: getattr(self, name) for name in ("left", "right", "top", "bottom")}
        inputs = max(
            np.shape(values)[0] if np.ndim(values) == 2 else 1 for values in given.values()
        )
        return {
            name: _on_lines(
                name,
                values,
                (inputs, rows if name in ("left", "right") else columns),
                getattr(network, name),
            )
            for name, values in given.items()
        }

    @property
    def many(self) -> bool:
        """Return whether these are many inputs."""
        sides = (self.left, self.right, self.top, self.bottom)
        return any(np.ndim(values) == 2 for values in sides)


def _on_lines(name: str, values: ArrayLike, shape: tuple[int, int], ends: Floats) -> Floats:
    """Return V of one side's terminals, (inputs, lines). ends: ohm of each; 0 V where it floats."""
    found = np.zeros(shape)
    if isinstance(values, float) and values == 0.0:
        return found
    try:
        found[:] = values
    except ValueError:
        raise RangeError(
            f"{name} voltages have shape {np.shape(values)}: accepts a scalar, ({shape[1]},) or"
            f" {shape}"
        ) from None
    afloat = np.isinf(ends)
    if afloat.any():
        found[:, afloat] = 0.0
    if not np.isfinite(found).all():
        raise RangeError(f"{name} voltages: accepts finite numbers only, in V")
    return found


def _positive(name: str, values: ArrayLike, unit: str) -> Floats:
    found = np.array(values, dtype=np.float64, order="C")
    least = values if isinstance(values, float) else found.min(initial=np.inf)
    if not least >= 0.0:  # NaN is not either
        least = np.fmin.reduce(found.ravel())
        raise RangeError(f"{name} = {least:g} {unit}: accepts 0 to inf {unit}, no NaN")
    return found


def _shaped(name: str, values: Floats, shape: tuple[int, ...]) -> Floats:
    """Return the values in as many dimensions as ``shape``, not spread out."""
    if not values.ndim:
        return values.reshape((1,) * len(shape))
    missing = len(shape) - values.ndim
    full = values.reshape((1,) * missing + values.shape) if missing >= 0 else values
    fits = [have in (1, want) for have, want in zip(full.shape, shape, strict=False)]
    if missing < 0 or not all(fits):
        raise RangeError(f"{name} has shape {values.shape}: accepts a scalar or {shape}")
    return full


def _in_series(conductance: Floats, access: Floats) -> Floats:
    """Return the conductance of cells behind their access resistances, in S."""
    with np.errstate(divide="ignore"):
        return np.asarray(1.0 / (1.0 / conductance + access), dtype=np.float64)
