"""What an enrolment says of one chip."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from labcim.analysis.distributions import Interval, mean_interval, share_interval
from labcim.analysis.fingerprint.enrolled import Enrolled, enrolled
from labcim.analysis.fingerprint.metrics import common_value
from labcim.analysis.fingerprint.spatial import spatial
from labcim.analysis.fingerprint.stable_bits import answers, expected_error_rate, stable_bits
from labcim.analysis.variation import split_variation
from labcim.protocol import Finding

Floats = NDArray[np.float64]
_ZERO_CELSIUS = 273.15


def enrolment_findings(rows: Mapping[str, NDArray[Any]], margin: float) -> list[Finding]:
    """Return evenness, errors by corner, what a mask leaves, and what made the pattern."""
    if not rows["reference"].any():
        return []
    found = enrolled(rows)
    bits = answers(found.reference)
    known = np.isfinite(bits)
    share = share_interval(int(known.sum()), len(bits))
    findings = [
        Finding("bits", float(len(bits))),
        Finding("bits known", share.value, "", share.low, share.high),
        Finding("flagged readings", float(rows["flagged"].sum())),
    ]
    if not known.any():
        return findings
    even = share_interval(int(np.nansum(bits)), int(known.sum()))
    findings.append(Finding("uniformity", even.value, "", even.low, even.high))
    findings.append(Finding("min-entropy of a bit, most common value", common_value(bits[None])))
    findings += _errors("bit error rate, re-reads", bits, found.rereads)
    for volt, reads in found.voltages.items():
        findings += _errors(f"bit error rate at {volt:g} V", bits, reads)
    for kelvin, reads in found.temperatures.items():
        findings += _errors(f"bit error rate at {kelvin - _ZERO_CELSIUS:.0f} degC", bits, reads)
    return findings + _masked(found, margin) + _pattern(found, bits)


def _errors(name: str, bits: Floats, reads: Floats) -> list[Finding]:
    """Return the share of wrong bits, its interval over bits, and the bits that ever are."""
    known = np.isfinite(bits) & np.isfinite(reads).all(axis=0)
    if not (known.any() and len(reads)):
        return []
    wrong = (answers(reads[:, known]) != bits[known]).mean(axis=0)
    rate = _mean_share(wrong)
    unstable = share_interval(int((wrong > 0.0).sum()), int(known.sum()))
    return [
        Finding(name, rate.value, "", rate.low, rate.high),
        Finding(f"{name}, bits that ever fail", unstable.value, "", unstable.low, unstable.high),
    ]


def _mean_share(shares: Floats) -> Interval:
    """Return the mean of one share of each bit with its interval, over bits and between 0 and 1.

    Where all bits have the same share nothing scatters: then bits count as Wilson counts trials.
    """
    if np.ptp(shares) == 0.0:
        bits = len(shares)
        return share_interval(round(bits * float(shares[0])), bits)
    mean = mean_interval(shares, floor=0.0)
    return Interval(mean.value, mean.low, min(mean.high, 1.0))


def _masked(found: Enrolled, margin: float) -> list[Finding]:
    reads = found.all_reads
    if len(reads) < 2:
        return []
    kept = stable_bits(reads, margin)
    share = share_interval(int(kept.sum()), len(kept))
    findings = [Finding("bits kept by the mask", share.value, "", share.low, share.high)]
    if kept.any():
        rate = expected_error_rate(reads, kept)
        findings.append(Finding("bit error rate of kept bits, by normal tails", rate))
    return findings


def _pattern(found: Enrolled, bits: Floats) -> list[Finding]:
    """Return what lines have to do with the pattern, and cells against cycles."""
    findings = []
    if min(found.map_shape) >= 2 and np.nanstd(bits) > 0.0:
        seen = spatial(found.as_map(bits)[None])
        findings += [
            Finding("autocorrelation, lags outside of 95 %", seen.outside),
            Finding("rows alike, p", seen.rows_p),
            Finding("columns alike, p", seen.columns_p),
        ]
    known = np.isfinite(found.prepared).all(axis=0)
    if len(found.prepared) > 1 and known.sum() > 1:
        spread = split_variation(found.prepared[:, known].T)
        total = spread.device**2 + spread.cycle**2
        findings += [
            Finding("spread from pair to pair", spread.device, "S"),
            Finding("spread from preparation to preparation", spread.cycle, "S"),
            Finding("share of the pattern that is the cells' own", spread.device**2 / total),
        ]
    return findings
