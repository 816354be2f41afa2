"""What the wire needs of a bench."""

from collections.abc import Mapping
from typing import Protocol

from .fair_lock import FairLock
from .message import MessageCore


class Bench(Protocol):
    """Instruments by resource name, and the lock over them."""

    @property
    def instruments(self) -> Mapping[str, MessageCore]:
        """Message cores by VISA resource name."""
        ...

    @property
    def lock(self) -> FairLock:
        """Held during every exchange with any instrument of the bench."""
        ...
