"""VECTor: products of vectors with the array, as commands."""

from ..chip.clock import SimClock
from ..chip.truth import TruthLog
from ..chip.vectors import Side
from ..chip.wired_chip import WiredChip
from ..wire.parameters import Block, Boolean, Choice, Integer, Numeric
from ..wire.scpi import ScpiError, command, query
from ._board_converters import Converters
from ._board_options import BoardOptions
from ._board_requests import MEASURING, BoardRequests
from ._board_settings import SETTLE, SHORTEST_PULSE
from ._board_vector_settings import (
    DAC_BITS,
    GAINS,
    MOST_INPUT_BITS,
    MOST_OUTPUT_BITS,
    MOST_RETRIES,
    WIDEST_OUTPUT,
    VectorSettings,
)
from ._board_vectors import VectorFirmware

_LONGEST = 1.0


class VectorCommands(BoardRequests):
    """Settings and queries of VECTor."""

    def __init__(
        self,
        chip: WiredChip,
        clock: SimClock,
        truth: TruthLog,
        name: str,
        options: BoardOptions,
        seed: int,
    ) -> None:
        super().__init__(chip, clock, truth, name)
        self.built = options
        self.vectors = VectorSettings()
        self.converters = Converters(options, seed)
        self._products = VectorFirmware(
            chip, clock, self.settings, self.vectors, self.banks, self.converters
        )

    def reset(self) -> None:
        """*RST."""
        super().reset()
        self.vectors.reset()

    @query("SYSTem:CAPability:VECTors")
    def vector_capability(self) -> str:
        """Bits of DAC and ADC, narrowest and widest range, lines of an ADC, its turn, settling.

        And how many retries, and bits of an input that is a time or a pulse for each bit.
        """
        own = self.built
        return (
            f"{DAC_BITS},{MOST_OUTPUT_BITS},{1.0 / GAINS[-1]!r},{WIDEST_OUTPUT!r},"
            f"{own.lines_each},{own.conversion!r},{SETTLE!r},{MOST_RETRIES},"
            f"{MOST_INPUT_BITS}"
        )

    @query("VECTor:MULTiply", Block())
    def multiply(self, inputs: bytes) -> bytes:
        """Drive the rows with vectors and sense the columns."""
        return self._answered(lambda: self._multiplied(inputs, "row"), MEASURING)

    @query("VECTor:MULTiply:TRANsposed", Block())
    def multiply_transposed(self, inputs: bytes) -> bytes:
        """Drive the columns with vectors and sense the rows."""
        return self._answered(lambda: self._multiplied(inputs, "column"), MEASURING)

    def _multiplied(self, inputs: bytes, side: Side) -> bytes:
        if "VECT" not in self.operations:
            raise ScpiError(-221, device_info="no products on this topology")
        lines = self.banks[side].count
        vectors = self.codec.matrix(inputs, lines)
        found = self._products.multiply(vectors, side)
        self.note("multiply", f"{len(vectors)} vectors, {side}s", self.vectors.voltage)
        return self.codec.parts(
            ("time", found.time),
            ("value", found.current),
            ("value", found.span),
            ("flag", found.flags),
        )

    @command("VECTor:VOLTage", Numeric("V", 1e-3, 10.0, 0.2))
    def set_vector_voltage(self, value: float) -> None:
        """Set the voltage of a full-scale input."""
        self.vectors.voltage = value

    @query("VECTor:VOLTage")
    def vector_voltage(self) -> str:
        """Tell the voltage of a full-scale input."""
        return repr(self.vectors.voltage)

    @command("VECTor:CODing", Choice("AMPLitude", "WIDTh", "BITS"))
    def set_coding(self, value: str) -> None:
        """Choose how inputs become pulses."""
        self.vectors.coding = value

    @query("VECTor:CODing")
    def coding(self) -> str:
        """Tell how inputs become pulses."""
        return self.vectors.coding

    @command("VECTor:BITS", Integer(1, MOST_INPUT_BITS, 8))
    def set_input_bits(self, value: int) -> None:
        """Set the bits of an input, beside its sign."""
        self.vectors.bits = value

    @query("VECTor:BITS")
    def input_bits(self) -> int:
        """Tell the bits of an input."""
        return self.vectors.bits

    @command("VECTor:PULSe", Numeric("S", SHORTEST_PULSE, _LONGEST, 1e-6))
    def set_vector_pulse(self, value: float) -> None:
        """Set the longest pulse of an input; sense channels integrate as long."""
        self.vectors.pulse = value

    @query("VECTor:PULSe")
    def vector_pulse(self) -> str:
        """Tell the longest pulse of an input."""
        return repr(self.vectors.pulse)

    @command("VECTor:SIGNs", Choice("PHASes", "SHIFt", "BIPolar"))
    def set_signs(self, value: str) -> None:
        """Choose what becomes of the inputs' signs."""
        self.vectors.signs = value

    @query("VECTor:SIGNs")
    def signs(self) -> str:
        """Tell what becomes of the inputs' signs."""
        return self.vectors.signs

    @command("VECTor:GATE", Numeric("V"))
    def set_vector_gate(self, value: float) -> None:
        """Set the voltage of every gate during a product."""
        self.vectors.gate = value

    @query("VECTor:GATE")
    def vector_gate(self) -> str:
        """Tell the voltage of every gate during a product."""
        return repr(self.vectors.gate)

    @command("VECTor:OUTPut:BITS", Integer(2, MOST_OUTPUT_BITS, 10))
    def set_output_bits(self, value: int) -> None:
        """Set the bits of the ADCs, sign included."""
        self.vectors.output_bits = value

    @query("VECTor:OUTPut:BITS")
    def output_bits(self) -> int:
        """Tell the bits of the ADCs."""
        return self.vectors.output_bits

    @command("VECTor:OUTPut:RANGe", Numeric("A", 0.0, WIDEST_OUTPUT, 0.0))
    def set_output_range(self, value: float) -> None:
        """Set the current at the ends of the ADCs; 0: each channel finds its own."""
        self.vectors.output_range = value

    @query("VECTor:OUTPut:RANGe")
    def output_range(self) -> str:
        """Tell the current at the ends of the ADCs."""
        return repr(self.vectors.output_range)

    @command("VECTor:OUTPut:RANGe:ULIMit", Numeric("A", 1.0 / GAINS[-1], WIDEST_OUTPUT))
    def set_widest_output(self, value: float) -> None:
        """Set the widest range that a channel may have."""
        self.vectors.widest = value

    @query("VECTor:OUTPut:RANGe:ULIMit")
    def widest_output(self) -> str:
        """Tell the widest range that a channel may have."""
        return repr(self.vectors.widest)

    @command("VECTor:STREtch", Boolean())
    def set_stretch(self, on: bool) -> None:
        """Send each vector at full scale, and scale its products back."""
        self.vectors.stretch = on

    @query("VECTor:STREtch")
    def stretch(self) -> bool:
        """Tell whether each vector goes out at full scale."""
        return self.vectors.stretch

    @command("VECTor:RETRies", Integer(0, MOST_RETRIES, 0))
    def set_retries(self, value: int) -> None:
        """Set how often a vector over range goes out again at half its scale."""
        self.vectors.retries = value

    @query("VECTor:RETRies")
    def retries(self) -> int:
        """Tell how often a vector over range goes out again."""
        return self.vectors.retries
