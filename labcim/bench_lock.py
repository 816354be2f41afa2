"""One host per bench: a lock for every instrument, and a card that says who holds it.

The operating system frees the locks of a process that dies, so a stale card locks nobody out.
"""

import hashlib
import json
import os
import re
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from .bench_file import BenchFile
from .errors import BenchHeldError
from .runtime_folder import runtime_folder

_PATIENCE = 0.4  # s in which a holder that has just locked writes its card


@dataclass(frozen=True, slots=True)
class HostCard:
    """Who holds a bench, and where it listens. ``run``: what it runs, empty when idle."""

    name: str
    pid: int
    bench: str
    path: str
    endpoint: str = ""
    token: str = ""
    run: str = ""
    started: float = 0.0
    keys: tuple[str, ...] = field(default=())

    def __str__(self) -> str:
        doing = f"runs {self.run}" if self.run else "is idle"
        return f"{self.name} (process {self.pid}) holds bench {self.bench} and {doing}"


def instrument_keys(bench: BenchFile) -> dict[str, str]:
    """Return role -> key. Two bench files that reach the same instrument share its key."""
    keys: dict[str, str] = {}
    for role, entry in bench.instruments.items():
        # A library with a path of its own ("chip.toml@labcim") is another world; "@py" and the
        # vendor's library reach the same instrument at the same address.
        world = bench.visa_of(role) if not bench.visa_of(role).startswith("@") else ""
        said = f"{world}|{_one_spelling(entry.address)}"
        keys[role] = hashlib.sha256(said.encode()).hexdigest()[:20]
    return keys


def is_alive(pid: int) -> bool:
    """Say whether a process of that number may exist."""
    if pid <= 0:
        return False
    if os.name != "posix":
        return True  # asking may end the process there; its lock and its socket tell
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


class BenchLock:
    """The locks of all instruments of a bench; taken together or not at all."""

    def __init__(self, bench: BenchFile, path: Path, name: str) -> None:
        self.keys = tuple(sorted(set(instrument_keys(bench).values())))
        self._folder = runtime_folder()
        self._locks: list[FileLock] = []
        self.card = HostCard(
            name=name,
            pid=os.getpid(),
            bench=bench.bench.name,
            path=str(path.absolute()),
            started=time.time(),
            keys=self.keys,
        )

    def acquire(self) -> None:
        """Take the bench. Raises BenchHeldError, which names the holder, in less than 1 s."""
        for key in self.keys:
            lock = FileLock(self._folder / f"{key}.lock", timeout=0, thread_local=False)
            try:
                lock.acquire()
            except Timeout:
                self.release()
                raise BenchHeldError(_who_holds(self._folder, key)) from None
            self._locks.append(lock)
        self.describe()

    def describe(self, **changed: Any) -> None:
        """Write the card anew, with what has changed (``run``, ``endpoint``, ``token``)."""
        self.card = replace(self.card, **changed)
        for key in self.keys:
            _write_card(self._folder / f"{key}.host", self.card)

    def release(self) -> None:
        """Let the bench go; idempotent."""
        if len(self._locks) == len(self.keys):
            for key in self.keys:
                (self._folder / f"{key}.host").unlink(missing_ok=True)
        while self._locks:
            self._locks.pop().release()


def live_cards(folder: Path | None = None) -> Iterator[HostCard]:
    """Return the card of every live host of this user."""
    seen: set[tuple[int, str]] = set()
    for path in sorted((folder or runtime_folder()).glob("*.host")):
        card = _read_card(path)
        if card is None or (card.pid, card.endpoint) in seen or not is_alive(card.pid):
            continue
        seen.add((card.pid, card.endpoint))
        yield card


def card_of(bench: BenchFile) -> HostCard | None:
    """Return the card of the live host that holds one of a bench's instruments, or None."""
    keys = set(instrument_keys(bench).values())
    return next((card for card in live_cards() if keys & set(card.keys)), None)


def _one_spelling(address: str) -> str:
    """Return an address in one spelling: upper case, board number, numeric loopback."""
    upper = re.sub(r"^([A-Z\-]+)::", r"\g<1>0::", address.strip().upper())
    return re.sub(r"::LOCALHOST(,\d+)?::", r"::127.0.0.1\1::", upper)


def _who_holds(folder: Path, key: str) -> str:
    until = time.monotonic() + _PATIENCE
    card = _read_card(folder / f"{key}.host")
    while (card is None or not is_alive(card.pid)) and time.monotonic() < until:
        time.sleep(0.02)
        card = _read_card(folder / f"{key}.host")
    if card is None:
        return "another process holds an instrument of this bench, and does not say who it is"
    return str(card)


def _write_card(path: Path, card: HostCard) -> None:
    # The token opens the control endpoint: nobody else may read it.
    draft = path.with_suffix(f".{os.getpid()}.draft")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        json.dump(asdict(card), file)
    os.replace(draft, path)


def _read_card(path: Path) -> HostCard | None:
    """Return a card, or None where there is none or it cannot be one."""
    with suppress(OSError, ValueError, TypeError, KeyError):
        said = json.loads(path.read_text(encoding="utf-8"))
        return HostCard(**{**said, "pid": int(said["pid"]), "keys": tuple(said["keys"])})
    return None
