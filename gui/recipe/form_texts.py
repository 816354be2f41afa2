"""Values of recipes as text in one line, and back, without losing a bit."""

import json
import math
import re
import tomllib
from collections.abc import Mapping, Sequence, Set
from decimal import Decimal
from typing import Any

from pydantic import BaseModel
from pydantic_core import PydanticSerializationError, to_jsonable_python

from labcim.errors import RecipeError
from labcim.units import parse_quantity, show

LARGEST_TEXT = 20_000
"""Characters of a value that is still edited as text."""

LARGEST_VALUE = 2_000
"""Numbers in a value that is still edited as text."""

_PREFIXES = {-15: "f", -12: "p", -9: "n", -6: "u", -3: "m", 0: "", 3: "k", 6: "M", 9: "G"}


def quantity_text(value: float, unit: str) -> str:
    """Return a quantity with SI prefix and unit, with as many digits as it takes to read it back.

    ``2e-4, "A"`` is ``200 uA``; a number with many digits is not rounded.
    """
    value = float(value)
    plain = f"{value!r} {unit}"
    for text in (show(value, unit), _prefixed(value, unit)):
        if _reads_back(text, value, unit):
            return text
    return plain if _reads_back(plain, value, unit) else repr(value)


def _prefixed(value: float, unit: str) -> str:
    if not math.isfinite(value) or value == 0.0:
        return f"{value!r} {unit}"
    number = Decimal(repr(value)).normalize()
    exponent = 3 * (number.adjusted() // 3)
    if exponent not in _PREFIXES:
        return f"{value!r} {unit}"
    return f"{number.scaleb(-exponent):f} {_PREFIXES[exponent]}{unit}"


def _reads_back(text: str, value: float, unit: str) -> bool:
    try:
        return repr(parse_quantity(text, unit)) == repr(value)
    except RecipeError:
        return False


def quantity_value(text: str, unit: str) -> float:
    """Return ``"200 mV"`` or ``"0.2"`` as a float in base SI. Raises ValueError that says why."""
    if "," in text:  # 1,5 would be read as fifteen
        raise ValueError(f"{text!r} has a comma: write a point for decimals")
    try:
        value = parse_quantity(text, unit)
    except RecipeError as trouble:
        raise ValueError(f"{trouble}; write for example {show(0.2, unit)!r}") from trouble
    if not math.isfinite(value):
        raise ValueError(f"{text!r} is not a finite number")
    return value


def number_value(text: str) -> float:
    """Return a number without unit. Raises ValueError that says why."""
    try:
        value = float(text)
    except ValueError as trouble:
        point = ": write a point for decimals" if "," in text else ""
        raise ValueError(f"{text!r} is not a number{point}") from trouble
    if not math.isfinite(value):
        raise ValueError(f"{text!r} is not a finite number")
    return value


def integer_value(text: str, unit: str = "") -> int:
    """Return a whole number; ``"1e3"`` is one too. Raises ValueError that says why."""
    plain = text.strip().removesuffix(unit).strip() if unit else text.strip()
    try:
        return int(plain)
    except ValueError:
        pass
    try:
        number = Decimal(plain)
        if number == number.to_integral_value() and abs(number.adjusted()) < 30:
            return int(number)
    except ArithmeticError:
        pass
    raise ValueError(f"{text!r} is not a whole number")


def toml_value(text: str) -> Any:
    """Return what a TOML value stands for. Raises ValueError that says why."""
    try:
        read = tomllib.loads(f"value = {text}")
    except (tomllib.TOMLDecodeError, RecursionError) as trouble:
        where = str(trouble).split(" (at")[0]
        raise ValueError(f"{text!r:.40} is not a TOML value: {where}") from trouble
    if set(read) != {"value"}:
        raise ValueError(f"{text!r:.80} is more than one value")
    return read["value"]


def recipe_values(text: str) -> dict[str, Any]:
    """Return the values in a recipe's text. Raises RecipeError that says what is wrong where."""
    try:
        return tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as trouble:
        raise RecipeError(f"recipe: {trouble}") from trouble


def toml_text(value: Any) -> str | None:
    """Return a value as TOML in one line, or None where TOML has no word for it."""
    try:
        return _inline(to_jsonable_python(value, exclude_none=True))
    except (PydanticSerializationError, ValueError, RecursionError):
        return None


def _inline(value: Any) -> str:
    match value:
        case bool():
            return "true" if value else "false"
        case int():
            return str(value)
        case float():
            return repr(value)
        case str():
            return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007F")
        case list():
            return "[" + ", ".join(_inline(item) for item in value) + "]"
        case dict():
            pairs = (f"{_key(str(key))} = {_inline(item)}" for key, item in value.items())
            return "{" + ", ".join(pairs) + "}"
    raise ValueError(f"{value!r} has no place in TOML")


def _key(name: str) -> str:
    return name if re.fullmatch("[A-Za-z0-9_-]+", name) else _inline(name)


def is_large(value: Any) -> bool:
    """Return whether a value is too large to be edited in one line, looking no further."""
    return _count(value, LARGEST_VALUE) > LARGEST_VALUE


def _count(value: Any, most: int) -> int:
    """Return the number of leaves (text counts by length), or anything above ``most``."""
    if isinstance(value, str | bytes):
        return 1 + len(value) * LARGEST_VALUE // LARGEST_TEXT
    if isinstance(value, BaseModel):
        value = value.__dict__
    if isinstance(value, Mapping):
        value = value.values()
    elif not isinstance(value, Sequence | Set):
        return 1
    total = 0
    for item in value:
        total += _count(item, most - total)
        if total > most:
            break
    return total


def summary(value: Any) -> str:
    """Return what a value that is not edited as text looks like: ``256 × 256 values``."""
    if isinstance(value, str):
        return f"{len(value):,} characters: {value[:40]}…"
    sides = []
    inner = value
    while isinstance(inner, Sequence | Set | Mapping) and not isinstance(inner, str | bytes):
        sides.append(f"{len(inner):,}")
        if not inner:
            break
        inner = next(iter(inner.values() if isinstance(inner, Mapping) else inner))
    shape = " × ".join(sides[:4])
    return f"{shape} values" if shape else f"{type(value).__name__} {str(value)[:60]}"
