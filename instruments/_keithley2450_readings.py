"""Readings and list sweeps of a Keithley 2450: what is sent for them and what the answers mean."""

import threading
from typing import Final

import numpy as np

from labcim.capabilities import Flag, SweepReadings
from labcim.errors import AbortedError, InstrumentError, TransportError
from labcim.instrument import Instrument

SINGLE: Final = ':READ? "defbuffer1", SOUR, READ, SOURSTAT'
_SWEPT: Final = ':TRAC:DATA? {}, {}, "defbuffer1", SOUR, READ, SOURSTAT, REL'

#: A reading beyond the range is stated as this number (manual, "Overflow readings").
OVERFLOW: Final = 9.9e37
_LIMITED: Final = 16  # source status bit "source function level was limited"
_LIST_PART: Final = 100  # values that one list command takes
_ANSWER_PART: Final = 2000  # points asked for at once
_POLL: Final = 0.02  # s between looks at a running sweep


def one_reading(answer: str) -> tuple[float, float, Flag]:
    """Return (voltage in V, current in A, flags) of ``SOUR, READ, SOURSTAT``; NaN if overflowed."""
    fields = answer.split(",")
    if len(fields) != 3:
        raise TransportError(f"reading {answer[:80]!r} has {len(fields)} fields, expected 3")
    return _reading(*fields)


def _reading(source: str, reading: str, status: str) -> tuple[float, float, Flag]:
    try:
        voltage, current, state = float(source), float(reading), int(float(status))
    except ValueError as trouble:
        raise TransportError(f"reading {source!r}, {reading!r}, {status!r}") from trouble
    flags = Flag.IN_COMPLIANCE if state & _LIMITED else Flag.GOOD
    if not abs(current) < OVERFLOW:
        current, flags = float("nan"), flags | Flag.OVER_RANGE
    if not abs(voltage) < OVERFLOW:
        voltage, flags = float("nan"), flags | Flag.OVER_RANGE
    return voltage, current, flags


def run_list_sweep(
    instrument: Instrument,
    levels: list[float],
    dwell: float,
    current_limit: float,
    latch: threading.Event,
) -> SweepReadings:
    """Load the list, run it, wait until it is done and fetch its readings.

    The sweep's trigger model turns the output on by itself and off at its end.
    """
    instrument.send(f':SOUR:VOLT:ILIM {current_limit:.6g};:SENS:CURR:AVER 0;:TRAC:CLE "defbuffer1"')
    for start in range(0, len(levels), _LIST_PART):
        verb = ":SOUR:LIST:VOLT" if start == 0 else ":SOUR:LIST:VOLT:APP"
        part = levels[start : start + _LIST_PART]
        instrument.send(f"{verb} {','.join(f'{level:.7g}' for level in part)}")
    instrument.send(f':SOUR:SWE:VOLT:LIST 1, {dwell:.6g}, 1, OFF, "defbuffer1"')
    instrument.send(":INIT")
    _wait_until_idle(instrument, latch)
    return _fetch(instrument, len(levels))


def _wait_until_idle(instrument: Instrument, latch: threading.Event) -> None:
    """Look until the trigger model rests; a stop of the bench ends the wait at once."""
    while True:
        state = instrument.ask(":TRIG:STAT?").split(";")[0]
        if state in ("IDLE", "EMPTY"):
            return
        if state in ("FAILED", "ABORTED", "ABORTING"):
            raise InstrumentError(f"{instrument.transport.address}: the sweep is {state}")
        if latch.wait(_POLL):
            raise AbortedError(f"{instrument.transport.address}: the sweep was ended from outside")


def _fetch(instrument: Instrument, points: int) -> SweepReadings:
    fields: list[str] = []
    for first in range(1, points + 1, _ANSWER_PART):
        last = min(first + _ANSWER_PART - 1, points)
        part = instrument.ask(_SWEPT.format(first, last)).split(",")
        if len(part) != 4 * (last - first + 1):
            raise InstrumentError(
                f"{instrument.transport.address}: {len(part) // 4} readings of points "
                f"{first} to {last}"
            )
        fields += part
    rows = [_reading(*fields[index : index + 3]) for index in range(0, len(fields), 4)]
    return SweepReadings(
        cell=0,
        voltage=np.array([row[0] for row in rows]),
        current=np.array([row[1] for row in rows]),
        time=np.array([float(text) for text in fields[3::4]]),
        flags=np.array([row[2] for row in rows], dtype=np.uint8),
    )
