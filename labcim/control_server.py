"""The host's control endpoint: JSON lines in, JSON lines or documents out.

A Unix socket in the private runtime folder; where there is none, a port on the loopback whose
clients must say a token first. What arrives is data and nothing else: hostile lines get an error.
"""

import hmac
import itertools
import json
import logging
import os
import secrets
import socket
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from .errors import LabcimError
from .runtime_folder import runtime_folder
from .watchers import Watchers

log = logging.getLogger(__name__)

LONGEST_LINE = 16 << 20  # a recipe may hold a picture
_MOST_CLIENTS = 64
_IDLE = 60.0  # s that a client may take for its next request
_SLOW = 5.0  # s that a watcher may take for one document
_LONGEST_PATH = 100  # what fits into a socket's address

Answer = dict[str, Any]
Obey = Callable[[Mapping[str, Any]], Answer]
_count = itertools.count()


class ControlServer:
    """Listens until closed. ``obey`` answers one request; it may be called from many threads."""

    def __init__(self, obey: Obey, watchers: Watchers) -> None:
        self._obey = obey
        self._watchers = watchers
        self._closing = threading.Event()
        self._clients: set[socket.socket] = set()
        self._lock = threading.Lock()
        self._path: Path | None = None
        self.token = ""
        self._socket = self._bind()
        self._thread = threading.Thread(target=self._accept, daemon=True, name="control")
        self._thread.start()

    @property
    def endpoint(self) -> str:
        """Return where it listens: ``unix:PATH`` or ``tcp:PORT``."""
        if self._path:
            return f"unix:{self._path}"
        return f"tcp:{self._socket.getsockname()[1]}"

    def close(self) -> None:
        """Stop listening and end every connection; idempotent."""
        if self._closing.is_set():
            return
        self._closing.set()
        self._watchers.close()
        with suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)  # wakes the accept
        self._socket.close()
        if self._path:
            self._path.unlink(missing_ok=True)
        self._thread.join(2.0)
        with self._lock:
            clients = list(self._clients)
        for client in clients:
            with suppress(OSError):
                client.shutdown(socket.SHUT_RD)  # an answer under way still gets out

    def _bind(self) -> socket.socket:
        path = runtime_folder() / f"{os.getpid()}-{next(_count)}.sock"
        if hasattr(socket, "AF_UNIX") and len(os.fsencode(path)) <= _LONGEST_PATH:
            path.unlink(missing_ok=True)  # left by a dead process of the same number
            listening = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            listening.bind(str(path))
            self._path = path
        else:
            self.token = secrets.token_hex(16)
            listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
            listening.bind(("127.0.0.1", 0))
        listening.listen(_MOST_CLIENTS)
        return listening

    def _accept(self) -> None:
        while not self._closing.is_set():
            try:
                client, _ = self._socket.accept()
            except OSError as trouble:  # closed; or the client went, or there are too many files
                log.debug("nobody was let in: %s", trouble)
                self._closing.wait(0.05)
                continue
            with self._lock:
                crowded = len(self._clients) >= _MOST_CLIENTS
                if not crowded:
                    self._clients.add(client)
            if crowded:
                with client:
                    _say(client, {"ok": False, "error": f"{_MOST_CLIENTS} clients are the most"})
            else:
                threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        try:
            with client:
                client.settimeout(_IDLE)
                self._talk(client)
        except OSError as trouble:
            log.debug("a client went: %s", trouble)
        finally:
            with self._lock:
                self._clients.discard(client)

    def _talk(self, client: socket.socket) -> None:
        with client.makefile("rb") as lines:
            if self.token and not _knows(lines.readline(100), self.token):
                _say(client, {"ok": False, "error": "the token is not right"})
                return
            while line := lines.readline(LONGEST_LINE + 1):
                if len(line) > LONGEST_LINE:
                    _say(client, {"ok": False, "error": f"accepts {LONGEST_LINE} bytes a line"})
                    return
                answer = self._answer(line)
                _say(client, answer)
                if answer.get("watching"):
                    self._stream(client)
                    return

    def _answer(self, line: bytes) -> Answer:
        try:
            request = json.loads(line)
        except (ValueError, RecursionError):
            return {"ok": False, "error": "a request is one line of JSON"}
        if not isinstance(request, dict) or not isinstance(request.get("verb"), str):
            return {"ok": False, "error": 'a request is a table with a "verb"'}
        if request["verb"] == "watch":
            return {"ok": True, "watching": True}
        try:
            return self._obey(request)
        except LabcimError as trouble:
            return {"ok": False, "error": str(trouble)}
        except Exception as trouble:
            log.exception("the request failed")
            return {"ok": False, "error": f"{type(trouble).__name__}: {trouble}"}

    def _stream(self, client: socket.socket) -> None:
        client.settimeout(_SLOW)
        watcher = self._watchers.join()
        try:
            while (data := watcher.take(1.0)) is not None:
                if data:
                    client.sendall(data)
                elif _has_gone(client):
                    return
        finally:
            self._watchers.leave(watcher)


def _knows(line: bytes, token: str) -> bool:
    return hmac.compare_digest(line.strip(), token.encode())


def _say(client: socket.socket, answer: Answer) -> None:
    with suppress(OSError):
        client.sendall(json.dumps(answer, default=str).encode() + b"\n")


def _has_gone(client: socket.socket) -> bool:
    """Say whether a client that only listens has closed; what it says is not heard."""
    client.settimeout(0.0)
    try:
        return not client.recv(4096)
    except BlockingIOError:
        return False
    finally:
        client.settimeout(_SLOW)
