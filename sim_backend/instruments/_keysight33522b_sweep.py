"""Sweeps and lists of frequencies of a simulated Keysight 33522B."""

from typing import Final

from ..wire.errors import ScpiError
from ..wire.parameters import Boolean, Choice, Numeric, NumericList
from ..wire.scpi import command, query
from ._extremes import EXTREME, Limits, number, told, within
from ._keysight33522b_base import Keysight33522BBase
from ._keysight33522b_program import SWEPT
from ._keysight33522b_signal import conflict

_S: Final = "[:SOURce<1..2>]"
_TIME: Final[Limits] = (1e-3, 250e3, 1.0)
_DWELL: Final[Limits] = (1e-6, 1e6, 1.0)
_MOST: Final = 128


class SweepCommands(Keysight33522BBase):
    """A frequency that does not stay as it is."""

    @command(f"{_S}:FREQuency:MODE", Choice("CW", "LIST", "SWEep", "FIXed"))
    def set_frequency_mode(self, n: int, mode: str) -> None:
        """Choose a fixed frequency, a sweep or a list; -221 for a function without one."""
        signal = self.signals[n]
        if mode in ("SWE", "LIST"):
            if signal.function not in SWEPT:
                raise conflict("sweep or list is not available for selected function")
            if signal.burst.on:
                signal.burst.on = False
                self.report(conflict("burst turned off by selection of other mode or modulation"))
        signal.program.mode = "CW" if mode == "FIX" else mode
        self.settle(n)

    @query(f"{_S}:FREQuency:MODE")
    def frequency_mode(self, n: int) -> str:
        """Tell the frequency mode."""
        return self.signals[n].program.mode

    @command(f"{_S}:SWEep:STATe", Boolean())
    def set_sweep(self, n: int, on: bool) -> None:
        """Switch the sweep."""
        self.set_frequency_mode(n, "SWE" if on else "CW")

    @query(f"{_S}:SWEep:STATe")
    def sweep(self, n: int) -> int:
        """Tell whether the sweep is on."""
        return int(self.signals[n].program.mode == "SWE")

    @command(f"{_S}:SWEep:TIME", number("S"))
    def set_sweep_time(self, n: int, time: float | str) -> None:
        """Set how long a sweep takes."""
        self.signals[n].program.time = within(time, _TIME)
        self.settle(n)

    @query(f"{_S}:SWEep:TIME", EXTREME, optional=1)
    def sweep_time(self, n: int, which: str | None = None) -> float:
        """Tell how long a sweep takes."""
        return told(self.signals[n].program.time, which, _TIME)

    @command(f"{_S}:SWEep:SPACing", Choice("LINear", "LOGarithmic"))
    def set_spacing(self, n: int, spacing: str) -> None:
        """Choose whether frequency grows by the same step or by the same part."""
        self.signals[n].program.spacing = spacing
        self.settle(n)

    @query(f"{_S}:SWEep:SPACing")
    def spacing(self, n: int) -> str:
        """Tell how frequency grows."""
        return self.signals[n].program.spacing

    @command(f"{_S}:FREQuency:{{STARt|STOP}}", number("HZ"))
    def set_end(self, n: int, which: str, frequency: float | str) -> None:
        """Set the frequency at one end of a sweep."""
        program = self.signals[n].program
        found = within(frequency, self._ends(n, which))
        if which == "STAR":
            program.start = found
        else:
            program.stop = found
        self.settle(n)

    @query(f"{_S}:FREQuency:{{STARt|STOP}}", EXTREME, optional=1)
    def end(self, n: int, which: str, extreme: str | None = None) -> float:
        """Tell the frequency at one end of a sweep."""
        program = self.signals[n].program
        present = program.start if which == "STAR" else program.stop
        return told(present, extreme, self._ends(n, which))

    def _ends(self, n: int, which: str) -> Limits:
        least, most, _ = self.signals[n].frequency_limits()
        return least, most, 100.0 if which == "STAR" else 1e3

    @command(f"{_S}:LIST:FREQuency", NumericList("HZ", 1e-6, 30e6, longest=_MOST))
    def set_list(self, n: int, frequencies: list[float]) -> None:
        """Set the frequencies of the list, up to 128; -222 beyond what the function has."""
        if max(frequencies) > self.signals[n].frequency_limits()[1]:
            raise ScpiError(-222)
        self.signals[n].program.frequencies = tuple(frequencies)
        self.settle(n)

    @query(f"{_S}:LIST:FREQuency")
    def list_frequencies(self, n: int) -> list[float]:
        """Tell the frequencies of the list."""
        return list(self.signals[n].program.frequencies)

    @query(f"{_S}:LIST:FREQuency:POINts")
    def list_points(self, n: int) -> str:
        """Tell how many frequencies the list has."""
        return f"{len(self.signals[n].program.frequencies):+d}"

    @command(f"{_S}:LIST:DWELl", Numeric("S", *_DWELL))
    def set_dwell(self, n: int, time: float) -> None:
        """Set how long each frequency of the list is held."""
        self.signals[n].program.dwell = time
        self.settle(n)

    @query(f"{_S}:LIST:DWELl", EXTREME, optional=1)
    def dwell(self, n: int, which: str | None = None) -> float:
        """Tell how long each frequency of the list is held."""
        return told(self.signals[n].program.dwell, which, _DWELL)
