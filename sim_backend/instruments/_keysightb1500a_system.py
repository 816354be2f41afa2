"""Commands of a B1500A that concern the whole mainframe: identity, errors, status, formats, time.

Source: B1500A Programming Guide, chapter 4. ``*CLS``, ``*ESE`` and ``*ESR?`` are no commands of it.
"""

from ..wire.flex import Channel, Real, Whole, command
from ..wire.flex_errors import TEXTS, FlexError
from ..wire.flex_status import ERROR, SET_READY
from ._keysightb1500a_base import SLOTS, B1500Base
from ._keysightb1500a_data import FORMATS
from ._keysightb1500a_settings import (
    AUTO,
    CYCLES,
    HIGH_RESOLUTION,
    HIGH_SPEED,
    MANUAL,
    PULSED,
    TIME,
    Converter,
    Mainframe,
)

_SWITCH = Whole(0, 1)
_HIGHEST = {
    (HIGH_SPEED, AUTO): 1023, (HIGH_SPEED, MANUAL): 1023, (HIGH_SPEED, CYCLES): 100,
    (HIGH_RESOLUTION, AUTO): 127, (HIGH_RESOLUTION, MANUAL): 127, (HIGH_RESOLUTION, CYCLES): 100,
    (PULSED, CYCLES): 100,
}  # fmt: skip
_SHORTEST, _LONGEST = 2e-6, 20e-3  # s, of the measurement time mode
_DEFAULTS = {(HIGH_RESOLUTION, AUTO): 6, (HIGH_RESOLUTION, MANUAL): 3}


class SystemCommands(B1500Base):
    """The mainframe's own commands."""

    def reset(self) -> None:
        """Go to the initial settings: every switch off, buffers empty; the mask stays."""
        for smu in self.smus.values():
            smu.reset()
        for generator in self.generators.values():
            generator.reset()
        self.settings = Mainframe(timer=self.circuit.clock.now)
        self.output_buffer.clear()
        self.status.reset()

    @command("*RST")
    def rst(self) -> None:
        """Reset."""
        self.reset()

    @command("*IDN?")
    def idn(self) -> str:
        """Tell who it is."""
        return self.identity

    @command("UNT?", Whole(0, 1), optional=1)
    def units(self, _mode: int = 0) -> str:
        """Tell model and revision of the module in every slot."""
        return ";".join(f"{model},0" for model in self.models)

    @command("*OPC?")
    def complete(self) -> str:
        """Tell that everything before is done."""
        return "1"

    @command("*TST?", Whole(0, SLOTS + 1), Whole(0, 1), optional=2)
    def self_test(self, *_chosen: int) -> str:
        """Test, which opens every output; 0 is a pass."""
        return self.calibrate()

    @command("*CAL?", Whole(0, SLOTS + 1), optional=1)
    def calibrate(self, *_chosen: int) -> str:
        """Calibrate, which opens every output; 0 is a pass."""
        self.open_all()
        return "0"

    @command("CA", Whole(0, SLOTS + 1), optional=1)
    def calibrate_silently(self, *_chosen: int) -> None:
        """Calibrate as above, without an answer."""
        self.open_all()

    def open_all(self) -> None:
        """Open every output switch; the error bit goes."""
        for smu in self.smus.values():
            smu.disable()
        for generator in self.generators.values():
            generator.on = False
            generator.rest()
        self.status.set(ERROR, False)

    @command("CM", _SWITCH)
    def set_auto_calibration(self, on: int) -> None:
        """Choose the calibration every 30 min while all switches are off; none is needed here."""
        self.settings.auto_calibration = bool(on)

    # -- errors and status -------------------------------------------------------------------

    @command("ERR?", _SWITCH, optional=1)
    def error_codes(self, mode: int = 0) -> str:
        """Tell the first four error codes, or the first one, and forget all of them."""
        codes = self.errors.first()
        self.status.set(ERROR, False)
        return str(codes[0]) if mode else ",".join(map(str, codes))

    @command("ERRX?", _SWITCH, optional=1)
    def error(self, mode: int = 0) -> str:
        """Tell and remove the oldest error: code and text, or the code alone."""
        error = self.errors.next()
        self.status.set(ERROR, False)
        code, text = (0, TEXTS[0]) if error is None else (error.code, error.text)
        return f"{code:+d}" if mode else f'{code:+d},"{text}"'

    @command("EMG?", Whole(0, 9999))
    def error_text(self, code: int) -> str:
        """Tell the text of an error code."""
        if code not in TEXTS:
            raise FlexError(120)
        return TEXTS[code]

    @command("*SRE", Whole(0, 255))
    def set_mask(self, mask: int) -> None:
        """Choose which bits ask for service."""
        self.status.mask = mask

    @command("*SRE?")
    def mask(self) -> int:
        """Tell which bits ask for service."""
        return self.status.mask

    @command("*STB?")
    def status_byte(self) -> int:
        """Tell the status byte as it was before the question: set ready, unless something runs."""
        return self.status.status_byte() | SET_READY

    # -- data --------------------------------------------------------------------------------

    @command("FMT", Whole(1, 25), Whole(0, 10), optional=1)
    def set_format(self, form: int, mode: int = 0) -> None:
        """Choose how data are sent, and whether what is put out is sent as well; empties them."""
        if form not in FORMATS:
            raise FlexError(120)
        self.settings.format, self.settings.format_mode = form, mode
        self.output_buffer.clear()
        self.status.update()

    @command("BC")
    def clear_buffer(self) -> None:
        """Forget the data in the output buffer."""
        self.output_buffer.clear()
        self.status.update()

    @command("NUB?")
    def buffered(self) -> int:
        """Tell how many data are in the output buffer."""
        return len(self.output_buffer)

    # -- time --------------------------------------------------------------------------------

    @command("TSC", _SWITCH)
    def set_time_stamp(self, on: int) -> None:
        """Choose whether every datum comes with its time."""
        self.settings.time_stamp = bool(on)

    @command("TSR", Channel(), optional=1)
    def clear_timer(self, channel: int | None = None) -> None:
        """Let the timer begin anew: at once, which is when a channel's output would start too."""
        if channel is not None:
            self.smu(channel)
        self.settings.timer = self.circuit.clock.now

    @command("TSQ")
    def tell_time(self) -> None:
        """Leave the time since the timer was cleared in the output buffer."""
        self.emit([self.time(0)])

    @command("PA", Real(-99.9999, 99.9999))
    def pause(self, seconds: float) -> None:
        """Wait; for an event (less than 0 s) it would wait for ever here, 120."""
        if seconds < 0.0:
            raise FlexError(120)
        self.wait(seconds)

    @command("WAT", Whole(1, 3), Real(0.0, 10.0), Real(0.0, 1.0), optional=1)
    def set_wait(self, kind: int, number: float, offset: float = 0.0) -> None:
        """Set the source or measurement wait time: a part of the initial one, and an offset."""
        self.settings.waits[kind] = (number, offset)

    # -- converters --------------------------------------------------------------------------

    @command("AIT", Whole(0, 2), Whole(0, 3), Real(), optional=1)
    def set_integration(self, kind: int, mode: int, number: float | None = None) -> None:
        """Choose how long a kind of converter integrates."""
        if mode == TIME and kind != HIGH_RESOLUTION:
            chosen = _SHORTEST if number is None else number
            if not _SHORTEST <= chosen <= _LONGEST:
                raise FlexError(120)
        else:
            highest = _HIGHEST.get((kind, mode))
            chosen = _DEFAULTS.get((kind, mode), 1) if number is None else number
            if highest is None or not 1 <= chosen <= highest or chosen != int(chosen):
                raise FlexError(120)
            chosen = int(chosen)
        self.settings.converters[kind] = Converter(mode, chosen)

    @command("AV", Whole(-100, 1023), _SWITCH, optional=1)
    def set_averaging(self, number: int, mode: int = 0) -> None:
        """Set the averaging of the high-speed converter: samples, or line cycles below zero."""
        if number == 0:
            raise FlexError(120)
        cycles = number < 0
        self.settings.converters[HIGH_SPEED] = Converter(CYCLES if cycles else mode, abs(number))

    @command("AZ", _SWITCH)
    def set_auto_zero(self, on: int) -> None:
        """Choose automatic zero of the high-resolution converter, which doubles its time."""
        self.settings.auto_zero = bool(on)

    @command("PAD", _SWITCH)
    def set_parallel(self, on: int) -> None:
        """Choose parallel measurement with the high-speed converters."""
        self.settings.parallel = bool(on)
