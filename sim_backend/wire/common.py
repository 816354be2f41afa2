"""The commands that instruments share: IEEE 488.2 common commands, SYSTem:ERRor and STATus."""

from typing import ClassVar

from .commands import CommandTable, command, query
from .errors import ErrorQueue
from .parameters import Integer
from .status import OPERATION_COMPLETE, StatusModel, StatusRegister

_BYTE = Integer(0, 255)
_WORD = Integer(0, 65535)


class StarCommands:
    """Those of IEEE 488.2, over a status model, which the instrument provides.

    command_table: every command that a class declares or inherits.
    """

    command_table: ClassVar[CommandTable]
    identity: str = "LABCIM,SIMULATED,0,0"
    status: StatusModel

    def __init_subclass__(cls, **options: object) -> None:
        super().__init_subclass__(**options)
        cls.command_table = CommandTable(cls)

    def reset(self) -> None:
        """Go to the power-on settings (`*RST`); status and errors stay."""

    def trigger(self) -> None:
        """Act on `*TRG` or a group execute trigger."""

    def self_test(self) -> int:
        """Return the result of `*TST?`: 0 is a pass."""
        return 0

    def finish(self) -> None:
        """Let operations that were started end (`*WAI`, `*OPC`): move simulated time, if any."""

    @query("*IDN", indefinite=True)
    def _identify(self) -> str:
        return self.identity

    @command("*RST")
    def _reset(self) -> None:
        self.reset()

    @command("*CLS")
    def _clear_status(self) -> None:
        self.status.clear()

    @command("*ESE", _BYTE)
    def _enable_events(self, mask: int) -> None:
        self.status.standard_enable = mask

    @query("*ESE")
    def _events_enabled(self) -> int:
        return self.status.standard_enable

    @query("*ESR")
    def _take_events(self) -> int:
        return self.status.take_standard_event()

    @command("*SRE", _BYTE)
    def _enable_service(self, mask: int) -> None:
        self.status.service_enable = mask

    @query("*SRE")
    def _service_enabled(self) -> int:
        return self.status.service_enable

    @query("*STB")
    def _status_byte(self) -> int:
        return self.status.status_byte()

    @command("*OPC")
    def _note_completion(self) -> None:
        self.finish()
        self.status.raise_event(OPERATION_COMPLETE)

    @query("*OPC")
    def _await_completion(self) -> int:
        self.finish()
        return 1

    @command("*WAI")
    def _wait(self) -> None:
        self.finish()

    @command("*TRG")
    def _trigger(self) -> None:
        self.trigger()

    @query("*TST")
    def _test(self) -> int:
        return self.self_test()


class CommonCommands(StarCommands):
    """Those of SCPI as well, over an error queue, which the instrument provides."""

    options: str = "0"
    scpi_version: str = "1999.0"
    errors: ErrorQueue

    def format_error(self, code: int, text: str) -> str:
        """Return an entry of the error queue as this instrument writes it."""
        return f'{code},"{text}"'

    @query("*OPT", indefinite=True)
    def _options(self) -> str:
        return self.options

    @query(":SYSTem:ERRor[:NEXT]")
    def _next_error(self) -> str:
        return self.format_error(*self.errors.pop())

    @query(":SYSTem:ERRor:COUNt")
    def _count_errors(self) -> int:
        return len(self.errors)

    @query(":SYSTem:ERRor:ALL")
    def _all_errors(self) -> str:
        entries = self.errors.pop_all() or [self.errors.pop()]
        return ",".join(self.format_error(code, text) for code, text in entries)

    @query(":SYSTem:VERSion")
    def _version(self) -> str:
        return self.scpi_version

    def _register(self, name: str) -> StatusRegister:
        return self.status.operation if name == "OPER" else self.status.questionable

    @command(":STATus:PRESet")
    def _preset_status(self) -> None:
        self.status.preset()

    @query(":STATus:{OPERation|QUEStionable}[:EVENt]")
    def _register_event(self, name: str) -> int:
        return self._register(name).take_event()

    @query(":STATus:{OPERation|QUEStionable}:CONDition")
    def _register_condition(self, name: str) -> int:
        return self._register(name).condition

    @command(":STATus:{OPERation|QUEStionable}:ENABle", _WORD)
    def _enable_register(self, name: str, mask: int) -> None:
        self._register(name).enable = mask

    @query(":STATus:{OPERation|QUEStionable}:ENABle")
    def _register_enabled(self, name: str) -> int:
        return self._register(name).enable

    @command(":STATus:{OPERation|QUEStionable}:PTRansition", _WORD)
    def _set_positive(self, name: str, mask: int) -> None:
        self._register(name).positive_transition = mask

    @query(":STATus:{OPERation|QUEStionable}:PTRansition")
    def _positive(self, name: str) -> int:
        return self._register(name).positive_transition

    @command(":STATus:{OPERation|QUEStionable}:NTRansition", _WORD)
    def _set_negative(self, name: str, mask: int) -> None:
        self._register(name).negative_transition = mask

    @query(":STATus:{OPERation|QUEStionable}:NTRansition")
    def _negative(self, name: str) -> int:
        return self._register(name).negative_transition
