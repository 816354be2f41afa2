"""UPDate: parallel updates of all cells, as commands."""

import numpy as np

from ..chip.clock import SimClock
from ..chip.truth import TruthLog
from ..chip.wired_chip import WiredChip
from ..wire.parameters import Block, Boolean, Integer, Numeric
from ..wire.scpi import ScpiError, command, query
from ._board_options import BoardOptions
from ._board_requests import PULSING
from ._board_settings import SHORTEST_PULSE
from ._board_updates import MOST_SLOTS, UpdateFirmware, UpdateSettings
from ._board_vector_commands import VectorCommands

_LONGEST = 1.0
_MOST_SEED = 2**31 - 1
_MOST_SAMPLE = 2**40


class UpdateCommands(VectorCommands):
    """Settings and queries of UPDate."""

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
        self.updates = UpdateSettings()
        self._trains = UpdateFirmware(chip, clock, self.settings, self.updates, self.banks)

    def reset(self) -> None:
        """*RST."""
        super().reset()
        self.updates.reset()

    @query("UPDate:APPLy", Block(), Block())
    def apply_update(self, rows: bytes, columns: bytes) -> bytes:
        """Pulse rows and columns: begin and end, half-select, pulses of each cell up and down."""

        def carry_out() -> bytes:
            if "UPD" not in self.operations:
                raise ScpiError(-221, device_info="no updates on this topology")
            chip, own = self.topology, self.updates
            given = self.codec.matrix(rows, chip.rows), self.codec.matrix(columns, chip.columns)
            found = self._trains.update(*given)
            self.note("update", f"{len(given[0])} samples", max(own.up, -own.down))
            return self.codec.parts(
                ("time", np.array([found.began, found.ended])),
                ("value", np.array([found.half])),
                ("count", found.up),
                ("count", found.down),
            )

        return self._answered(carry_out, PULSING)

    @command("UPDate:VOLTage", Numeric("V", 0.0, 10.0), Numeric("V", -10.0, 0.0))
    def set_update_voltage(self, up: float, down: float) -> None:
        """Set the voltages of a cell where its lines pulse together, up and down."""
        self.updates.up, self.updates.down = up, down

    @query("UPDate:VOLTage")
    def update_voltage(self) -> str:
        """Tell the voltages of a cell where its lines pulse together."""
        return f"{self.updates.up!r},{self.updates.down!r}"

    @command("UPDate:GATE", Numeric("V"), Numeric("V"))
    def set_update_gate(self, up: float, down: float) -> None:
        """Set the voltages of open gates, up and down."""
        self.updates.gate_up, self.updates.gate_down = up, down

    @query("UPDate:GATE")
    def update_gate(self) -> str:
        """Tell the voltages of open gates."""
        return f"{self.updates.gate_up!r},{self.updates.gate_down!r}"

    @command("UPDate:WIDTh", Numeric("S", SHORTEST_PULSE, _LONGEST, 1e-6))
    def set_update_width(self, value: float) -> None:
        """Set the width of a pulse."""
        self.updates.width = value

    @query("UPDate:WIDTh")
    def update_width(self) -> str:
        """Tell the width of a pulse."""
        return repr(self.updates.width)

    @command("UPDate:SLOTs", Integer(1, MOST_SLOTS, MOST_SLOTS))
    def set_slots(self, value: int) -> None:
        """Set the slots of a train."""
        self.updates.slots = value

    @query("UPDate:SLOTs")
    def slots(self) -> int:
        """Tell the slots of a train."""
        return self.updates.slots

    @command("UPDate:DETerministic", Boolean())
    def set_deterministic(self, on: bool) -> None:
        """Choose trains of as many pulses as the values say, or of that chance."""
        self.updates.deterministic = on

    @query("UPDate:DETerministic")
    def deterministic(self) -> bool:
        """Tell whether trains are without chance."""
        return self.updates.deterministic

    @command("UPDate:SEED", Integer(0, _MOST_SEED, 0))
    def set_seed(self, value: int) -> None:
        """Set the seed of trains drawn by chance."""
        self.updates.seed = value

    @query("UPDate:SEED")
    def seed(self) -> int:
        """Tell the seed of trains."""
        return self.updates.seed

    @command("UPDate:FIRSt", Integer(0, _MOST_SAMPLE, 0))
    def set_first(self, value: int) -> None:
        """Set the number of the first sample."""
        self.updates.first = value

    @query("UPDate:FIRSt")
    def first(self) -> int:
        """Tell the number of the first sample."""
        return self.updates.first
