"""Remote procedure calls over TCP (RFC 5531): records, calls, and answers to them."""

from collections.abc import Callable, Mapping
from enum import IntEnum
from typing import Final, NamedTuple

from .line import EndedError, Line
from .xdr import GarbageError, Reader, uint

_VERSION: Final = 2
_LAST: Final = 1 << 31
_CALL, _REPLY = 0, 1
_ACCEPTED, _DENIED = 0, 1
_VERSION_MISMATCH: Final = 0
_LONGEST_CREDENTIALS: Final = 400
_NO_CREDENTIALS: Final = uint(0, 0)

Procedure = Callable[[Reader], bytes]


class _Outcome(IntEnum):
    SUCCESS = 0
    PROGRAM_UNAVAILABLE = 1
    PROGRAM_MISMATCH = 2
    PROCEDURE_UNAVAILABLE = 3
    GARBAGE_ARGUMENTS = 4


class Program(NamedTuple):
    """What a server offers: procedures by number, each takes arguments and returns its result."""

    number: int
    version: int
    procedures: Mapping[int, Procedure]


def serve_program(line: Line, program: Program, largest: int) -> None:
    """Answer calls until the client goes away. largest: of a call, in bytes."""
    while True:
        line.begin()
        record = _receive(line, largest)
        try:
            answer = _answer(Reader(record), program)
        except GarbageError as trouble:
            raise EndedError(f"sent no remote procedure call: {trouble}") from trouble
        line.send(_marked(answer))


def call(number: int, program: int, version: int, procedure: int, arguments: bytes) -> bytes:
    """Return a call as it goes onto the wire. number: what the answer to it would bear."""
    head = uint(number, _CALL, _VERSION, program, version, procedure)
    return _marked(head + _NO_CREDENTIALS + _NO_CREDENTIALS + arguments)


def _receive(line: Line, largest: int) -> bytes:
    """Return one record, put together from its fragments."""
    record = bytearray()
    last = False
    while not last:
        mark = Reader(line.exactly(4)).uint()
        last, left = bool(mark & _LAST), mark & ~_LAST
        if left > largest - len(record) or not (left or last):
            raise EndedError(f"sent a fragment of {left} bytes")
        while left:
            data = line.receive(left)
            left -= len(data)
            record += data
    return bytes(record)


def _marked(record: bytes) -> bytes:
    return uint(_LAST | len(record)) + record


def _answer(record: Reader, program: Program) -> bytes:
    number, kind, version = record.uint(), record.uint(), record.uint()
    if kind != _CALL:
        raise GarbageError("not a call")
    if version != _VERSION:
        return uint(number, _REPLY, _DENIED, _VERSION_MISMATCH, _VERSION, _VERSION)
    wanted, wanted_version, procedure = record.uint(), record.uint(), record.uint()
    for _ in ("credentials", "verifier"):
        record.uint()
        record.opaque(_LONGEST_CREDENTIALS)
    accepted = uint(number, _REPLY, _ACCEPTED) + _NO_CREDENTIALS
    if wanted != program.number:
        return accepted + uint(_Outcome.PROGRAM_UNAVAILABLE)
    if wanted_version != program.version:
        return accepted + uint(_Outcome.PROGRAM_MISMATCH, program.version, program.version)
    if procedure == 0:  # whether anybody is there
        return accepted + uint(_Outcome.SUCCESS)
    if procedure not in program.procedures:
        return accepted + uint(_Outcome.PROCEDURE_UNAVAILABLE)
    try:
        return accepted + uint(_Outcome.SUCCESS) + program.procedures[procedure](record)
    except GarbageError:
        return accepted + uint(_Outcome.GARBAGE_ARGUMENTS)
