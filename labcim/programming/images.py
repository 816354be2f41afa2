"""Pictures as targets: computed ones, and files of grey levels, brought to the array's shape.

An image is an array of shape (rows, columns) from 0 (black) to 1 (white).
"""

from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from labcim.errors import RecipeError

from .maps import LARGEST_FILE, read_csv, read_npy

Image = NDArray[np.float64]

_LARGEST_SIDE = 16_384
_LUMINANCE = np.array([0.2126, 0.7152, 0.0722])  # of red, green, blue; Rec. 709


def _gradient(y: Image, x: Image) -> Image:
    return np.asarray((x + y) / 2.0)


def _radial(y: Image, x: Image) -> Image:
    return np.asarray(1.0 - np.clip(np.hypot(x - 0.5, y - 0.5) / np.sqrt(0.5), 0.0, 1.0))


def _rings(y: Image, x: Image) -> Image:
    return 0.5 + 0.5 * np.cos(8.0 * np.pi * np.hypot(x - 0.5, y - 0.5))


def _face(y: Image, x: Image) -> Image:
    """Draw a face: shaded oval head, two eyes with pupils, nose, mouth."""

    def oval(cx: float, cy: float, rx: float, ry: float) -> Image:
        return np.asarray(np.hypot((x - cx) / rx, (y - cy) / ry))

    picture = 0.25 * y
    head = oval(0.5, 0.52, 0.36, 0.44)
    picture = np.where(head < 1.0, 0.9 - 0.35 * head**2 - 0.15 * (x - 0.5), picture)
    picture = np.where((head < 1.0) & (y < 0.26 + 0.08 * np.cos(12.0 * x)), 0.12, picture)
    for eye in (0.36, 0.64):
        picture = np.where(oval(eye, 0.45, 0.085, 0.045) < 1.0, 1.0, picture)
        picture = np.where(oval(eye, 0.45, 0.032, 0.038) < 1.0, 0.0, picture)
    nose = (y < 0.6) & (np.abs(x - 0.5) < 0.3 * (y - 0.45))
    picture = np.where(nose, picture - 0.15, picture)
    mouth = oval(0.5, 0.68, 0.17, 0.10)
    return np.asarray(np.where((mouth > 0.75) & (mouth < 1.0) & (y > 0.70), 0.2, picture))


COMPUTED: dict[str, Callable[[Image, Image], Image]] = {
    "gradient": _gradient,
    "radial": _radial,
    "rings": _rings,
    "face": _face,
}
"""Names of the computed pictures: functions of (y, x) from 0 (top, left) to 1."""


def image_for(source: str, rows: int, columns: int) -> Image:
    """Return a computed picture or that of a file, in the array's shape, 0 to 1.

    Raises RecipeError for a file that is missing, too large or not a picture.
    """
    if source in COMPUTED:
        y = (np.arange(rows)[:, None] + 0.5) / rows
        x = (np.arange(columns)[None, :] + 0.5) / columns
        return np.clip(COMPUTED[source](y, x) * np.ones((rows, columns)), 0.0, 1.0)
    return resize(load_image(Path(source)), rows, columns)


def load_image(path: Path) -> Image:
    """Read grey levels from CSV, NPY, PGM or PNG; colours become their luminance.

    CSV and NPY hold 0 to 1, or 0 to 255. Raises RecipeError that says what is wrong.
    """
    readers = {".csv": read_csv, ".npy": read_npy, ".pgm": _read_pgm, ".png": _read_png}
    reader = readers.get(path.suffix.lower())
    if reader is None:
        raise RecipeError(
            f"image = {path}: accepts {', '.join(COMPUTED)}, or a file ending in "
            f"{', '.join(readers)}"
        )
    try:
        if path.stat().st_size > LARGEST_FILE:
            raise RecipeError(f"image {path}: larger than {LARGEST_FILE // 1_000_000} MB")
        return _checked(reader(path), path)
    except (OSError, ValueError, SyntaxError) as trouble:
        raise RecipeError(f"image {path}: {trouble}") from trouble


def _checked(image: NDArray[np.float64], path: Path) -> Image:
    if image.ndim != 2 or not image.size or max(image.shape) > _LARGEST_SIDE:
        raise RecipeError(f"image {path}: shape {image.shape} is not that of a picture")
    if not np.isfinite(image).all() or image.min() < 0.0 or image.max() > 255.0:
        raise RecipeError(f"image {path}: grey levels must be numbers from 0 to 1, or 0 to 255")
    return image / 255.0 if image.max() > 1.0 else image


def _read_png(path: Path) -> Image:
    from matplotlib.image import imread  # slow to import, and only needed for PNG

    picture = np.asarray(imread(path, format="png"), dtype=np.float64)
    if picture.ndim == 3 and picture.shape[2] >= 3:
        return np.asarray(picture[:, :, :3] @ _LUMINANCE)
    return picture[:, :, 0] if picture.ndim == 3 else picture


def _read_pgm(path: Path) -> Image:
    data = path.read_bytes()
    words: list[bytes] = []
    at = 0
    while len(words) < 4 and at < len(data):
        if data[at : at + 1] == b"#":
            at = (data.find(b"\n", at) + 1) or len(data)
        elif data[at : at + 1].isspace():
            at += 1
        else:
            end = at
            while end < len(data) and not data[end : end + 1].isspace():
                end += 1
            words.append(data[at:end])
            at = end
    if len(words) < 4 or words[0] not in (b"P2", b"P5"):
        raise ValueError("is not a PGM picture")
    columns, rows, white = (int(word) for word in words[1:])
    if not (0 < columns <= _LARGEST_SIDE and 0 < rows <= _LARGEST_SIDE and 0 < white < 65536):
        raise ValueError(f"PGM header says {columns} x {rows}, white {white}")
    if words[0] == b"P2":
        levels = np.array(data[at:].split(), dtype=np.float64)
    else:
        levels = np.frombuffer(data[at + 1 :], ">u2" if white > 255 else "u1").astype(np.float64)
    return levels[: rows * columns].reshape(rows, columns) / white


def resize(image: Image, rows: int, columns: int) -> Image:
    """Return the image in another shape, each new point the mean of the area that it covers."""
    return _shares(rows, image.shape[0]) @ image @ _shares(columns, image.shape[1]).T


def _shares(new: int, old: int) -> NDArray[np.float64]:
    """Return what share of each new point each old one has, shape (new, old); rows sum to 1."""
    edges = np.arange(new + 1) * (old / new)
    first, last = edges[:-1, None], edges[1:, None]
    cell = np.arange(old)[None, :]
    overlap = np.minimum(last, cell + 1.0) - np.maximum(first, cell)
    shares = np.clip(overlap, 0.0, None)
    return np.asarray(shares / shares.sum(axis=1, keepdims=True))


def conductances(image: Image, low: float, high: float, levels: int = 0) -> Image:
    """Map grey to conductance in S, black to ``low``, white to ``high``; round to ``levels``."""
    grey = image if levels < 2 else np.round(image * (levels - 1)) / (levels - 1)
    return low + grey * (high - low)
