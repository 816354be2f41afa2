"""The CH<x> and SELect commands of a simulated Tektronix TDS2024B."""

from typing import Final

from ..wire.parameters import Boolean, Numeric
from ..wire.scpi import command, query
from ..wire.tektronix import Fields, Word, Words
from ._tds2024b_base import ScopeBase
from ._tds2024b_settings import COARSEST, FINEST, PROBES, REFERENCES, WAVEFORMS, nearest

_CH: Final = "CH<1..4>"
_WFM: Final = "{CH1|CH2|CH3|CH4|MATH|REFA|REFB|REFC|REFD}"
_NUMBER: Final = Numeric()


def _on(state: bool) -> Word:
    return Word("ON" if state else "OFF")


class VerticalCommands(ScopeBase):
    """Each channel's scale, position, coupling and so on, and what is shown."""

    @command(f"{_CH}:SCAle", _NUMBER)
    @command(f"{_CH}:VOLts", _NUMBER)
    def set_scale(self, n: int, volts: float) -> None:
        """Set V for each division; the position gives way where it must."""
        channel = self.settings.channels[f"CH{n}"]
        volts = self.within(volts, FINEST * channel.probe, COARSEST * channel.probe)
        channel.scale = float(f"{volts:.3e}")
        channel.position = min(max(channel.position, -channel.farthest), channel.farthest)
        self.changed()

    @query(f"{_CH}:SCAle")
    @query(f"{_CH}:VOLts")
    def scale(self, n: int) -> float:
        """Tell V for each division."""
        return self.settings.channels[f"CH{n}"].scale

    @command(f"{_CH}:POSition", _NUMBER)
    def set_position(self, n: int, divisions: float) -> None:
        """Set the position in divisions."""
        channel = self.settings.channels[f"CH{n}"]
        channel.position = self.within(divisions, -channel.farthest, channel.farthest)
        self.changed()

    @query(f"{_CH}:POSition")
    def position(self, n: int) -> float:
        """Tell the position in divisions."""
        return self.settings.channels[f"CH{n}"].position

    @command(f"{_CH}:COUPling", Words("AC", "DC", "GND"))
    def set_coupling(self, n: int, coupling: Word) -> None:
        """Choose the coupling."""
        self.settings.channels[f"CH{n}"].coupling = coupling
        self.changed()

    @query(f"{_CH}:COUPling")
    def coupling(self, n: int) -> Word:
        """Tell the coupling."""
        return self.settings.channels[f"CH{n}"].coupling

    @command(f"{_CH}:BANdwidth", Boolean())
    def set_bandwidth(self, n: int, limited: bool) -> None:
        """Limit the bandwidth to 20 MHz, or not."""
        self.settings.channels[f"CH{n}"].limited = limited
        self.changed()

    @query(f"{_CH}:BANdwidth")
    def bandwidth(self, n: int) -> Word:
        """Tell whether the bandwidth is limited."""
        return _on(self.settings.channels[f"CH{n}"].limited)

    @command(f"{_CH}:INVert", Boolean())
    def set_invert(self, n: int, inverted: bool) -> None:
        """Turn the waveform upside down, or not."""
        self.settings.channels[f"CH{n}"].inverted = inverted
        self.changed()

    @query(f"{_CH}:INVert")
    def invert(self, n: int) -> Word:
        """Tell whether the waveform is upside down."""
        return _on(self.settings.channels[f"CH{n}"].inverted)

    @command(f"{_CH}:PRObe", _NUMBER)
    def set_probe(self, n: int, factor: float) -> None:
        """Set which probe is believed in; what the screen shows changes with it."""
        channel = self.settings.channels[f"CH{n}"]
        wanted = nearest(self.within(factor, PROBES[0], PROBES[-1]), PROBES)
        channel.scale *= wanted / channel.probe
        channel.probe = wanted
        self.changed()

    @query(f"{_CH}:PRObe")
    def probe(self, n: int) -> float:
        """Tell which probe is believed in."""
        return self.settings.channels[f"CH{n}"].probe

    @query(_CH)
    def channel(self, n: int) -> Fields:
        """Tell all of a channel."""
        channel = self.settings.channels[f"CH{n}"]
        return Fields([
            ("SCAle", channel.scale), ("POSition", channel.position),
            ("COUPling", channel.coupling), ("BANdwidth", _on(channel.limited)),
            ("PRObe", channel.probe), ("INVert", _on(channel.inverted)),
        ])  # fmt: skip

    @command(f"SELect:{_WFM}", Boolean())
    def select(self, name: str, on: bool) -> None:
        """Show a waveform, or not; what is not shown is not acquired."""
        if self.settings.shown[name] is not on:
            self.settings.shown[name] = on
            if name not in REFERENCES:
                self.acquisition.records.pop(name, None)
            self.changed()

    @query(f"SELect:{_WFM}")
    def selected(self, name: str) -> bool:
        """Tell whether a waveform is shown."""
        return self.settings.shown[name]

    @query("SELect")
    def all_selected(self) -> Fields:
        """Tell which waveforms are shown."""
        return Fields([(name, self.settings.shown[name]) for name in WAVEFORMS])
