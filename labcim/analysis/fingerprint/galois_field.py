"""Finite fields of 2^m elements as tables, for arrays of elements.

An element is the integer of its polynomial's bits. Addition is exclusive or.
"""

from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from labcim.errors import RangeError

Elements = NDArray[np.int64]

PRIMITIVE = {3: 0xB, 4: 0x13, 5: 0x25, 6: 0x43, 7: 0x89, 8: 0x11D, 9: 0x211}
"""Primitive polynomials by degree, as Lin and Costello, Error Control Coding (2004), list them."""


@dataclass(frozen=True, eq=False, slots=True)
class Field:
    """Powers and logarithms of the primitive element alpha.

    order: 2^m - 1.  power: alpha^i for i from 0 to 2 order - 1.  log: of each element; that of 0
    is never used.
    """

    degree: int
    order: int
    power: Elements
    log: Elements

    def multiply(self, a: Elements, b: Elements) -> Elements:
        """Return the products, element by element."""
        product = self.power[self.log[a] + self.log[b]]
        return np.where((a == 0) | (b == 0), 0, product)

    def divide(self, a: Elements, b: Elements) -> Elements:
        """Return the quotients, element by element; no ``b`` may be 0."""
        quotient = self.power[self.log[a] - self.log[b] + self.order]
        return np.where(a == 0, 0, quotient)


@cache
def field(degree: int) -> Field:
    """Return the field of 2^degree elements. Raises RangeError for a degree without a table."""
    if degree not in PRIMITIVE:
        raise RangeError(f"degree = {degree} of a field: accepts {min(PRIMITIVE)} to 9")
    order = (1 << degree) - 1
    power = np.zeros(2 * order, np.int64)
    log = np.zeros(order + 1, np.int64)
    element = 1
    for exponent in range(order):
        power[exponent] = power[exponent + order] = element
        log[element] = exponent
        element <<= 1
        if element > order:
            element ^= PRIMITIVE[degree]
    return Field(degree, order, power, log)


def minimal_polynomial(degree: int, exponent: int) -> int:
    """Return the binary polynomial of least degree with the root alpha^exponent, as its bits."""
    of = field(degree)
    conjugates = {exponent * (1 << i) % of.order for i in range(degree)}
    coefficients = np.array([1], np.int64)  # lowest power first
    for root in sorted(conjugates):
        times_x = np.concatenate([[0], coefficients])
        times_root = of.multiply(coefficients, np.full(len(coefficients), of.power[root]))
        times_x[:-1] ^= times_root
        coefficients = times_x
    return sum(int(bit) << i for i, bit in enumerate(coefficients))


def multiply_binary(a: int, b: int) -> int:
    """Return the product of two binary polynomials, as their bits."""
    product = 0
    while b:
        if b & 1:
            product ^= a
        a, b = a << 1, b >> 1
    return product
