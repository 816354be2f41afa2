"""Functions as sequences of NOR, for gates that lie side by side on many lines.

A full adder takes nine NOR of two inputs (the classical count); n bits take 9 n and as many cells,
none of them used twice, so that every cell is written once.
"""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from labcim.capabilities import LineState
from labcim.errors import RangeError

from . import magic
from .gate_lines import GateLines

Bits = NDArray[np.bool_]


@dataclass(slots=True)
class NorProgram:
    """NOR gates one after the other. inputs, outputs: stations.  steps: (inputs, output)."""

    inputs: list[int] = field(default_factory=list)
    outputs: list[int] = field(default_factory=list)
    steps: list[tuple[tuple[int, ...], int]] = field(default_factory=list)
    stations: int = 0

    def operand(self) -> int:
        """Return the station of a new input."""
        self.inputs.append(self._next())
        return self.inputs[-1]

    def nor(self, *inputs: int) -> int:
        """Add a gate and return the station of its output."""
        if not inputs or any(not 0 <= one < self.stations for one in inputs):
            raise RangeError(f"NOR of stations {list(inputs)}: accepts 0 to {self.stations - 1}")
        # A NOT is all that is left of a gate whose inputs are one and the same.
        self.steps.append((tuple(dict.fromkeys(inputs)), self._next()))
        return self.steps[-1][1]

    def _next(self) -> int:
        self.stations += 1
        return self.stations - 1

    @property
    def work(self) -> tuple[int, ...]:
        """Return the stations that must hold 1 before it starts."""
        return tuple(output for _, output in self.steps)

    def evaluate(self, operands: Bits) -> Bits:
        """Return the outputs for operands, (lines, inputs): (lines, outputs). What it should do."""
        return np.asarray(self.held(operands)[:, self.outputs])

    def held(self, operands: Bits) -> Bits:
        """Return what all stations should hold in the end, (lines, stations)."""
        held = np.ones((len(operands), self.stations), np.bool_)
        held[:, self.inputs] = operands
        for inputs, output in self.steps:
            held[:, output] = ~held[:, list(inputs)].any(axis=1)
        return held

    def sequence(
        self, at: GateLines, *, drive: float, gate: float, duration: float, first: int = 0
    ) -> list[LineState]:
        """Return the states that do it on every line. See `magic.nor`.

        first: where station 0 of the program stands.
        """
        return [
            magic.nor(
                at,
                tuple(first + one for one in inputs),
                first + output,
                drive=drive,
                gate=gate,
                duration=duration,
            )
            for inputs, output in self.steps
        ]


def add_full_adder(program: NorProgram, a: int, b: int, carry: int) -> tuple[int, int]:
    """Add the gates of a full adder; return the stations of sum and carry."""
    neither = program.nor(a, b)
    same = program.nor(program.nor(a, neither), program.nor(b, neither))  # XNOR
    no_carry = program.nor(same, carry)
    total = program.nor(program.nor(same, no_carry), program.nor(carry, no_carry))
    return total, program.nor(neither, no_carry)


def full_adder() -> NorProgram:
    """Return a full adder. Inputs a, b, carry; outputs sum, carry."""
    program = NorProgram()
    a, b, carry = (program.operand() for _ in range(3))
    program.outputs = list(add_full_adder(program, a, b, carry))
    return program


def adder(bits: int) -> NorProgram:
    """Return an adder. Inputs a0, b0, a1, b1, ..., carry; outputs the sum, lowest bit first."""
    if bits < 1:
        raise RangeError(f"adder of {bits} bits: accepts 1 and more")
    program = NorProgram()
    pairs = [(program.operand(), program.operand()) for _ in range(bits)]
    carry = program.operand()
    for a, b in pairs:
        total, carry = add_full_adder(program, a, b, carry)
        program.outputs.append(total)
    program.outputs.append(carry)
    return program


def dilation() -> NorProgram:
    """Return a 3 x 3 dilation of a binary picture: OR of nine pixels, as a NOR and a NOT."""
    program = NorProgram()
    pixels = [program.operand() for _ in range(9)]
    program.outputs = [program.nor(program.nor(*pixels))]
    return program
