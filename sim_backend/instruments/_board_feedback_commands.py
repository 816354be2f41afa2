"""FEEDback: loops of amplifiers around a part of the array, as commands."""

from collections.abc import Callable

import numpy as np

from ..chip.clock import SimClock
from ..chip.truth import TruthLog
from ..chip.wired_chip import WiredChip
from ..wire.parameters import Block, Numeric
from ..wire.scpi import ScpiError, command, query
from ._board_feedback import ENDINGS, LoopEnd, LoopFirmware, LoopSettings, Part
from ._board_options import BoardOptions
from ._board_requests import MEASURING
from ._board_update_commands import UpdateCommands


class FeedbackCommands(UpdateCommands):
    """Settings and queries of FEEDback."""

    def __init__(
        self,
        chip: WiredChip,
        clock: SimClock,
        truth: TruthLog,
        name: str,
        options: BoardOptions,
        seed: int,
    ) -> None:
        super().__init__(chip, clock, truth, name, options, seed)
        self.loops = LoopSettings()
        self._loops = LoopFirmware(chip, clock, self.settings, self.loops, self.banks, options)

    def reset(self) -> None:
        """*RST."""
        super().reset()
        self.loops.reset()

    @query("FEEDback:SOLVe", Block(), Block(), Block(), Block())
    def solve(self, rows: bytes, positive: bytes, negative: bytes, inputs: bytes) -> bytes:
        """Solve (G+ - G-) v = conductance * inputs: begin, settling time; ending; v."""
        return self._ended(
            "solve",
            lambda: self._loops.solve(
                self._part(rows, positive, negative), self.codec.matrix(inputs, 1)[:, 0]
            ),
        )

    @query("FEEDback:EIGenvector", Block(), Block(), Block())
    def eigenvector(self, rows: bytes, positive: bytes, negative: bytes) -> bytes:
        """Find the principal eigenvector of G+ - G-: begin, settling time; ending; v."""
        part = (rows, positive, negative)
        return self._ended("eigenvector", lambda: self._loops.eigenvector(self._part(*part)))

    def _part(self, rows: bytes, positive: bytes, negative: bytes) -> Part:
        return Part(*(self.codec.cells(lines) for lines in (rows, positive, negative)))

    def _ended(self, name: str, run: Callable[[], LoopEnd]) -> bytes:
        def carry_out() -> bytes:
            if "FEED" not in self.operations:
                raise ScpiError(-221, device_info="no feedback loops on this topology")
            end = run()
            self.note("feedback", f"{name}: {end.truth}", float(np.abs(end.voltage).max()))
            return self.codec.parts(
                ("time", np.array([end.began, end.settling])),
                ("flag", np.array([ENDINGS.index(end.ending)], np.uint8)),
                ("value", end.voltage),
            )

        return self._answered(carry_out, MEASURING)

    @command("FEEDback:CONDuctance", Numeric("S", 1e-9, 1.0, 100e-6))
    def set_loop_conductance(self, value: float) -> None:
        """Set the input (solve) or feedback (eigenvector) resistors."""
        self.loops.conductance = value

    @query("FEEDback:CONDuctance")
    def loop_conductance(self) -> str:
        """Tell the input or feedback resistors."""
        return repr(self.loops.conductance)

    @command("FEEDback:GATE", Numeric("V"))
    def set_loop_gate(self, value: float) -> None:
        """Set the voltage of open gates."""
        self.loops.gate = value

    @query("FEEDback:GATE")
    def loop_gate(self) -> str:
        """Tell the voltage of open gates."""
        return repr(self.loops.gate)

    @command("FEEDback:LIMit", Numeric("V", 1e-3, 10.0, 0.2))
    def set_loop_limit(self, value: float) -> None:
        """Set the largest output of an amplifier, from the level, either way."""
        self.loops.limit = value

    @query("FEEDback:LIMit")
    def loop_limit(self) -> str:
        """Tell the largest output of an amplifier."""
        return repr(self.loops.limit)

    @command("FEEDback:LEVel", Numeric("V", 0.0, 10.0, 0.0))
    def set_loop_level(self, value: float) -> None:
        """Set the level of the rows, from which everything is counted."""
        self.loops.level = value

    @query("FEEDback:LEVel")
    def loop_level(self) -> str:
        """Tell the level of the rows."""
        return repr(self.loops.level)

    @command("FEEDback:PATience", Numeric("S", 1e-9, 1e3, 1e-3))
    def set_patience(self, value: float) -> None:
        """Set how long a loop may take to settle."""
        self.loops.patience = value

    @query("FEEDback:PATience")
    def patience(self) -> str:
        """Tell how long a loop may take to settle."""
        return repr(self.loops.patience)
