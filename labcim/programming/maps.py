"""Maps of numbers in files: CSV, or NPY and NPZ without pickles."""

import zipfile
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from labcim.errors import RecipeError

LARGEST_FILE = 64_000_000  # bytes


def load_map(path: Path, member: str = "") -> NDArray[np.float64]:
    """Return a map of shape (rows, columns) from a CSV, NPY or NPZ file.

    member: which array of an NPZ file; it may be left out where there is one only.
    Raises RecipeError for a file that is missing, too large, or holds something else.
    """
    readers: dict[str, Callable[[Path], NDArray[np.float64]]] = {
        ".csv": read_csv,
        ".npy": read_npy,
        ".npz": partial(read_npz, member=member),
    }
    reader = readers.get(path.suffix.lower())
    if reader is None:
        raise RecipeError(f"map {path}: accepts files ending in {', '.join(readers)}")
    try:
        if path.stat().st_size > LARGEST_FILE:
            raise RecipeError(f"map {path}: larger than {LARGEST_FILE // 1_000_000} MB")
        return reader(path)
    except (OSError, ValueError, zipfile.BadZipFile) as trouble:
        raise RecipeError(f"map {path}: {trouble}") from trouble


def read_csv(path: Path) -> NDArray[np.float64]:
    """Return numbers separated by commas, shape (rows, columns). Raises ValueError, OSError."""
    return np.loadtxt(path, delimiter=",", ndmin=2)


def read_npy(path: Path) -> NDArray[np.float64]:
    """Return a two-dimensional numeric NPY array as floats. Raises ValueError, OSError."""
    # Mapped first: a header may claim any shape, and must not make us allocate it.
    mapped = np.load(path, mmap_mode="r", allow_pickle=False)
    if mapped.ndim != 2 or mapped.dtype.kind not in "uifb":
        raise ValueError(f"holds {mapped.dtype} of shape {mapped.shape}, not one map of numbers")
    return np.array(mapped, dtype=np.float64)


def read_npz(path: Path, member: str = "") -> NDArray[np.float64]:
    """Return one two-dimensional numeric array of an NPZ file. Raises ValueError, OSError."""
    with zipfile.ZipFile(path) as packed:
        sizes = {one.filename.removesuffix(".npy"): one.file_size for one in packed.infolist()}
    name = member or (next(iter(sizes)) if len(sizes) == 1 else "")
    if name not in sizes:
        raise ValueError(f"member = {member!r}: it holds {', '.join(sorted(sizes)) or 'nothing'}")
    if sizes[name] > LARGEST_FILE:  # unpacked: a small file may claim any size
        raise ValueError(f"{name} is larger than {LARGEST_FILE // 1_000_000} MB")
    with np.load(path, allow_pickle=False) as held:
        found = held[name]
    if found.ndim != 2 or found.dtype.kind not in "uifb":
        raise ValueError(f"{name} holds {found.dtype} of shape {found.shape}, not one map")
    return np.array(found, dtype=np.float64)
