"""Cell models and their presets."""

from pathlib import Path

_SHARED = ("devices", "pulse_laws")  # rooms whose compiled functions call each other's


def drop_stale_kernels(folder: Path) -> None:
    """Delete compiled kernels of a folder that are older than any source they may call.

    numba checks only the file that a cached function stands in, not those whose functions it calls:
    a change to the noise would not reach the kernel that reads cells.
    """
    sources = (source for room in _SHARED for source in (folder.parent / room).glob("*.py"))
    newest = max(source.stat().st_mtime_ns for source in (*sources, *folder.glob("*.py")))
    for index in folder.glob("__pycache__/*.nbi"):
        try:
            if index.stat().st_mtime_ns < newest:
                index.unlink()
        except OSError:  # another process was faster, or the folder is not ours to write
            continue


drop_stale_kernels(Path(__file__).parent)
