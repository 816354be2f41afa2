"""What experiments on bits share: how bits are written and read."""

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from labcim.capabilities import Lines
from labcim.errors import RecipeError
from labcim.limits import Demand
from labcim.programming.logic.operands import BitPulses, BitReads
from labcim.protocol import Capabilities
from labcim.recipe import Recipe
from labcim.units import Second, Siemens, Volt


class BitRecipe(Recipe):
    """Pulses that write bits, and reads that tell them apart."""

    set_voltage: Volt = Field(2.2, gt=0, le=10, description="Amplitude that writes a 1.")
    set_gate: Volt = Field(2.0, ge=0, le=10, description="Gate while a 1 is written.")
    reset_voltage: Volt = Field(1.5, gt=0, le=10, description="Amplitude that writes a 0.")
    reset_gate: Volt = Field(5.0, ge=0, le=10, description="Gate while a 0 is written.")
    write_width: Second = Field(1e-6, gt=0, le=1, description="Width of pulses that write.")
    read_voltage: Volt = Field(0.1, gt=0, le=0.5, description="Read voltage.")
    read_gate: Volt = Field(5.0, ge=0, le=10, description="Gate during reading.")
    boundary: Siemens = Field(4e-6, gt=0, le=1, description="A cell that conducts more holds 1.")
    averages: int = Field(4, ge=1, le=10_000, description="Readings averaged into one.")
    flagged: int = Field(5, ge=1, le=1000, description="Flagged readings before giving up.")

    def pulses(self) -> BitPulses:
        """Return the pulses that write."""
        return BitPulses(
            self.set_voltage, self.set_gate, self.reset_voltage, self.reset_gate, self.write_width
        )

    def reads(self) -> BitReads:
        """Return how cells are read one by one."""
        return BitReads(
            self.read_voltage, self.read_gate, self.boundary, self.averages, self.flagged
        )

    def bit_demands(self) -> list[Demand]:
        """Return the worst of writing and reading."""
        return [
            Demand("set_voltage", "row", self.set_voltage),
            Demand("reset_voltage", "column", self.reset_voltage),
            Demand("set_gate", "gate", self.set_gate),
            Demand("reset_gate", "gate", self.reset_gate),
            Demand("read_voltage", "row", self.read_voltage, reads=True),
            Demand("read_gate", "gate", self.read_gate),
        ]


def lines_of(given: Capabilities) -> Lines:
    """Return the control of lines. Raises RecipeError on a bench that has none."""
    if given.lines is None:
        raise RecipeError("this experiment drives lines, and the bench has no control of lines")
    return given.lines


def holds(
    conductance: NDArray[np.float64], bits: NDArray[np.bool_], boundary: float
) -> NDArray[np.bool_]:
    """Return which cells hold their bits, for S; one that could not be read (NaN) holds none."""
    return np.asarray(np.isfinite(conductance) & ((conductance > boundary) == bits))
