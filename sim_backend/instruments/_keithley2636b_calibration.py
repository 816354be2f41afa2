"""``smuX.cal`` of a Keithley 2636B: dates, and a lock that nothing here needs to be opened for.

Source: Series 2600B Reference Manual, 2600BS-901-01, section 9 (calibration).
"""

from typing import Final

from ..wire.errors import ScpiError
from ..wire.tsp import call, getter, setter, text
from ._keithley2636b_channel import Channel
from ._keithley2636b_ranges import between

LOCKED, UNLOCKED = 0, 2
FIRST_PASSWORD: Final = "KI0026XX"
CALIBRATED: Final = 1_767_225_600  # 2026-01-01, when simulated time begins
YEAR: Final = 31_536_000


class Calibration:
    """The calibration functions of one channel; constants cannot be changed."""

    def __init__(self, channel: Channel) -> None:
        self._channel = channel
        self._state = LOCKED
        self._password = FIRST_PASSWORD
        self._dates = {"date": CALIBRATED, "due": CALIBRATED + YEAR}

    @getter("cal.state")
    def state(self) -> int:
        """Return whether calibration is locked."""
        return self._state

    @call("cal.unlock")
    def unlock(self, password: object) -> None:
        """Allow changes. Raises ScpiError 5019 for a wrong password."""
        if text(password) != self._password:
            raise ScpiError(5019, "Cannot unlock - invalid password")
        self._state = UNLOCKED

    @call("cal.lock")
    def lock(self) -> None:
        """Allow no more changes."""
        self._state = LOCKED

    @setter("cal.password")
    def set_password(self, password: object) -> None:
        """Set another password, while unlocked."""
        self._check()
        self._password = text(password)

    @getter("cal.date")
    def date(self) -> int:
        """Return when the channel was calibrated, in s since 1970."""
        return self._dates["date"]

    @setter("cal.date")
    def set_date(self, seconds: object) -> None:
        """Set when the channel was calibrated, while unlocked."""
        self._set("date", seconds)

    @getter("cal.due")
    def due(self) -> int:
        """Return when calibration is due, in s since 1970."""
        return self._dates["due"]

    @setter("cal.due")
    def set_due(self, seconds: object) -> None:
        """Set when calibration is due, while unlocked."""
        self._set("due", seconds)

    def _set(self, name: str, seconds: object) -> None:
        if self._state == LOCKED:
            raise ScpiError(5016, "Cannot change cal date - unlock before operation")
        self._dates[name] = int(between(seconds, 0, 2**32 - 1))

    def _check(self) -> None:
        if self._state == LOCKED:
            raise ScpiError(5011, "Operation not permitted while cal is locked")
