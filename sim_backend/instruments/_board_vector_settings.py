"""The board's settings for products of vectors."""

from dataclasses import dataclass, fields

from ..periphery.inputs import Coding, InputCoding, Signed
from ..wire.scpi import ScpiError
from ._board_settings import SETTLE

DAC_BITS = 12
MOST_INPUT_BITS = 16
MOST_OUTPUT_BITS = 16
WIDEST_OUTPUT = 10e-3
GAINS = tuple(1e2 * 2**step for step in range(14))
"""Of the sense channels in ohm: 10 mA to 1.2 uA for 1 V, by halves: one bit is lost at most."""
MOST_RETRIES = 8

CODINGS: dict[str, Coding] = {"AMPL": "amplitude", "WIDT": "pulse_width", "BITS": "bit_serial"}
SIGNS: dict[str, Signed] = {"PHAS": "two_phases", "SHIF": "bipolar", "BIP": "bipolar"}


@dataclass(slots=True)
class VectorSettings:
    """Everything of VECTor, with the *RST values. V, s, A, bits; see docs/crossbar-board.md."""

    voltage: float = 0.2
    coding: str = "AMPL"
    bits: int = 8
    pulse: float = 1e-6
    signs: str = "PHAS"
    gate: float = 0.0
    output_bits: int = 10
    output_range: float = 0.0
    widest: float = WIDEST_OUTPUT
    stretch: bool = False
    retries: int = 0

    def reset(self) -> None:
        """Go to the *RST values."""
        for item in fields(self):
            setattr(self, item.name, item.default)

    @property
    def automatic(self) -> bool:
        """Return whether each channel finds its own range."""
        return self.output_range == 0.0

    @property
    def level(self) -> float:
        """Return V of the sensed lines, at which driven ones rest."""
        return self.voltage if self.signs == "SHIF" else 0.0

    @property
    def window(self) -> tuple[float, float]:
        """Return the lowest and the highest V of a driven line."""
        if self.signs == "SHIF":
            return 0.0, 2.0 * self.voltage
        return (-self.voltage if self.signs == "BIP" else 0.0), self.voltage

    def check(self) -> None:
        """Raise -221 where settings do not go together."""
        if self.coding == "AMPL" and self.bits > DAC_BITS:
            raise ScpiError(-221, device_info=f"a driver has {DAC_BITS} bits")
        if not self.gains:
            raise ScpiError(-221, device_info="no range")

    @property
    def gains(self) -> tuple[float, ...]:
        """Return the gains in ohm whose range is no wider than allowed; -221 where none is."""
        usable = tuple(gain for gain in GAINS if 1.0 / gain <= self.widest * (1.0 + 1e-9))
        if not usable or self.output_range > self.widest * (1.0 + 1e-9):
            raise ScpiError(-221, device_info=f"no range up to {self.widest:g} A fits")
        return usable

    @property
    def repeats(self) -> int:
        """Return how often each pulse goes out: once more where the channels find their range."""
        return 2 if self.automatic else 1

    @property
    def input_coding(self) -> InputCoding:
        """Return how vectors are put on the lines."""
        return InputCoding(
            CODINGS[self.coding], SIGNS[self.signs], self.bits, self.voltage, self.pulse, SETTLE
        )
