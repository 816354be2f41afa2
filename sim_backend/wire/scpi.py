"""The SCPI language: an instrument is a class whose methods are declared as commands.

    class Supply(ScpiInstrument):
        identity = "ACME,SUPPLY,1,1.0"

        @command("[:SOURce]:VOLTage[:LEVel]", Numeric("V", 0.0, 20.0, 0.0))
        def set_voltage(self, value: float) -> None:
            self.voltage = value

        @query("[:SOURce]:VOLTage[:LEVel]")
        def read_voltage(self) -> float:
            return self.voltage

A handler refuses by raising ScpiError. Common commands, SYSTem:ERRor and STATus come with it.
"""

from collections.abc import Iterable
from typing import ClassVar, Final

from .commands import Call, command, path_after, query
from .common import CommonCommands
from .errors import ErrorQueue, ScpiError
from .numbers import format_number
from .program import Token, units
from .status import StatusModel, event_bit

__all__ = ["ScpiError", "ScpiInstrument", "block", "command", "query"]

Answer = str | bytes | bool | int | float | Iterable[float]
"""What a query handler may return; bytes go out as they are (see `block`)."""

_PLAN_CACHE: Final = 2048
_PLAN_BYTES: Final = 256
_BLOCK_BYTES: Final = 64  # of a message with a block: larger ones hardly ever come again


def block(data: bytes | memoryview) -> bytes:
    """Return data as a definite length block: `#`, a digit, the length, the bytes."""
    length = str(len(data) if isinstance(data, bytes) else data.nbytes).encode()
    if len(length) > 9:
        raise ScpiError(-223)
    return b"".join((b"#%d" % len(length), length, data))


class ScpiInstrument(CommonCommands):
    """Base of simulated SCPI instruments; a `Dialect` for the message core.

    error_depth: length of the error queue.  ignores_trailing_comma: `CMD a,` is `CMD a`.
    """

    accepts_blocks: bool = True
    queues_replies: bool = False
    error_depth: ClassVar[int] = 20
    ignores_trailing_comma: ClassVar[bool] = False
    _plans: ClassVar[dict[bytes, list[Call]]]

    def __init_subclass__(cls, **options: object) -> None:
        super().__init_subclass__(**options)
        cls._plans = {}

    def __init__(self) -> None:
        self.errors = ErrorQueue(self.error_depth)
        self.status = StatusModel(self.errors)

    def device_clear(self) -> None:
        """Abort what is going on; settings stay. Instruments with a trigger model override it."""

    def format_number(self, value: float) -> str:
        """Return a float as this instrument writes it in responses."""
        return format_number(value)

    def report(self, error: ScpiError) -> None:
        """Put an error into the queue and set its bit of the standard event status register."""
        self.errors.push(error)
        self.status.raise_event(event_bit(error.code))

    def execute(self, message: bytes) -> bytes | None:
        """Carry out one program message; return its responses joined with semicolons, or None.

        A command error (-1xx) drops the rest of the message; other errors drop their unit only.
        """
        plan = self._plans.get(message)
        if plan is None:
            plan, error = self._parse(message)
        else:
            error = None
        responses: list[bytes] = []
        indefinite = False
        for call in plan:
            try:
                if indefinite and call.is_query:
                    raise ScpiError(-440)
                answer = call.function(self, *call.arguments)
            except ScpiError as refusal:
                self.report(refusal)
                if -200 < refusal.code <= -100:
                    error = None
                    break
                continue
            if call.is_query:
                responses.append(self._encode(answer))
                indefinite = call.indefinite
        if error is not None:
            self.report(error)
        if not responses:
            return None
        return responses[0] if len(responses) == 1 else b";".join(responses)

    def _encode(self, answer: object) -> bytes:
        """Return the bytes of an answer."""
        if isinstance(answer, str):
            return answer.encode("latin-1", "replace")
        if isinstance(answer, bytes):
            return answer
        if isinstance(answer, float):
            return self.format_number(answer).encode()
        if isinstance(answer, int):
            return b"%d" % answer
        if isinstance(answer, Iterable):
            return b",".join(self._encode(item) for item in answer)
        raise TypeError(f"a query handler returned {answer!r}")

    @classmethod
    def _parse(cls, message: bytes) -> tuple[list[Call], ScpiError | None]:
        """Turn a message into calls: those before its first command error, and that error.

        A parameter out of its limits is an execution error: it becomes a call that raises.
        """
        plan: list[Call] = []
        path = ""
        try:
            for header, tokens in units(message):
                call = cls._call(path, header, tokens)
                path = path_after(path, header)
                plan.append(call)
        except ScpiError as error:
            return plan, error
        if len(message) <= (_PLAN_BYTES if b"#" not in message else _BLOCK_BYTES):
            if len(cls._plans) >= _PLAN_CACHE:
                cls._plans.clear()
            cls._plans[message] = plan
        return plan, None

    @classmethod
    def _call(cls, path: str, header: str, tokens: list[Token]) -> Call:
        declaration, function, captures = cls.command_table.find(path, header)
        if cls.ignores_trailing_comma and len(tokens) > 1 and tokens[-1] == "":
            tokens = tokens[:-1]
        try:
            arguments = declaration.arguments(tokens)
        except ScpiError as error:
            if -200 < error.code <= -100:
                raise
            return Call(_refuse, (error.code, error.text), declaration.is_query, False)
        return Call(function, captures + arguments, declaration.is_query, declaration.indefinite)


def _refuse(_instrument: object, code: int, text: str) -> None:
    raise ScpiError(code, text)
