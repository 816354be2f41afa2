"""The status byte of FLEX instruments.

Bit 0 data ready, 1 wait, 3 interlock open, 4 set ready, 5 error, 6 RQS; 2 and 7 are always 0. Bits
3 and 5 latch until a serial poll takes them, unless they are masked.
Source: B1500A Programming Guide, edition 11, pages 1-56 and 1-57.
"""

from collections.abc import Callable
from typing import Final

from .output import OutputBuffer
from .status import EXECUTION_ERROR

DATA_READY: Final = 1
WAIT: Final = 2
INTERLOCK_OPEN: Final = 8
SET_READY: Final = 16
ERROR: Final = 32
RQS: Final = 64
_LATCHED: Final = INTERLOCK_OPEN | ERROR


class FlexStatus:
    """Bits, their mask (``*SRE``) and the service request. It is a `Status` of the core."""

    def __init__(self, output: OutputBuffer) -> None:
        self.listeners: list[Callable[[], None]] = []
        self._output = output
        self._bits = SET_READY
        self._mask = 0
        self._answer = False
        self._requesting = False
        self._reasons = 0

    @property
    def mask(self) -> int:
        """`*SRE`: which bits ask for service; bit 6 cannot be masked and does not count."""
        return self._mask

    @mask.setter
    def mask(self, value: int) -> None:
        self._mask = value & 0xFF & ~RQS
        # A bit that was set while it was masked is no reason when the mask goes.
        self._reasons = self._value() & self._mask

    @property
    def message_available(self) -> bool:
        """Whether an answer waits to be read."""
        return self._answer

    @message_available.setter
    def message_available(self, value: bool) -> None:
        self._answer = value
        self.update()

    @property
    def requesting(self) -> bool:
        """RQS, without clearing it."""
        return self._requesting

    def set(self, bit: int, state: bool) -> None:
        """Set one of the bits that the instrument itself keeps."""
        self._bits = self._bits | bit if state else self._bits & ~bit
        self.update()

    def _value(self) -> int:
        return self._bits | (DATA_READY if self._answer or self._output else 0)

    def status_byte(self) -> int:
        """`*STB?`: the byte with RQS in bit 6. Changes nothing."""
        return self._value() | (RQS if self._requesting else 0)

    def serial_poll(self) -> int:
        """Return the byte with RQS in bit 6; clear RQS and the latched bits that are not masked."""
        value = self.status_byte()
        self._requesting = False
        self._bits &= ~(_LATCHED & self._mask)
        self._reasons = self._value() & self._mask
        return value

    def raise_event(self, mask: int) -> None:
        """Note a line that was too long; to read where nothing is is no error in FLEX."""
        if mask & EXECUTION_ERROR:
            self.set(ERROR, True)

    def update(self) -> None:
        """Look for a new reason for service: a bit that is not masked and went from 0 to 1."""
        reasons = self._value() & self._mask
        new = reasons & ~self._reasons
        self._reasons = reasons
        if new and not self._requesting:
            self._requesting = True
            for listener in tuple(self.listeners):
                listener()

    def reset(self) -> None:
        """Return to rest, as ``*RST`` and device clear do; the mask stays."""
        self._bits = SET_READY
        self._requesting = False
        self._reasons = self._value() & self._mask
