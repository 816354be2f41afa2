"""One channel of a Keithley 2636B: its parameters and its verbs as a source-meter."""

import threading
from typing import Literal, final

from labcim.capabilities import Floats, SweepReadings
from labcim.errors import InstrumentError
from labcim.instrument import SafePhase
from labcim.limits import TerminalLimits
from labcim.parameter import Parameter
from labcim.transport import Transport

from ._guarded_source import GuardedSource, Reading, mean_reading
from ._keithley2636b_readings import READING, one_reading, run_list_sweep
from ._proof import prove
from ._tsp_talker import TspTalker

HIGHEST_VOLTAGE, LOWEST_VOLTAGE_LIMIT = 200.0, 0.02
HIGHEST_CURRENT, LOWEST_CURRENT_LIMIT = 1.5, 1e-10
#: Above 20 V the instrument gives 100 mA at most.
CORNER_VOLTAGE, CORNER_CURRENT = 20.0, 0.1
_SETTINGS = (
    "print(smu<x>.source.func, smu<x>.source.levelv, smu<x>.source.limiti, "
    "smu<x>.source.leveli, smu<x>.source.limitv)"
)
_LONGEST_FILTER = 100
_SWITCH = {True: "1", False: "0"}

Function = Literal["voltage", "current"]
OffState = Literal["normal", "zero", "high impedance"]


def _shown(path: str) -> str:
    """Return the question for a setting that is one of several."""
    return f"print(string.format('%d', smu<x>.{path}))"


@final
class SmuChannel(TspTalker, GuardedSource):
    """A channel between its terminal ``a_hi`` or ``b_hi`` and ground.

    ``<x>`` in a message stands for the channel's letter.
    """

    highest_voltage = HIGHEST_VOLTAGE
    most_points = 60_000  # of two dedicated buffers with times and source values

    source_function = Parameter[Function](
        doc="Control what is sourced: 'voltage' or 'current'.",
        get=_shown("source.func"),
        set="smu<x>.source.func = {}",
        choices={"voltage": "1", "current": "0"},
        guard="guard_function",
    )
    voltage = Parameter[float](
        doc="Control the sourced voltage in V, -200 V to 200 V.",
        unit="V",
        get="print(smu<x>.source.levelv)",
        set="smu<x>.source.levelv = {:.9g}",
        limits=(-HIGHEST_VOLTAGE, HIGHEST_VOLTAGE),
        guard="guard_voltage",
    )
    current_limit = Parameter[float](
        doc="Control the current limit while sourcing voltage, in A, 100 pA to 1.5 A.",
        unit="A",
        get="print(smu<x>.source.limiti)",
        set="smu<x>.source.limiti = {:.9g}",
        limits=(LOWEST_CURRENT_LIMIT, HIGHEST_CURRENT),
        guard="guard_current_limit",
    )
    current = Parameter[float](
        doc="Control the sourced current in A, -1.5 A to 1.5 A.",
        unit="A",
        get="print(smu<x>.source.leveli)",
        set="smu<x>.source.leveli = {:.9g}",
        limits=(-HIGHEST_CURRENT, HIGHEST_CURRENT),
        guard="guard_current",
    )
    voltage_limit = Parameter[float](
        doc="Control the voltage limit while sourcing current, in V, 20 mV to 200 V.",
        unit="V",
        get="print(smu<x>.source.limitv)",
        set="smu<x>.source.limitv = {:.9g}",
        limits=(LOWEST_VOLTAGE_LIMIT, HIGHEST_VOLTAGE),
        guard="guard_voltage_limit",
    )
    source_range = Parameter[float](
        doc="Control the voltage source range in V, 200 mV to 200 V; sets it fixed.",
        unit="V",
        get="print(smu<x>.source.rangev)",
        set="smu<x>.source.rangev = {:.9g}",
        limits=(-HIGHEST_VOLTAGE, HIGHEST_VOLTAGE),
    )
    source_delay = Parameter[float](
        doc="Control the delay after a step of the source in s, 0 s to 10 ks.",
        unit="s",
        get="print(smu<x>.source.delay)",
        set="smu<x>.source.delay = {:.9g}",
        limits=(0.0, 1e4),
    )
    power_line_cycles = Parameter[float](
        doc="Control the integration time of readings in line cycles, 0.001 to 25.",
        get="print(smu<x>.measure.nplc)",
        set="smu<x>.measure.nplc = {:.6g}",
        limits=(0.001, 25.0),
    )
    current_range = Parameter[float](
        doc="Control the current measure range in A, 100 pA to 1.5 A; sets it fixed.",
        unit="A",
        get="print(smu<x>.measure.rangei)",
        set="smu<x>.measure.rangei = {:.9g}",
        limits=(1e-10, HIGHEST_CURRENT),
    )
    autorange = Parameter[bool](
        doc="Control whether the current measure range follows the signal.",
        get=_shown("measure.autorangei"),
        set="smu<x>.measure.autorangei = {}",
        choices=_SWITCH,
    )
    four_wire = Parameter[bool](
        doc="Control remote sensing.",
        get=_shown("sense"),
        set="smu<x>.sense = {}",
        choices=_SWITCH,
    )
    high_capacitance = Parameter[bool](
        doc="Control the mode for loads of up to 50 uF, which has no range below 1 uA.",
        get=_shown("source.highc"),
        set="smu<x>.source.highc = {}",
        choices=_SWITCH,
    )
    output_off_state = Parameter[OffState](
        doc="Control what the terminal is when off; 'high impedance' opens the relay.",
        get=_shown("source.offmode"),
        set="smu<x>.source.offmode = {}",
        choices={"normal": "0", "zero": "1", "high impedance": "2"},
    )
    output = Parameter[bool](
        doc="Control whether the output is on.",
        get=_shown("source.output"),
        set="smu<x>.source.output = {}",
        choices=_SWITCH,
        guard="guard_output",
    )
    limit_tripped = Parameter[bool](
        doc="Get whether a limit holds the source back now.",
        get="print(smu<x>.source.compliance)",
        choices={True: "true", False: "false"},
    )

    def __init__(
        self,
        letter: Literal["a", "b"],
        transport: Transport,
        limits: TerminalLimits,
        latch: threading.Event,
        check_errors: bool,
    ) -> None:
        self.terminal = f"{letter}_hi"
        self.letter = letter
        super().__init__(transport, {self.terminal: limits}, latch=latch, check_errors=check_errors)

    # --- what is said, with the letter put in ---

    def send(self, message: str | bytes) -> None:
        """Send a command for this channel."""
        super().send(self._lettered(message))

    def ask(self, message: str | bytes) -> str:
        """Ask something of this channel."""
        return super().ask(self._lettered(message))

    def ask_block(self, message: str | bytes, size: int | None = None) -> bytes:
        """Ask this channel for a block."""
        return super().ask_block(self._lettered(message), size)

    def _lettered(self, message: str | bytes) -> str:
        text = message.decode("ascii") if isinstance(message, bytes) else message
        return text.replace("smu<x>", f"smu{self.letter}")

    # --- verbs ---

    def initialise(self) -> None:
        """Reset the channel; then source voltage, open the relay when off."""
        self.forget()
        self.command("smu<x>.reset() smu<x>.source.func = 1 smu<x>.source.offmode = 2")
        self._on = False

    def source(self, voltage: float, *, current_limit: float) -> None:
        """Hold ``voltage`` V with the output on; never more than ``current_limit`` A.

        Sends only what changes. Raises RangeError before anything is sent.
        """
        self.check_source(voltage, current_limit=current_limit)
        words = []
        if current_limit != self._limit:
            words.append(f"smu<x>.source.limiti = {current_limit:.9g}")
        if voltage != self._level:
            words.append(f"smu<x>.source.levelv = {voltage:.9g}")
        if not self._on:
            # The function is not known either: it is said before the output goes on.
            words = ["smu<x>.source.func = 1", *words, "smu<x>.source.output = 1"]
        if words:
            self._tell_or_forget(" ".join(words))
            self._level, self._limit, self._on = voltage, current_limit, True

    def check_source(self, voltage: float, *, current_limit: float) -> None:
        """Raise RangeError where ``source`` would; sends nothing."""
        type(self).voltage.check(self, voltage)
        type(self).current_limit.check(self, current_limit)
        guard = self._guard()
        guard.check_voltage("voltage", voltage)
        guard.check_current("current_limit", current_limit)
        guard.check_corner(voltage, current_limit, CORNER_VOLTAGE, CORNER_CURRENT)

    def measure(self, *, averages: int = 1) -> Reading:
        """Return (voltage in V, current in A, flags), both measured, with the output as it is.

        Up to 100 readings are averaged by the instrument's repeating filter, more by the driver.
        """
        wanted = max(int(averages), 1)
        filtered = min(wanted, _LONGEST_FILTER)
        if filtered != self._filter:
            self._tell_or_forget(
                f"smu<x>.measure.filter.type = 1 smu<x>.measure.filter.count = {filtered} "
                f"smu<x>.measure.filter.enable = {int(filtered > 1)}"
            )
            self._filter = filtered
        return mean_reading(self._read, -(-wanted // _LONGEST_FILTER))

    def _read(self) -> Reading:
        voltage, current, flags, errors = one_reading(self.ask(READING))
        self.raise_counted(errors, READING)
        return voltage, current, flags

    def sweep(self, voltages: Floats, *, dwell: float, current_limit: float) -> SweepReadings:
        """Step through ``voltages`` V, shape (points,), ``dwell`` s each, and end with output off.

        One run of the trigger model. Raises RangeError before anything is sent if any point is
        beyond a limit or not a number.
        """
        levels = self.checked_sweep(voltages, dwell)
        self.check_source(max(levels, key=abs), current_limit=current_limit)
        self.forget()
        try:
            return run_list_sweep(self, levels, dwell, current_limit, self._latch)
        finally:
            if not self._latch.is_set():
                self.command("smu<x>.source.delay = 0 smu<x>.measure.delay = -1")
                self.off()

    def off(self) -> None:
        """Go to 0 V and open the output."""
        self._tell_or_forget(
            "smu<x>.source.levelv = 0 smu<x>.source.leveli = 0 smu<x>.source.output = 0"
        )
        self._level, self._on = 0.0, False

    def is_live(self) -> bool:
        """Ask whether the output is on and away from 0 V; a current source always is."""
        return self.output and (self.source_function != "voltage" or self.voltage != 0.0)

    def safe(self, phase: SafePhase) -> None:
        """Levels to zero (with the gates if it reaches gates), later the output off; proved."""
        self.forget()
        smu = f"smu{self.letter}"
        gate = self.terminal_limits(self.terminal).gate
        if phase is (SafePhase.GATES if gate else SafePhase.SOURCES):
            self.transport.write(f"{smu}.abort() {smu}.source.levelv = 0 {smu}.source.leveli = 0")
            question = f"print({smu}.source.levelv, {smu}.source.leveli)"
            prove(self.transport, question, f"{smu} source level", _all_zero)
        elif phase is SafePhase.OUTPUTS:
            self.transport.write(f"{smu}.source.output = 0")
            prove(self.transport, f"print({smu}.source.output)", f"{smu} output", _all_zero)

    def present_settings(self) -> tuple[str, list[str]]:
        """Return the source function, and its levels and limits as the instrument tells them."""
        kind, *settings = self.ask(_SETTINGS).split("\t")
        try:
            return ("voltage" if float(kind) == 1.0 else "current"), settings
        except ValueError as trouble:
            raise InstrumentError(
                f"{self.transport.address}: source function reads {kind[:80]!r}"
            ) from trouble

    def tell(self, message: str) -> None:
        """Send a command, and ask in the same message whether it was taken."""
        self.command(message)


def _all_zero(answer: str) -> bool:
    return all(float(part) == 0.0 for part in answer.split("\t"))
