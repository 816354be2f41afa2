"""Making fewer, better bits of raw ones: von Neumann, Peres, SHA-256, and what entropy remains.

SP 800-90B, 3.1.5. Tests of conditioned output prove nothing about the source: the output of
SHA-256 over a counter passes them all.
"""

import decimal
import hashlib
import math
from dataclasses import dataclass
from decimal import Decimal

import numpy as np
from numpy.typing import ArrayLike

from ...errors import RangeError
from ..randomness.bits import Bits, as_bits

OUTPUT = 256
"""Bits that SHA-256 gives, and that is also its narrowest width inside."""

_SPARE = 64  # bits above the output that full entropy asks for


def von_neumann(values: ArrayLike) -> Bits:
    """Return one bit of each pair that differs, its first: removes bias, not correlation.

    values: 0 and 1, shape (n,). Yields p (1 - p) bits a bit, 0.25 at best.
    """
    pairs = as_bits(values)
    pairs = pairs[: len(pairs) // 2 * 2].reshape(-1, 2)
    return np.ascontiguousarray(pairs[pairs[:, 0] != pairs[:, 1], 0])


def peres(values: ArrayLike, *, depth: int = 16) -> Bits:
    """Return von Neumann's bits, and again those of what he throws away, ``depth`` levels deep.

    Peres, Ann. Statist. 20:590 (1992): the yield goes to the entropy H(p) of independent bits.
    """
    return _peres(as_bits(values), depth)


def _peres(bits: Bits, depth: int) -> Bits:
    pairs = bits[: len(bits) // 2 * 2].reshape(-1, 2)
    if depth == 0 or not len(pairs):
        return np.empty(0, np.uint8)
    differ = pairs[:, 0] ^ pairs[:, 1]
    own = pairs[differ == 1, 0]
    kept = pairs[differ == 0, 0]
    return np.concatenate([own, _peres(differ, depth - 1), _peres(kept, depth - 1)])


@dataclass(frozen=True, slots=True)
class OutputEntropy:
    """Min-entropy of a conditioner's output: ``bits``, and how close to full it is.

    epsilon_exponent: e of the largest 2**-e with bits >= (1 - 2**-e) n_out.
    """

    bits: float
    epsilon_exponent: float


def output_entropy(
    n_in: int, h_in: float, *, n_out: int = OUTPUT, width: int = OUTPUT
) -> OutputEntropy:
    """Return the min-entropy of a vetted conditioner's output (3.1.5.1.2).

    n_in: bits that go in, with ``h_in`` bits of min-entropy.  n_out, width: bits of the output and
    of the narrowest width inside. Raises RangeError for what cannot be. In decimals: the loss is
    far below what a float can tell from none.
    """
    if not (1 <= n_in <= 100_000 and 0.0 < h_in <= n_in and n_out >= 1 and width >= 1):
        raise RangeError(
            f"{h_in} bits of entropy in {n_in} bits: accepts 1 to 100,000 bits, and above 0 to all"
        )
    with decimal.localcontext(prec=int(0.31 * n_in) + 200):
        two, narrow = Decimal(2), min(n_out, width)
        likeliest = two ** -Decimal(h_in)
        others = (1 - likeliest) / (two**n_in - 1)
        each = two ** (n_in - narrow)  # inputs for one output
        psi = each * others + likeliest
        omega = (each + (2 * narrow * each * two.ln()).sqrt()) * others
        found = -max(psi, omega).ln() / two.ln()
        missing = 1 - found / n_out
        epsilon = float(-missing.ln() / two.ln()) if missing > 0 else math.inf
        return OutputEntropy(min(float(found), h_in, float(n_out)), epsilon)


def bits_for_full_entropy(entropy: float) -> int:
    """Return how many raw bits one full-entropy output of SHA-256 takes: 320 bits of entropy.

    entropy: assessed min-entropy of a raw bit, above 0 to 1. Raises RangeError for all else.
    """
    if not 0.0 < entropy <= 1.0:
        raise RangeError(f"entropy = {entropy} bits a bit: accepts above 0 to 1")
    return math.ceil((OUTPUT + _SPARE) / entropy)


@dataclass(frozen=True, slots=True)
class Conditioned:
    """Output of SHA-256, and the account of its entropy.

    bits: shape (blocks * 256,).  raw: bits that went into each block.  h_in, h_out: min-entropy of
    a block's input and output, bits.
    """

    bits: Bits
    raw: int
    h_in: float
    h_out: OutputEntropy


def sha256_conditioned(values: ArrayLike, entropy: float) -> Conditioned:
    """Return full-entropy output of raw bits with ``entropy`` assessed bits a bit.

    values: 0 and 1, shape (n,); what does not fill a last block is left out. Raises RangeError
    where there is not one block's worth.
    """
    bits, raw = as_bits(values), bits_for_full_entropy(entropy)
    count = len(bits) // raw
    if count == 0:
        raise RangeError(f"{len(bits)} raw bits: accepts {raw} or more for one output")
    blocks = np.packbits(bits[: count * raw].reshape(count, raw), axis=1)
    digests = b"".join(hashlib.sha256(block.tobytes()).digest() for block in blocks)
    output = np.unpackbits(np.frombuffer(digests, np.uint8))
    return Conditioned(output, raw, raw * entropy, output_entropy(raw, raw * entropy))
