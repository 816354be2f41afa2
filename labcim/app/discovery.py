"""Looks for instruments and says which driver fits each."""

from typing import Any

from labcim import plugins
from labcim.errors import LabcimError, TransportError
from labcim.transport import VisaTransport, list_addresses

_TIMEOUT = 1.0


def scan(visa: str) -> list[dict[str, Any]]:
    """Return address, identity and fitting driver of everything that a VISA library reaches.

    Only ``*IDN?`` is sent. What does not answer is listed with its trouble.
    """
    drivers = {name: plugins.driver(name) for name in plugins.driver_names()}
    found = []
    for address in list_addresses(visa):
        identity = _identity(address, visa)
        fitting = [name for name, kind in drivers.items() if kind.fits(identity)]
        found.append(
            {"address": address, "identity": identity, "driver": fitting[0] if fitting else ""}
        )
    return found


def _identity(address: str, visa: str) -> str:
    try:
        line = VisaTransport(address, visa, timeout=_TIMEOUT)
    except TransportError as trouble:
        return f"({trouble})"
    try:
        return line.query("*IDN?")
    except LabcimError as trouble:
        return f"({trouble})"
    finally:
        line.close()
