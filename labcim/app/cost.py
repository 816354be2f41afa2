"""What a run on record cost, and what is assumed where the record does not tell."""

from dataclasses import replace
from pathlib import Path

from labcim.analysis.cost.bill import Assumptions, Bill, bill
from labcim.analysis.cost.work import Work
from labcim.errors import RecipeError
from labcim.units import parse_quantity

from .record import open_record

_UNITS = {
    "aperture": "s",
    "mean_conductance": "S",
    "converter_step": "J",
    "line_capacitance": "F",
    "pitch": "m",
}


def cost_of_run(record: str | Path, run: str, assumed: Assumptions | None = None) -> Bill:
    """Return the bill of a run. Raises RecordError."""
    work = Work()
    with open_record(record) as kept:
        for document in kept.documents(run):
            work(document)
    return bill(work, assumed)


def assumptions(said: list[str]) -> Assumptions:
    """Return the assumptions with those replaced that are said as ``name=value``.

    Raises RecipeError for a name that is none, and for a value that is no quantity above 0.
    """
    found = Assumptions()
    for text in said:
        name, sign, value = text.partition("=")
        if not sign or name not in _UNITS:
            raise RecipeError(f"--assume {text!r}: accepts NAME=VALUE with {', '.join(_UNITS)}")
        number = parse_quantity(_number_or_text(value), _UNITS[name])
        if not 0.0 < number < float("inf"):
            raise RecipeError(f"--assume {text!r}: accepts finite values above 0")
        constant = replace(getattr(found, name), value=number, source="as told", tag="A")
        found = replace(found, **{name: constant})
    return found


def _number_or_text(value: str) -> float | str:
    try:
        return float(value)
    except ValueError:
        return value
