"""Readings and list sweeps of a Keithley 2400: what is sent for them and what the answers mean."""

import threading
from typing import Final

import numpy as np

from labcim.capabilities import Flag, Floats, SweepReadings
from labcim.errors import AbortedError, TransportError
from labcim.instrument import Instrument

#: What a reading consists of; the instrument always tells it in this order.
ELEMENTS: Final = "VOLT,CURR,TIME,STAT"
_FIELDS: Final = 4
_SINGLE: Final = np.dtype("<f4")
MOST_POINTS: Final = 2500  # of a list, and of the data store
_LIST_PART: Final = 100  # values that one list command takes
_POLL: Final = 0.02  # s between looks at a running sweep

#: From here on a value is an overflow (9.9e37) or was not measured (9.91e37).
NO_VALUE: Final = 9.9e37
# Bits of the status word (User's Manual, :FORMat:ELEMents, STATus).
_OVER_RANGE: Final = 1 << 0
_LIMITED: Final = 1 << 3 | 1 << 4 | 1 << 16  # real compliance, over-voltage, range compliance
_BUFFER_FULL: Final = 1  # bit of the status byte: the only measurement event that is enabled


def one_reading(answer: str) -> tuple[float, float, Flag]:
    """Return (voltage in V, current in A, flags) of ``VOLT,CURR,TIME,STAT``; NaN if overflowed."""
    rows = _rows(answer)
    if len(rows) != 1:
        raise TransportError(f"reading {answer[:80]!r} has {len(rows)} readings, expected one")
    seen = _swept(rows)
    return float(seen.voltage[0]), float(seen.current[0]), Flag(int(seen.flags[0]))


def run_list_sweep(
    instrument: Instrument,
    levels: list[float],
    dwell: float,
    current_limit: float,
    latch: threading.Event,
) -> SweepReadings:
    """Load the list, run it into the data store, wait until that is full and fetch it."""
    points = len(levels)
    instrument.send(f":SENS:CURR:PROT {current_limit:.6g};:SENS:AVER 0;:SOUR:DEL {dwell:.6g}")
    for start in range(0, points, _LIST_PART):
        verb = ":SOUR:LIST:VOLT" if start == 0 else ":SOUR:LIST:VOLT:APP"
        part = levels[start : start + _LIST_PART]
        instrument.send(f"{verb} {','.join(f'{level:.7g}' for level in part)}")
    instrument.send(
        f":TRAC:FEED:CONT NEV;:TRAC:CLE;:TRAC:POIN {points};:TRAC:FEED SENS;:TRAC:FEED:CONT NEXT;"
        f":TRIG:COUN {points};:SOUR:VOLT:MODE LIST;:STAT:MEAS:ENAB 512"
    )
    instrument.send(":OUTP 1")
    instrument.send(":INIT")
    try:
        _wait_until_full(instrument, latch)
        return _fetch(instrument, points)
    finally:
        if not latch.is_set():
            instrument.send(":SOUR:VOLT:MODE FIX;:TRIG:COUN 1;:SOUR:DEL:AUTO 1;:STAT:MEAS:ENAB 0")


def _wait_until_full(instrument: Instrument, latch: threading.Event) -> None:
    """Look until the data store is full; a stop of the bench ends the wait at once."""
    while not int(instrument.ask("*STB?")) & _BUFFER_FULL:
        if latch.wait(_POLL):
            raise AbortedError(f"{instrument.transport.address}: the sweep was ended from outside")


def _fetch(instrument: Instrument, points: int) -> SweepReadings:
    """Read the data store as one block of single precision, which holds a status word exactly."""
    instrument.send(":FORM:DATA REAL,32;:FORM:BORD SWAP")
    try:
        payload = instrument.ask_block(":TRAC:DATA?", points * _FIELDS * _SINGLE.itemsize)
    finally:
        instrument.send(":FORM:DATA ASC")
    return _swept(np.frombuffer(payload, _SINGLE).astype(np.float64).reshape(-1, _FIELDS))


def _swept(rows: Floats) -> SweepReadings:
    status = rows[:, 3].astype(np.int64)
    over = (status & _OVER_RANGE > 0) | ~(np.abs(rows[:, :2]).max(axis=1) < NO_VALUE)
    flags = np.where(status & _LIMITED, int(Flag.IN_COMPLIANCE), 0)
    flags |= np.where(over, int(Flag.OVER_RANGE), 0)
    values = np.where(np.abs(rows[:, :2]) < NO_VALUE, rows[:, :2], np.nan)
    return SweepReadings(
        cell=0,
        voltage=values[:, 0],
        current=values[:, 1],
        time=rows[:, 2],
        flags=flags.astype(np.uint8),
    )


def _rows(answer: str) -> Floats:
    try:
        values = np.array([float(text) for text in answer.split(",")])
    except ValueError as trouble:
        raise TransportError(f"reading {answer[:80]!r}") from trouble
    if values.size % _FIELDS:
        raise TransportError(f"reading {answer[:80]!r} has {values.size} fields")
    return values.reshape(-1, _FIELDS)
