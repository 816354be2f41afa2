"""Cell models and their presets."""

from pathlib import Path


def drop_stale_kernels(folder: Path) -> None:
    """Delete compiled kernels that are older than any source beside them.

    numba checks only the file that a cached function stands in, not those whose functions it calls:
    a change to the noise would not reach the kernel that reads cells.
    """
    newest = max(source.stat().st_mtime_ns for source in folder.glob("*.py"))
    for index in folder.glob("__pycache__/*.nbi"):
        try:
            if index.stat().st_mtime_ns < newest:
                index.unlink()
        except OSError:  # another process was faster, or the folder is not ours to write
            continue


drop_stale_kernels(Path(__file__).parent)
