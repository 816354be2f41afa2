"""An output buffer for measured data, kept apart from the answers to queries.

Instruments of that kind have two buffers behind one line: the answer to the last query, which is
read first, and the data of measurements, which wait as long as nobody fetches them.
"""

from collections import deque
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Output:
    """The data of one measurement. ends: whether its last byte comes with END.  count: of data."""

    body: bytes
    terminator: bytes
    ends: bool
    count: int


class OutputBuffer:
    """Data in order; beyond ``capacity`` data nothing more is taken in.

    One measurement alone may have more: who reads would have taken the first of them by then.
    """

    def __init__(self, capacity: int) -> None:
        self._capacity = capacity
        self._items: deque[Output] = deque()
        self._count = 0

    def __len__(self) -> int:
        return self._count

    def __bool__(self) -> bool:
        return bool(self._items)

    def put(self, output: Output) -> bool:
        """Append the data of one measurement; say whether there was room for them."""
        if self._items and self._count + output.count > self._capacity:
            return False
        self._count += output.count
        self._items.append(output)
        return True

    def put_back(self, output: Output) -> None:
        """Give back what was taken and not read to its end."""
        self._count += output.count
        self._items.appendleft(output)

    def take(self) -> Output:
        """Return the oldest output and forget it."""
        output = self._items.popleft()
        self._count -= output.count
        return output

    def clear(self) -> None:
        """Forget all data."""
        self._items.clear()
        self._count = 0
