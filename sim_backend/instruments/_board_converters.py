"""The board's converters for products: what leaves a DAC, and what an ADC makes of a current."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from ..periphery.amplifier import Transimpedance
from ..periphery.bank import Bank, bank_of
from ..periphery.converters import Adc, Dac, Sharing, StaticErrors
from ._board_options import BoardOptions
from ._board_vector_settings import VectorSettings

Floats = NDArray[np.float64]
_NOISE = 21  # word of the counter that keeps these draws apart from all others


@dataclass(frozen=True, slots=True)
class Sensed:
    """Currents in A as converted, full scale of each in A, which lay beyond it; (pulses, lines)."""

    current: Floats
    span: Floats
    over: NDArray[np.bool_]


class Converters:
    """A DAC for each line (inputs go out as sign and size), and ADCs that neighbours share."""

    def __init__(self, options: BoardOptions, chip_seed: int) -> None:
        self._options = options
        self._chip_seed = chip_seed
        self._levels = lru_cache(4)(self._levels_of)
        self._adcs = lru_cache(4)(self._adcs_of)

    def turns_time(self, lines: int) -> float:
        """Return the time in s in which all lines of a family are converted."""
        return self._sharing(lines).time(self._options.conversion)

    def driven(self, steps: Floats, bits: int) -> Floats:
        """Return what DACs put out for ``steps`` of their range, (..., lines), -1 to 1."""
        codes, _ = Dac(bits, 0.0, 1.0).codes(np.abs(steps))
        lines = steps.shape[-1]
        return np.asarray(np.copysign(self._levels(bits, lines)[np.arange(lines), codes], steps))

    def sensed(self, current: Floats, settings: VectorSettings, operation: int) -> Sensed:
        """Return what is made of mean currents in A, (pulses, lines), over one pulse each.

        operation: number of the message, which chooses the noise.
        """
        gains = settings.gains
        amplifier = Transimpedance(gains, 1.0, self._options.noise)
        key = np.array([self._options.seed, self._chip_seed], np.uint64)
        bits = np.random.Philox(key=key, counter=[0, 0, operation, _NOISE])
        place = None
        if not settings.automatic:
            fits = [k for k, gain in enumerate(gains) if settings.output_range <= 1.0 / gain]
            place = fits[-1] if fits else 0
        random = np.random.Generator(bits)
        amplified = amplifier.amplify(current, settings.pulse, random, place)
        gain = np.asarray(gains)[amplified.range]
        span = 1.0 / gain if settings.automatic else np.full(gain.shape, settings.output_range)
        share = amplified.voltage / (gain * span)
        converted = self._adcs(settings.output_bits, current.shape[-1]).convert(share)
        over = amplified.saturated | converted.clipped
        return Sensed(converted.values * span, span, over)

    def _sharing(self, lines: int) -> Sharing:
        return Sharing(lines, min(self._options.lines_each, lines))

    def _levels_of(self, bits: int, lines: int) -> Floats:
        """Return what the DAC of each line gives for each code, (lines, codes)."""
        own = self._options
        errors = StaticErrors(own.dac_dnl, own.dac_inl, seed=own.seed)
        dacs = bank_of(Dac(bits, 0.0, 1.0, errors), Sharing(lines)).converters
        return np.array([dac.levels for dac in dacs if isinstance(dac, Dac)])

    def _adcs_of(self, bits: int, lines: int) -> Bank:
        own = self._options
        errors = StaticErrors(own.adc_dnl, own.adc_inl, seed=own.seed)
        return bank_of(Adc(bits, -1.0, 1.0, errors), self._sharing(lines))
