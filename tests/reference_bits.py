"""The first million binary digits of pi and of the root of 3, integer part included."""

import hashlib
from functools import cache
from math import isqrt

import numpy as np
from numpy.typing import NDArray

COUNT = 1_000_000

# SHA-256 of the packed bits, first bit most significant
DIGESTS = {
    "pi": "e31af8c5229974786fbac6931fb44f8596d4466eaa853f40df458fd352453155",
    "sqrt3": "4c75e3c54dd821f70215e1e016744a74bd8cfb76cbd9be35a37964ae57443cf2",
}


@cache
def digits(name: str) -> NDArray[np.uint8]:
    number = {"pi": _pi, "sqrt3": _sqrt3}[name]()
    packed = np.frombuffer(number.to_bytes(COUNT // 8, "big"), np.uint8)
    assert hashlib.sha256(packed.tobytes()).hexdigest() == DIGESTS[name]
    bits = np.unpackbits(packed)
    bits.flags.writeable = False  # a test that writes into its input fails
    return bits


def _sqrt3() -> int:
    return isqrt(3 << 2 * (COUNT - 1))


def _pi() -> int:
    """Chudnovsky's series, summed by binary splitting."""
    spare = 64
    terms = int(COUNT / 47.1) + 2
    _, q, t = _split(0, terms)
    one = 1 << COUNT - 2 + spare
    root = isqrt(10005 * one * one)
    return (q * 426880 * root // t) >> spare


def _split(a: int, b: int) -> tuple[int, int, int]:
    if b == a + 1:
        if a == 0:
            p = q = 1
        else:
            p = (6 * a - 5) * (2 * a - 1) * (6 * a - 1)
            q = 10939058860032000 * a**3
        t = p * (13591409 + 545140134 * a)
        return p, q, -t if a % 2 else t
    middle = (a + b) // 2
    p1, q1, t1 = _split(a, middle)
    p2, q2, t2 = _split(middle, b)
    return p1 * p2, q1 * q2, t1 * q2 + p1 * t2
