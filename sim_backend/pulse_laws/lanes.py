"""Words of the machine that numba lacks: bits counted and bits reinterpreted, 32 at a time.

Written for a scalar; the compiler makes vectors of them.
"""

from collections.abc import Callable
from typing import Any

from numba import types
from numba.extending import intrinsic


def _word(generator: Callable[..., Any]) -> Any:
    """Return an intrinsic, which takes one argument less than its generator."""
    return intrinsic(generator)


@_word
def coincidences(typing: Any, a: Any, b: Any) -> Any:
    """Return in how many slots both trains (uint32 words) have a pulse, as int32."""

    def generate(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        return builder.ctpop(builder.and_(values[0], values[1]))

    return types.int32(types.uint32, types.uint32), generate


@_word
def has_slot(typing: Any, word: Any, slot: Any) -> Any:
    """Return whether bit ``slot`` (int32) of a word (uint32) is set."""

    def generate(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        shifted = builder.lshr(values[0], values[1])
        return builder.trunc(shifted, context.get_value_type(types.boolean))

    return types.boolean(types.uint32, types.int32), generate


@_word
def lowest_slot(typing: Any, word: Any) -> Any:
    """Return the number of the lowest bit that is set, of a word (uint32) that is not 0."""

    def generate(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        return builder.cttz(values[0], context.get_constant(types.boolean, True))

    return types.int32(types.uint32), generate


@_word
def are_opposite(typing: Any, word: Any, flip: Any) -> Any:
    """Return whether bit 31 of just one of both words (uint32) is set."""

    def generate(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        both = builder.xor(values[0], values[1])
        return builder.icmp_signed("<", both, both.type(0))

    return types.boolean(types.uint32, types.uint32), generate


@_word
def power_of_two(typing: Any, shifted: Any) -> Any:
    """Return 2^n of a float32 that holds n + 1.5 * 2^23, as rounding by that shift leaves it."""

    def generate(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        bits = builder.bitcast(values[0], context.get_value_type(types.int32))
        exponent = builder.shl(bits, bits.type(23))
        moved = builder.add(exponent, bits.type(0x3F800000))
        return builder.bitcast(moved, values[0].type)

    return types.float32(types.float32), generate


@_word
def exponent_of(typing: Any, value: Any) -> Any:
    """Return n as float32, of a value above 0 that is m 2^n with m in [sqrt(1/2), sqrt(2))."""

    def generate(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        bits = builder.bitcast(values[0], context.get_value_type(types.int32))
        exponent = builder.ashr(builder.sub(bits, bits.type(0x3F3504F3)), bits.type(23))
        return builder.sitofp(exponent, values[0].type)

    return types.float32(types.float32), generate


@_word
def mantissa_of(typing: Any, value: Any) -> Any:
    """Return the m of `exponent_of`."""

    def generate(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        bits = builder.bitcast(values[0], context.get_value_type(types.int32))
        exponent = builder.ashr(builder.sub(bits, bits.type(0x3F3504F3)), bits.type(23))
        rest = builder.sub(bits, builder.shl(exponent, bits.type(23)))
        return builder.bitcast(rest, values[0].type)

    return types.float32(types.float32), generate
