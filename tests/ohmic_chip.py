"""A chip of resistors under a simulated board, and a transport straight into its message core.

What comes back is then known in closed form: current = conductance x voltage.
"""

from types import SimpleNamespace
from typing import Any

import numpy as np

from labcim.capabilities import Topology
from labcim.errors import TransportError
from labcim.sim_backend.chip.chip_parts import Windows
from labcim.sim_backend.instruments.crossbar_board import CrossbarBoard
from labcim.sim_backend.wire.message import MessageCore


class OhmicChip:
    """Resistors; ``asked`` keeps every call, ``actions`` what the board noted as truth."""

    straight = True

    def __init__(self, topology: Topology) -> None:
        self.topology = topology
        self.conductance = 1e-6 * (1.0 + np.arange(topology.size))
        self.asked: list[tuple[str, dict[str, Any]]] = []
        self.actions: list[tuple[str, str, str, float]] = []
        self.now = 0.0
        self.exact, self.settling = False, 0.0

    def advance(self, duration):
        self.now += duration

    def action(self, *told):
        self.actions.append(told)

    def pulse_cells(self, cells, amplitude, width, gate, *, count=1, gap=0.0,
                    current_limit=np.inf, start=None):  # fmt: skip
        told = dict(cells=cells, amplitude=amplitude, width=width, gate=gate, count=count,
                    gap=gap, current_limit=current_limit, start=start)  # fmt: skip
        self.asked.append(("pulse", told))
        return np.minimum(np.abs(amplitude) * self.conductance[cells], current_limit)

    def read_cells(self, cells, voltage, gate, *, aperture, averages=1, start=None):
        told = dict(cells=cells, voltage=voltage, gate=gate, aperture=aperture,
                    averages=averages, start=start)  # fmt: skip
        self.asked.append(("read", told))
        return voltage * self.conductance[cells]

    def apply(self, row_v, column_v, gate_v, width, *, line_current_limit=np.inf):
        self.asked.append(("apply", dict(row=row_v, column=column_v, gate=gate_v, width=width)))

    def line_currents(self, row_v, column_v, gate_v, *, aperture):
        self.asked.append(("measure", dict(aperture=aperture)))
        chip = self.topology
        conductance = self.conductance.reshape(chip.rows, chip.columns) * (gate_v > 0.0)
        flow = conductance * (row_v[:, None] - column_v)
        return SimpleNamespace(
            row_current=np.where(np.isnan(row_v), np.nan, np.nansum(flow, axis=1)),
            column_current=np.where(np.isnan(column_v), np.nan, -np.nansum(flow, axis=0)),
        )


class CoreTransport:
    """Messages straight into a message core, as VISA would carry them."""

    address = "CORE"

    def __init__(self, core: MessageCore) -> None:
        self.core = core
        self.sent: list[bytes] = []

    def write(self, message):
        data = message.encode() if isinstance(message, str) else message
        self.sent.append(data)
        self.core.feed(data + b"\n", True)

    def query(self, message):
        self.write(message)
        return self._reply(message).decode().strip()

    def query_block(self, message, size=None):
        self.write(message)
        reply = self._reply(message)
        digits = int(reply[1:2])
        return reply[2 + digits : 2 + digits + int(reply[2 : 2 + digits])]

    def _reply(self, message):
        reply = b""
        while self.core.has_reply:
            reply += self.core.read(2**30)[0]
        if not reply:
            raise TransportError(f"no answer to {message[:40]!r}")
        return reply

    def clear(self):
        self.core.clear()

    def status_byte(self):
        return self.core.read_status_byte()

    def close(self):
        pass


def ohmic_board(topology: Topology) -> tuple[OhmicChip, CrossbarBoard, CoreTransport]:
    """Return resistors, the simulated board on them, and a line to it."""
    chip = OhmicChip(topology)
    bench = SimpleNamespace(
        wired_chip=lambda name: chip,
        chip=SimpleNamespace(clock=chip, truth=chip),
        chip_file=SimpleNamespace(chip=SimpleNamespace(seed=1, windows=Windows()), preset=None),
    )
    board = CrossbarBoard(bench, SimpleNamespace(name="board", serial="7", options={}))
    return chip, board, CoreTransport(MessageCore(board))
