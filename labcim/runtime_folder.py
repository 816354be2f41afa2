"""The private folder where running hosts leave their locks, cards and sockets."""

import os
import stat
import tempfile
from pathlib import Path

from .errors import LabcimError


def runtime_folder() -> Path:
    """Return the folder, made if need be, that only this user can enter (mode 0700).

    It is ``$LABCIM_RUNTIME``, else ``$XDG_RUNTIME_DIR/labcim``, else ``labcim-<uid>`` in the folder
    for temporary files. Raises LabcimError where it belongs to someone else or others may enter it.
    """
    folder = _place()
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        found = folder.stat(follow_symlinks=False)
    except OSError as trouble:
        raise LabcimError(f"runtime folder {folder}: {trouble.strerror or trouble}") from trouble
    if not stat.S_ISDIR(found.st_mode):
        raise LabcimError(f"runtime folder {folder}: is no folder")
    if os.name == "posix":
        _check_private(folder, found)
    return folder


def _place() -> Path:
    if own := os.environ.get("LABCIM_RUNTIME"):
        return Path(own).absolute()
    if session := os.environ.get("XDG_RUNTIME_DIR"):
        return Path(session) / "labcim"
    user = os.getuid() if hasattr(os, "getuid") else os.environ.get("USERNAME", "user")
    return Path(tempfile.gettempdir()) / f"labcim-{user}"


def _check_private(folder: Path, found: os.stat_result) -> None:
    """Raise LabcimError for a folder in which others could pose as a host."""
    if found.st_uid != os.getuid():
        raise LabcimError(f"runtime folder {folder}: belongs to user {found.st_uid}, not to you")
    if found.st_mode & 0o077:
        mode = stat.S_IMODE(found.st_mode)
        raise LabcimError(f"runtime folder {folder}: mode {mode:o} lets others in; accepts 700")
