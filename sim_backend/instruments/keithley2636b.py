"""A simulated Keithley 2636B: two source-measure channels, in its language TSP.

Channel A is between its terminals ``a_hi`` and ``a_lo``, channel B between ``b_hi`` and ``b_lo``; a
low terminal that the chip file does not wire is ground. Remote sensing takes ``a_sense_hi`` and
``a_sense_lo``. Option ``interlock = true`` closes the interlock, without which 200 V are blocked.
Source: Series 2600B Reference Manual, 2600BS-901-01.
"""

from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar, Final, final

from ..chip.ports import PLAIN, Port
from ..wire.errors import ScpiError
from ..wire.tsp import TspInstrument, call, getter, setter
from ..wire.tsp_tree import Guarded
from ._keithley2636b_buffer import BufferFunctions
from ._keithley2636b_calibration import Calibration
from ._keithley2636b_channel import Channel
from ._keithley2636b_channel_tree import ChannelFunctions
from ._keithley2636b_contact import ContactCheck
from ._keithley2636b_events import (
    BLENDER_INPUTS,
    BLENDERS,
    CHANNEL_EVENTS,
    COMMAND_EVENT,
    Detector,
    EventBus,
    event_constants,
)
from ._keithley2636b_front import CONSTANTS as FRONT_CONSTANTS
from ._keithley2636b_front import FrontPanel
from ._keithley2636b_measure import LINE_FREQUENCY, Meter
from ._keithley2636b_measure_tree import MeasureFunctions
from ._keithley2636b_model_tree import TriggerModelFunctions
from ._keithley2636b_ranges import MEASURE_ACCURACY, NOISE, SOURCE_ACCURACY, STEPS, between
from ._keithley2636b_settings import CONSTANTS as SMU_CONSTANTS
from ._keithley2636b_settings import REMOTE, SETTINGS
from ._keithley2636b_status import CONSTANTS as STATUS_CONSTANTS
from ._keithley2636b_status import REGISTER_SETS, SMU_BITS
from ._keithley2636b_sweeps import FactoryScripts
from ._keithley2636b_trigger import (
    EVENT_NAMES,
    LAYERS,
    TriggerModel,
)
from ._keithley2636b_trigger_tree import TriggerFunctions
from ._limit_loops import KEITHLEY_2636B
from ._metrology import Metrology
from ._smu_stage import SmuStage
from ._terminal import Circuit, Terminal

if TYPE_CHECKING:
    from ..bench import SimulatedBench
    from ..chip.chip_file import InstrumentSpec

FIRMWARE: Final = "3.2.2"
OUTPUT_OHM: Final = 1e-3


def _constants() -> dict[str, Any]:
    found: dict[str, Any] = {**STATUS_CONSTANTS, **FRONT_CONSTANTS, **event_constants()}
    for letter, first in CHANNEL_EVENTS.items():
        found |= {f"smu{letter}.{name}": value for name, value in SMU_CONSTANTS.items()}
        found |= {f"smu{letter}.trigger.{name}": first + at for name, at in EVENT_NAMES.items()}
    return found


@final
class Keithley2636B(TspInstrument):
    """The instrument: two channels, a trigger system, a front panel."""

    model = "2636B"
    revision = FIRMWARE
    line_frequency = LINE_FREQUENCY
    terminals: ClassVar[tuple[str, ...]] = ("a_hi", "b_hi")
    known_options = ("interlock",)
    indices: ClassVar = {"trigger.blender": BLENDERS, "trigger.timer": range(1, 9)}
    constants: ClassVar = _constants()
    register_sets: ClassVar = REGISTER_SETS

    def __init__(self, bench: "SimulatedBench", spec: "InstrumentSpec") -> None:
        self.name = spec.name
        self.serial = spec.serial or "4412345"
        self.identity = f"Keithley Instruments Inc., Model {self.model}, {self.serial}, {FIRMWARE}"
        self._circuit: Circuit = bench
        self._wired = _wired(bench)
        interlocked = bool(spec.options.get("interlock", False))
        seed = bench.chip_file.chip.seed
        self.channels = {x: self._channel(x, interlocked, seed) for x in SMU_BITS}
        self._bus = EventBus(self)
        self.meters = {
            x: Meter(channel, self.labour, partial(self._tell_measurement, x))
            for x, channel in self.channels.items()
        }
        self.triggers = {
            x: TriggerModel(channel, self.meters[x], self._bus, partial(self._tell_sweep, x))
            for x, channel in self.channels.items()
        }
        self._front = FrontPanel()
        self._buffers = BufferFunctions()
        self._setups: dict[int, dict[str, dict[str, float]]] = {}
        self._power_on_setup = 0
        super().__init__()

    def _channel(self, letter: str, interlocked: bool, seed: int) -> Channel:
        terminal = Terminal(
            self._circuit, f"{self.name}.{letter}_hi", OUTPUT_OHM, loop=KEITHLEY_2636B
        )
        terminal.set_port(self._port(letter, four_wire=False))
        metrology = Metrology(
            f"{self.serial}{letter}",
            self.model,
            MEASURE_ACCURACY,
            seed=seed + SMU_BITS[letter],
            noise=NOISE,
            source=SOURCE_ACCURACY,
            steps=STEPS,
        )
        return Channel(letter, SmuStage(terminal), metrology, interlocked=interlocked)

    def _port(self, letter: str, *, four_wire: bool) -> Port:
        start = f"{self.name}.{letter}_"
        sensed = (f"{start}sense_hi", f"{start}sense_lo") if four_wire else None
        if f"{start}lo" in self._wired:
            return Port(back=f"{start}lo", sensed=sensed)
        return Port(sensed=sensed) if sensed else PLAIN

    # --- time and triggers ---

    def now(self) -> float:
        """Return simulated time in s."""
        return self._circuit.clock.now

    def wait(self, duration: float) -> None:
        """Let simulated time pass."""
        if duration > 0.0:
            self._circuit.advance(duration)

    def finish(self) -> None:
        """Overlapped operations have ended by now; nobody need find a sweep going on."""
        self.registers.lingering.clear()

    def trigger(self) -> None:
        """Act on `*TRG` or a group execute trigger."""
        self._bus.emit(COMMAND_EVENT)
        try:
            self._bus.run()
        except ScpiError as error:
            self.report(error)

    def _tell_sweep(self, letter: str, begins: bool) -> None:
        """Show that a sweep runs. One that has ended is seen once more by who looks for it.

        Sweeps take simulated time only, so that nobody could ever find one going on; programs that
        wait for it to begin would wait for ever.
        """
        registers = self.registers
        bit, sweeping = SMU_BITS[letter], registers.sets["operation.sweeping"]
        own = registers.sets[f"operation.instrument.smu{letter}"]
        sweeping.set_bit(bit, begins)
        own.set_bit(3, begins)
        registers.sets["operation"].set_bit(3, bool(sweeping.condition))
        if not begins:
            registers.lingering["operation.sweeping"] = (
                registers.lingering.get("operation.sweeping", 0) | 1 << bit
            )
            registers.lingering[f"operation.instrument.smu{letter}"] = 8
            registers.lingering["operation"] = 8

    def _tell_measurement(self, letter: str, bits: int) -> None:
        sets, bit = self.registers.sets, SMU_BITS[letter]
        sets[f"measurement.instrument.smu{letter}"].condition = bits
        for path, at in (("voltage_limit", 0), ("current_limit", 1), ("reading_overflow", 7)):
            sets[f"measurement.{path}"].set_bit(bit, bool(bits >> at & 1))
            together = bool(sets[f"measurement.{path}"].condition)
            sets["measurement"].set_bit(at, together)

    # --- settings as a whole ---

    def reset(self) -> None:
        """Go to the factory settings: outputs off, 0 V, dedicated buffers empty."""
        super().reset()
        for letter in self.channels:
            self._reset_channel(letter)
        self._bus.reset()
        self._front.reset()
        self.finish()

    def _reset_channel(self, letter: str) -> None:
        self.triggers[letter].reset()
        self.channels[letter].reset()
        self._follow_sense(letter)

    def power_cycle(self) -> None:
        """Lose power: what was not saved is gone, the power-on setup is taken."""
        saved = {
            x: {n: buffer.saved for n, buffer in channel.buffers.items()}
            for x, channel in self.channels.items()
        }
        super().power_cycle()
        if self._power_on_setup:
            self.recall_setup(self._power_on_setup)
        for x, buffers in saved.items():
            for n, rows in buffers.items():
                self.channels[x].buffers[n].rows = list(rows)

    @call("setup.save")
    def save_setup(self, place: object = 1) -> None:
        """Keep the present settings in a place, 1 to 5."""
        index = int(between(place, 1, 5))
        self._setups[index] = {x: dict(channel.values) for x, channel in self.channels.items()}

    @call("setup.recall")
    def recall_setup(self, place: object) -> None:
        """Go to the factory settings (0) or to those that were kept, outputs off."""
        index = int(between(place, 0, 5))
        if index == 0:
            self.reset()
            return
        if index not in self._setups:
            raise ScpiError(-314, "Save/ Recall Memory Lost")
        for x, values in self._setups[index].items():
            self.triggers[x].stop()
            self.channels[x].recall(values)
            self._follow_sense(x)

    @getter("setup.poweron")
    def power_on_setup(self) -> int:
        """Return which settings are taken when power comes."""
        return self._power_on_setup

    @setter("setup.poweron")
    def set_power_on_setup(self, place: object) -> None:
        """Set which settings are taken when power comes."""
        self._power_on_setup = int(between(place, 0, 5))

    # --- the tree ---

    def _declare_tree(self) -> None:
        super()._declare_tree()
        for room in (self._front, self._buffers, FactoryScripts(self.meters)):
            self.declare_methods(room)
        self.declare_methods(TriggerFunctions(self._bus))
        for n, blender in self._bus.blenders.items():
            for at in BLENDER_INPUTS:
                self._declare_stimulus(f"trigger.blender.{n}.stimulus.{at}", blender.inputs[at])
        for letter in self.channels:
            self._declare_channel(letter)

    def _declare_channel(self, letter: str) -> None:
        channel, model, start = self.channels[letter], self.triggers[letter], f"smu{letter}."
        for name in SETTINGS:
            self._sandbox.declare("get", start + name, Guarded(self, partial(channel.get, name)))
            change = partial(self._change, letter, name)
            self._sandbox.declare("set", start + name, Guarded(self, change))
        for layer in LAYERS:
            self._declare_stimulus(f"{start}trigger.{layer}.stimulus", model.detectors[layer])
        for n, buffer in channel.buffers.items():
            self._sandbox.declare("object", f"{start}nvbuffer{n}", buffer, "reading_buffer")
        for room in (
            MeasureFunctions(self.meters[letter]),
            TriggerModelFunctions(model, self._bus),
            ContactCheck(channel, self._wired, self.name),
            Calibration(channel),
            ChannelFunctions(
                channel, self._buffers, partial(self._reset_channel, letter), model.stop
            ),
        ):
            self.declare_methods(room, start)
        self._sandbox.declare("identity", f"smu{letter}", channel)

    def _declare_stimulus(self, path: str, detector: Detector) -> None:
        self._sandbox.declare("get", path, Guarded(self, lambda: detector.stimulus))
        change = partial(self._bus.stimulate, detector)
        self._sandbox.declare("set", path, Guarded(self, change))

    def _change(self, letter: str, name: str, value: object) -> None:
        channel = self.channels[letter]
        channel.set(name, value)
        if name == "sense":
            self._follow_sense(letter)

    def _follow_sense(self, letter: str) -> None:
        channel = self.channels[letter]
        four_wire = channel.values["sense"] == REMOTE
        channel.stage.terminal.set_port(self._port(letter, four_wire=four_wire))


def _wired(bench: "SimulatedBench") -> frozenset[str]:
    """Return every terminal that the chip file wires to anything."""
    chip_file = bench.chip_file
    names = set(getattr(chip_file, "wiring", {}))
    names.update(end for resistor in getattr(chip_file, "resistor", ()) for end in resistor.between)
    return frozenset(names)


SIMULATED = Keithley2636B
