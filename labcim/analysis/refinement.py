"""Mixed precision: an inexact multiplier does most of the work, exact residuals mend the rest.

Le Gallo et al., Nat. Electron. 1:246 (2018): each outer step solves A z = r with products of an
inexact copy of A, the memory array, and adds z to x; the residual r = b - A x is computed exactly.
As long as the inner solution takes off some of the residual, it falls to the end of the floats.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal, Protocol

import numpy as np

from labcim.capabilities import Floats
from labcim.errors import RangeError


class Multiplies(Protocol):
    """Anything with ``@``: an array, a sparse matrix, an AnalogMatrix."""

    @property
    def shape(self) -> tuple[int, ...]:
        """Return (rows, columns)."""

    def __matmul__(self, x: Floats, /) -> Floats:
        """Return the product with a vector."""


@dataclass(frozen=True, slots=True)
class Refined:
    """A solution and the way to it.

    residuals: |b - A x| / |b| after each outer step, the first is 1.  inexact: products that the
    inexact multiplier did.  converged: whether the last residual is within the tolerance.
    """

    x: Floats
    residuals: Floats
    inexact: int
    converged: bool

    @property
    def outer(self) -> int:
        """Return the number of outer steps."""
        return len(self.residuals) - 1


def refine(
    exact: Multiplies,
    inexact: Multiplies,
    b: Floats,
    *,
    tolerance: float = 1e-12,
    inner_tolerance: float = 0.1,
    inner_steps: int = 12,
    outer_steps: int = 100,
    method: Literal["gmres", "cgls"] = "gmres",
) -> Refined:
    """Solve A x = b with A given exactly and inexactly; b: (n,).

    method: of the inner solution. ``gmres`` takes matrices whose eigenvalues lie on one side of 0,
    as those of a covariance do; ``cgls`` any, with products of ``inexact.T`` as well. It ends when
    its own residual, as the inexact products tell it, has fallen to ``inner_tolerance``, or after
    ``inner_steps`` steps. Raises RangeError for shapes that do not fit and for numbers that are not
    finite.
    """
    b = np.asarray(b, dtype=np.float64)
    if b.ndim != 1 or not len(b) or not np.isfinite(b).all():
        raise RangeError(f"b of shape {b.shape}: accepts one dimension of finite numbers")
    for name, matrix in (("exact", exact), ("inexact", inexact)):
        if tuple(matrix.shape) != (len(b), len(b)):
            raise RangeError(f"{name} of shape {matrix.shape}: accepts ({len(b)}, {len(b)})")
    size = float(np.linalg.norm(b))
    x, residual = np.zeros(len(b)), b.copy()
    residuals, products = [1.0 if size > 0.0 else 0.0], 0
    while residuals[-1] > tolerance and len(residuals) <= outer_steps:
        if method == "gmres":
            step, used = gmres(inexact.__matmul__, residual, inner_tolerance, inner_steps)
        else:
            step, used = cgls(inexact, residual, inner_tolerance, inner_steps)
        products += used
        step = step * _length(exact, step, residual)
        x = x + step
        residual = b - exact @ x
        residuals.append(float(np.linalg.norm(residual)) / size)
    return Refined(x, np.array(residuals), products, residuals[-1] <= tolerance)


def _length(exact: Multiplies, step: Floats, residual: Floats) -> float:
    """Return how far to go along a step so that the residual becomes least; never makes it grow."""
    moved = exact @ step
    power = float(moved @ moved)
    return float(moved @ residual) / power if power > 0.0 else 0.0


def gmres(
    multiply: Callable[[Floats], Floats], b: Floats, tolerance: float, steps: int
) -> tuple[Floats, int]:
    """Return the x of least residual in the Krylov space of b, and the number of products.

    Saad and Schultz, SIAM J. Sci. Stat. Comput. 7:856 (1986). Products may be noisy: the residual
    is then that of the products as they were.
    """
    size = float(np.linalg.norm(b))
    if not size > 0.0:
        return np.zeros_like(b), 0
    basis, hessenberg = [b / size], np.zeros((steps + 1, steps))
    best: Floats = np.zeros(0)
    for k in range(steps):
        image = multiply(basis[k])
        for j, direction in enumerate(basis):
            hessenberg[j, k] = direction @ image
            image = image - hessenberg[j, k] * direction
        hessenberg[k + 1, k] = left = float(np.linalg.norm(image))
        wanted = np.zeros(k + 2)
        wanted[0] = size
        solved = np.linalg.lstsq(hessenberg[: k + 2, : k + 1], wanted, rcond=None)[0]
        best = np.asarray(solved, dtype=np.float64)
        missed = float(np.linalg.norm(hessenberg[: k + 2, : k + 1] @ best - wanted))
        if missed <= tolerance * size or left <= 1e-14 * size:
            break
        basis.append(image / left)
    return np.array(best @ np.array(basis[: len(best)])), len(best)


def cgls(inexact: Any, b: Floats, tolerance: float, steps: int) -> tuple[Floats, int]:
    """Return an x of small residual by conjugate gradients on A^T A x = A^T b, and the products.

    inexact: has ``@`` and ``.T @``; a step takes one product of each. Hestenes and Stiefel, J. Res.
    Natl. Bur. Stand. 49:409 (1952), section 10.
    """
    x, residual = np.zeros_like(b), b.copy()
    gradient = inexact.T @ residual
    direction, steepness = gradient, float(gradient @ gradient)
    products, size = 1, float(np.linalg.norm(b))
    for _ in range(steps):
        image = inexact @ direction
        power = float(image @ image)
        products += 1
        if not (power > 0.0 and steepness > 0.0):
            break
        x = x + steepness / power * direction
        residual = residual - steepness / power * image
        if float(np.linalg.norm(residual)) <= tolerance * size:
            break
        gradient = inexact.T @ residual
        products += 1
        before, steepness = steepness, float(gradient @ gradient)
        direction = gradient + steepness / before * direction
    return x, products
