"""Tektronix TDS2024B oscilloscope: 4 channels, 200 MHz, 8 bits, records of 2,500 points.

It has no SYSTem:ERRor: what it did not take shows in the standard event status register, and after
that is read in ``ALLEv?``. Source: TDS200, TDS1000/2000, TDS1000B/2000B and TPS2000 Programmer
Manual (071-1075), chapters 2 and 3.
"""

import time
from typing import ClassVar, Final, Literal, final

import numpy as np

from labcim.errors import InstrumentError, RangeError
from labcim.instrument import Instrument, SafePhase
from labcim.instrument_capabilities import Capture
from labcim.parameter import Parameter
from labcim.units import show

from ._proof import prove
from ._tds2024b_ranges import (
    GAIN,
    GAIN_FINE,
    RISE,
    SLOW,
    TIME_SCALES,
    Ranges,
    ranges_for,
)

Mode = Literal["sample", "peak detect", "average"]
CHANNELS: Final = (1, 2, 3, 4)
PROBES: Final = {1: "1", 10: "10", 100: "100", 1000: "1000"}
PATIENCE: Final = 5.0  # s beyond what it needs to be ready
_REFUSED: Final = 4 | 8 | 16 | 32  # query, device, execution and command error
_FIELDS: Final = 16  # of a whole preamble
_ON: Final = {True: "1", False: "0"}


def _number(answer: str) -> float:
    value = float(answer)
    if not -1e37 < value < 1e37:
        raise ValueError(answer)
    return value


def _factor(answer: str) -> str:
    return f"{float(answer):g}"


def _scale(n: int) -> Parameter[float]:
    return Parameter(
        doc=f"Control the scale of channel {n} for each division.", unit="V",
        get=f"CH{n}:SCA?", set=f"CH{n}:SCA {{:.4g}}", limits=(2e-3, 50.0), parse=_number,
    )  # fmt: skip


def _position(n: int) -> Parameter[float]:
    return Parameter(
        doc=f"Control the position of channel {n}, in divisions as a number from the centre.",
        get=f"CH{n}:POS?", set=f"CH{n}:POS {{:.4g}}", limits=(-8.0, 8.0), parse=_number,
    )  # fmt: skip


def _coupling(n: int) -> Parameter[str]:
    return Parameter(
        doc=f"Control the coupling of channel {n}.",
        get=f"CH{n}:COUP?", set=f"CH{n}:COUP {{}}", choices={it: it for it in ("DC", "AC", "GND")},
    )  # fmt: skip


def _limited(n: int) -> Parameter[bool]:
    return Parameter(
        doc=f"Control whether channel {n} is limited to 20 MHz.",
        get=f"CH{n}:BAN?", set=f"CH{n}:BAN {{}}", choices={True: "ON", False: "OFF"},
    )  # fmt: skip


def _shown(n: int) -> Parameter[bool]:
    return Parameter(
        doc=f"Control whether channel {n} is acquired.",
        get=f"SEL:CH{n}?", set=f"SEL:CH{n} {{}}", choices=_ON,
    )  # fmt: skip


@final
class TektronixTDS2024B(Instrument):
    """Records voltages in time. It drives nothing, so that there is nothing to turn off."""

    identified_by: ClassVar[str] = "TDS 2024B"
    terminals: ClassVar[tuple[str, ...]] = ("ch1", "ch2", "ch3", "ch4", "ext")

    ch1_scale, ch2_scale, ch3_scale, ch4_scale = (_scale(n) for n in CHANNELS)
    ch1_position, ch2_position, ch3_position, ch4_position = (_position(n) for n in CHANNELS)
    ch1_coupling, ch2_coupling, ch3_coupling, ch4_coupling = (_coupling(n) for n in CHANNELS)
    ch1_limited, ch2_limited, ch3_limited, ch4_limited = (_limited(n) for n in CHANNELS)
    ch1_shown, ch2_shown, ch3_shown, ch4_shown = (_shown(n) for n in CHANNELS)
    time_scale = Parameter(
        doc="Control the time base for each division.", unit="s", get="HOR:MAI:SCA?",
        set="HOR:MAI:SCA {:.4g}", limits=(TIME_SCALES[0], TIME_SCALES[-1]), parse=_number,
        guard="_guard_time_scale",
    )  # fmt: skip
    time_position = Parameter(
        doc="Control the time from the trigger to the centre of the record.", unit="s",
        get="HOR:MAI:POS?", set="HOR:MAI:POS {:.6g}", limits=(-250.0, 50.0), parse=_number,
    )  # fmt: skip
    trigger_source = Parameter[str](
        doc="Control the source of edges that trigger.", get="TRIG:MAI:EDGE:SOU?",
        set="TRIG:MAI:EDGE:SOU {}",
        choices={it: it for it in ("CH1", "CH2", "CH3", "CH4", "EXT", "EXT5")},
    )  # fmt: skip
    trigger_rising = Parameter[bool](
        doc="Control whether rising edges trigger.", get="TRIG:MAI:EDGE:SLO?",
        set="TRIG:MAI:EDGE:SLO {}", choices={True: "RISE", False: "FALL"},
    )  # fmt: skip
    trigger_level = Parameter(
        doc="Control the voltage at which it triggers.", unit="V", get="TRIG:MAI:LEV?",
        set="TRIG:MAI:LEV {:.6g}", limits=(-8.0, 8.0), parse=_number,
    )  # fmt: skip
    trigger_waits = Parameter[bool](
        doc="Control whether it waits for a trigger however long.", get="TRIG:MAI:MOD?",
        set="TRIG:MAI:MOD {}", choices={True: "NORMAL", False: "AUTO"},
    )  # fmt: skip
    holdoff = Parameter(
        doc="Control the time in which it does not trigger again.", unit="s",
        get="TRIG:MAI:HOLDO:VAL?", set="TRIG:MAI:HOLDO:VAL {:.6g}", limits=(5e-7, 10.0),
        parse=_number,
    )  # fmt: skip
    mode = Parameter[Mode](
        doc="Control how points come of samples.", get="ACQ:MOD?", set="ACQ:MOD {}",
        choices={"sample": "SAMPLE", "peak detect": "PEAKDETECT", "average": "AVERAGE"},
    )  # fmt: skip
    averages = Parameter[int](
        doc="Control how many acquisitions are averaged.", get="ACQ:NUMAV?", set="ACQ:NUMAV {}",
        choices={n: str(n) for n in (4, 16, 64, 128)},
    )  # fmt: skip
    single = Parameter[bool](
        doc="Control whether it stops after one sequence.", get="ACQ:STOPA?", set="ACQ:STOPA {}",
        choices={True: "SEQUENCE", False: "RUNSTOP"},
    )  # fmt: skip
    trigger_state = Parameter[str](
        doc="Measure how far the trigger is.", get="TRIG:STATE?", parse=str
    )

    def initialise(self) -> None:
        """Go to factory settings, replies without headers, and acquire nothing."""
        self.transport.write("*CLS")
        self.send("*RST")
        self.send("HEAD OFF;VERB ON")
        self.disarm()

    def safe(self, phase: SafePhase) -> None:
        """Prove with the outputs that it answers; there is nothing that it could drive."""
        if phase is SafePhase.OUTPUTS:
            prove(self.transport, "*STB?", "the status byte", lambda said: 0 <= int(said) <= 255)

    # -- one record --------------------------------------------------------------------------

    def arm(
        self,
        channel: int,
        *,
        lowest: float,
        highest: float,
        before: float,
        after: float,
        level: float,
        rising: bool = True,
        probe: int = 10,
    ) -> None:
        """Get ready for one record around the next edge; see `Digitizer`.

        probe: the factor of what is on the channel. The record is at least as long as asked for.
        """
        self._guard_channel(channel)
        if probe not in PROBES:
            accepts = ", ".join(f"{it}X" for it in PROBES)
            raise RangeError(f"probe = {probe}X: accepts {accepts}; nothing was sent")
        chosen = ranges_for(lowest, highest, before, after, level, float(probe))
        source = f"CH{channel}"
        self.send(
            f"HEAD OFF;VERB ON;:ACQ:STATE STOP;MOD SAMPLE;STOPA SEQUENCE;:SEL:{source} 1;"
            f":{source}:PRO {probe};SCA {chosen.scale:.4g};POS {chosen.position:.6g};COUP DC;"
            f"INV OFF;BAN OFF;:HOR:VIEW MAIN;:HOR:MAI:SCA {chosen.across:.4g};"
            f"POS {chosen.centre:.6g};:TRIG:MAI:TYP EDGE;MOD NORMAL;EDGE:SOU {source};"
            f"SLO {'RISE' if rising else 'FALL'};COUP DC;:TRIG:MAI:LEV {level:.6g}"
        )
        self._read_back(source, chosen, level)
        self.send("ACQ:STATE RUN")
        self._until_ready(before + PATIENCE)

    def _read_back(self, source: str, chosen: Ranges, level: float) -> None:
        """See that the ranges are the ones that were chosen: none was forced to another."""
        asked = (chosen.scale, chosen.position, chosen.across, chosen.centre, level)
        answer = self.ask(f"{source}:SCA?;POS?;:HOR:MAI:SCA?;POS?;:TRIG:MAI:LEV?")
        try:
            found = [_number(part) for part in answer.split(";")]
        except ValueError as trouble:
            raise InstrumentError(
                f"{self.transport.address}: ranges read {answer[:80]!r}"
            ) from trouble
        if len(found) != len(asked) or not np.allclose(found, asked, rtol=2e-3, atol=1e-12):
            raise InstrumentError(
                f"{self.transport.address}: ranges read {answer[:80]!r}, set were "
                f"{'; '.join(f'{it:.4g}' for it in asked)}"
            )

    def _until_ready(self, patience: float) -> None:
        """Ask until what lies left of the trigger is there, for ``patience`` s at most."""
        deadline = time.monotonic() + patience
        while (state := self.trigger_state.upper()) in ("ARMED", "TRIGGER"):
            if time.monotonic() >= deadline:
                break
        if state not in ("READY", "SAVE"):
            raise InstrumentError(
                f"{self.transport.address}: is not ready for a trigger, but {state[:80]!r}"
            )

    def is_complete(self) -> bool:
        """Say whether the record is there."""
        return self.ask("BUSY?").strip() == "0"

    def fetch(self, channel: int) -> Capture:
        """Return the record of a channel, clipped points flagged."""
        self._guard_channel(channel)
        self.send(f"HEAD OFF;VERB ON;:DAT:SOU CH{channel};ENC RIBINARY;WID 1;STAR 1;STOP 2500")
        fields = self.ask("WFMP?").split(";")
        if len(fields) != _FIELDS:
            raise InstrumentError(f"{self.transport.address}: channel {channel} has no record")
        try:
            step, zero = _number(fields[8]), _number(fields[10])
            level, base, offset = (_number(fields[place]) for place in (12, 13, 14))
        except ValueError as trouble:
            raise InstrumentError(
                f"{self.transport.address}: the preamble reads {';'.join(fields)[:160]!r}"
            ) from trouble
        codes = np.frombuffer(self.ask_block("CURV?"), np.int8).astype(np.float64)
        if len(codes) != int(fields[5]):
            raise InstrumentError(
                f"{self.transport.address}: {len(codes)} points came of {fields[5][:20]}"
            )
        probe = float(_factor(self.ask(f"CH{channel}:PRO?")))
        fine = 25.0 * level / probe < 9.9e-3
        return Capture(
            times=zero + step * np.arange(len(codes), dtype=np.float64),
            volts=base + level * (codes - offset),
            clipped=(codes >= 127.0) | (codes <= -128.0),
            resolution=level,
            gain=GAIN_FINE if fine else GAIN,
            rise=SLOW if 25.0 * level / probe < 4.99e-3 else RISE,
        )

    def disarm(self) -> None:
        """Wait for no trigger any more."""
        self.send("ACQ:STATE STOP")

    # -- errors and guards -------------------------------------------------------------------

    def raise_errors(self, message: str | bytes = "") -> None:
        """Read the event status register; raise InstrumentError with the events behind it."""
        if self.whole(self.transport.query("*ESR?")) & _REFUSED:
            told = self.transport.query("ALLEV?").removeprefix(":ALLEV ")
            raise self.refusal(message, told[:400])

    def _guard_channel(self, channel: int) -> None:
        if channel not in CHANNELS:
            raise RangeError(f"channel = {channel}: accepts 1 to 4; nothing was sent")

    def _guard_time_scale(self, seconds: float) -> None:
        """Refuse what the instrument would round."""
        if not any(abs(seconds - it) <= 1e-6 * it for it in TIME_SCALES):
            below = max((it for it in TIME_SCALES if it < seconds), default=TIME_SCALES[0])
            above = min((it for it in TIME_SCALES if it > seconds), default=TIME_SCALES[-1])
            raise RangeError(
                f"time_scale = {show(seconds, 's')}: accepts a sequence of 1, 2.5 and 5, here "
                f"{show(below, 's')} or {show(above, 's')}; nothing was sent"
            )
