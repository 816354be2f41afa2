"""Reading back that something is off, for the ``safe`` of every driver."""

from collections.abc import Callable

from labcim.errors import SafetyError, TransportError
from labcim.transport import Transport


def prove(transport: Transport, query: str, what: str, holds: Callable[[str], bool]) -> None:
    """Ask ``query`` and raise SafetyError unless ``holds`` is true of the answer."""
    try:
        answer = transport.query(query)
        proved = holds(answer)
    except TransportError as trouble:
        raise SafetyError(
            f"{transport.address}: {what} cannot be read back: {trouble}"
        ) from trouble
    except ValueError as trouble:
        raise SafetyError(f"{transport.address}: {what} reads {answer[:80]!r}") from trouble
    if not proved:
        raise SafetyError(f"{transport.address}: {what} is not off, it reads {answer[:80]!r}")
