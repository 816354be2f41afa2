"""Maps of numbers in files: CSV, or NPY without pickles."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from labcim.errors import RecipeError

LARGEST_FILE = 64_000_000  # bytes


def load_map(path: Path) -> NDArray[np.float64]:
    """Return a map of shape (rows, columns) from a CSV or NPY file.

    Raises RecipeError for a file that is missing, too large, or holds something else.
    """
    readers = {".csv": read_csv, ".npy": read_npy}
    reader = readers.get(path.suffix.lower())
    if reader is None:
        raise RecipeError(f"map {path}: accepts files ending in {', '.join(readers)}")
    try:
        if path.stat().st_size > LARGEST_FILE:
            raise RecipeError(f"map {path}: larger than {LARGEST_FILE // 1_000_000} MB")
        return reader(path)
    except (OSError, ValueError) as trouble:
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
