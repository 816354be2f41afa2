"""CYCLe and DELay as commands: cycles of SET and RESET, and waits for a current."""

import numpy as np

from ..wire.parameters import Block, Integer, Numeric, OneOf
from ..wire.scpi import command, query
from ._board_cycling import FAST, MOST_CYCLES, SLOW, Pulses
from ._board_requests import MEASURING, PULSING, BoardRequests
from ._board_settings import LINE_CURRENT, SHORTEST_PULSE

_LONGEST = 1e9
_CELLS = Block()
_VOLTS = Numeric("V")
_SECONDS = Numeric("S")
_EACH = OneOf(Block(), _VOLTS)


class CyclingCommands(BoardRequests):
    """Settings and queries of CYCLe and DELay."""

    @query("SYSTem:CAPability:CYCLes")
    def capability_cycles(self) -> int:
        """Tell how many pulses a message of cycles should have, to be answered soon."""
        return FAST if self.cells.compiles else SLOW

    @command(
        "CYCLe:RESet",
        Numeric("S", SHORTEST_PULSE, _LONGEST, 1e-6),
        Numeric("S", 0.0, _LONGEST, 0.0),
        Numeric("S", 0.0, _LONGEST, 0.0),
        Numeric("S", 0.0, _LONGEST, 0.0),
        Numeric("A", 1e-9, LINE_CURRENT, 1e-3),
    )
    def set_reset_pulse(
        self, width: float, period: float, leading: float, trailing: float, limit: float
    ) -> None:
        """Set width, period, edges and current limit of the RESET; the SET is SOURce:PULSe."""
        pulse = self.reset_pulse
        pulse.width, pulse.period = width, period
        pulse.leading, pulse.trailing, pulse.current_limit = leading, trailing, limit

    @query("CYCLe:RESet")
    def tell_reset_pulse(self) -> str:
        """Tell width, period, edges and current limit of the RESET."""
        pulse = self.reset_pulse
        told = (pulse.width, pulse.period, pulse.leading, pulse.trailing, pulse.current_limit)
        return ",".join(map(repr, told))

    @query(
        "CYCLe:CELLs", _CELLS, _EACH, _EACH, _EACH, _EACH, Integer(1, MOST_CYCLES), _VOLTS, _VOLTS
    )
    def cycle_cells(
        self,
        cells: bytes,
        up: bytes | float,
        up_gate: bytes | float,
        down: bytes | float,
        down_gate: bytes | float,
        count: int,
        voltage: float,
        gate: float,
    ) -> bytes:
        """Cycle cells: begin and end; peaks and flags; begins, currents and flags of readings."""

        def carry_out() -> bytes:
            chosen = self.codec.cells(cells)
            size = len(chosen)
            heights = [self.codec.volts(value, size) for value in (up, down)]
            gates = [self.codec.volts(value, size) for value in (up_gate, down_gate)]
            found = self.cells.cycle(
                chosen, Pulses(heights[0], gates[0]), Pulses(heights[1], gates[1]), count, voltage,
                gate,
            )  # fmt: skip
            for height in heights:
                self._note_request("pulse", size, height)
            if voltage:
                self._note_request("read", size, voltage)
            return self.codec.parts(
                ("time", np.array([found.began, found.ended])),
                ("value", found.peak),
                ("flag", found.flags),
                ("time", found.time),
                ("value", found.current),
                ("flag", found.read_flags),
            )

        return self._answered(carry_out, PULSING, *([MEASURING] if voltage else []))

    @query("DELay:CELLs", _CELLS, _EACH, _EACH, Numeric("A"), _SECONDS)
    def time_cells(
        self,
        cells: bytes,
        amplitude: bytes | float,
        gate: bytes | float,
        threshold: float,
        clock: float,
    ) -> bytes:
        """Pulse each cell until its current crosses: begin, delay, width, largest current, flag."""

        def carry_out() -> bytes:
            chosen = self.codec.cells(cells)
            height, opening = (self.codec.volts(value, len(chosen)) for value in (amplitude, gate))
            found = self.cells.delays(chosen, Pulses(height, opening), threshold, clock)
            self._note_request("pulse", len(chosen), height)
            return self.codec.answer(
                ("time", found.time),
                ("time", found.delay),
                ("time", found.width),
                ("value", found.peak),
                ("flag", found.flags),
            )

        return self._answered(carry_out, PULSING, MEASURING)
