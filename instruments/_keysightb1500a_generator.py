"""The pulse generator modules (B1525A) of a B1500A: fast pulses and levels on channels 101 to 1002.

Levels are set for an open line (1 Mohm, which gives 50 ppm more): into a load they are lower.
Source: B1500A Programming Guide (B1500-90010), SIM, SPM, SPPER, SPRM, SPT, SPV, SER, SPUPD, SRP,
SPST? in chapter 4.
"""

from typing import TYPE_CHECKING, Final, final

from labcim.errors import AbortedError, InstrumentError, RangeError

from ._keysightb1500a_data import enabled
from ._keysightb1500a_limits import MOST_PULSES, NOTHING_SENT, check_time
from ._proof import prove

if TYPE_CHECKING:
    from .keysightb1500a import KeysightB1500A

#: Every channel that a mainframe can have.
CHANNELS: Final = tuple(slot * 100 + place for slot in range(1, 11) for place in (1, 2))
HIGHEST_LEVEL: Final = 40.0  # V into an open line
EDGE: Final = 20e-9  # s of rise and fall
TICK: Final = 10e-9  # s, resolution of width and period
_WIDTHS: Final = (50e-9, 1.0)
_LONGEST_PERIOD: Final = 10.0
_POLL: Final = 0.02  # s between looks at a train that is running
_AT_REST: Final = "SPM {0},0;SPV {0},0,0;SPUPD {0}"


def check_train(width: float, period: float, count: int) -> None:
    """Raise RangeError for a train that a channel cannot deliver. period: s, 0 for two widths."""
    check_time("width", width, *_WIDTHS, tick=TICK)
    if period:
        check_time("period", period, width + 2.0 * EDGE, _LONGEST_PERIOD, tick=TICK)
    if not (1 <= count <= MOST_PULSES and count == int(count)):
        raise RangeError(f"count = {count!r}: accepts 1 to {MOST_PULSES}; {NOTHING_SENT}")


@final
class Generators:
    """All pulse generator channels of one mainframe, through whose driver they talk."""

    def __init__(self, instrument: "KeysightB1500A") -> None:
        self._instrument = instrument
        self._levels: dict[int, float] = {}
        self._is_quiet = False

    def forget(self) -> None:
        """Take nothing for known."""
        self._levels.clear()
        self._is_quiet = False

    def level(self, channel: int, voltage: float) -> None:
        """Hold a level that has been checked; sends only what changes."""
        self._quieten()
        if self._levels.get(channel) != voltage:
            switch = "" if channel in self._levels else f"CN {channel};SER {channel},1E6;"
            self._instrument.say(
                f"{switch}SPM {channel},0;SPV {channel},0,{voltage:.6g};SPUPD {channel}"
            )
            self._levels[channel] = voltage

    def pulse(
        self, channel: int, amplitude: float, width: float, period: float, count: int
    ) -> None:
        """Deliver a train that has been checked; the channel rests at 0 V before and after."""
        self.level(channel, 0.0)
        tool = self._instrument
        del self._levels[channel]
        tool.say(
            f"SIM 0;SPM {channel},1;SPV {channel},1,0,{amplitude:.6g};"
            f"SPT {channel},1,0,{width:.9g},{EDGE:.9g};"
            f"SPPER {period or max(2.0 * width, width + 2.0 * EDGE):.9g};SPRM 1,{count};SRP"
        )
        while tool.ask("SPST?").strip() != "0":
            if tool.wait_for_stop(_POLL):
                raise AbortedError(f"{tool.transport.address}: the train was ended from outside")
        # Left in pulse mode, the channel would pulse again with the next train of any other.
        tool.say(_AT_REST.format(channel))
        self._levels[channel] = 0.0

    def off(self, channel: int) -> None:
        """Open the output switch."""
        self._levels.pop(channel, None)
        self._instrument.say(f"CL {channel}")

    def _quieten(self) -> None:
        """Once, as nothing is known of them: open every channel that is on."""
        if self._is_quiet:
            return
        answer = self._instrument.ask("*LRN? 0")
        try:
            found = [it for it in enabled(answer) if it in CHANNELS]
        except ValueError as trouble:
            raise InstrumentError(str(trouble)) from trouble
        if found:
            self._instrument.say(f"CL {','.join(map(str, found))}")
        self._is_quiet = True

    def zero(self, channel: int) -> None:
        """Stop pulses and bring a channel to 0 V, past the latch, and prove it."""
        line = self._instrument.transport
        line.write("SPP")
        line.write(_AT_REST.format(channel))
        prove(line, f"SPM? {channel}", f"pulses of {channel}", lambda said: float(said) == 0.0)
        prove(line, f"SPV? {channel},0", f"level of {channel}", _is_zero)


def _is_zero(answer: str) -> bool:
    return float(answer.split(",")[0]) == 0.0
