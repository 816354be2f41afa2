"""Runs that hang in one way or another, with the outputs on, until someone ends them."""

import threading
from collections.abc import Callable
from typing import ClassVar

import numpy as np

from labcim.capabilities import Topology, Train
from labcim.errors import InstrumentError
from labcim.host import Host
from labcim.protocol import Progress, ProtocolSpec, protocol
from labcim.recipe import Recipe, Unit

CELLS = np.array([1, 2], np.uint32)
TRAIN = Train(amplitude=1.0, width=1e-6, gate=1.5)


class Wait(Recipe):
    """Pulse two cells, then wait."""

    protocol: ClassVar[str] = "wait"

    def units(self, topology: Topology) -> list[Unit]:
        return [Unit(name, CELLS, bound=1) for name in ("first", "second")]


Waiting = Callable[[Host], None]


def sleep(host: Host) -> None:
    """Sleep a minute of wall time."""
    host.station.clock.sleep(60.0)


def long_sweep(host: Host) -> None:
    """Sweep on and on, without giving the runner a chance."""
    voltages = np.tile(np.linspace(0.0, 0.3, 10), 10)
    while True:
        host.station.cells.sweep(3, voltages, dwell=1e-2, gate=1.0, current_limit=1e-4)


def unanswered_read(host: Host) -> None:
    """Wait for an answer that an instrument never gives."""
    next(iter(host.station.instruments.values())).ask("*CLS")


def steps(host: Host) -> None:
    """Do small steps until told to end."""
    while not host.steering.stopping:
        host.station.cells.read(CELLS, 0.2, gate=3.0)


WAYS: list[Waiting] = [sleep, long_sweep, unanswered_read]


def waiting(host: Host, way: Waiting, begun: threading.Event) -> ProtocolSpec:
    """Return a protocol that pulses, says so, and waits in that way."""

    def run(recipe, given, unit, carry):
        given.cells.pulse(unit.cells, TRAIN)
        yield Progress(0.5, "waits")
        begun.set()
        way(host)

    return protocol(Wait, channels=())(run)


def failing(after: Exception | None = None) -> ProtocolSpec:
    """Return a protocol that fails with its outputs on."""

    def run(recipe, given, unit, carry):
        given.cells.pulse(unit.cells, TRAIN)
        yield Progress(0.5, "fails")
        raise after or InstrumentError("the needle slipped")

    return protocol(Wait, channels=())(run)
