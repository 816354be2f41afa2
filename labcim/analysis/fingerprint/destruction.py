"""Proof that a key was destroyed: the fingerprint under it can be read only once the key is gone.

After Jiang et al., Nature Electronics 1:548 (2018): key and fingerprint share the cells. Whoever
enrolled the fingerprint before the key was stored, and nobody else, can tell that it was read.
"""

import json
import math
from dataclasses import asdict, dataclass, replace
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from labcim.analysis.distributions import Interval
from labcim.errors import RangeError, RecipeError

from .bch import Bits
from .helper_data import HelperData, regenerate
from .key_derivation import digest_of, hkdf, keyed_digest, same_digest

Floats = NDArray[np.float64]
_FOR_PROOF = b"labcim destruction proof"
VERSION = 1


class Phase(IntEnum):
    """What the cells hold when they are read."""

    FINGERPRINT = 0  # put at random, before any key was stored
    STORED = 1  # the key
    ERASED = 2  # put at random again


@dataclass(frozen=True, slots=True)
class Proof:
    """What the holder of a chip hands to the verifier.

    nonce: hexadecimal digits that the verifier chose for this destruction.  run, run_hash: the run
    on record that erased, and the hash over its documents.  helper: SHA-256 of the helper data.
    tag: keyed digest over all of it, hexadecimal digits.
    """

    chip: str
    run: str
    run_hash: str
    nonce: str
    helper: str
    tag: str = ""

    def covered(self) -> bytes:
        """Return what the tag covers."""
        told = asdict(replace(self, tag="")) | {"version": VERSION}
        return json.dumps(told, sort_keys=True, separators=(",", ":")).encode()

    def to_json(self) -> str:
        """Return the proof as text for a file."""
        return json.dumps(asdict(self) | {"version": VERSION}, sort_keys=True, indent=1)

    @classmethod
    def from_json(cls, text: str) -> "Proof":
        """Read what `to_json` wrote. Raises RecipeError."""
        try:
            told = json.loads(text)
            if told.pop("version") != VERSION or not all(isinstance(x, str) for x in told.values()):
                raise ValueError("another version, or something else than text in it")
            return cls(**told)
        except (AttributeError, KeyError, RecursionError, TypeError, ValueError) as trouble:
            raise RecipeError(f"proof cannot be read: {trouble!s:.200}") from trouble


def prove(bare: Proof, response: Bits, helper: HelperData) -> Proof:
    """Return the proof with its tag, from the fingerprint as it was read after the key was erased.

    Raises RangeError where the fingerprint does not give the key of the helper data.
    """
    found = regenerate(response, helper)
    if found.key is None:
        raise RangeError(
            "the fingerprint that was read is not the enrolled one, or the helper data is not "
            "authentic: there is nothing to prove"
        )
    bare = replace(bare, helper=helper_digest(helper), tag="")
    return replace(bare, tag=_tag(bare, found.key))


def holds(proof: Proof, key: bytes, helper: HelperData, nonce: str) -> bool:
    """Return whether a proof holds, for who enrolled the chip. Needs neither chip nor record.

    key: of the enrolment.  nonce: that was handed out for this destruction, and never before.
    """
    fits = proof.nonce == nonce and nonce != "" and proof.helper == helper_digest(helper)
    genuine = digest_of(key) == helper.key_digest
    return fits and genuine and same_digest(_tag(proof, key).encode(), proof.tag.encode())


def helper_digest(helper: HelperData) -> str:
    """Return SHA-256 of helper data, its tag included."""
    return digest_of(helper.covered() + helper.tag)


def match(bits: Floats, reference: Floats) -> Floats:
    """Return 1 where bits are known and the same, 0 where not, for what the reference knows."""
    known = np.isfinite(reference)
    return np.asarray((bits[known] == reference[known]).astype(np.float64))


def remanence(differences: Floats, before: Floats, key: Floats) -> Interval:
    """Return the correlation of a key with what its pairs changed by, with Fisher's interval.

    differences, before: S, after erasure and before the key was stored, (bits,).  key: 0 and 1. An
    interval that holds 0 says that no more is left of the key than it tells. NaN below 10 pairs.
    """
    change = differences - before
    known = np.isfinite(change)
    count = int(known.sum())
    if count < 10 or np.ptp(key[known]) == 0.0 or np.ptp(change[known]) == 0.0:
        return Interval(math.nan, math.nan, math.nan)
    value = float(np.corrcoef(change[known], key[known])[0, 1])
    half = 1.959964 / math.sqrt(count - 3)
    centre = math.atanh(max(min(value, 1.0 - 1e-12), -1.0 + 1e-12))
    return Interval(value, math.tanh(centre - half), math.tanh(centre + half))


def _tag(proof: Proof, key: bytes) -> str:
    return keyed_digest(hkdf(key, b"", _FOR_PROOF, 32), proof.covered()).hex()
