"""Readings and list sweeps of a Keithley 2450: what is sent for them and what the answers mean."""

import threading
from typing import Final

import numpy as np

from labcim.capabilities import Flag, SweepReadings
from labcim.errors import AbortedError, InstrumentError, TransportError
from labcim.instrument import Instrument

SINGLE: Final = ':READ? "defbuffer1", SOUR, READ, SOURSTAT'
_SWEPT: Final = ':TRAC:DATA? 1, {}, "defbuffer1", SOUR, READ, SOURSTAT, REL'
_FIELDS: Final = 4
_DOUBLE: Final = np.dtype("<f8")

#: A reading beyond the range is stated as this number (manual, "Overflow readings").
OVERFLOW: Final = 9.9e37
_LIMITED: Final = 16  # source status bit "source function level was limited"
_LIST_PART: Final = 100  # values that one list command takes
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
    """Read the buffer as one block of double precision."""
    instrument.send(":FORM:DATA REAL;:FORM:BORD SWAP")
    try:
        payload = instrument.ask_block(_SWEPT.format(points), points * _FIELDS * _DOUBLE.itemsize)
    finally:
        instrument.send(":FORM:DATA ASC")
    rows = np.frombuffer(payload, _DOUBLE).reshape(-1, _FIELDS)
    over = ~(np.abs(rows[:, :2]) < OVERFLOW)
    flags = np.where(rows[:, 2].astype(np.int64) & _LIMITED, int(Flag.IN_COMPLIANCE), 0)
    flags |= np.where(over.any(axis=1), int(Flag.OVER_RANGE), 0)
    values = np.where(over, np.nan, rows[:, :2])
    return SweepReadings(
        cell=0,
        voltage=values[:, 0],
        current=values[:, 1],
        time=rows[:, 3].copy(),
        flags=flags.astype(np.uint8),
    )
