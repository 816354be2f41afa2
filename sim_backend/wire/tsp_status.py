"""The status model as TSP instruments show it: a tree of register sets under ``status``.

Each set has condition, event, enable, ptr and ntr. Its summary is one condition bit of the set
above it, or a bit of the status byte. Source: Series 2600B Reference Manual, 2600BS-901-01,
appendix E.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final

from .errors import ScpiError
from .status import StatusModel, StatusRegister
from .tsp_tree import call, getter, number, setter

_WORD: Final = 0xFFFF

Sets = Mapping[str, tuple[str, int]]
"""Path under ``status`` -> (path of the set above, "" for the status byte; bit there)."""

CONSTANTS: Final = {
    f"status.{name}": value
    for name, value in {
    "MSB": 1, "MEASUREMENT_SUMMARY_BIT": 1, "SSB": 2, "SYSTEM_SUMMARY_BIT": 2,
    "EAV": 4, "ERROR_AVAILABLE": 4, "QSB": 8, "QUESTIONABLE_SUMMARY_BIT": 8,
    "MAV": 16, "MESSAGE_AVAILABLE": 16, "ESB": 32, "EVENT_SUMMARY_BIT": 32,
    "MSS": 64, "MASTER_SUMMARY_STATUS": 64, "OSB": 128, "OPERATION_SUMMARY_BIT": 128,
    "standard.OPC": 1, "standard.OPERATION_COMPLETE": 1, "standard.QYE": 4,
    "standard.QUERY_ERROR": 4, "standard.DDE": 8, "standard.DEVICE_DEPENDENT_ERROR": 8,
    "standard.EXE": 16, "standard.EXECUTION_ERROR": 16, "standard.CME": 32,
    "standard.COMMAND_ERROR": 32, "standard.URQ": 64, "standard.USER_REQUEST": 64,
    "standard.PON": 128, "standard.POWER_ON": 128,
    }.items()
}  # fmt: skip


class TspStatus:
    """The register sets by path, and the attributes of the status byte and the standard events.

    lingering: by path, condition bits that are gone by now, but are seen once more by who looks.
    """

    def __init__(self, model: StatusModel, sets: Sets) -> None:
        self._model = model
        self._node_enable = 0
        self.lingering: dict[str, int] = {}
        self.sets: dict[str, StatusRegister] = {}
        for path, (above, bit) in sets.items():
            self.sets[path] = self._set_at(path, above, bit)

    def _set_at(self, path: str, above: str, bit: int) -> StatusRegister:
        if not above:
            known = {7: self._model.operation, 3: self._model.questionable}.get(bit)
            return known or self._model.add_register(bit)
        parent = self.sets[above]
        made = StatusRegister(lambda: parent.set_bit(bit, self.sets[path].summary))
        return made

    def declare(self, declare: Callable[[str, str, Callable[..., Any]], None]) -> None:
        """Put the registers' attributes into the tree."""
        for path, register in self.sets.items():
            for name in ("condition", "event", "enable", "ptr", "ntr"):
                read, write = _access(register, name)
                if name == "condition":
                    read = self._looking(path, register)
                declare("get", f"status.{path}.{name}", read)
                if write is not None:
                    declare("set", f"status.{path}.{name}", write)

    def _looking(self, path: str, register: StatusRegister) -> Callable[[], int]:
        def read() -> int:
            if not self.lingering:
                return register.condition
            seen = register.condition | self.lingering.get(path, 0)
            if path in self.lingering:
                self.lingering.clear()
            return seen

        return read

    @getter("status.condition")
    def status_byte(self) -> int:
        """Return the status byte with MSS."""
        return self._model.status_byte()

    @getter("status.standard.event")
    def standard_event(self) -> int:
        """Return the standard event register and clear it."""
        return self._model.take_standard_event()

    @getter("status.standard.enable")
    def standard_enable(self) -> int:
        """Return which standard events are summed up."""
        return self._model.standard_enable

    @setter("status.standard.enable")
    def set_standard_enable(self, mask: object) -> None:
        """Set which standard events are summed up."""
        self._model.standard_enable = int(number(mask, 0, 255))

    @getter("status.request_enable")
    def request_enable(self) -> int:
        """Return which bits of the status byte ask for service."""
        return self._model.service_enable

    @setter("status.request_enable")
    def set_request_enable(self, mask: object) -> None:
        """Set which bits of the status byte ask for service."""
        self._model.service_enable = int(number(mask, 0, 255))

    @getter("status.node_enable")
    def node_enable(self) -> int:
        """Return which bits of the status byte reach the system summary of the node."""
        return self._node_enable

    @setter("status.node_enable")
    def set_node_enable(self, mask: object) -> None:
        """Set which bits of the status byte reach the system summary of the node."""
        self._node_enable = int(number(mask, 0, 255))

    @getter("status.node_event")
    def node_event(self) -> int:
        """Return the enabled bits of the node's status byte."""
        return self._model.status_byte() & self._node_enable

    @call("status.reset")
    def reset(self) -> None:
        """Clear the events and enable nothing; the error queue and the output queue stay."""
        for register in (*self.sets.values(), *self._model.registers.values()):
            register.take_event()
            register.preset()
        self._model.take_standard_event()
        self._model.standard_enable = 0
        self._model.service_enable = 0
        self._node_enable = 0


def _access(
    register: StatusRegister, name: str
) -> tuple[Callable[[], int], Callable[[object], None] | None]:
    if name == "event":
        return register.take_event, None
    attribute = {"ptr": "positive_transition", "ntr": "negative_transition"}.get(name, name)

    def read() -> int:
        value: int = getattr(register, attribute)
        return value

    if name == "condition":
        return read, None

    def write(mask: object) -> None:
        if not isinstance(mask, int | float) or mask != int(mask):
            raise ScpiError(-104)
        setattr(register, attribute, int(number(mask, 0, _WORD)))

    return read, write
