"""The contact check of one channel of a Keithley 2636B: are force and sense leads together.

Source: Series 2600B Reference Manual, 2600BS-901-01, section 2 (contact check measurements).
"""

from typing import Final

from ..wire.errors import ScpiError
from ..wire.tsp import call
from ._keithley2636b_channel import Channel
from ._keithley2636b_settings import DCVOLTS, HIGH_Z

LEAD_OHM: Final = 0.3
OPEN_OHM: Final = 9.91e37
LEAST_LIMIT: Final = 1e-3  # A that the check sends through the leads
DURATIONS: Final = {0: 1e-3, 1: 4e-3, 2: 15e-3}  # s by speed


class ContactCheck:
    """``smuX.contact``. A sense lead that is not wired is open."""

    def __init__(self, channel: Channel, wired: frozenset[str], name: str) -> None:
        self._channel = channel
        start = f"{name}.{channel.letter}_"
        self._ohm = tuple(
            LEAD_OHM if f"{start}sense_{end}" in wired else OPEN_OHM for end in ("lo", "hi")
        )

    @call("contact.r")
    def resistances(self) -> tuple[float, float]:
        """Return the contact resistances of low and high in ohm."""
        self._check()
        channel = self._channel
        channel.stage.wait(DURATIONS[int(channel.values["contact.speed"])])
        low, high = self._ohm
        return low, high

    @call("contact.check")
    def is_good(self) -> bool:
        """Return whether both resistances are below the threshold."""
        return max(self.resistances()) <= self._channel.values["contact.threshold"]

    def _check(self) -> None:
        values, on = self._channel.values, self._channel.output
        if on and values["source.func"] != DCVOLTS and values["source.leveli"]:
            raise ScpiError(5049, "Contact check not valid while an active current source")
        if on and values["source.limiti"] < LEAST_LIMIT:
            raise ScpiError(5050, "I limit too low for contact check")
        if not on and HIGH_Z in (values["source.offmode"], values["source.output"]):
            raise ScpiError(5048, "Contact check not valid with HIGH-Z output off")
        if not on and values["source.offlimiti"] < LEAST_LIMIT:
            raise ScpiError(5066, "source.offlimiti too low for contact check")
