"""The attributes of an open VISA session (VPP-4.3, section 3 and annex A)."""

from collections.abc import Callable
from enum import IntEnum
from typing import Any, Final, Protocol

from .session import Session

INFINITE: Final = 0xFFFFFFFF


class Attribute(IntEnum):
    """VISA attributes that the simulated bench gives a meaning."""

    TIMEOUT = 0x3FFF001A
    TERMINATION = 0x3FFF0018
    TERMINATION_ENABLED = 0x3FFF0038
    SEND_END = 0x3FFF0016
    SUPPRESS_END = 0x3FFF0036
    LOCK_STATE = 0x3FFF0004
    RESOURCE_NAME = 0xBFFF0002
    RESOURCE_CLASS = 0xBFFF0001
    INTERFACE_TYPE = 0x3FFF0171
    INTERFACE_NUMBER = 0x3FFF0176
    LIBRARY_MANUFACTURER = 0xBFFF0174
    GPIB_PRIMARY_ADDRESS = 0x3FFF0172
    GPIB_SECONDARY_ADDRESS = 0x3FFF0173
    TCPIP_ADDRESS = 0xBFFF0195
    TCPIP_DEVICE_NAME = 0xBFFF0199
    TCPIP_PORT = 0x3FFF0197
    MANUFACTURER_ID = 0x3FFF00D9
    MODEL_CODE = 0x3FFF00DF
    USB_SERIAL_NUMBER = 0xBFFF01A0
    USB_INTERFACE_NUMBER = 0x3FFF01A1
    USB_PROTOCOL = 0x3FFF01A7
    IS_488_2 = 0x3FFF019F
    IMPLEMENTATION_VERSION = 0x3FFF0003
    DMA_ALLOWED = 0x3FFF001E
    REN_STATE = 0x3FFF0181


_NAME_PARTS: Final = {
    "primary_address": Attribute.GPIB_PRIMARY_ADDRESS,
    "secondary_address": Attribute.GPIB_SECONDARY_ADDRESS,
    "host_address": Attribute.TCPIP_ADDRESS,
    "lan_device_name": Attribute.TCPIP_DEVICE_NAME,
    "port": Attribute.TCPIP_PORT,
    "manufacturer_id": Attribute.MANUFACTURER_ID,
    "model_code": Attribute.MODEL_CODE,
    "serial_number": Attribute.USB_SERIAL_NUMBER,
    "usb_interface_number": Attribute.USB_INTERFACE_NUMBER,
}


_TEXTS: Final = (Attribute.TCPIP_ADDRESS, Attribute.TCPIP_DEVICE_NAME, Attribute.USB_SERIAL_NUMBER)
_NO_SECONDARY_ADDRESS: Final = 0xFFFF
_USB488: Final = 1
#: The same for every resource of a kind that has them.
_ALWAYS: Final[dict[int, Any]] = {
    Attribute.LIBRARY_MANUFACTURER: "labcim",
    Attribute.IMPLEMENTATION_VERSION: 0x00000100,  # 0.1.0
    Attribute.DMA_ALLOWED: False,
    Attribute.REN_STATE: 1,
    Attribute.USB_PROTOCOL: _USB488,
    Attribute.IS_488_2: True,
}


class ParsedName(Protocol):
    """A resource name as PyVISA has taken it apart; its other parts depend on its kind."""

    @property
    def interface_type_const(self) -> int:
        """Number of the interface type."""
        ...

    @property
    def resource_class(self) -> str:
        """INSTR, SOCKET, …."""
        ...


def describe(parsed: ParsedName, name: str) -> dict[int, Any]:
    """Return the attributes that follow from a resource name."""
    board = str(getattr(parsed, "board", "0"))
    described: dict[int, Any] = {
        Attribute.RESOURCE_NAME: name,
        Attribute.RESOURCE_CLASS: parsed.resource_class,
        Attribute.INTERFACE_TYPE: parsed.interface_type_const,
        Attribute.INTERFACE_NUMBER: int(board) if board.isdigit() else 0,
    }
    for part, attribute in _NAME_PARTS.items():
        if hasattr(parsed, part):
            value = str(getattr(parsed, part))
            described[attribute] = value if attribute in _TEXTS else _number(value)
    return described


def _number(text: str) -> int:
    """Return a number of a resource name: decimal, or hexadecimal as USB has them."""
    if text == "None":  # what PyVISA says of a secondary address that is not there
        return _NO_SECONDARY_ADDRESS
    return int(text, 16) if text[:2].lower() == "0x" else int(text)


class DeclaredAttribute(Protocol):
    """What PyVISA knows of an attribute."""

    default: Any
    write: bool


class AttributeRefusedError(Exception):
    """An attribute cannot be set: read_only, or not to this value."""

    def __init__(self, *, read_only: bool) -> None:
        self.read_only = read_only
        super().__init__("read only" if read_only else "value not supported")


def seconds(milliseconds: int | None) -> float | None:
    """Return a VISA timeout in s; None for VI_TMO_INFINITE."""
    if milliseconds is None or milliseconds == INFINITE:
        return None
    return milliseconds / 1000.0


class Handle:
    """An open session with the attributes of its resource.

    attributes: values by attribute number.  declared: PyVISA's description of an attribute of this
    kind of resource; raises KeyError for one that the kind does not have.
    """

    def __init__(
        self,
        session: Session,
        attributes: dict[int, Any],
        declared: Callable[[int], DeclaredAttribute],
    ) -> None:
        self.session = session
        self._attributes = attributes
        self._declared = declared

    def get(self, attribute: int) -> Any:
        """Return a value; raises KeyError for an attribute that the resource does not have."""
        session = self.session
        match attribute:
            case Attribute.TIMEOUT:
                return INFINITE if session.timeout is None else round(session.timeout * 1000.0)
            case Attribute.TERMINATION:
                return session.termination
            case Attribute.TERMINATION_ENABLED:
                return session.termination_enabled
            case Attribute.SEND_END:
                return session.send_end
            case Attribute.SUPPRESS_END:
                return session.suppress_end
            case Attribute.LOCK_STATE:
                return session.lock_state()
        if attribute in self._attributes:
            return self._attributes[attribute]
        default = self._declared(attribute).default
        if attribute in _ALWAYS:
            return _ALWAYS[attribute]
        if type(default) is object:  # PyVISA's mark for what has no usual value
            raise KeyError(attribute)
        return default

    def set(self, attribute: int, value: Any) -> None:
        """Set a value; raises KeyError or AttributeRefusedError."""
        if not self._declared(attribute).write:
            raise AttributeRefusedError(read_only=True)
        session = self.session
        match attribute:
            case Attribute.TIMEOUT:
                self._check(0 <= value <= INFINITE)
                session.timeout = seconds(value)
            case Attribute.TERMINATION:
                self._check(0 <= value <= 255)
                session.termination = int(value)
            case Attribute.TERMINATION_ENABLED:
                session.termination_enabled = bool(value)
            case Attribute.SEND_END:
                session.send_end = bool(value)
            case Attribute.SUPPRESS_END:
                session.suppress_end = bool(value)
            case _:
                self._attributes[attribute] = value

    @staticmethod
    def _check(accepted: bool) -> None:
        if not accepted:
            raise AttributeRefusedError(read_only=False)
