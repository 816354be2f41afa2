"""A matrix product in float32 whose bits do not depend on the number of threads, or on the batch.

A BLAS splits its sums by thread count and by shape, so that the last bit of a product (and with it
an ADC code on the edge) changes with the machine's load. Here each output is one sum, in the order
of the inputs, of fused multiply-adds. The weights lie in strips of 16 columns; a tile of six rows
by one strip (or of one row by six) keeps its sums in registers while it runs down the inputs. As
the compiler does not find that by itself, the tile is written in its own words, vectors of 8.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
from llvmlite import ir
from numba import njit, types
from numba.core import cgutils
from numba.extending import intrinsic
from numpy.typing import ArrayLike, NDArray

from labcim.errors import RangeError

from .arguments import singles

STRIP = 16
MANY = 6  # rows, or strips, of a tile: 12 vectors of sums, as many as fit into 16 registers
Singles = NDArray[np.float32]

fast = njit(cache=True, nogil=True, error_model="numpy", fastmath={"contract"})
utils: Any = cgutils  # which has no types
_VECTOR = ir.VectorType(ir.FloatType(), 8)


def strips(weights: ArrayLike) -> Singles:
    """Return ``weights``, (inputs, outputs), as strips, (strips, inputs, 16), in float32.

    Outputs are filled up with zeros to whole strips.
    """
    given = singles(weights)
    if given.ndim != 2 or given.size == 0 or not np.isfinite(given).all():
        raise RangeError(f"weights of shape {given.shape}: accepts finite ones, (inputs, outputs)")
    inputs, outputs = given.shape
    count = -(-outputs // STRIP)
    filled = np.zeros((inputs, count * STRIP), dtype=np.float32)
    filled[:, :outputs] = given
    return np.ascontiguousarray(filled.reshape(inputs, count, STRIP).transpose(1, 0, 2))


def _tile(rows: int, wide: int) -> Any:
    """Return the tile of ``rows`` rows by ``wide`` strips, for use in compiled functions.

    Its arguments: a, the place of its first value, the length of a row (rows lie interleaved); b,
    the place of its first strip; c, the place of the first sum, the length of a row of c. All
    arrays are flat.
    """

    @intrinsic
    def tile(
        typing: Any, a: Any, at: Any, depth: Any, b: Any, strip: Any, c: Any, to: Any, width: Any
    ) -> Any:
        def generate(context: Any, builder: Any, signature: Any, values: Any) -> Any:
            data = [
                context.make_array(signature.args[k])(context, builder, values[k]).data
                for k in (0, 3, 5)
            ]
            _emit(builder, data, values, rows, wide)
            return context.get_dummy_value()

        where = (types.int64,) * 2
        return types.void(a, *where, b, types.int64, c, *where), generate

    return tile


def _emit(builder: Any, data: list[Any], values: Any, rows: int, wide: int) -> None:
    """Write the tile: sums start at zero, run down the inputs, and are stored."""
    (a, b, c), (_, at, depth, _, strip, _, to, width) = data, values
    signature = ir.FunctionType(_VECTOR, [_VECTOR] * 3)
    fused = utils.get_or_insert_function(builder.module, signature, "llvm.fma.v8f32")

    def vector_at(base: Any, place: Any) -> Any:
        return builder.bitcast(builder.gep(base, [place]), _VECTOR.as_pointer())

    times = ir.IntType(64)
    size = builder.mul(depth, times(STRIP))
    halves = [(s, h) for s in range(wide) for h in (0, 8)]
    nothing = ir.Constant(_VECTOR, [0.0] * 8)
    sums = {
        (r, place): utils.alloca_once_value(builder, nothing)
        for r in range(rows)
        for place in halves
    }
    for slot in sums.values():
        builder.store(nothing, slot)
    with utils.for_range(builder, depth) as loop:
        along = builder.add(strip, builder.mul(loop.index, times(STRIP)))
        weights = {}
        for s, h in halves:
            place = builder.add(builder.add(along, builder.mul(size, times(s))), times(h))
            weights[s, h] = builder.load(vector_at(b, place), align=4)
        across = builder.add(at, builder.mul(loop.index, times(rows)))
        for r in range(rows):
            spread = _spread(builder, builder.load(builder.gep(a, [builder.add(across, times(r))])))
            for half in halves:
                slot = sums[r, half]
                done = builder.call(fused, [spread, weights[half], builder.load(slot)])
                builder.store(done, slot)
    for (r, (s, h)), slot in sums.items():
        place = builder.add(builder.add(to, builder.mul(width, times(r))), times(s * STRIP + h))
        builder.store(builder.load(slot), vector_at(c, place), align=4)


def _spread(builder: Any, single: Any) -> Any:
    """Return a vector of eight times the same number."""
    none = ir.Constant(_VECTOR, ir.Undefined)
    first = builder.insert_element(none, single, ir.Constant(ir.IntType(32), 0))
    zeros = ir.Constant(ir.VectorType(ir.IntType(32), 8), [0] * 8)
    return builder.shuffle_vector(first, none, zeros)


_rows_by_strip: Callable[..., None] = _tile(MANY, 1)
_row_by_strips: Callable[..., None] = _tile(1, MANY)
_row_by_strip: Callable[..., None] = _tile(1, 1)


@fast
def place_of_row(row: int, count: int, depth: int) -> tuple[int, int]:
    """Return where `product` looks for a row of ``count``, and its stride: groups interleave."""
    if row < count // MANY * MANY:
        return row // MANY * MANY * depth + row % MANY, MANY
    return row * depth, 1


@fast
def product(rows: Singles, count: int, depth: int, laid: Singles, sums: Singles) -> None:
    """Write the products of ``count`` rows with the weights to ``sums``, (rows, strips * 16) flat.

    rows: count * depth values, each row as `place_of_row` says.  laid: `strips`, flat.
    """
    size = depth * STRIP
    many = laid.size // size
    width = many * STRIP
    grouped = count // MANY * MANY
    for s in range(many):
        strip, to = s * size, s * STRIP
        for i in range(0, grouped, MANY):
            _rows_by_strip(rows, i * depth, depth, laid, strip, sums, i * width + to, width)
    for i in range(grouped, count):
        s, row, to = 0, i * depth, i * width
        while s + MANY <= many:
            _row_by_strips(rows, row, depth, laid, s * size, sums, to + s * STRIP, width)
            s += MANY
        while s < many:
            _row_by_strip(rows, row, depth, laid, s * size, sums, to + s * STRIP, width)
            s += 1
