"""Steering and watching a host from outside: the client of its control endpoint."""

import json
import socket
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

from .bench_file import load_bench
from .bench_lock import HostCard, card_of, live_cards
from .document_codec import read_document
from .documents import Document
from .errors import LabcimError

TIMEOUT = 10.0  # s; a host answers an emergency stop when the outputs are off


class ControlClient:
    """Talks to one host. ``where``: its card, a bench file, a bench's name, or None.

    None means the only host there is.  timeout: s that an answer may take.
    Raises LabcimError where no host, or more than one, is meant.
    """

    def __init__(
        self, where: HostCard | Path | str | None = None, timeout: float = TIMEOUT
    ) -> None:
        self._timeout = timeout
        self.card = where if isinstance(where, HostCard) else _find(where)

    def request(self, verb: str, **said: Any) -> dict[str, Any]:
        """Send one request and return the answer. Raises LabcimError where it was refused."""
        with closing(connect(self.card, self._timeout)) as line:
            answer = _ask(line, {"verb": verb, **said})
        if not answer.get("ok"):
            raise LabcimError(str(answer.get("error", "the host did not say why")))
        return answer

    def watch(self) -> Iterator[Document]:
        """Return documents as they come, from the beginning of the present run.

        It ends when the host closes, or drops a reader that is too slow. Raises LabcimError where
        there is no host any more, RecordError for what is no document.
        """
        with closing(connect(self.card, self._timeout)) as line:
            _ask(line, {"verb": "watch"})
            line.settimeout(None)
            with line.makefile("rb") as stream:
                while (document := read_document(stream)) is not None:
                    yield document


def find_hosts() -> list[HostCard]:
    """Return the card of every live host of this user that can be steered."""
    return [card for card in live_cards() if card.endpoint and answers(card)]


def answers(card: HostCard) -> bool:
    """Say whether a host is there: the card of a killed one stays until the next claim."""
    try:
        connect(card).close()
    except LabcimError:
        return False
    return True


def connect(card: HostCard, timeout: float = TIMEOUT) -> socket.socket:
    """Return a connection to a host, with ``timeout`` s for each of its operations.

    Raises LabcimError, from the OSError, where the host does not answer.
    """
    kind, _, place = card.endpoint.partition(":")
    family = socket.AF_UNIX if kind == "unix" else socket.AF_INET
    line = socket.socket(family, socket.SOCK_STREAM)
    line.settimeout(timeout)
    try:
        line.connect(place if kind == "unix" else ("127.0.0.1", int(place)))
        if card.token:
            line.sendall(card.token.encode() + b"\n")
    except (OSError, ValueError) as trouble:
        line.close()
        raise LabcimError(f"{card}, but does not answer: {trouble}") from trouble
    return line


def _find(where: Path | str | None) -> HostCard:
    hosts = find_hosts()
    if where is not None:
        if Path(where).is_file():
            card = card_of(load_bench(Path(where)))
            hosts = [card] if card else []
        else:
            hosts = [card for card in hosts if card.bench == str(where)]
    if len(hosts) == 1:
        return hosts[0]
    wanted = f"bench {where}" if where is not None else "a bench"
    if not hosts:
        raise LabcimError(f"no running host holds {wanted}")
    names = ", ".join(card.bench for card in hosts)
    raise LabcimError(f"{len(hosts)} hosts run ({names}): say which bench is meant")


def _ask(line: socket.socket, request: dict[str, Any]) -> dict[str, Any]:
    """Send a request and return the answer, read byte by byte: documents may follow it."""
    said = bytearray()
    try:
        line.sendall(json.dumps(request).encode() + b"\n")
        while not said.endswith(b"\n"):
            byte = line.recv(1)
            if not byte:
                raise LabcimError("the host ended the connection without an answer")
            said += byte
        answer = json.loads(said)
    except (OSError, ValueError) as trouble:
        raise LabcimError(f"the host did not answer {request['verb']}: {trouble}") from trouble
    if not isinstance(answer, dict):
        raise LabcimError(f"the host answered {said[:60]!r}")
    return answer
