"""Stateful operations by name: what their cells hold before, what they should hold after."""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import product
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from labcim.capabilities import LineState

from . import imply, magic, writing
from .gate_lines import GateLines
from .imply import ImplyDrive
from .nor_programs import NorProgram, adder

Bits = NDArray[np.bool_]
Name = Literal["not", "nor", "adder", "imply", "nand"]


@dataclass(frozen=True, slots=True)
class Drives:
    """V, s: what operations are driven with. magic: V over inputs and output of a NOR.

    false_voltage: V, a magnitude, that RESETs a cell to FALSE.
    """

    magic: float
    imply: ImplyDrive
    false_voltage: float
    gate: float
    duration: float


@dataclass(frozen=True, slots=True)
class Operation:
    """Cells at consecutive stations: operands first, then others that hold ``rest`` before.

    outputs: stations that hold the answers.  after: what all stations should hold, of what they
    hold before, (stations,).
    """

    operands: int
    rest: tuple[bool, ...]
    outputs: tuple[int, ...]
    after: Callable[[Bits], Bits]
    states: Callable[[GateLines, int, Drives], list[LineState]]

    @property
    def stations(self) -> int:
        """Return how many cells take part."""
        return self.operands + len(self.rest)

    def inputs(self) -> Bits:
        """Return what the cells hold before, for all operands: (2^operands, stations)."""
        rows = [(*bits, *self.rest) for bits in product((False, True), repeat=self.operands)]
        return np.array(rows, np.bool_)


def operation(name: Name, inputs: int = 2, load: bool = True) -> Operation:
    """Return an operation. inputs: of a NOR; bits of an adder.  load: what loads hold."""
    if name == "imply":
        return _answer(2, (load,), 1, lambda bits: bool(not bits[0] or bits[1]), _imply)
    if name == "nand":
        return _answer(2, (True, load), 2, lambda bits: not bits.all(), _nand)
    if name == "adder":
        return _program(adder(inputs))
    many = 1 if name == "not" else inputs
    return _answer(many, (True,), many, lambda bits: not bits.any(), _nor(many))


def _answer(
    operands: int,
    rest: tuple[bool, ...],
    output: int,
    answer: Callable[[Bits], bool],
    states: Callable[[GateLines, int, Drives], list[LineState]],
) -> Operation:
    """Return an operation with one output, all other cells of which stay as they are."""

    def after(before: Bits) -> Bits:
        held = before.copy()
        held[output] = answer(before[:operands])
        return held

    return Operation(operands, rest, (output,), after, states)


def _program(program: NorProgram) -> Operation:
    """Return a program of NOR gates whose operands stand first."""

    def states(at: GateLines, first: int, drives: Drives) -> list[LineState]:
        return program.sequence(
            at, drive=drives.magic, gate=drives.gate, duration=drives.duration, first=first
        )

    operands, work = len(program.inputs), (True,) * len(program.work)
    return Operation(
        operands,
        work,
        tuple(program.outputs),
        lambda before: program.held(before[None, :operands])[0],
        states,
    )


def _nor(inputs: int) -> Callable[[GateLines, int, Drives], list[LineState]]:
    def states(at: GateLines, first: int, drives: Drives) -> list[LineState]:
        stations = tuple(range(first, first + inputs))
        return [
            magic.nor(
                at,
                stations,
                first + inputs,
                drive=drives.magic,
                gate=drives.gate,
                duration=drives.duration,
            )
        ]

    return states


def _imply(at: GateLines, first: int, drives: Drives) -> list[LineState]:
    """P, Q and the load."""
    p, q, load = range(first, first + 3)
    return [imply.imply(at, p, q, (load,), drives.imply, drives.duration)]


def _nand(at: GateLines, first: int, drives: Drives) -> list[LineState]:
    """P, Q, S and the load: S = FALSE, P IMP S, Q IMP S."""
    p, q, s, load = range(first, first + 4)
    return [
        writing.write_zero(at, (s,), drives.false_voltage, drives.gate, drives.duration),
        imply.imply(at, p, s, (load,), drives.imply, drives.duration),
        imply.imply(at, q, s, (load,), drives.imply, drives.duration),
    ]
