"""How much a crossbar stores on an area, from its pitch alone."""

import math

from labcim.errors import RangeError


def bits_per_square_metre(pitch: float, *, bits_per_cell: float = 1.0, layers: int = 1) -> float:
    """Return the bits that cells at line crossings, ``pitch`` m apart, store on a square metre.

    Lines at that pitch in both directions; drivers beside or under the array are not counted.
    layers: arrays on top of each other.  Raises RangeError for what is no size or number.
    """
    for name, value in (("pitch", pitch), ("bits_per_cell", bits_per_cell), ("layers", layers)):
        if not 0.0 < value < math.inf:
            raise RangeError(f"{name} = {value}: accepts finite numbers above 0")
    return bits_per_cell * layers / (pitch * pitch)
