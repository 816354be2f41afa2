"""Helper data: what may be public so that a noisy fingerprint gives the same key again.

The code-offset construction (Juels and Wattenberg, 1999; Dodis et al., SIAM J. Comput. 38:97,
2008): of a response r and a random code word c the offset w = r xor c is kept; later r' xor w is c
with the errors of r', is decoded, and gives r back. The key is HKDF of r. A digest under another
key of r covers everything that is public, so that helper data that was manipulated is found (Boyen
et al., EUROCRYPT 2005). An offset tells n - k bits of its n: see `residual_entropy`.
"""

import json
import math
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from labcim.errors import RangeError, RecipeError

from .bch import BchCode, Bits, bch
from .key_derivation import (
    bits_to_bytes,
    bytes_to_bits,
    digest_of,
    hkdf,
    keyed_digest,
    same_digest,
)

VERSION = 1
KEY_BYTES = 16
_SALT_BYTES = 16
_FOR_KEY, _FOR_TAG = b"labcim fingerprint key", b"labcim helper data"


@dataclass(frozen=True, slots=True)
class HelperData:
    """Public. n, t: of the BCH code.  offsets: (blocks, n).  entropy: assumed for each bit.

    response: what the bits of the response are, in plain values that JSON can say; it is covered by
    ``tag`` as all the rest is.  key_digest: SHA-256 of the key, by which it can be recognised.
    """

    n: int
    t: int
    offsets: Bits
    salt: bytes
    entropy: float
    response: Mapping[str, Any]
    key_digest: str
    tag: bytes = b""

    @property
    def code(self) -> BchCode:
        """Return the code."""
        return bch(self.n, self.t)

    @property
    def bits(self) -> int:
        """Return how many bits of a response are used."""
        return int(self.offsets.size)

    @property
    def residual_entropy(self) -> float:
        """Return the bits of entropy that are left to whoever knows the helper data."""
        return residual_entropy(self.n, self.code.k, self.entropy, len(self.offsets))

    def covered(self) -> bytes:
        """Return everything that the tag covers, always in the same words."""
        return json.dumps(self._plain(), sort_keys=True, separators=(",", ":")).encode()

    def to_json(self) -> str:
        """Return the whole as text for a file."""
        return json.dumps(self._plain() | {"tag": self.tag.hex()}, sort_keys=True, indent=1)

    def _plain(self) -> dict[str, Any]:
        return {
            "version": VERSION,
            "n": self.n,
            "t": self.t,
            "blocks": len(self.offsets),
            "offsets": bits_to_bytes(self.offsets).hex(),
            "salt": self.salt.hex(),
            "entropy": self.entropy,
            "response": dict(self.response),
            "key_digest": self.key_digest,
        }

    @classmethod
    def from_json(cls, text: str) -> "HelperData":
        """Read what `to_json` wrote. Raises RecipeError that says what is wrong."""
        try:
            told = json.loads(text)
            if told["version"] != VERSION:
                raise ValueError(f"version {told['version']}, not {VERSION}")
            blocks, n = _whole(told["blocks"], 1, 1000), _whole(told["n"], 7, 511)
            code = bch(n, _whole(told["t"], 1, 255))
            return cls(
                n=n,
                t=code.t,
                offsets=bytes_to_bits(bytes.fromhex(told["offsets"]), blocks * n).reshape(-1, n),
                salt=bytes.fromhex(told["salt"]),
                entropy=_share(told["entropy"]),
                response=dict(told["response"]),
                key_digest=str(told["key_digest"]),
                tag=bytes.fromhex(told["tag"]),
            )
        except (KeyError, TypeError, ValueError, RecursionError, RangeError) as trouble:
            told_by = f"{type(trouble).__name__}: {trouble}"
            raise RecipeError(f"helper data cannot be read: {told_by:.200}") from trouble


@dataclass(frozen=True, slots=True)
class Regenerated:
    """What came of a response and helper data.

    key, response: None unless all blocks are decoded and the helper data is authentic; response is
    the enrolled one, (bits,).  errors: bits that were mended in each block, -1 where it could not
    be decoded, (blocks,).  authentic: whether the digest fits; without all blocks decoded nobody
    can know, and it is False.
    """

    key: bytes | None
    response: Bits | None
    errors: NDArray[np.int64]
    authentic: bool

    @property
    def decoded(self) -> bool:
        """Return whether all blocks are decoded."""
        return bool((self.errors >= 0).all())


def residual_entropy(n: int, k: int, entropy: float, blocks: int = 1) -> float:
    """Return the bits of entropy left after offsets of ``blocks`` words are public: n H - (n - k).

    entropy: H, bits of min-entropy in each bit of a response, 0 to 1.
    """
    _share(entropy)
    return blocks * (n * entropy - (n - k))


def blocks_needed(n: int, k: int, entropy: float, key_bits: int = 8 * KEY_BYTES) -> int:
    """Return how many blocks leave ``key_bits`` of entropy. Raises RangeError where none do."""
    each = residual_entropy(n, k, entropy)
    if each <= 0.0:
        raise RangeError(
            f"entropy = {entropy:g} a bit: the helper data of BCH ({n}, {k}) tells all of it; "
            f"accepts more than {1 - k / n:.3g}"
        )
    return math.ceil(key_bits / each)


def block_failure(n: int, t: int, ber: float) -> float:
    """Return the chance that a block has more than ``t`` errors, each with the chance ``ber``."""
    if not 0.0 <= ber <= 1.0 or not 0 <= t <= n:
        raise RangeError(f"ber = {ber}, t = {t} of n = {n}: accepts 0 to 1, 0 to n")
    if ber in (0.0, 1.0):
        return float(ber > 0.0 and t < n)
    log_terms = np.array(
        [
            math.lgamma(n + 1) - math.lgamma(i + 1) - math.lgamma(n - i + 1)
            + i * math.log(ber) + (n - i) * math.log1p(-ber)
            for i in range(t + 1, n + 1)
        ]
    )  # fmt: skip
    return min(float(np.exp(log_terms).sum()), 1.0)


def enrol(
    response: Bits,
    code: BchCode,
    *,
    entropy: float,
    described: Mapping[str, Any],
    random: Callable[[int], bytes] = secrets.token_bytes,
) -> tuple[HelperData, bytes]:
    """Return helper data for a response, and its key.

    response: bits, (bits,); as many whole blocks as it holds are used.  entropy: min-entropy of
    each bit.  described: what the bits are.  random: gives random bytes, for salt and code words.
    Raises RangeError where less entropy is left than the key has bits.
    """
    blocks = len(response) // code.n
    left = residual_entropy(code.n, code.k, entropy, blocks)
    if left < 8 * KEY_BYTES:
        need = blocks_needed(code.n, code.k, entropy) * code.n
        raise RangeError(
            f"{len(response)} bits of {entropy:g} bits of entropy leave {max(left, 0.0):.1f} bits "
            f"after the helper data of {code}: a key of {8 * KEY_BYTES} needs {need} bits"
        )
    used = _bits(response, blocks * code.n).reshape(blocks, code.n)
    salt = random(_SALT_BYTES)
    messages = bytes_to_bits(random(-(-blocks * code.k // 8)), blocks * code.k)
    offsets = used ^ code.encode(messages.reshape(blocks, code.k))
    secret = bits_to_bytes(used)
    key = hkdf(secret, salt, _FOR_KEY, KEY_BYTES)
    bare = HelperData(code.n, code.t, offsets, salt, entropy, described, digest_of(key))
    tag = keyed_digest(hkdf(secret, salt, _FOR_TAG, 32), bare.covered())
    return replace(bare, tag=tag), key


def regenerate(response: Bits, helper: HelperData) -> Regenerated:
    """Return the key, if ``response`` is near enough to the enrolled one. Raises RangeError.

    response: at least as many bits as the helper data is for.
    """
    if len(response) < helper.bits:
        raise RangeError(f"{len(response)} bits: the helper data is for {helper.bits}")
    came = _bits(response, helper.bits).reshape(helper.offsets.shape)
    decoded = helper.code.decode(came ^ helper.offsets)
    if not decoded.good.all():
        return Regenerated(None, None, decoded.errors, authentic=False)
    mended = decoded.bits ^ helper.offsets
    secret = bits_to_bytes(mended)
    expected = keyed_digest(hkdf(secret, helper.salt, _FOR_TAG, 32), helper.covered())
    if not same_digest(expected, helper.tag):
        return Regenerated(None, None, decoded.errors, authentic=False)
    key = hkdf(secret, helper.salt, _FOR_KEY, KEY_BYTES)
    return Regenerated(key, mended.ravel(), decoded.errors, authentic=True)


def _bits(response: Bits, count: int) -> Bits:
    """Return the first ``count`` bits. Checked before they are narrowed: 257 or 0.5 is no bit."""
    used = np.asarray(response)[:count]
    if not np.isin(used, (0, 1)).all():
        raise RangeError("a response holds something else than bits 0 and 1")
    return used.astype(np.uint8)


def _whole(value: Any, least: int, most: int) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
        raise ValueError(f"{value!r}: accepts {least} to {most}")
    return value


def _share(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0.0 <= value <= 1.0:
        raise RangeError(f"entropy = {value!r} of a bit: accepts 0 to 1")
    return float(value)
