"""Relays and gate of a probed chip: which source meets which cell, and nothing under voltage.

Order of a stimulus: relays, gate, source; and back: source, gate, relays. A source is at 0 V
between two stimuli, so that here only the gate has to be looked after. What the instruments were
brought to is remembered, and is not said twice.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial

from .capabilities import Topology, Train
from .errors import AbortedError, TransportError
from .instrument import Instrument
from .instrument_capabilities import (
    ColdSwitch,
    GatedPulseSource,
    PulseSource,
    SourceMeter,
    SwitchMatrix,
)
from .limits import Family
from .pad_map import PadMap, Terminal


class Contacts:
    """Brings one source to one cell at a time."""

    def __init__(
        self,
        meter: SourceMeter,
        pulser: PulseSource,
        matrix: SwitchMatrix,
        pads: PadMap,
        topology: Topology,
        drain_channel: int,
        gate_channel: int,
    ) -> None:
        self._meter = meter
        self._pulser = pulser
        self._matrix = matrix
        self._pads = pads
        self._topology = topology
        self._drain, self._gate_channel = drain_channel, gate_channel
        self._routes: dict[tuple[Terminal, Family, int], list[str]] = {}
        self._gated = pulser if isinstance(pulser, GatedPulseSource) and topology.gates else None
        owners = [getattr(it, "instrument", it) for it in (meter, pulser, matrix)]
        self._drivers = [it for it in owners if isinstance(it, Instrument)]
        self.forget()

    def forget(self) -> None:
        """Take nothing for known: somebody else has used the instruments, or one failed."""
        self._forgotten = self._times_forgotten()
        self._is_proved = False
        self._closed: list[str] | None = None
        self._gate: float | None = None

    def bring(self, terminal: Terminal, side: Family, cell: int) -> None:
        """Bring ``terminal`` to one line of a cell and ground to the other, with nothing live."""
        key = (terminal, side, cell)
        route = self._routes.get(key)
        if route is None:
            route = self._routes[key] = self._channels(terminal, side, cell)
        if route is self._closed and self._still_closed(route):
            return
        if self._closed is None:
            self._all_off()
        self.set_gate(0.0)
        self._closed = None  # not known while the relays are on their way
        connect_cold(self._matrix, route)
        self._closed = route
        self._is_proved = True

    def _still_closed(self, route: list[str]) -> bool:
        """Ask once in an operation, where no relay has moved in it yet."""
        if not self._is_proved:
            self._is_proved = set(self._matrix.closed()) == set(route)
            if not self._is_proved:
                self.forget()
        return self._is_proved

    def _times_forgotten(self) -> int:
        return sum(driver.forgotten for driver in self._drivers)

    def _channels(self, terminal: Terminal, side: Family, cell: int) -> list[str]:
        row, column = self._topology.place(cell)
        pads = self._pads
        ends: tuple[Terminal, Terminal] = (
            (terminal, "ground") if side == "row" else ("ground", terminal)
        )
        channels = [pads.channel(ends[0], "row", row), pads.channel(ends[1], "column", column)]
        chosen = {"row": row, "column": column, "cell": cell}[self._topology.gate_along]
        for line in range(self._topology.gates):
            channels.append(pads.channel("gate" if line == chosen else "ground", "gate", line))
        return channels

    def _all_off(self) -> None:
        """Bring every source to 0 V with its output open, whatever was before."""
        for offs in self._offs():
            for off in offs:
                off()
        self._gate = 0.0

    def _try_off(self, trouble: BaseException) -> None:
        """Turn off every source that still answers; what does not is noted on ``trouble``."""
        for offs in self._offs():
            for off in offs:
                try:
                    off()
                except Exception as another:
                    trouble.add_note(f"while turning off: {another}")
                    if isinstance(another, TransportError):
                        break  # silent: it is not waited for twice

    def _offs(self) -> list[list[Callable[[], None]]]:
        """Return what turns off each instrument: meter; drain and, with gates, gate channel."""
        channels = [self._drain, self._gate_channel][: 2 if self._topology.gates else 1]
        return [[self._meter.off], [partial(self._pulser.off, channel) for channel in channels]]

    def set_gate(self, level: float) -> None:
        """Hold ``level`` V on the selected gate line, if the chip has gates."""
        if self._topology.gates and level != self._gate:
            self._gate = None
            self._pulser.level(self._gate_channel, level)
            self._gate = level

    def pulse(self, amplitude: float, gate: float, train: Train) -> None:
        """Deliver a train of ``amplitude`` V with ``gate`` V on the selected gate line, if any."""
        timing = {"width": train.width, "period": train.period}
        if self._gated is None:
            self.set_gate(gate)
            self._pulser.pulse(self._drain, amplitude, count=train.count, **timing)
            return
        self._gate = None
        self._gated.gated_pulse(
            self._drain,
            amplitude,
            count=train.count,
            gate_channel=self._gate_channel,
            gate=gate,
            **timing,
        )
        self._gate = 0.0

    @contextmanager
    def operation(self) -> Iterator[None]:
        """End with the gate at 0 V; after trouble with all sources off and nothing taken for known.

        Nor is it after a shut-down in the meantime, which opens relays: the drivers know of one,
        and what is closed is asked for before anything relies on it.
        """
        try:
            self._is_proved = False
            if self._forgotten != self._times_forgotten():
                for driver in self._drivers:  # what was said meanwhile may have been undone
                    driver.forget()
                self.forget()
            yield
            self.set_gate(0.0)
        except AbortedError:  # the bench is stopped: who stopped it turns everything off
            self.forget()
            raise
        except BaseException as trouble:
            self._try_off(trouble)
            self.forget()
            raise


def connect_cold(matrix: SwitchMatrix, channels: list[str]) -> None:
    """Close exactly ``channels``, with all sources at 0 V: nobody has to ask them once more."""
    (matrix.connect_cold if isinstance(matrix, ColdSwitch) else matrix.connect)(channels)
