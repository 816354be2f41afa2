"""The board's firmware for products of vectors with the array.

A vector is one pulse on all driven lines, or several (one for each sign, one for each bit). After
each pulse the sense channels settle and their ADCs take turns; so time moves by

    pulses * (pulse * repeats + settling + turns of an ADC)

for every vector. What the channels have found in each pulse becomes one number by the weights of
the pulses. With stretch on, a vector is scaled to full scale before it is coded, and its products
back; one whose products lay over range goes out again at half its scale, as often as retries say.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from labcim.capabilities import Flag

from ..chip.vectors import Drive, Floats, Side, VectorPort
from ..chip.wired_chip import WiredChip
from ..periphery.inputs import Coded
from ..periphery.management import NoiseManagement, input_scales
from ..wire.scpi import ScpiError
from ._board_cells import Clock
from ._board_converters import Converters, Sensed
from ._board_lines import LineBank
from ._board_settings import CELLS_IN_MESSAGE, PARALLEL, SETTLE, BoardSettings
from ._board_vector_settings import VectorSettings

Flags = NDArray[np.uint8]


@dataclass(slots=True)
class Multiplied:
    """time: s, begin of each vector, (batch,).  current, span: A; flags; (batch, outputs)."""

    time: Floats
    current: Floats
    span: Floats
    flags: Flags


class VectorFirmware:
    """Multiplies vectors with a chip."""

    def __init__(
        self,
        wired: WiredChip,
        clock: Clock,
        settings: BoardSettings,
        vectors: VectorSettings,
        banks: dict[str, LineBank],
        converters: Converters,
    ) -> None:
        self._wired = wired
        self._port = VectorPort(wired)
        self._clock = clock
        self._settings = settings
        self._vectors = vectors
        self._banks = banks
        self._converters = converters

    def multiply(self, inputs: Floats, side: Side) -> Multiplied:
        """Return the products of ``inputs``, -1 to 1, (batch, driven), with the lines of a side."""
        self._check(inputs, side)
        count, outputs = len(inputs), self._banks[_other(side)].count
        shape = (count, outputs)
        found = Multiplied(np.zeros(count), np.zeros(shape), np.zeros(shape), np.zeros(shape, "u1"))
        kind = NoiseManagement.ABS_MAX if self._vectors.stretch else NoiseManagement.NONE
        scales = input_scales(inputs, kind)
        left = np.arange(count)
        for _ in range(self._vectors.retries + 1):
            self._pass(inputs, scales, left, side, found)
            over = (found.flags[left] & Flag.OVER_RANGE).any(axis=1)
            left = left[over]
            if not left.size:
                break
            scales[left] *= 2.0
        return found

    def _pass(
        self, inputs: Floats, scales: Floats, chosen: NDArray[np.intp], side: Side, out: Multiplied
    ) -> None:
        """Send the chosen vectors at their scales, and write what came of them."""
        coding, settings = self._vectors.input_coding, self._vectors
        steps = np.rint(inputs[chosen] / scales[chosen, None] * coding.top)
        coded = [coding.code(vector) for vector in steps]
        sensed, begun, limited = self._sense(coded, side)
        pulses = coded[0].weight.size
        weights = coded[0].weight * settings.pulse * settings.voltage / coding.top

        scale, shape = scales[chosen, None], (len(chosen), pulses, -1)
        current: Floats = np.einsum("p,bpo->bo", weights, sensed.current.reshape(shape))
        out.current[chosen] = scale * current
        out.span[chosen] = scale * sensed.span.reshape(shape).max(axis=1)
        flags = sensed.over.reshape(shape).any(axis=1) * np.uint8(Flag.OVER_RANGE)
        flags |= limited.reshape(shape).any(axis=1) * np.uint8(Flag.IN_COMPLIANCE)
        out.flags[chosen] = flags
        out.time[chosen] = begun.reshape(len(chosen), pulses)[:, 0]

    def _sense(self, coded: list[Coded], side: Side) -> tuple[Sensed, Floats, NDArray[np.bool_]]:
        """Send all pulses; return what was sensed, when each began, where a driver has limited."""
        drive = self._drive(coded, side)
        pulses, settings = len(drive.volts), self._vectors
        each = settings.pulse * settings.repeats + SETTLE
        each += self._converters.turns_time(self._banks[_other(side)].count)
        times: Floats = self._clock.now + each * np.arange(pulses, dtype=np.float64)
        limit = self._settings.current_limit
        limited = np.zeros(pulses, np.bool_)
        lost: Floats | float | None = 0.0
        if not self._port.at_once(drive, limit):
            lost = self._port.lost(drive, limit)
        if lost is not None:
            charges = self._port.charges(drive, times) - lost
            self._clock.advance(each * pulses)
        else:
            charges = np.zeros((pulses, self._banks[_other(side)].count))
            for pulse in range(pulses):
                charges[pulse], limited[pulse] = self._stand(drive, pulse, limit)
                self._clock.advance(max(times[0] + each * (pulse + 1) - self._clock.now, 0.0))
        operation = self._wired.chip.state.next_operation()
        mean = charges / settings.pulse
        return self._converters.sensed(mean, settings, operation), times, limited

    def _stand(self, drive: Drive, pulse: int, limit: float) -> tuple[Floats, bool]:
        """Send one pulse stretch by stretch; return C of each sensed line, and whether limited.

        Where the channels find their range first the lines are driven twice as long.
        """
        charge: Floats = np.zeros(self._banks[_other(drive.side)].count)
        limited = False
        for duration, volts in drive.stretches(pulse):
            for _ in range(self._vectors.repeats):
                current, load = self._port.currents(drive, volts, duration)
                self._clock.advance(duration)
            charge += current * duration
            limited |= load > limit
        return charge, limited

    def _drive(self, coded: list[Coded], side: Side) -> Drive:
        """Return the pulses of all vectors as they leave the drivers."""
        settings = self._vectors
        volts = np.concatenate([one.voltage for one in coded])
        widths = np.concatenate([one.width for one in coded])
        if settings.coding == "AMPL":
            shares = volts / settings.voltage
            volts = self._converters.driven(shares, settings.bits) * settings.voltage
        gates = np.full(self._banks["gate"].count, settings.gate)
        return Drive(side, volts + settings.level, widths, settings.level, gates)

    def _check(self, inputs: Floats, side: Side) -> None:
        """Refuse what may not be driven, before anything is."""
        settings, driven, sensed = self._vectors, self._banks[side], self._banks[_other(side)]
        low, high = settings.window
        driven.check(np.array([low, high]))
        sensed.check(settings.level)
        self._banks["gate"].check(settings.gate)
        settings.check()
        if max(driven.count, sensed.count) > PARALLEL:
            raise ScpiError(-221, device_info=f"lines of more than {PARALLEL} cells")
        largest = max(driven.count, sensed.count) * len(inputs)
        if largest > CELLS_IN_MESSAGE:
            raise ScpiError(-223, device_info=f"{largest} values in a message")
        if not inputs.size or not np.abs(inputs).max() <= 1.0:  # NaN shows too
            raise ScpiError(-222, device_info="inputs are -1 to 1")


def _other(side: Side) -> Side:
    return "column" if side == "row" else "row"
