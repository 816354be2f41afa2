"""Lines of a chip on a probe station, as far as one source, one gate channel and ground reach.

A state may hold one voltage other than 0 V on rows and columns, on as many lines as one likes, and
one on gates; lines at 0 V are grounded, lines at NaN float. The source measures what all of its
lines draw together, so that a current is known where it drives a single line.
"""

import numpy as np

from .capabilities import Floats, LineCurrents, LineState, Topology
from .clock import Clock
from .errors import RangeError
from .instrument_capabilities import PulseSource, SourceMeter, SwitchMatrix
from .pad_map import FAMILIES, PadMap, Terminal
from .probed_checks import Requests
from .probed_contacts import Contacts, connect_cold
from .units import show


class ProbedLines:
    """`Lines` of a probed chip. Relays move only while every source is at 0 V."""

    def __init__(
        self,
        meter: SourceMeter,
        pulser: PulseSource,
        matrix: SwitchMatrix,
        pads: PadMap,
        topology: Topology,
        clock: Clock,
        requests: Requests,
        contacts: Contacts,
        channels: tuple[int, int],
        read_limit: float,
    ) -> None:
        self._meter, self._pulser, self._matrix = meter, pulser, matrix
        self._pads = pads
        self._topology = topology
        self._clock = clock
        self._requests = requests
        self._contacts = contacts
        self._drain, self._gate_channel = channels
        self._read_limit = read_limit

    def apply(self, sequence: list[LineState]) -> list[LineCurrents]:
        """Apply line states one after the other and measure at the end of each.

        Raises RangeError before anything is sent, also for what is out of reach.
        """
        levels = [self._checked(index, state) for index, state in enumerate(sequence)]
        with self._contacts.operation():
            try:
                self._at_rest()
                pairs = zip(sequence, levels, strict=True)
                return [self._apply(state, *level) for state, level in pairs]
            finally:
                self._contacts.forget()  # the relays are where no cell needs them

    def _checked(self, index: int, state: LineState) -> tuple[float, float]:
        """Return the voltages of the source and of the gate channel. Raises RangeError."""
        counts = {
            "row": self._topology.rows,
            "column": self._topology.columns,
            "gate": self._topology.gates,
        }
        for family, values in zip(FAMILIES, (state.rows, state.columns, state.gates), strict=True):
            if np.shape(values) != (counts[family],):
                raise RangeError(
                    f"line state {index}: {family} levels of shape {np.shape(values)}: accepts "
                    f"({counts[family]},); nothing was sent"
                )
        self._requests.duration(f"line state {index}: duration", state.duration, positive=True)
        gate = self._one_level(index, state.gates, "gates")
        level = self._one_level(index, np.concatenate([state.rows, state.columns]), "lines")
        if level < 0.0:
            raise RangeError(
                f"line state {index}: {show(level, 'V')}: accepts 0 V and more; nothing was sent"
            )
        for family, values in (("row", state.rows), ("column", state.columns)):
            if (values == level).any():
                # A reading row - column is what raises a row, one of the other sign a column.
                sign = 1.0 if family == "row" else -1.0
                self._requests.level(sign * level, gate, self._read_limit, 1)
        self._requests.gate(gate)
        return level, gate

    def _one_level(self, index: int, volts: Floats, what: str) -> float:
        driven = np.unique(volts[~np.isnan(volts) & (volts != 0.0)])
        if driven.size > 1:
            raise RangeError(
                f"line state {index}: {driven.size} voltages on {what}, {show(driven[0], 'V')} to "
                f"{show(driven[-1], 'V')}: a probed chip accepts one besides 0 V; nothing was sent"
            )
        return float(driven[0]) if driven.size else 0.0

    def _at_rest(self) -> None:
        """Bring every source to 0 V, with its output open, whatever was before."""
        self._meter.off()
        self._pulser.off(self._drain)
        if self._topology.gates:
            self._pulser.off(self._gate_channel)

    def _apply(self, state: LineState, level: float, gate: float) -> LineCurrents:
        connect_cold(self._matrix, self._route(state))
        if gate:
            self._pulser.level(self._gate_channel, gate)
        current = np.nan
        if level:
            self._meter.source(level, current_limit=self._read_limit)
            self._clock.sleep(state.duration)
            _, current, _ = self._meter.measure()
            self._meter.source(0.0, current_limit=self._read_limit)
        else:
            self._clock.sleep(state.duration)
        if gate:
            self._pulser.level(self._gate_channel, 0.0)
        return self._currents(state, level, current)

    def _route(self, state: LineState) -> list[str]:
        channels = []
        terminals: tuple[Terminal, Terminal, Terminal] = ("sense", "sense", "gate")
        volts = (state.rows, state.columns, state.gates)
        for family, terminal, values in zip(FAMILIES, terminals, volts, strict=True):
            for line in np.flatnonzero(~np.isnan(values)).tolist():
                at: Terminal = terminal if values[line] else "ground"
                channels.append(self._pads.channel(at, family, line))
        return channels

    def _currents(self, state: LineState, level: float, current: float) -> LineCurrents:
        """Return the current where it is known: into the only line that is driven."""
        both: list[Floats] = []
        alone = level != 0.0 and (state.rows == level).sum() + (state.columns == level).sum() == 1
        for volts in (state.rows, state.columns):
            known = (volts == level) & alone
            both.append(np.where(known, current, np.nan))
        return LineCurrents(*both)
