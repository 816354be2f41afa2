"""Results as people read them, the same in report, terminal and window."""

from .documents import Result
from .units import show


def result_row(result: Result) -> tuple[str, str, str, str, str]:
    """Return a result as people read it: name, value, interval, limits, verdict."""
    limits = [
        f"{sign} {_value(limit, result.unit)}"
        for sign, limit in (("≥", result.lower_limit), ("≤", result.upper_limit))
        if limit is not None
    ]
    interval = ""
    if result.low is not None and result.high is not None:
        interval = f"{_value(result.low, result.unit)} to {_value(result.high, result.unit)}"
    name = result.name if result.cell < 0 else f"{result.name}, cell {result.cell}"
    verdict = "" if result.outcome == "NONE" else result.outcome
    return name, _value(result.value, result.unit), interval, ", ".join(limits), verdict


def plain_unit(unit: str) -> str:
    """Return the unit in which a value is handed to other programs: shares are told as numbers."""
    return "1" if unit == "%" else unit


def _value(value: float, unit: str) -> str:
    if unit in ("", "1"):
        return f"{value:.5g}"
    return f"{100 * value:.4g} %" if unit == "%" else show(value, unit)
