"""Quantities: plain floats in base SI, with the unit in the type.

People may write ``"200 mV"`` in TOML and on the command line; it is converted once, at that edge.
"""

import math
from typing import Annotated, Any, get_args

from annotated_types import Unit
from pydantic import BeforeValidator

from .errors import RecipeError


def parse_quantity(text: object, unit: str) -> float:
    """Return ``text`` as a float in base SI.

    Numbers pass as they are (already in ``unit``); strings may carry an SI prefix and must carry
    the right unit, if any. Raises RecipeError, which names both units.
    """
    if isinstance(text, bool):
        raise RecipeError(f"{text!r} is not a quantity in {unit}")
    if isinstance(text, int | float):
        return float(text)
    if not isinstance(text, str):
        raise RecipeError(f"{text!r} is not a quantity in {unit}")
    if "," in text:  # 1,5 is one and a half in half the world, and fifteen to the parser
        raise RecipeError(f"{text!r}: write a decimal point, and no separators")
    from quantiphy import QuantiPhyError, Quantity  # slow to import, and only needed for text

    # Both code points of micro (µ, μ) and of ohm (Ω, Ω) are in use on keyboards.
    plain = (
        text.strip()
        .replace("μ", "µ")
        .replace("\u2126", "Ω")
        .replace("Ohm", "Ω")
        .replace("ohm", "Ω")
    )
    # The unit goes first, or "300 K" would be read as 300 thousand.
    number = plain.removesuffix(unit).strip() if unit else plain
    try:
        quantity = Quantity(number)
    except QuantiPhyError as trouble:
        raise RecipeError(f"{text!r} is not a quantity in {unit}") from trouble
    if quantity.units:
        raise RecipeError(f"{text!r} is in {quantity.units}, expected {unit}")
    return float(quantity)


def show(value: float, unit: str) -> str:
    """Return ``value`` for people: ``2e-4, "A"`` becomes ``200 µA``."""
    if not math.isfinite(value):
        return f"{value} {unit}".rstrip()
    from quantiphy import Quantity

    said = Quantity(value, unit).render(prec=4)
    return said.replace(f" u{unit}", f" µ{unit}") if unit else said.replace("u", "µ")


class _Parse:
    """Pydantic hook that turns ``"200 mV"`` into 0.2 at the edge."""

    def __init__(self, unit: str) -> None:
        self.unit = unit

    def __call__(self, value: Any) -> float:
        try:
            return parse_quantity(value, self.unit)
        except RecipeError as trouble:
            raise ValueError(str(trouble)) from trouble


Volt = Annotated[float, Unit("V"), BeforeValidator(_Parse("V"))]
Ampere = Annotated[float, Unit("A"), BeforeValidator(_Parse("A"))]
Siemens = Annotated[float, Unit("S"), BeforeValidator(_Parse("S"))]
Ohm = Annotated[float, Unit("Ω"), BeforeValidator(_Parse("Ω"))]
Farad = Annotated[float, Unit("F"), BeforeValidator(_Parse("F"))]
Second = Annotated[float, Unit("s"), BeforeValidator(_Parse("s"))]
Hertz = Annotated[float, Unit("Hz"), BeforeValidator(_Parse("Hz"))]
Kelvin = Annotated[float, Unit("K"), BeforeValidator(_Parse("K"))]


def unit_of(annotation: Any, metadata: tuple[Any, ...] | list[Any] = ()) -> str:
    """Return the unit that an annotation such as ``Volt`` carries, or an empty string."""
    for item in (*metadata, *get_args(annotation)[1:]):
        if isinstance(item, Unit):
            return str(item.unit)
    return ""
