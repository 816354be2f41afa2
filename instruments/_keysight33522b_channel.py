"""One channel of a Keysight 33522B: its parameters, and how it comes to 0 V."""

import math

import numpy as np

from labcim.capabilities import Floats
from labcim.errors import RangeError, TransportError
from labcim.instrument import SafePhase
from labcim.parameter import Parameter
from labcim.transport import block
from labcim.units import show

from ._keysight33522b_guard import FUNCTIONS, UNITS, GuardedChannel, parse_load
from ._keysight33522b_waveform import Function, Unit, Waveform
from ._proof import prove

_SWITCH = {True: "1", False: "0"}
_UNTIED = "SOUR<n>:TRAC OFF;:SOUR<n>:VOLT:COUP 0;:SOUR<n>:VOLT:LIM:STAT 0"
_SMALLEST = 0.002  # V, the span to which a signal is collapsed before it becomes 0 V
FEWEST_SAMPLES, MOST_SAMPLES = 8, 1_000_000


class Channel(GuardedChannel):
    """A channel and its terminal. ``<n>`` in a command stands for the channel's number.

    What the guards of its parameters do is told by `GuardedChannel`.
    """

    function = Parameter[Function](
        doc="Control the function: sine, square, triangle, ramp, pulse, noise, prbs, dc or arb.",
        get="SOUR<n>:FUNC?",
        set="SOUR<n>:FUNC {}",
        choices=FUNCTIONS,
        guard="guard_function",
    )
    frequency = Parameter[float](
        doc="Control the frequency in Hz, 1 µHz to 30 MHz.",
        unit="Hz",
        get="SOUR<n>:FREQ?",
        set="SOUR<n>:FREQ {:.10g}",
        limits=(1e-6, 30e6),
        guard="guard_shape",
    )
    amplitude = Parameter[float](
        doc="Control the amplitude in the unit that is set, up to 20 Vpp on an open line.",
        get="SOUR<n>:VOLT?",
        set="SOUR<n>:VOLT {:.7g}",
        limits=(-100.0, 20.0),
        guard="guard_amplitude",
    )
    amplitude_unit = Parameter[Unit](
        doc="Control the unit of the amplitude: Vpp, Vrms or dBm.",
        get="SOUR<n>:VOLT:UNIT?",
        set="SOUR<n>:VOLT:UNIT {}",
        choices=UNITS,
        guard="guard_unit",
    )
    offset = Parameter[float](
        doc="Control the offset in V, which is the level for dc, -10 V to 10 V on an open line.",
        unit="V",
        get="SOUR<n>:VOLT:OFFS?",
        set="SOUR<n>:VOLT:OFFS {:.7g}",
        limits=(-10.0, 10.0),
        guard="guard_offset",
    )
    high = Parameter[float](
        doc="Control the high level in V, -10 V to 10 V on an open line.",
        unit="V",
        get="SOUR<n>:VOLT:HIGH?",
        set="SOUR<n>:VOLT:HIGH {:.7g}",
        limits=(-10.0, 10.0),
        guard="guard_high",
    )
    low = Parameter[float](
        doc="Control the low level in V, -10 V to 10 V on an open line.",
        unit="V",
        get="SOUR<n>:VOLT:LOW?",
        set="SOUR<n>:VOLT:LOW {:.7g}",
        limits=(-10.0, 10.0),
        guard="guard_low",
    )
    load = Parameter[float](
        doc="Control the load that the channel believes it drives, 1 Ω to 10 kΩ or infinite.",
        unit="Ω",
        get="OUTP<n>:LOAD?",
        set="OUTP<n>:LOAD {:g}",
        limits=(1.0, math.inf),
        parse=parse_load,
        guard="guard_load",
    )
    inverted = Parameter[bool](
        doc="Control whether the signal is mirrored about its offset.",
        get="OUTP<n>:POL?",
        set="OUTP<n>:POL {}",
        choices={False: "NORM", True: "INV"},
        guard="guard_shape",
    )
    pulse_width = Parameter[float](
        doc="Control the pulse width at half height in s, 16 ns and more.",
        unit="s",
        get="SOUR<n>:FUNC:PULS:WIDT?",
        set="SOUR<n>:FUNC:PULS:WIDT {:.7g}",
        limits=(16e-9, 1e6),
        guard="guard_shape",
    )
    pulse_period = Parameter[float](
        doc="Control the pulse period in s, 33 ns to 1 Ms.",
        unit="s",
        get="SOUR<n>:FUNC:PULS:PER?",
        set="SOUR<n>:FUNC:PULS:PER {:.7g}",
        limits=(33e-9, 1e6),
        guard="guard_shape",
    )
    pulse_edges = Parameter[float](
        doc="Control the rise and fall time of pulses in s, 8.4 ns to 1 µs.",
        unit="s",
        get="SOUR<n>:FUNC:PULS:TRAN:LEAD?",
        set="SOUR<n>:FUNC:PULS:TRAN:BOTH {:.7g}",
        limits=(8.4e-9, 1e-6),
        guard="guard_edges",
    )
    burst = Parameter[bool](
        doc="Control whether the signal comes in bursts, on a trigger.",
        get="SOUR<n>:BURS:STAT?",
        set="SOUR<n>:BURS:STAT {}",
        choices=_SWITCH,
        guard="guard_shape",
    )
    burst_cycles = Parameter[float](
        doc="Control the number of cycles in a burst, 1 to 100 million.",
        get="SOUR<n>:BURS:NCYC?",
        set="SOUR<n>:BURS:NCYC {:.0f}",
        limits=(1, 100_000_000),
        guard="guard_shape",
    )
    trigger_source = Parameter[str](
        doc="Control what triggers a burst: immediate, external, timer or bus.",
        get="TRIG<n>:SOUR?",
        set="TRIG<n>:SOUR {}",
        choices={"immediate": "IMM", "external": "EXT", "timer": "TIM", "bus": "BUS"},
        guard="guard_shape",
    )
    trigger_slope = Parameter[str](
        doc="Control the edge of external triggers: positive or negative.",
        get="TRIG<n>:SLOP?",
        set="TRIG<n>:SLOP {}",
        choices={"positive": "POS", "negative": "NEG"},
        guard="guard_shape",
    )
    trigger_delay = Parameter[float](
        doc="Control the delay from a trigger to its burst in s, 0 s to 1 ks.",
        unit="s",
        get="TRIG<n>:DEL?",
        set="TRIG<n>:DEL {:.7g}",
        limits=(0.0, 1000.0),
        guard="guard_shape",
    )
    trigger_period = Parameter[float](
        doc="Control the period of timed triggers in s, 1 µs to 8 ks.",
        unit="s",
        get="TRIG<n>:TIM?",
        set="TRIG<n>:TIM {:.7g}",
        limits=(1e-6, 8000.0),
        guard="guard_shape",
    )
    burst_mode = Parameter[str](
        doc="Control whether bursts are counted or last as long as the external gate is open.",
        get="SOUR<n>:BURS:MODE?",
        set="SOUR<n>:BURS:MODE {}",
        choices={"counted": "TRIG", "gated": "GAT"},
        guard="guard_shape",
    )
    burst_phase = Parameter[float](
        doc="Control the phase at which bursts start in degrees, -360 to 360.",
        unit="deg",
        get="SOUR<n>:BURS:PHAS?",
        set="SOUR<n>:BURS:PHAS {:.7g}",
        limits=(-360.0, 360.0),
        guard="guard_shape",
    )
    square_duty = Parameter[float](
        doc="Control the duty cycle of squares in per cent, 0.01 to 99.99.",
        unit="%",
        get="SOUR<n>:FUNC:SQU:DCYC?",
        set="SOUR<n>:FUNC:SQU:DCYC {:.7g}",
        limits=(0.01, 99.99),
        guard="guard_shape",
    )
    ramp_symmetry = Parameter[float](
        doc="Control the symmetry of ramps in per cent, 0 to 100.",
        unit="%",
        get="SOUR<n>:FUNC:RAMP:SYMM?",
        set="SOUR<n>:FUNC:RAMP:SYMM {:.7g}",
        limits=(0.0, 100.0),
        guard="guard_shape",
    )
    phase = Parameter[float](
        doc="Control the phase in degrees, -360 to 360.",
        unit="deg",
        get="SOUR<n>:PHAS?",
        set="SOUR<n>:PHAS {:.7g}",
        limits=(-360.0, 360.0),
        guard="guard_shape",
    )
    output = Parameter[bool](
        doc="Control whether the output is on.",
        get="OUTP<n>?",
        set="OUTP<n> {}",
        choices=_SWITCH,
        guard="guard_output",
    )

    def initialise(self) -> None:
        """After a reset: output off, high impedance believed, 0 V."""
        self.edges = None
        self.send("OUTP<n> 0;:OUTP<n>:LOAD INF;:SOUR<n>:FUNC DC;:SOUR<n>:VOLT:OFFS 0")
        self.note(Waveform(function="dc", amplitude=0.2, offset=0.0, load=math.inf))

    def upload(self, name: str, samples: Floats) -> None:
        """Load an arbitrary waveform, samples of -1 to 1 of half the amplitude, shape (points,).

        Raises RangeError for a sample that is none, or beyond, and for a name that is loaded
        already, which the instrument does not load again: `clear_waveforms` before.
        """
        values = np.atleast_1d(np.asarray(samples, dtype=np.float64))
        wrong = np.flatnonzero(~(np.abs(values) <= 1.0)) if values.ndim == 1 else np.arange(1)
        if wrong.size or not FEWEST_SAMPLES <= values.size <= MOST_SAMPLES or not _is_name(name):
            which = f" with {values.flat[wrong[0]]} at index {wrong[0]}" if wrong.size else ""
            raise RangeError(
                f"{self.terminal}: arbitrary waveform {name!r} of {values.size} samples{which}: "
                f"accepts {FEWEST_SAMPLES} to {MOST_SAMPLES} samples of -1 to 1 under a name of up "
                "to 12 letters and digits; nothing was sent"
            )
        if name.upper() in self.waveforms():
            raise RangeError(
                f"{self.terminal}: arbitrary waveform {name!r} is loaded already: accepts another "
                "name, or this one after clear_waveforms; nothing was loaded"
            )
        self.send("FORM:BORD SWAP")
        data = block(values.astype("<f4").tobytes())
        self.send(b"SOUR%d:DATA:ARB %s,%s" % (self.number, name.encode(), data))

    def waveforms(self) -> list[str]:
        """Return the names of the arbitrary waveforms that are loaded."""
        return [name.strip('" ').upper() for name in self.ask("SOUR<n>:DATA:VOL:CAT?").split(",")]

    def clear_waveforms(self) -> None:
        """Empty the volatile memory; an arbitrary function becomes an exponential rise."""
        self.forget_shape()
        self.send("SOUR<n>:DATA:VOL:CLE")

    def select(self, name: str, sample_rate: float) -> None:
        """Make a loaded waveform the channel's arbitrary function, at a rate in samples/s."""
        if not (_is_name(name) and 1e-6 <= sample_rate <= 250e6):
            raise RangeError(
                f"{self.terminal}: arbitrary waveform {name!r} at {show(sample_rate, 'Hz')}: "
                "accepts a loaded name and 1 µHz to 250 MHz; nothing was sent"
            )
        self.forget_shape()
        self.send(f"SOUR<n>:FUNC:ARB {name};:SOUR<n>:FUNC:ARB:SRAT {sample_rate:.10g}")

    def is_live(self) -> bool:
        """Ask whether the output is on and away from 0 V; between bursts it rests at ``low``."""
        if not self.output:
            return False
        if self.function == "dc":
            return self.offset != 0.0
        return not self.burst or self.inverted or abs(self.low) > 1e-6

    def safe(self, phase: SafePhase) -> None:
        """Bring the signal to 0 V (in the phase of the gates if it is one), later open the output.

        A signal is collapsed toward 0 V before its function changes: from a pulse of 0 to 2 V
        straight to dc would put 1 V on the line, and an ended burst mode would repeat the pulse.
        Before that it is untied: from limits that leave out 0 V, and from the other channel.
        """
        self.forget()
        if phase is (SafePhase.GATES if self._limits.gate else SafePhase.SOURCES):
            self.transport.write(self.named(_UNTIED))
            for message in self._collapse():
                self.transport.write(self.named(message))
            query = str(self.named("SOUR<n>:FUNC?;:SOUR<n>:VOLT:OFFS?"))
            prove(self.transport, query, f"{self.terminal} level", _is_zero_dc)
        elif phase is SafePhase.OUTPUTS:
            self.transport.write(self.named("OUTP<n> 0"))
            query = str(self.named("OUTP<n>?"))
            prove(self.transport, query, f"{self.terminal} output", lambda text: int(text) == 0)

    def _collapse(self) -> list[str]:
        """Return what takes the channel from where it is to 0 V without passing beyond."""
        levels = "SOUR<n>:FUNC?;:SOUR<n>:VOLT:HIGH?;:SOUR<n>:VOLT:LOW?"
        to_zero = "SOUR<n>:FUNC DC;:SOUR<n>:VOLT:OFFS 0;*CLS"
        try:
            word, high_text, _low = self.transport.query(self.named(levels)).split(";")
            high = float(high_text)
        except (TransportError, ValueError):
            return [to_zero]  # blind: the reading back decides whether it is safe
        if word == "DC":
            return [to_zero]
        if high > 0.0:
            shrink = f"SOUR<n>:VOLT:LOW 0;:SOUR<n>:VOLT:HIGH {_SMALLEST}"
        else:
            shrink = f"SOUR<n>:VOLT:HIGH 0;:SOUR<n>:VOLT:LOW {-_SMALLEST}"
        return [f"ABOR<n>;:{shrink}", to_zero]


def _is_name(name: str) -> bool:
    return name.isascii() and name.isalnum() and name[0].isalpha() and len(name) <= 12


def _is_zero_dc(answer: str) -> bool:
    word, offset = answer.split(";")
    return word == "DC" and abs(float(offset)) == 0.0
