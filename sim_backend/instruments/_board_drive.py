"""The board's firmware for lines: every line held at a voltage, grounded or floating."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..chip.clock import SimClock
from ..chip.wired_chip import WiredChip
from ..wire.scpi import ScpiError
from ._board_lines import LineBank
from ._board_settings import LINE_CURRENT, BoardSettings

Floats = NDArray[np.float64]

_LONGEST = 1e9


@dataclass(frozen=True, slots=True)
class Sequence:
    """States in time. durations: s, (n,); rows, columns, gates: V, (n, lines); NaN floats."""

    durations: Floats
    rows: Floats
    columns: Floats
    gates: Floats


def sequence_of(durations: Floats, volts: Floats, banks: dict[str, LineBank]) -> Sequence:
    """Return the sequence whose states follow one another as rows, columns, gates; -109: none."""
    if not len(durations):
        raise ScpiError(-109, device_info="a sequence of no states")
    ends = np.cumsum([bank.count for bank in banks.values()])[:-1]
    states = volts.reshape(len(durations), -1)
    return Sequence(durations, *np.split(states, ends, axis=1))


class LineFirmware:
    """Drives all lines at once and measures what flows into each."""

    def __init__(
        self,
        chip: WiredChip,
        clock: SimClock,
        settings: BoardSettings,
        banks: dict[str, LineBank],
    ) -> None:
        self._chip = chip
        self._clock = clock
        self._settings = settings
        self._banks = banks

    def apply(self, sequence: Sequence) -> Floats:
        """Apply timed states; return currents in A, (states, rows + columns). Grounds at the end.

        The current is measured in the last part of each state, over the aperture or half of it.
        """
        self._check(sequence)
        found = []
        parts = (sequence.rows, sequence.columns, sequence.gates)
        for duration, rows, columns, gates in zip(sequence.durations, *parts, strict=True):
            aperture = min(self._settings.aperture, 0.5 * float(duration))
            hold = float(duration) - aperture
            limit = self._settings.current_limit
            self._chip.apply(rows, columns, gates, hold, line_current_limit=limit)
            self._clock.advance(hold)
            found.append(self._measured(rows, columns, gates, aperture))
        return np.array(found)

    def measure(self) -> tuple[Floats, Floats]:
        """Return the currents into rows and columns in A with the lines as they are set."""
        volts = [self._banks[name].driven for name in ("row", "column", "gate")]
        currents = self._measured(volts[0], volts[1], volts[2], self._settings.aperture)
        return currents[: len(volts[0])], currents[len(volts[0]) :]

    def _measured(self, rows: Floats, columns: Floats, gates: Floats, aperture: float) -> Floats:
        result = self._chip.line_currents(rows, columns, gates, aperture=aperture)
        self._clock.advance(aperture)
        currents = np.concatenate([result.row_current, result.column_current])
        limited: Floats = np.clip(currents, -LINE_CURRENT, LINE_CURRENT)
        return limited

    def _check(self, sequence: Sequence) -> None:
        durations = sequence.durations
        if not (len(durations) and 0.0 < durations.min() <= durations.max() < _LONGEST):
            raise ScpiError(-222, device_info="durations are above 0 s")
        named = {"row": sequence.rows, "column": sequence.columns, "gate": sequence.gates}
        for name, volts in named.items():
            # NaN floats a line; it is no voltage and needs no window.
            self._banks[name].check(volts[~np.isnan(volts)])
