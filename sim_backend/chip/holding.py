"""One process at a time holds a chip's state; a second one is told who does.

The lock is the operating system's and ends with the process that took it, however it ends. It lies
beside the folder, so that the folder itself can be thrown away and made anew under it.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from labcim.errors import BenchHeldError


def _lock_path(folder: Path) -> Path:
    return folder.with_name(f".{folder.name}.lock")


def _holder_path(folder: Path) -> Path:
    return folder.with_name(f".{folder.name}.holder")


def take(folder: Path) -> FileLock:
    """Take the lock on a state folder. Raises BenchHeldError with the holder's process number."""
    lock = FileLock(_lock_path(folder), thread_local=False)
    try:
        lock.acquire(timeout=0)
    except Timeout as trouble:
        raise BenchHeldError(
            f"the chip in {folder} is held by process {_holder(folder)}"
        ) from trouble
    _holder_path(folder).write_text(str(os.getpid()), encoding="ascii")
    return lock


def _holder(folder: Path) -> str:
    try:
        return _holder_path(folder).read_text(encoding="ascii") or "unknown"
    except OSError:
        return "unknown"


@contextmanager
def hold(folder: Path) -> Iterator[None]:
    """Hold a state folder for the length of a with block."""
    lock = take(folder)
    try:
        yield
    finally:
        lock.release()
