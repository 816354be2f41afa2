"""Cycles and delays on a crossbar board: checks before a byte is sent, messages, answers."""

from dataclasses import fields, replace

import numpy as np

from labcim.capabilities import CellIndices, Cycled, Delays, Floats, Train
from labcim.errors import RangeError
from labcim.units import Ampere, Second, Volt

from . import _board_blocks as blocks
from . import _board_checks as checks
from ._board_rules import Request
from ._board_talk import BoardTalk

MOST_CYCLES = 2**31 - 1
_MOST_CLOCKS = 2**32 - 1
_TIME, _CURRENT, _FLAG = 8, 4, 1
_VALUES_EACH = 2**19
_LONGEST = 1.0
"""s of bench time that the cycles of one message take, unless one cycle takes longer."""
_MOST_READINGS = 2**26


class CyclingVerbs(BoardTalk):
    """`time_to_threshold` and `cycle` of `labcim.capabilities.Cells`."""

    _pulses_each: int | None = None

    def time_to_threshold(
        self, cells: CellIndices, train: Train, threshold: Ampere, *, clock: Second
    ) -> Delays:
        """Hold a voltage until the current crosses ``threshold`` A; see `Cells`."""
        rules = self.rules
        _check_single("train", train, edges=False)
        request = rules.checked_train(cells, train)
        checks.check_between("clock", clock, rules.capability.shortest_pulse, train.width, "s")
        checks.check_between("clocks of a wait", train.width / clock, 1, _MOST_CLOCKS, "")
        limit = rules.cell_current(train)
        checks.check_between("threshold", threshold, 1e-15, limit, "A")
        self._ensure(rules.pulse_settings(train))
        tail = f",{float(threshold)!r},{float(clock)!r}".encode()
        parts = []
        for part in request.parts(rules.capability.cells_in_message):
            payload = self._request(b":DEL:CELL? " + part.text + tail)
            parts.append(_delays(payload, part))
        return parts[0] if len(parts) == 1 else _joined_delays(parts)

    def cycle(
        self,
        cells: CellIndices,
        set_train: Train,
        reset_train: Train,
        count: int,
        *,
        voltage: Volt = 0.0,
        gate: Volt = 0.0,
        averages: int = 1,
    ) -> Cycled:
        """Do ``count`` cycles of SET and RESET; see `Cells`."""
        rules = self.rules
        checks.check_whole("count", count, 1, MOST_CYCLES)
        for name, train in (("set_train", set_train), ("reset_train", reset_train)):
            _check_single(name, train)
        up = rules.checked_train(cells, set_train)
        down = rules.checked_train(cells, reset_train)
        size = len(up.cells)
        checks.check_between("cells", size, 1, rules.capability.cells_in_message, "")
        applied = opening = 0.0
        if voltage != 0.0:
            applied, opening = rules.read_voltage(voltage), rules.gate_voltage(gate)
            checks.check_between("readings of a cycle", 2 * count * size, 1, _MOST_READINGS, "")
        reset = rules.pulse_settings(reset_train)
        names = ("WIDT", "PER", "TRAN:LEAD", "TRAN:TRA")
        told = [reset[f"SOUR:PULS:{name}"] for name in names] + [reset["SOUR:CURR:PROT"]]
        self._ensure(
            {
                **rules.pulse_settings(set_train),
                **rules.sense_settings(averages),
                "CYCL:RES": ",".join(told),
            }
        )
        arrays = (up.amplitude, up.gate, down.amplitude, down.gate)
        head = b":CYCL:CELL? " + blocks.cells_block(up.cells)
        head += b"".join(b"," + blocks.volts_block(array) for array in arrays)
        each = self._cycles_each(up.cells, (set_train, reset_train), reads=applied != 0.0)
        parts = []
        for done in range(0, int(count), each):
            some = min(each, int(count) - done)
            payload = self._request(head + f",{some},{applied!r},{opening!r}".encode())
            parts.append(_cycled(payload, up, some, applied))
        return parts[0] if len(parts) == 1 else _joined_cycles(parts)

    def _cycles_each(self, cells: CellIndices, trains: tuple[Train, Train], *, reads: bool) -> int:
        """Return how many cycles go into one message, so that a stop can go through soon."""
        if self._pulses_each is None:
            self._pulses_each = int(self.ask(":SYST:CAP:CYCL?"))
        most = min(_VALUES_EACH, self._pulses_each) if reads else self._pulses_each
        lasts = sum(self.rules.schedule(cells, train).duration for train in trains)
        return max(1, min(most // (2 * len(cells)), int(_LONGEST / lasts)))


def _check_single(name: str, train: Train, *, edges: bool = True) -> None:
    """Raise RangeError for a train of more than one pulse, or for edges where none may be."""
    if train.count != 1:
        raise RangeError(f"{name}: {train.count} pulses; accepts 1; nothing was sent")
    if not edges and (train.rise != 0.0 or train.fall != 0.0):
        raise RangeError(f"{name}: rise and fall accept 0 s in a wait; nothing was sent")


def _delays(payload: bytes, part: Request) -> Delays:
    size = len(part.cells)
    blocks.check_length(payload, size * (3 * _TIME + _CURRENT + _FLAG))
    time, delay, width = np.frombuffer(payload, "<f8", 3 * size).astype(np.float64).reshape(3, -1)
    peak = np.frombuffer(payload, "<f4", size, 3 * size * _TIME).astype(np.float64)
    flags = np.frombuffer(payload, "u1", size, size * (3 * _TIME + _CURRENT)).copy()
    return Delays(
        part.cells, delay, time, flags, part.amplitude.astype(np.float64),
        part.gate.astype(np.float64), width, np.ones(size, np.uint32), peak,
    )  # fmt: skip


def _joined_delays(parts: list[Delays]) -> Delays:
    columns = ([getattr(part, item.name) for part in parts] for item in fields(Delays))
    return Delays(*(np.concatenate(column) for column in columns))


def _cycled(payload: bytes, request: Request, count: int, voltage: float) -> Cycled:
    size, kept = len(request.cells), count if voltage else 0
    values = 2 * kept * size
    wanted = 2 * _TIME + 2 * size * (_CURRENT + _FLAG)
    blocks.check_length(payload, wanted + kept * _TIME + values * (_CURRENT + _FLAG))
    began, ended = np.frombuffer(payload, "<f8", 2).tolist()
    at = 2 * _TIME
    peak = np.frombuffer(payload, "<f4", 2 * size, at).astype(np.float64).reshape(2, size)
    at += peak.size * _CURRENT
    flags = np.frombuffer(payload, "u1", 2 * size, at).copy().reshape(2, size)
    at += flags.size
    time = np.frombuffer(payload, "<f8", kept, at).astype(np.float64)
    at += kept * _TIME
    found = np.frombuffer(payload, "<f4", values, at).astype(np.float64)
    at += values * _CURRENT
    over = np.frombuffer(payload, "u1", values, at).copy().reshape(2, kept, size)
    high, low = found.reshape(2, kept, size) / (voltage or 1.0)
    return Cycled(
        request.cells, high, low, over[0], over[1], time, count, began, ended, peak[0], peak[1],
        flags[0], flags[1],
    )  # fmt: skip


def _joined_cycles(parts: list[Cycled]) -> Cycled:
    def column(name: str) -> Floats:
        return np.concatenate([getattr(part, name) for part in parts])

    def either(name: str) -> blocks.Flags:
        return np.asarray(np.bitwise_or.reduce([getattr(part, name) for part in parts]))

    return replace(
        parts[0],
        high=column("high"),
        low=column("low"),
        high_flags=np.concatenate([part.high_flags for part in parts]),
        low_flags=np.concatenate([part.low_flags for part in parts]),
        time=column("time"),
        count=sum(part.count for part in parts),
        ended=parts[-1].ended,
        set_peak=np.max([part.set_peak for part in parts], axis=0),
        reset_peak=np.max([part.reset_peak for part in parts], axis=0),
        set_flags=either("set_flags"),
        reset_flags=either("reset_flags"),
    )
