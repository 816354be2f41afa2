"""The status model of IEEE 488.2 chapter 11 and SCPI-99 volume 1 chapter 9.

Conditions of the device pass transition filters into event registers; enabled events are summed
into bits of the status byte; enabled bits of the status byte are a reason for a service request.
RQS is what a serial poll sees: it is set once for each *new* reason and cleared by the poll. MSS is
what `*STB?` sees: the present sum, which reading does not change.
"""

from collections.abc import Callable
from typing import Final

from .errors import ErrorQueue

OPERATION_COMPLETE: Final = 1
QUERY_ERROR: Final = 4
DEVICE_ERROR: Final = 8
EXECUTION_ERROR: Final = 16
COMMAND_ERROR: Final = 32
POWER_ON: Final = 128

ERROR_AVAILABLE_BIT: Final = 2
QUESTIONABLE_BIT: Final = 3
MESSAGE_AVAILABLE_BIT: Final = 4
EVENT_SUMMARY_BIT: Final = 5
SERVICE_BIT: Final = 6
OPERATION_BIT: Final = 7

_REGISTER_BITS: Final = 0x7FFF  # bit 15 is never used, so that the value fits a signed word
_SERVICE: Final = 1 << SERVICE_BIT


def event_bit(code: int) -> int:
    """Return the standard event status bit that an error number sets (SCPI-99 21.8)."""
    if -200 < code <= -100:
        return COMMAND_ERROR
    if -300 < code <= -200:
        return EXECUTION_ERROR
    if -500 < code <= -400:
        return QUERY_ERROR
    return DEVICE_ERROR


class StatusRegister:
    """One SCPI register set: condition, positive and negative transition filter, event, enable."""

    def __init__(self, on_change: Callable[[], None]) -> None:
        self._on_change = on_change
        self._condition = 0
        self._event = 0
        self._enable = 0
        self._positive = _REGISTER_BITS
        self._negative = 0

    @property
    def condition(self) -> int:
        """Present state of the device; setting it latches filtered transitions as events."""
        return self._condition

    @condition.setter
    def condition(self, value: int) -> None:
        value &= _REGISTER_BITS
        if value == self._condition:
            return
        rising = value & ~self._condition
        falling = self._condition & ~value
        self._condition = value
        latched = (rising & self._positive) | (falling & self._negative)
        if latched & ~self._event:
            self._event |= latched
            self._on_change()

    def set_bit(self, bit: int, state: bool) -> None:
        """Set one condition bit (0 to 14)."""
        mask = 1 << bit
        self.condition = self._condition | mask if state else self._condition & ~mask

    def pulse(self, bit: int) -> None:
        """Let a condition come and go again at once: an operation that takes no wall time."""
        self.set_bit(bit, True)
        self.set_bit(bit, False)

    @property
    def event(self) -> int:
        """Latched events, without clearing them."""
        return self._event

    def take_event(self) -> int:
        """Return the latched events and clear them, as a query of the event register does."""
        value, self._event = self._event, 0
        if value:
            self._on_change()
        return value

    @property
    def enable(self) -> int:
        """Which events reach the summary bit."""
        return self._enable

    @enable.setter
    def enable(self, value: int) -> None:
        self._enable = value & _REGISTER_BITS
        self._on_change()

    @property
    def positive_transition(self) -> int:
        """Which conditions latch an event when they come."""
        return self._positive

    @positive_transition.setter
    def positive_transition(self, value: int) -> None:
        self._positive = value & _REGISTER_BITS

    @property
    def negative_transition(self) -> int:
        """Which conditions latch an event when they go."""
        return self._negative

    @negative_transition.setter
    def negative_transition(self, value: int) -> None:
        self._negative = value & _REGISTER_BITS

    @property
    def summary(self) -> bool:
        """Whether an enabled event is latched."""
        return bool(self._event & self._enable)

    def preset(self) -> None:
        """STATus:PRESet: nothing enabled, every rising condition latched."""
        self._enable = 0
        self._positive = _REGISTER_BITS
        self._negative = 0
        self._on_change()


class StatusModel:
    """Everything that makes the status byte of one instrument.

    registers: summary bit of the status byte -> register set; an instrument may add its own.
    listeners: called without arguments at each service request (RQS going true).
    """

    def __init__(self, errors: ErrorQueue) -> None:
        self._errors = errors
        errors.on_change = self.update
        self.operation = StatusRegister(self.update)
        self.questionable = StatusRegister(self.update)
        self.registers = {OPERATION_BIT: self.operation, QUESTIONABLE_BIT: self.questionable}
        self.listeners: list[Callable[[], None]] = []
        self._standard_event = POWER_ON
        self._standard_enable = 0
        self._service_enable = 0
        self._message_available = False
        self._requesting = False
        self._reasons = 0

    def add_register(self, summary_bit: int) -> StatusRegister:
        """Add an instrument's own register set that is summed into a bit of the status byte."""
        register = StatusRegister(self.update)
        self.registers[summary_bit] = register
        return register

    @property
    def standard_event(self) -> int:
        """Standard event status register, without clearing it."""
        return self._standard_event

    def raise_event(self, mask: int) -> None:
        """Latch bits of the standard event status register."""
        self._standard_event |= mask
        self.update()

    def take_standard_event(self) -> int:
        """`*ESR?`: return the standard event status register and clear it."""
        value, self._standard_event = self._standard_event, 0
        self.update()
        return value

    @property
    def standard_enable(self) -> int:
        """`*ESE`: which standard events reach bit 5 of the status byte."""
        return self._standard_enable

    @standard_enable.setter
    def standard_enable(self, value: int) -> None:
        self._standard_enable = value & 0xFF
        self.update()

    @property
    def service_enable(self) -> int:
        """`*SRE`: which bits of the status byte ask for service; bit 6 is always 0."""
        return self._service_enable

    @service_enable.setter
    def service_enable(self, value: int) -> None:
        self._service_enable = value & 0xFF & ~_SERVICE
        self.update()

    @property
    def message_available(self) -> bool:
        """MAV: whether a reply waits in the output queue. The message core sets it."""
        return self._message_available

    @message_available.setter
    def message_available(self, value: bool) -> None:
        if value is not self._message_available:
            self._message_available = value
            if self._service_enable:
                self.update()

    @property
    def requesting(self) -> bool:
        """RQS, without clearing it."""
        return self._requesting

    def _bits(self) -> int:
        """Return the status byte without bit 6."""
        value = self._message_available << MESSAGE_AVAILABLE_BIT
        if self._errors:
            value |= 1 << ERROR_AVAILABLE_BIT
        if self._standard_event & self._standard_enable:
            value |= 1 << EVENT_SUMMARY_BIT
        for bit, register in self.registers.items():
            if register.summary:
                value |= 1 << bit
        return value

    def status_byte(self) -> int:
        """`*STB?`: the status byte with MSS in bit 6. Changes nothing."""
        value = self._bits()
        return value | _SERVICE if value & self._service_enable else value

    def serial_poll(self) -> int:
        """Return the status byte with RQS in bit 6, and clear RQS."""
        value = self._bits()
        if self._requesting:
            value |= _SERVICE
            self._requesting = False
        return value

    def update(self) -> None:
        """Look for a new reason for service: an enabled bit that went from 0 to 1."""
        enable = self._service_enable
        reasons = self._bits() & enable if enable else 0
        new = reasons & ~self._reasons
        self._reasons = reasons
        if not reasons:
            self._requesting = False
        elif new and not self._requesting:
            self._requesting = True
            for listener in tuple(self.listeners):
                listener()

    def clear(self) -> None:
        """`*CLS`: forget events and errors; enables and filters stay."""
        self._standard_event = 0
        for register in self.registers.values():
            register.take_event()
        self._errors.clear()
        self.update()

    def preset(self) -> None:
        """STATus:PRESet for every register set."""
        for register in self.registers.values():
            register.preset()
