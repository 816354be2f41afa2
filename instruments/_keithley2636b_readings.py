"""Readings and list sweeps of a Keithley 2636B: the templates that are sent, and their answers.

A sweep is one run of the trigger model into the dedicated buffers, read back in double precision.
"""

import threading
from typing import Final, Protocol

import numpy as np

from labcim.capabilities import Flag, SweepReadings
from labcim.errors import AbortedError, InstrumentError, TransportError
from labcim.transport import Transport

READING: Final = (
    "do local i, v = smu<x>.measure.iv() "
    "print(v, i, smu<x>.source.compliance and 1 or 0, errorqueue.count) end"
)
#: From here on a value is an overflow, or none at all (manual, "measure overflow").
NO_VALUE: Final = 9.9e37
_LIMITED: Final = 0x40  # status bit of a reading: the source is in compliance
_LIST_PART: Final = 200  # levels that one message takes
_READ_PART: Final = 4000  # points asked for at once
_POLL: Final = 0.02  # s between looks at a running sweep
_COLUMNS: Final = (
    "smu<x>.nvbuffer2.readings, smu<x>.nvbuffer1.readings, smu<x>.nvbuffer1.timestamps, "
    "smu<x>.nvbuffer1.statuses"
)


class Channel(Protocol):
    """What a sweep needs of a channel."""

    transport: Transport

    def ask(self, message: str | bytes) -> str:
        """Ask, with the channel's letter put in."""

    def ask_block(self, message: str | bytes, size: int | None = None) -> bytes:
        """Ask for a block, with the channel's letter put in."""

    def command(self, message: str) -> None:
        """Command, with the channel's letter put in; raises what the instrument refuses."""


def one_reading(answer: str) -> tuple[float, float, Flag, str]:
    """Return (voltage in V, current in A, flags, number of errors); NaN for an overflow."""
    words = answer.split("\t")
    try:
        voltage, current, limited = (float(word) for word in words[:3])
        errors = words[3]
    except (ValueError, IndexError) as trouble:
        raise TransportError(f"reading {answer[:80]!r}") from trouble
    flags = Flag.IN_COMPLIANCE if limited else Flag.GOOD
    if not abs(current) < NO_VALUE:
        current, flags = float("nan"), flags | Flag.OVER_RANGE
    if not abs(voltage) < NO_VALUE:
        voltage, flags = float("nan"), flags | Flag.OVER_RANGE
    return voltage, current, flags, errors


def run_list_sweep(
    channel: Channel,
    levels: list[float],
    dwell: float,
    current_limit: float,
    latch: threading.Event,
) -> SweepReadings:
    """Load the list, run it, wait until it is done and fetch its readings."""
    channel.command("labcim_levels = {}")
    for start in range(0, len(levels), _LIST_PART):
        part = ",".join(f"{level:.9g}" for level in levels[start : start + _LIST_PART])
        channel.command(
            f"for _, x in ipairs({{{part}}}) do labcim_levels[#labcim_levels + 1] = x end"
        )
    channel.command(
        "smu<x>.trigger.source.listv(labcim_levels) labcim_levels = nil "
        f"smu<x>.source.func = 1 smu<x>.source.levelv = 0 "
        f"smu<x>.source.limiti = {current_limit:.9g}"
    )
    channel.command(
        f"smu<x>.source.delay = {dwell:.9g} smu<x>.measure.delay = 0 "
        "smu<x>.measure.filter.enable = 0 "
        "smu<x>.nvbuffer1.clear() smu<x>.nvbuffer2.clear() "
        "smu<x>.nvbuffer1.collecttimestamps = 1 smu<x>.nvbuffer1.appendmode = 0 "
        "smu<x>.trigger.measure.iv(smu<x>.nvbuffer1, smu<x>.nvbuffer2)"
    )
    channel.command(
        "smu<x>.trigger.arm.stimulus = 0 smu<x>.trigger.source.stimulus = 0 "
        "smu<x>.trigger.measure.stimulus = 0 smu<x>.trigger.endpulse.stimulus = 0 "
        "smu<x>.trigger.source.action = 1 smu<x>.trigger.measure.action = 1 "
        "smu<x>.trigger.endpulse.action = 1 smu<x>.trigger.endsweep.action = 0 "
        f"smu<x>.trigger.arm.count = 1 smu<x>.trigger.count = {len(levels)}"
    )
    channel.command("smu<x>.source.output = 1")
    channel.command("smu<x>.trigger.initiate()")
    _wait_until_idle(channel, latch)
    return _fetched(channel, len(levels))


def _wait_until_idle(channel: Channel, latch: threading.Event) -> None:
    """Look until the channel sweeps no more; a stop of the bench ends the wait at once."""
    sweeping = "print(status.operation.instrument.smu<x>.condition)"
    while int(float(channel.ask(sweeping))) & 8:
        if latch.wait(_POLL):
            raise AbortedError(f"{channel.transport.address}: the sweep was ended from outside")


def _fetched(channel: Channel, points: int) -> SweepReadings:
    stored = int(float(channel.ask("print(smu<x>.nvbuffer1.n)")))
    if stored != points:
        raise InstrumentError(f"{channel.transport.address}: {stored} readings of {points} points")
    parts = []
    for first in range(1, points + 1, _READ_PART):
        last = min(first + _READ_PART - 1, points)
        data = channel.ask_block(
            "format.data = format.REAL64 format.byteorder = format.LITTLEENDIAN "
            f"printbuffer({first}, {last}, {_COLUMNS}) format.data = format.ASCII",
            (last - first + 1) * 4 * 8,
        )
        parts.append(np.frombuffer(data, "<f8").reshape(-1, 4))
    rows = np.concatenate(parts)
    known = np.abs(rows[:, :2]) < NO_VALUE
    flags = np.where(rows[:, 3].astype(np.int64) & _LIMITED, int(Flag.IN_COMPLIANCE), 0)
    flags |= np.where(known.all(axis=1), 0, int(Flag.OVER_RANGE))
    values = np.where(known, rows[:, :2], np.nan)
    return SweepReadings(
        cell=0,
        voltage=values[:, 0],
        current=values[:, 1],
        time=rows[:, 2],
        flags=flags.astype(np.uint8),
    )
