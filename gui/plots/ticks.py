"""Where the ticks of an axis go and what they say. No Qt here.

Labels never share a hidden factor such as "(x0.001)": what stands at a tick is its value in the
unit that the axis names.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

_SUPERSCRIPT = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
_MOST_DECIMALS = 6


@dataclass(frozen=True, slots=True)
class Ticks:
    """Ticks with labels, and smaller ones between them, in the coordinates of the axis."""

    places: tuple[float, ...]
    texts: tuple[str, ...]
    between: tuple[float, ...] = ()


def linear_ticks(low: float, high: float, most: int, whole: bool = False) -> Ticks:
    """Return at most about ``most`` labelled ticks from ``low`` to ``high``.

    whole: only whole numbers, as of rows and columns.
    """
    if not (math.isfinite(low) and math.isfinite(high) and high > low):
        return Ticks((), ())
    step = _nice_step((high - low) / max(most, 1))
    if whole:
        step = max(1.0, step)
    places = _multiples(low, high, step)
    fine = step / 5
    small = _multiples(low, high, fine) if not whole or fine >= 1 else ()
    large = {round(place / fine) for place in places}
    between = tuple(place for place in small if round(place / fine) not in large)
    return Ticks(places, texts(places, step), between)


def log_ticks(low: float, high: float, most: int) -> Ticks:
    """Return the ticks of a logarithmic axis; ``low``, ``high`` and places are log10 of values."""
    if not (math.isfinite(low) and math.isfinite(high) and high > low):
        return Ticks((), ())
    if high - low < 1:
        return _within_a_decade(low, high, most)
    every = max(1, math.ceil((high - low) / max(most, 1)))
    decades = [d for d in range(math.ceil(low), math.floor(high) + 1) if d % every == 0]
    if every > 1:
        rest = range(math.ceil(low), math.floor(high) + 1)
        between = tuple(float(d) for d in rest if d % every)
        return Ticks(tuple(map(float, decades)), tuple(map(power_of_ten, decades)), between)
    named = (1, 2, 5) if 3 * (high - low) <= most else (1,)
    places, said, between_list = [], [], []
    for decade in range(math.floor(low), math.floor(high) + 1):
        for digit in range(1, 10):
            place = decade + math.log10(digit)
            if not low - 1e-9 <= place <= high + 1e-9:
                continue
            if digit in named:
                places.append(place)
                said.append(power_of_ten(decade, digit))
            else:
                between_list.append(place)
    return Ticks(tuple(places), tuple(said), tuple(between_list))


def texts(values: Sequence[float], step: float) -> tuple[str, ...]:
    """Return a label for each value, with just the digits that tell neighbours apart."""
    largest = max((abs(value) for value in values), default=0.0)
    decimals = max(0, -_exponent(step))
    if largest < 1e6 and decimals <= _MOST_DECIMALS:
        return tuple(_plain(value, decimals) for value in values)
    power = _exponent(largest) if largest else 0
    digits = max(0, power - _exponent(step))
    # 10.0 ** -309 is out of reach of a float, where a value of 1e-309 is not: so two factors.
    half = power // 2
    scaled = (value / 10.0**half / 10.0 ** (power - half) for value in values)
    return tuple(
        "0" if value == 0 else f"{_plain(value, digits)}×10{str(power).translate(_SUPERSCRIPT)}"
        for value in scaled
    )


def power_of_ten(power: int, digit: int = 1) -> str:
    """Return ``digit`` times ten to a power as people write it: 0.01, 20, 10⁻⁶, 5×10⁷."""
    if -3 <= power <= 3:
        return f"{digit * 10**power}" if power >= 0 else f"{digit * 10.0**power:.{-power}f}"
    high = f"10{str(power).translate(_SUPERSCRIPT)}"
    return high if digit == 1 else f"{digit}×{high}"


def _within_a_decade(low: float, high: float, most: int) -> Ticks:
    """Ticks are even in value, not on the axis: labels that would touch are left out."""
    start, end = 10.0**low, 10.0**high
    step = _nice_step((end - start) / max(most, 1))
    values = [value for value in _multiples(start, end, step) if value > 0]
    room = (high - low) / max(most, 1)
    kept: list[float] = []
    between: list[float] = []
    last = -math.inf
    for value in values:
        place = math.log10(value)
        if place - last >= 0.6 * room:
            kept.append(value)
            last = place
        else:
            between.append(place)
    places = tuple(math.log10(value) for value in kept)
    return Ticks(places, texts(kept, step), tuple(between))


def _multiples(low: float, high: float, step: float) -> tuple[float, ...]:
    first, last = math.ceil(low / step - 1e-6), math.floor(high / step + 1e-6)
    # 3 * 0.1 is 0.30000000000000004; rounded at the step's own decimal it is 0.3 again.
    digits = -_exponent(step) + 1
    return tuple(round(k * step, digits) for k in range(first, last + 1))


def _nice_step(atleast: float) -> float:
    """Return the smallest of 1, 2, 5, 10, 20 ... that is at least this."""
    power = 10.0 ** _exponent(atleast)
    for digit in (1, 2, 5):
        if digit * power >= atleast * (1 - 1e-9):
            return digit * power
    return 10 * power


def _exponent(value: float) -> int:
    return math.floor(math.log10(abs(value)) + 1e-9)


def _plain(value: float, decimals: int) -> str:
    text = f"{value:.{decimals}f}"
    return text.lstrip("-") if float(text) == 0 else text
