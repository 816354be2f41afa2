"""Keysight 33522B waveform generator: two channels, here for pulses and levels.

Source: 33500 Series Operating and Service Guide, SCPI programming reference.
"""

import math
from dataclasses import replace
from typing import ClassVar

from labcim.capabilities import Floats
from labcim.errors import AbortedError, LabcimError, RangeError, TransportError
from labcim.instrument import Instrument, SafePhase
from labcim.limits import UNLIMITED
from labcim.parameter import Parameter, parameters_of

from ._keysight33522b_channel import Channel
from ._keysight33522b_player import checked, messages
from ._keysight33522b_pulse import Pulse, changes, checked_pulse, whole_setup
from ._keysight33522b_waveform import Waveform

_LONGEST_WAIT = 2.0  # s; a longer train is looked after, so that no read has to wait for it
_POLL = 0.02  # s
_REST_SPAN = 0.1  # V peak to peak, what the amplitude is left at where it has no part
_TO_DC = (
    "OUTP<n> 0;:OUTP<n>:LOAD INF;:SOUR<n>:BURS:STAT 0;:SOUR<n>:VOLT:UNIT VPP;"
    f":SOUR<n>:VOLT {_REST_SPAN};:SOUR<n>:FUNC DC"
)


class Keysight33522B(Instrument):
    """A two-channel generator; terminals ``ch1`` and ``ch2``.

    The verbs set the load to infinite, so that programmed volts are volts on a chip's line.
    ``channels`` holds the parameters of each channel: ``awg.channels[0].amplitude = 0.5``.
    """

    identified_by: ClassVar[str] = "33522B"
    terminals = ("ch1", "ch2")

    sync_output = Parameter[bool](
        doc="Control whether the sync connector gives a signal.",
        get="OUTP:SYNC?",
        set="OUTP:SYNC {}",
        choices={True: "1", False: "0"},
    )

    def begin(self) -> None:
        """Make both channels; nothing is known of them yet."""
        # What the verbs have told each channel, as long as nothing else has changed it: pulses or
        # a level; and which outputs are known to be on.
        self._pulses: dict[int, Pulse] = {}
        self._levels: set[int] = set()
        self._on: set[int] = set()
        self.channels = tuple(
            Channel(
                number,
                self.transport,
                self.limits.get(f"ch{number}", UNLIMITED),
                self._latch,
                self.check_errors,
                self._forget,
            )
            for number in (1, 2)
        )

    def initialise(self) -> None:
        """Reset; both channels off at 0 V, believing a high impedance."""
        self.send("*RST;*CLS")
        for channel in self.channels:
            channel.forget()
            channel.initialise()

    def settings(self) -> dict[str, object]:
        """Return every readable parameter, those of a channel as ``ch1.amplitude``."""
        found = super().settings()
        for channel in self.channels:
            for name in parameters_of(Channel):
                found[f"{channel.terminal}.{name}"] = getattr(channel, name)
        return found

    def level(self, channel: int, voltage: float) -> None:
        """Hold a DC level in V on ``channel``, output on. Raises RangeError before sending."""
        it = self._channel(channel)
        new = _level_checked(it, voltage)
        old = it.known
        if old is not None and channel in self._levels:
            if old.offset == voltage and channel in self._on:
                return
            message = f"SOUR<n>:VOLT:OFFS {voltage:.7g}"
            message += "" if channel in self._on else ";:OUTP<n> 1"
        else:
            # The old function's idle level is not known, so that it changes with the output off.
            message = f"{_TO_DC};:SOUR<n>:VOLT:OFFS {voltage:.7g};:OUTP<n> 1"
            self._forget(channel)
        it.send_asking(message)
        it.note(new)
        self._levels.add(channel)
        self._on.add(channel)

    def pulse(
        self, channel: int, amplitude: float, *, width: float, period: float, count: int
    ) -> None:
        """Deliver ``count`` pulses from 0 V to ``amplitude`` V on ``channel`` and wait for them.

        width, period: s; period 0 means twice the width. Raises RangeError before anything is
        sent. Only what differs from the pulse before is said again.
        """
        it = self._channel(channel)
        asked = checked_pulse(amplitude, width, period, count)
        self.terminal_limits(f"ch{channel}").check_width("width", width)
        new = _pulse_checked(it, amplitude)
        old = self._pulses.get(channel)
        if old is None or (old.amplitude > 0.0) is not (amplitude > 0.0):
            self._forget(channel)
            it.send(";".join(whole_setup(asked, it.edges)))
        else:
            words = changes(old, asked)
            words += [] if channel in self._on else ["OUTP<n> 1"]
            if words:
                it.send_asking(";:".join(words))
        it.note(new)
        self._pulses[channel] = asked
        self._on.add(channel)
        self._fire(it, asked.count * asked.period)

    def play(self, channel: int, voltages: Floats, *, sample_rate: float, count: int = 1) -> None:
        """Play ``voltages`` V on ``channel``, ``count`` times, and wait until they are over.

        voltages: shape (points,), 8 to a million, from 0 V to 0 V.  sample_rate: samples/s.
        Raises RangeError before anything is sent.
        """
        it = self._channel(channel)
        waveform = checked(it, voltages, sample_rate, count)
        self._forget(channel)
        for message in messages(channel, waveform, voltages, sample_rate, int(count)):
            it.send(message)
        it.note(waveform)
        self._on.add(channel)
        self._fire(it, count * len(voltages) / sample_rate)

    def gated_pulse(
        self,
        channel: int,
        amplitude: float,
        *,
        width: float,
        period: float,
        count: int,
        gate_channel: int,
        gate: float,
    ) -> None:
        """As ``level`` of ``gate`` V on another channel, ``pulse``, and ``level`` of 0 V.

        Between channels that are set up already that takes two messages. What the first one sets
        was not refused before the second one triggers; it also ends the gate's level, which waits
        for the end of the pulses as every command after ``*OPC?`` does.
        """
        it, line = self._channel(channel), self._channel(gate_channel)
        asked = checked_pulse(amplitude, width, period, count)
        self.terminal_limits(f"ch{channel}").check_width("width", width)
        new, new_gate = _pulse_checked(it, amplitude), _level_checked(line, gate)
        old = self._pulses.get(channel)
        if (
            old is None
            or (old.amplitude > 0.0) is not (amplitude > 0.0)
            or not self._on >= {channel, gate_channel}
            or gate_channel not in self._levels
            or asked.count * asked.period >= _LONGEST_WAIT
        ):
            self.level(gate_channel, gate)
            self.pulse(channel, amplitude, width=width, period=period, count=count)
            self.level(gate_channel, 0.0)
            return
        try:
            words = [*changes(old, asked), f"SOUR{gate_channel}:VOLT:OFFS {gate:.7g}"]
            it.send_asking(";:".join(words))
            it.note(new)
            self._pulses[channel] = asked
            self._expect_one(it.ask_checked(f"TRIG<n>;*OPC?;:SOUR{gate_channel}:VOLT:OFFS 0"))
            line.note(replace(new_gate, offset=0.0))
        except BaseException:
            line.forget()
            raise

    def check_level(self, channel: int, voltage: float) -> None:
        """Raise RangeError where ``level`` would; sends nothing."""
        _level_checked(self._channel(channel), voltage)

    def check_pulse(
        self, channel: int, amplitude: float, *, width: float, period: float, count: int
    ) -> None:
        """Raise RangeError where ``pulse`` would; sends nothing."""
        checked_pulse(amplitude, width, period, count)
        self.terminal_limits(f"ch{channel}").check_width("width", width)
        _pulse_checked(self._channel(channel), amplitude)

    def off(self, channel: int) -> None:
        """Bring ``channel`` to 0 V and open its output."""
        it = self._channel(channel)
        old = it.known
        is_pulse = channel in self._pulses
        self._on.discard(channel)
        if is_pulse:
            # Between bursts a pulse rests at 0 V already; its settings may stay.
            it.send("OUTP<n> 0")
        elif old is not None and old.function == "dc":
            it.send("SOUR<n>:VOLT:OFFS 0;:OUTP<n> 0")
            it.take(replace(old, offset=0.0), "level", 0.0)
        else:
            self._forget(channel)
            it.send(f"{_TO_DC};:SOUR<n>:VOLT:OFFS 0")
            new = Waveform(function="dc", amplitude=_REST_SPAN, load=math.inf)
            it.take(new, "level", 0.0)
            self._levels.add(channel)

    def is_live(self) -> bool:
        """Ask whether any channel is on and away from 0 V."""
        return any(channel.is_live() for channel in self.channels)

    def forget(self) -> None:
        """Take nothing for known, so that the verbs set whole signals again."""
        super().forget()
        for channel in self.channels:
            channel.forget()

    def safe(self, phase: SafePhase) -> None:
        """Bring signals to 0 V (gates in their own phase), then both outputs off; proved."""
        super().forget()  # a channel forgets by itself
        troubles: list[LabcimError] = []
        for channel in self.channels:
            try:
                channel.safe(phase)
            except LabcimError as trouble:  # the other channel has to be safe all the more
                troubles.append(trouble)
        if troubles:
            raise troubles[0]

    def _channel(self, number: int) -> Channel:
        if number not in (1, 2):
            raise RangeError(f"channel = {number!r}: accepts 1 or 2; nothing was sent")
        return self.channels[number - 1]

    def _forget(self, channel: int) -> None:
        self._pulses.pop(channel, None)
        self._levels.discard(channel)
        self._on.discard(channel)

    def _fire(self, channel: Channel, duration: float) -> None:
        """Trigger a burst of ``duration`` s and return when it is over."""
        if duration < _LONGEST_WAIT:
            self._expect_one(channel.ask("TRIG<n>;*OPC?"))
            return
        channel.send("*CLS;:TRIG<n>;*OPC")
        while not int(channel.ask("*ESR?")) & 1:
            if self._latch.wait(_POLL):
                raise AbortedError(
                    f"{self.transport.address}: a pulse train was ended from outside"
                )

    def _expect_one(self, answer: str) -> None:
        if answer.strip() != "1":
            raise TransportError(f"{self.transport.address}: *OPC? answered {answer[:80]!r}")


def _level_checked(channel: Channel, voltage: float) -> Waveform:
    """Return the waveform of a level that the terminal may see. Raises RangeError."""
    waveform = Waveform(function="dc", amplitude=_REST_SPAN, offset=voltage, load=math.inf)
    channel.check(waveform, "level", voltage)
    return waveform


def _pulse_checked(channel: Channel, amplitude: float) -> Waveform:
    """Return the waveform of a pulse from 0 V that the terminal may see. Raises RangeError."""
    waveform = Waveform("pulse", abs(amplitude), amplitude / 2.0, math.inf)
    channel.check(waveform, "pulse", amplitude)
    return waveform
