"""One terminal of a simulated instrument on the bench; what source instruments share."""

import math
from typing import Protocol

from ..chip.clock import SimClock
from ..chip.limit_loop import LimitLoop
from ..chip.ports import PLAIN, Measured, Port
from ..chip.wiring import Wiring


class Circuit(Protocol):
    """What a source instrument needs of a bench (see `Electrics`)."""

    clock: SimClock
    wiring: Wiring

    def drive(
        self,
        terminal: str,
        voltage: float | None,
        *,
        impedance: float = ...,
        current_limit: float = ...,
        kind: str = ...,
    ) -> None:
        """Hold a terminal at a voltage, or open it."""

    def measure(self, terminal: str, aperture: float, averages: int = 1) -> Measured:
        """Measure at a terminal."""

    def forced(self, terminal: str, current: float, highest: float) -> Measured:
        """Return what a source of a current would settle at."""

    def dwell(
        self, terminal: str, voltage: float, time: float, current_limit: float
    ) -> tuple[float, float, bool]:
        """Hold a voltage for a time and return what is measured at its end."""

    def pulse(
        self,
        terminal: str,
        amplitude: float,
        width: float,
        count: int = 1,
        period: float = 0.0,
        *,
        edges: tuple[float, float] = ...,
    ) -> None:
        """Pulse a terminal."""

    def advance(self, duration: float) -> None:
        """Let time pass."""

    def set_port(self, terminal: str, port: Port) -> None:
        """Say how a terminal meets the bench."""

    def set_loop(self, terminal: str, loop: LimitLoop) -> None:
        """Say how fast a terminal's current limit takes hold."""


class Terminal:
    """A terminal by its full name, ``INSTRUMENT.TERMINAL``.

    impedance: ohm of its output.  port: its return, sense leads and input; see `Port`.  loop: how
    fast its current limit takes hold; None: at once.
    """

    def __init__(
        self,
        circuit: Circuit,
        name: str,
        impedance: float,
        port: Port = PLAIN,
        loop: LimitLoop | None = None,
    ) -> None:
        self.circuit = circuit
        self.name = name
        self.impedance = impedance
        self._port = PLAIN
        self.set_port(port)
        if loop is not None:
            circuit.set_loop(name, loop)
        self._present: tuple[float | None, float] = (None, math.inf)

    @property
    def now(self) -> float:
        """Return simulated time in s."""
        return self.circuit.clock.now

    def set_port(self, port: Port) -> None:
        """Meet the bench in another way from now on: other sense leads, another input."""
        if port != self._port:
            self._port = port
            self.circuit.set_port(self.name, port)

    def hold(self, voltage: float | None, current_limit: float = math.inf) -> bool:
        """Hold a voltage in V under a limit in A, or open the terminal (None).

        Returns whether that is anything new.
        """
        if (voltage, current_limit) == self._present:
            return False
        self._present = (voltage, current_limit)
        self.circuit.drive(
            self.name,
            voltage,
            impedance=self.impedance,
            current_limit=current_limit,
            kind="gate" if self.circuit.wiring.reaches_gates(self.name) else "source",
        )
        return True

    def wait(self, duration: float) -> None:
        """Let time pass with everything as it is."""
        if duration > 0.0:
            self.circuit.advance(duration)

    def pause(self, duration: float) -> None:
        """Let a time pass that is too short for anything connected to feel it."""
        self.circuit.clock.advance(duration)

    def measure(self, aperture: float) -> Measured:
        """Measure over ``aperture`` s."""
        return self.circuit.measure(self.name, aperture)

    def holds(self, voltage: float, current_limit: float) -> bool:
        """Say whether that is what the terminal holds now."""
        return self._present == (voltage, current_limit)

    def forced(self, current: float, highest: float) -> Measured:
        """Return what a source of ``current`` A that goes to ``highest`` V would settle at."""
        return self.circuit.forced(self.name, current, highest)

    def dwell(self, voltage: float, time: float, current_limit: float) -> Measured:
        """Hold a voltage for ``time`` s under a limit, and say what was there at the end."""
        self._present = (voltage, current_limit)
        return Measured(*self.circuit.dwell(self.name, voltage, time, current_limit))

    def pulse(
        self,
        amplitude: float,
        width: float,
        count: int,
        period: float,
        edges: tuple[float, float] = (0.0, 0.0),
    ) -> None:
        """Pulse to ``amplitude`` V; edges: s of rise and fall, from one level to the other."""
        self.circuit.pulse(self.name, amplitude, width, count, period, edges=edges)
