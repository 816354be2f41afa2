"""What tests and estimators say of the raw bits of a run, or of a file of bits."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from labcim.analysis.entropy.iid import Iid, iid
from labcim.analysis.entropy.non_iid import ALWAYS_LOW, NonIid, non_iid
from labcim.analysis.entropy.raw_bits import raw_bits
from labcim.analysis.randomness.fips140 import BLOCK, fips_blocks
from labcim.analysis.randomness.many_sequences import Verdict, judge
from labcim.analysis.randomness.outcome import TestOutcome
from labcim.analysis.randomness.sp800_22 import fifteen_tests
from labcim.errors import RecipeError

from .record import open_record

LARGEST_FILE = 2**30
LEAST = 100

WARNINGS = (
    "tests of conditioned output prove nothing about its source: test raw bits",
    "one p-value is no verdict: proportion and uniformity over 55 sequences and more are",
    ALWAYS_LOW,
    "bits of a simulated chip are drawn by a counter: they test how bits are taken and watched",
)


@dataclass(frozen=True, slots=True)
class Examined:
    """Outcomes for each sequence, what they say together, and entropy estimates.

    fips: (passed, of) blocks.  non_iid, iid: of the bits as far as the first million, or None.
    """

    source: str
    bits: int
    sequences: list[list[TestOutcome]]
    verdicts: list[Verdict]
    fips: tuple[int, int]
    non_iid: NonIid | None
    iid: Iid | None
    warnings: tuple[str, ...] = field(default=WARNINGS)


def load_bits(target: str, record: str | Path, *, packed: bool) -> tuple[str, NDArray[np.uint8]]:
    """Return what it is and its bits: a file if there is one of that name, else a run on record.

    A file holds one bit a byte (0 and 1, or the characters), or eight if ``packed``, first bit
    highest. Raises RecipeError for other files and for runs without bits, RecordError for runs that
    are not there.
    """
    path = Path(target)
    if path.is_file():
        return f"file {path.name}", _file_bits(path, packed)
    with open_record(record) as kept:
        summary = kept.run(target).summary
        if summary.protocol != "random_bits":
            raise RecipeError(f"run {summary.run} is of {summary.protocol}: accepts random_bits")
        rows = kept.done_rows(target)
    if not rows:
        raise RecipeError(f"run {summary.run} has no unit that is done, and so no bits")
    return f"run {summary.run}, raw bits in the order of their times", raw_bits(rows).bits


def _file_bits(path: Path, packed: bool) -> NDArray[np.uint8]:
    if path.stat().st_size > LARGEST_FILE:
        raise RecipeError(f"file {path}: larger than {LARGEST_FILE} bytes")
    content = np.fromfile(path, np.uint8)
    if packed:
        return np.unpackbits(content)
    text = content[~np.isin(content, np.frombuffer(b" \t\r\n", np.uint8))]
    if len(text) and np.isin(text, (48, 49)).all():
        return text - np.uint8(48)
    if not np.isin(content, (0, 1)).all():
        raise RecipeError(f"file {path}: accepts one bit a byte, or --packed for eight")
    return content


def examine(
    source: str,
    bits: NDArray[Any],
    *,
    length: int = 1_000_000,
    entropy: bool = True,
    independent: bool = False,
) -> Examined:
    """Return everything. length: bits of each sequence; what is shorter is one sequence by itself.

    entropy: the ten estimators.  independent: the IID route as well, which takes minutes.
    Raises RecipeError for less than 100 bits, or sequences that are shorter.
    """
    if len(bits) < LEAST or length < LEAST:
        raise RecipeError(
            f"{len(bits)} bits in sequences of {length}: accepts {LEAST} or more of both"
        )
    count = max(len(bits) // length, 1)
    sequences = [fifteen_tests(bits[k * length : (k + 1) * length]) for k in range(count)]
    blocks = fips_blocks(bits).passed if len(bits) >= BLOCK else np.empty(0, np.bool_)
    first = bits[:1_000_000]
    return Examined(
        source,
        len(bits),
        sequences,
        judge(sequences),
        (int(blocks.sum()), len(blocks)),
        non_iid(first, bits=1) if entropy else None,
        iid(first, bits=1) if independent and len(first) >= 300 else None,
    )
