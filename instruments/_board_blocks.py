"""What goes to a crossbar board and comes from it in blocks, little-endian (FORM:BORD SWAP).

Out: cells as uint32, volts as float32, durations as float64. In (FORM REAL,32): one column after
the other: time stamps as float64, currents as float32, flags as bytes.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from labcim.capabilities import CellIndices, Floats, LineCurrents, Topology
from labcim.errors import TransportError
from labcim.transport import block

Flags = NDArray[np.uint8]

_TIME, _CURRENT, _FLAG = 8, 4, 1
ROW_BYTES = _TIME + _CURRENT + _FLAG


@dataclass(frozen=True, slots=True)
class Table:
    """Time in s, current in A and flag of each cell or step."""

    time: Floats
    current: Floats
    flags: Flags


def cells_block(cells: CellIndices) -> bytes:
    """Return cells as a block of uint32."""
    return block(cells.astype("<u4", copy=False).tobytes())


def volts_text(value: float) -> bytes:
    """Return one number of V such that it is read back exactly."""
    return repr(float(value)).encode()


def volts_block(volts: NDArray[np.float32]) -> bytes:
    """Return V as a block of float32, or as one number where all are equal."""
    first = volts[0]
    if np.all(volts == first):
        return volts_text(float(first))
    return float_block(volts)


def float_block(volts: NDArray[np.float32]) -> bytes:
    """Return V as a block of float32."""
    return block(volts.astype("<f4", copy=False).tobytes())


def seconds_block(seconds: Floats) -> bytes:
    """Return s as a block of float64."""
    return block(seconds.astype("<f8", copy=False).tobytes())


def read_rows(payload: bytes, count: int, tables: int = 1) -> list[Table]:
    """Return tables of ``count`` rows. Raises TransportError if the length is not theirs."""
    check_length(payload, tables * count * ROW_BYTES)
    found = []
    for index in range(tables):
        start = index * count * ROW_BYTES
        time = np.frombuffer(payload, "<f8", count, start)
        current = np.frombuffer(payload, "<f4", count, start + count * _TIME)
        flags = np.frombuffer(payload, "u1", count, start + count * (_TIME + _CURRENT)).copy()
        found.append(Table(time.astype(np.float64), current.astype(np.float64), flags))
    return found


def read_currents(payload: bytes, shape: tuple[int, ...]) -> Floats:
    """Return currents in A of that shape. Raises TransportError if the length is not theirs."""
    check_length(payload, int(np.prod(shape)) * _CURRENT)
    return np.frombuffer(payload, "<f4").astype(np.float64).reshape(shape)


def read_line_currents(payload: bytes, states: int, topology: Topology) -> list[LineCurrents]:
    """Return the currents of all rows and columns at the end of each state."""
    lines = topology.rows + topology.columns
    currents = read_currents(payload, (states, lines))
    return [LineCurrents(one[: topology.rows], one[topology.rows :]) for one in currents]


def joined(parts: list[Table]) -> Table:
    """Return several tables as one."""
    if len(parts) == 1:
        return parts[0]
    return Table(
        np.concatenate([part.time for part in parts]),
        np.concatenate([part.current for part in parts]),
        np.concatenate([part.flags for part in parts]),
    )


def check_length(payload: bytes, wanted: int) -> None:
    """Raise TransportError unless a block has the length that was to be expected."""
    if len(payload) != wanted:
        raise TransportError(
            f"crossbar board: block of {len(payload)} bytes, {wanted} were expected"
        )
