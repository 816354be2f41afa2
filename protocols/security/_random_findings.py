"""What a run of random bits says: min-entropy of the raw bits, their rate, what may come of them.

On a simulated bench the noise itself is drawn from a counter: what is found there speaks of how
bits are taken from values and of the health tests, and not of any device.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from labcim.analysis.distributions import share_interval
from labcim.analysis.entropy.conditioning import bits_for_full_entropy, output_entropy, von_neumann
from labcim.analysis.entropy.raw_bits import RawBits, raw_bits
from labcim.analysis.entropy.simple import markov, most_common_value
from labcim.protocol import Finding

from ._random_bits_recipe import RandomBits

_BLOCKS = 50  # of the jackknife
_LEAST = 2000  # bits for an interval of the chain's entropy
_CELLS = 1000  # more than anybody reads one by one; the rows have them all


def summarise(recipe: RandomBits, rows: Mapping[str, NDArray[Any]]) -> list[Finding]:
    """Return cells, bits and rate; min-entropy in all and of each cell; the account of output."""
    cells, first = np.unique(rows["cell"][rows["phase"] == 0], return_index=True)
    unfit = rows["unfit"][rows["phase"] == 0][first]
    kept = raw_bits(rows)
    found = [
        Finding("cells that are sources", float(np.sum(unfit == 0))),
        Finding("cells that are not", float(np.sum(unfit != 0))),
        Finding("raw bits", float(len(kept))),
    ]
    found += [
        Finding("no source, reason", float(why), cell=int(cell))
        for cell, why in zip(cells, unfit, strict=True)
        if why
    ][:_CELLS]
    if recipe.mode == "telegraph":
        found.append(Finding("share of samples that came late", _late(recipe, rows)))
    if len(kept) < 64:
        return found
    found.append(Finding("raw bits, rate in bench time", len(kept) / kept.duration, "1/s"))
    return found + _entropy(recipe, kept) + _output(recipe, kept) + _of_cells(kept)


def _late(recipe: RandomBits, rows: Mapping[str, NDArray[Any]]) -> float:
    """Return the share of intervals that were longer than asked for: the schedule slipped."""
    steps = np.diff(rows["time"], axis=1)
    steps = steps[np.isfinite(steps)]
    return float(np.mean(steps > 1.01 * recipe.interval)) if len(steps) else float("nan")


def _entropy(recipe: RandomBits, kept: RawBits) -> list[Finding]:
    least = recipe.entropy_at_least
    mcv = _most_common(kept.bits)
    chain, spread = _chain(kept.bits)
    along, spread_along = _chain(kept.bits[np.argsort(kept.cell, kind="stable")])
    return [
        Finding("raw min-entropy, most common value", *mcv[:1], "bit", *mcv[1:], least),
        Finding(
            "raw min-entropy, Markov", chain, "bit",
            max(chain - 1.96 * spread, 0.0), min(chain + 1.96 * spread, 1.0), least,
        ),
        Finding(
            "raw min-entropy, Markov, along each cell", along, "bit",
            max(along - 1.96 * spread_along, 0.0), min(along + 1.96 * spread_along, 1.0), least,
        ),
        Finding("SP 800-90B bound, most common value", most_common_value(kept.bits), "bit"),
    ]  # fmt: skip


def _most_common(bits: NDArray[np.uint8]) -> tuple[float, float, float]:
    """Return -log2 of the larger share with its 95 % interval."""
    ones = int(bits.sum(dtype=np.int64))
    share = share_interval(max(ones, len(bits) - ones), len(bits))
    low, high = -np.log2(share.high), -np.log2(max(share.low, 0.5))
    return float(-np.log2(share.value)), float(low), float(high)


def _chain(bits: NDArray[np.uint8]) -> tuple[float, float]:
    """Return the entropy of the likeliest chain, and its standard error by leaving out blocks."""
    value = markov(bits)
    if len(bits) < _LEAST:
        return value, 1.0
    parts = np.array_split(bits, _BLOCKS)
    without = [markov(np.concatenate(parts[:k] + parts[k + 1 :])) for k in range(_BLOCKS)]
    return value, float(np.sqrt((_BLOCKS - 1) * np.var(without)))


def _output(recipe: RandomBits, kept: RawBits) -> list[Finding]:
    """Return how much full-entropy output the raw bits are good for, by the lowest estimate."""
    along = markov(kept.bits[np.argsort(kept.cell, kind="stable")])
    found = [most_common_value(kept.bits), markov(kept.bits), along]
    entropy = min(recipe.assumed_entropy, *found)
    account = [
        Finding("bits by von Neumann", float(len(von_neumann(kept.bits)))),
        Finding("min-entropy accounted for a raw bit", entropy, "bit"),
    ]
    if not kept.started:
        return [*account, Finding("start-up tests completed", 0.0, lower_limit=1.0)]
    account.append(Finding("start-up tests completed", 1.0, lower_limit=1.0))
    if entropy <= 0.0:
        return account
    raw = bits_for_full_entropy(entropy)
    blocks = len(kept) // raw
    return [
        *account,
        Finding("raw bits for each 256 conditioned by SHA-256", float(raw)),
        Finding("min-entropy of each 256", output_entropy(raw, raw * entropy).bits, "bit"),
        Finding("conditioned bits", 256.0 * blocks),
        Finding("conditioned bits, rate in bench time", 256.0 * blocks / kept.duration, "1/s"),
    ]


def _of_cells(kept: RawBits) -> list[Finding]:
    found = []
    for cell in np.unique(kept.cell)[:_CELLS]:
        value, low, high = _most_common(kept.of_cell(int(cell)))
        name = "raw min-entropy of the cell"
        found.append(Finding(name, value, "bit", low, high, cell=int(cell)))
    return found
