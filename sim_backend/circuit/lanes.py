"""Sixteen numbers side by side as one value, in compiled code: explicit SIMD for any processor.

Left to itself the compiler must assume that arrays overlap, and computes one number at a time.
`load`, `store` and arithmetic on `Lanes` leave it no choice. All functions are for compiled code
only; sums are taken in a fixed order, and products are added with one rounding where `fused` says
so, nowhere else: a compiler that may choose chooses anew each time.
"""

import operator
from typing import Any

from llvmlite import ir
from numba import extending, types
from numba.core import cgutils
from numba.core.typing.templates import AbstractTemplate, Signature, infer_global
from numba.extending import lower_builtin, models, register_model

COUNT = 16
Sixteen = Any  # a value of the type below, in annotations of compiled code
intrinsic: Any = extending.intrinsic  # its stub knows no arguments


class Lanes(types.Type):
    """The type of sixteen float64 or float32 numbers."""

    def __init__(self, dtype: Any) -> None:
        self.dtype = dtype
        super().__init__(name=f"Lanes({dtype})")


@register_model(Lanes)
class _LanesModel(models.PrimitiveModel):
    def __init__(self, dmm: Any, fe_type: Lanes) -> None:
        super().__init__(dmm, fe_type, _vector(fe_type.dtype))


def _vector(dtype: Any) -> ir.VectorType:
    return ir.VectorType(ir.DoubleType() if dtype == types.float64 else ir.FloatType(), COUNT)


def _place(context: Any, builder: Any, array_type: Any, array: Any, index: Any) -> Any:
    pointer = _pointer(context, builder, array_type, array, index)
    return builder.bitcast(pointer, _vector(array_type.dtype).as_pointer())


@intrinsic
def load(typing: Any, array: Any, index: Any) -> Any:
    """Return 16 numbers of an array in C order, from a flat index on."""

    def generate(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        pointer = _place(context, builder, signature.args[0], *values)
        return builder.load(pointer, align=array.dtype.bitwidth // 8)

    return Lanes(array.dtype)(array, types.uintp), generate


@intrinsic
def store(typing: Any, array: Any, index: Any, lanes: Any) -> Any:
    """Write 16 numbers into an array in C order, from a flat index on; converts if it must."""

    def generate(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        pointer = _place(context, builder, signature.args[0], values[0], values[1])
        value = _converted(builder, values[2], lanes.dtype, array.dtype)
        builder.store(value, pointer, align=array.dtype.bitwidth // 8)
        return context.get_dummy_value()

    return types.none(array, types.uintp, lanes), generate


def _converted(builder: Any, value: Any, before: Any, after: Any) -> Any:
    if before == after:
        return value
    change = builder.fptrunc if after == types.float32 else builder.fpext
    return change(value, _vector(after))


@intrinsic
def wide(typing: Any, lanes: Any) -> Any:
    """Return 16 numbers as float64."""

    def generate(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        return _converted(builder, values[0], lanes.dtype, types.float64)

    return Lanes(types.float64)(lanes), generate


@intrinsic
def like(typing: Any, model: Any, lanes: Any) -> Any:
    """Return 16 numbers in the type of ``model``, lanes or an array."""

    def generate(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        return _converted(builder, values[1], lanes.dtype, model.dtype)

    return Lanes(model.dtype)(model, lanes), generate


@intrinsic
def spread(typing: Any, model: Any, value: Any) -> Any:
    """Return a number 16 times, in the type of ``model``, lanes or an array."""

    def generate(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        one, vector = values[1], _vector(model.dtype)
        if model.dtype == types.float32:
            one = builder.fptrunc(one, ir.FloatType())
        first = builder.insert_element(
            ir.Constant(vector, ir.Undefined), one, ir.Constant(ir.IntType(32), 0)
        )
        mask = ir.Constant(ir.VectorType(ir.IntType(32), COUNT), [0] * COUNT)
        return builder.shuffle_vector(first, ir.Constant(vector, ir.Undefined), mask)

    return Lanes(model.dtype)(model, types.float64), generate


@intrinsic
def total(typing: Any, lanes: Any) -> Any:
    """Return the sum of 16 numbers, from first to last, in float64."""

    def generate(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        value = _converted(builder, values[0], lanes.dtype, types.float64)
        found = ir.Constant(ir.DoubleType(), 0.0)
        for k in range(COUNT):
            found = builder.fadd(
                found, builder.extract_element(value, ir.Constant(ir.IntType(32), k))
            )
        return found

    return types.float64(lanes), generate


def _arithmetic(symbol: Any, name: str) -> None:
    """Give lanes of one type an operator."""

    @infer_global(symbol)
    class _Typed(AbstractTemplate):
        def generic(self, args: Any, kws: Any) -> Any:
            left, right = args
            if isinstance(left, Lanes) and left == right:
                return Signature(left, (left, left), None)
            return None

    @lower_builtin(symbol, Lanes, Lanes)
    def _compute(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        return getattr(builder, name)(*values)


_arithmetic(operator.add, "fadd")
_arithmetic(operator.sub, "fsub")
_arithmetic(operator.mul, "fmul")
_arithmetic(operator.truediv, "fdiv")


@intrinsic
def fused(typing: Any, a: Any, b: Any, c: Any) -> Any:
    """Return a b + c, rounded once."""

    def generate(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        vector, bits = _vector(c.dtype), c.dtype.bitwidth
        kind = ir.FunctionType(vector, [vector] * 3)
        name = f"llvm.fma.v{COUNT}f{bits}"
        return builder.call(cgutils.get_or_insert_function(builder.module, kind, name), values)

    return (c(a, b, c), generate) if a == b == c else None


@intrinsic
def minus(typing: Any, lanes: Any) -> Any:
    """Return 16 numbers with their signs turned."""

    def generate(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        return builder.fneg(values[0])

    return lanes(lanes), generate


@intrinsic
def where_equal(typing: Any, a: Any, b: Any, then: Any, otherwise: Any) -> Any:
    """Return ``then`` in the lanes where a equals b, and ``otherwise`` in the others."""

    def generate(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        return builder.select(builder.fcmp_ordered("==", values[0], values[1]), *values[2:])

    return then(a, b, then, otherwise), generate


@intrinsic
def where_above(typing: Any, a: Any, b: Any, then: Any, otherwise: Any) -> Any:
    """Return ``then`` in the lanes where a is above b, and ``otherwise`` in the others."""

    def generate(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        return builder.select(builder.fcmp_ordered(">", values[0], values[1]), *values[2:])

    return then(a, b, then, otherwise), generate


@intrinsic
def turn(typing: Any, source: Any, start: Any, apart: Any, to: Any, at: Any, there: Any) -> Any:
    """Copy 16 times 16 numbers, turned: rows become columns.

    They are read from flat index ``start`` on, 16 in a row, rows ``apart``; and written from ``at``
    on, rows ``there`` apart. Done in four squares of 8, each by three rounds of shuffles.
    """

    def generate(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        types_ = signature.args
        first = _pointer(context, builder, types_[0], values[0], values[1])
        last = _pointer(context, builder, types_[3], values[3], values[4])
        for down in (0, 8):
            for along in (0, 8):
                read = [_row(builder, first, k, values[2], along) for k in range(down, down + 8)]
                square = [builder.load(p, align=source.dtype.bitwidth // 8) for p in read]
                for k, row in enumerate(_turned(builder, square)):
                    pointer = _row(builder, last, along + k, values[5], down)
                    builder.store(row, pointer, align=to.dtype.bitwidth // 8)
        return context.get_dummy_value()

    if source.dtype != to.dtype:
        return None
    return types.none(source, types.uintp, types.uintp, to, types.uintp, types.uintp), generate


def _pointer(context: Any, builder: Any, array_type: Any, array: Any, index: Any) -> Any:
    data = context.make_array(array_type)(context, builder, array).data
    return builder.gep(data, [index])


def _row(builder: Any, first: Any, row: int, apart: Any, column: int) -> Any:
    """Return the pointer to 8 numbers."""
    size = apart.type
    index = builder.add(builder.mul(apart, ir.Constant(size, row)), ir.Constant(size, column))
    pointer = builder.gep(first, [index])
    return builder.bitcast(pointer, ir.VectorType(pointer.type.pointee, 8).as_pointer())


def _turned(builder: Any, rows: list[Any]) -> list[Any]:
    """Return the columns of a square of 8 rows of 8: halves of pairs of rows change places."""
    for half in (4, 2, 1):
        kept = [k + 8 * (k & half != 0) - half * (k & half != 0) for k in range(8)]
        moved = [k + half + (8 - half) * (k & half != 0) for k in range(8)]
        found = list(rows)
        for k in range(8):
            if not k & half:
                found[k] = _shuffled(builder, rows[k], rows[k + half], kept)
                found[k + half] = _shuffled(builder, rows[k], rows[k + half], moved)
        rows = found
    return rows


def _shuffled(builder: Any, one: Any, other: Any, places: list[int]) -> Any:
    mask = ir.Constant(ir.VectorType(ir.IntType(32), 8), places)
    return builder.shuffle_vector(one, other, mask)
