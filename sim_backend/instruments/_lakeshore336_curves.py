"""Temperature curves of a 336: what a sensor's units mean in kelvin.

Curves 1 to 20 are standard and cannot be changed; those of platinum sensors are IEC 60751, of the
others only the headers are here, and they have no reading from a platinum sensor. Curves 21 to 59
are the user's: up to 200 points, between which units (or their logarithm) are interpolated. Source:
Model 336 User's Manual, sections 5.2 and 6.6 (CRVHDR, CRVPT, CRVDEL, SCAL).
"""

import math
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from ..wire.commands import command, query
from ..wire.errors import ScpiError
from ..wire.parameters import AnyText, Integer, Numeric
from ._lakeshore336_fields import StoredSettings

PT100: Final = (100.0, 3.9083e-3, -5.775e-7)  # IEC 60751, above 0 C; ohm, 1/K, 1/K2
_PT_CUBIC: Final = -4.183e-12  # 1/K4, below 0 C
ZERO: Final = 273.15
MV, VOLT, OHM, LOG_OHM = 1, 2, 3, 4
UNDER, OVER = 16, 32  # RDGST bits of a temperature off the curve

_CURVE: Final = Integer(1, 59)
_OWN: Final = Integer(21, 59)
_INDEX: Final = Integer(1, 200)
_STANDARD: Final = {
    1: ("DT-470", VOLT, 475.0, 1),
    2: ("DT-670", VOLT, 500.0, 1),
    3: ("DT-500-D", VOLT, 365.0, 1),
    4: ("DT-500-E1", VOLT, 365.0, 1),
    6: ("PT-100", OHM, 800.0, 2),
    7: ("PT-1000", OHM, 800.0, 2),
    8: ("RX-102A-AA", LOG_OHM, 40.0, 1),
    9: ("RX-202A-AA", LOG_OHM, 40.0, 1),
    12: ("Type K", MV, 1640.0, 2),
    13: ("Type E", MV, 1270.0, 2),
    14: ("Type T", MV, 670.0, 2),
    15: ("AuFe 0.03%", MV, 610.0, 2),
    16: ("AuFe 0.07%", MV, 610.0, 2),
}
_PLATINUM: Final = {6: 1.0, 7: 10.0}  # R0 in units of 100 ohm


def pt100(kelvin: float) -> float:
    """Return the resistance in ohm of a Pt100 (IEC 60751)."""
    r0, a, b = PT100
    t = kelvin - ZERO
    cubic = _PT_CUBIC * (t - 100.0) * t**3 if t < 0.0 else 0.0
    return r0 * (1.0 + a * t + b * t * t + cubic)


def pt100_kelvin(ohm: float) -> float:
    """Return K at which a Pt100 has ``ohm``."""
    r0, a, b = PT100
    t = (-a + math.sqrt(max(a * a - 4.0 * b * (1.0 - ohm / r0), 0.0))) / (2.0 * b)
    for _ in range(8 if t < 0.0 else 0):  # Newton, below 0 C
        t -= (pt100(t + ZERO) - ohm) / (r0 * (a + 2.0 * b * t))
    return t + ZERO


@dataclass
class Curve:
    """One curve. points: (units, K) by index from 1."""

    name: str = ""
    serial: str = ""
    form: int = VOLT
    limit: float = 375.0
    coefficient: int = 1
    points: dict[int, tuple[float, float]] = field(default_factory=dict)
    platinum: float = 0.0  # R0 in units of 100 ohm of a standard curve

    def kelvin(self, units: float) -> tuple[float, int]:
        """Return (K, RDGST bits) of a sensor's units."""
        if self.platinum:
            return pt100_kelvin(units / self.platinum), 0
        found = sorted(point for point in self.points.values() if point != (0.0, 0.0))
        if len(found) < 2:
            return 0.0, 1
        at, kelvins = np.array(found).T
        if self.form == LOG_OHM:
            units = math.log10(max(units, 1e-30))
        if not at[0] <= units <= at[-1]:
            beyond = kelvins[0] if units < at[0] else kelvins[-1]
            return 0.0, UNDER if beyond == kelvins.min() else OVER
        return float(np.interp(units, at, kelvins)), 0

    def units(self, kelvin: float) -> float:
        """Return a sensor's units at K, the nearest that the curve has."""
        if self.platinum:
            return self.platinum * pt100(kelvin)
        found = sorted((k, u) for u, k in self.points.values())
        if not found:
            return 0.0
        kelvins, at = np.array(found).T
        units = float(np.interp(kelvin, kelvins, at))
        return 10.0**units if self.form == LOG_OHM else units


def standard_curves() -> dict[int, Curve]:
    """Return the curves of a new instrument."""
    return {
        number: Curve(name, "STANDARD C", form, limit, sign, platinum=_PLATINUM.get(number, 0.0))
        for number, (name, form, limit, sign) in _STANDARD.items()
    }


class Curves(StoredSettings):
    """An instrument with curves."""

    def __init__(self) -> None:
        super().__init__()
        self.curves = standard_curves()

    def _own(self, number: int) -> Curve:
        return self.curves.setdefault(number, Curve())

    @command(
        "CRVHDR", _OWN, AnyText(), AnyText(), Integer(1, 4), Numeric("", 0.0, 1505.0),
        Integer(1, 2), optional=1,
    )  # fmt: skip
    def set_header(
        self, number: int, name: str, serial: str, form: int, limit: float, sign: int = 1
    ) -> None:
        """Set a curve's name, serial number, format, limit and temperature coefficient."""
        curve = self._own(number)
        curve.name, curve.serial = name.strip('"')[:15], serial.strip('"')[:10]
        curve.form, curve.limit, curve.coefficient = form, limit, sign

    @query("CRVHDR", _CURVE)
    def header(self, number: int) -> str:
        """Tell a curve's header."""
        curve = self.curves.get(number, Curve())
        return (
            f"{curve.name:<15},{curve.serial:<10},{curve.form},{curve.limit:+08.3f},"
            f"{curve.coefficient}"
        )

    @command("CRVPT", _OWN, _INDEX, Numeric(""), Numeric("", 0.0, 1505.0), AnyText(), optional=1)
    def set_point(
        self, number: int, index: int, units: float, kelvin: float, _curvature: str = ""
    ) -> None:
        """Set one point of a curve; (0, 0) takes it away."""
        points = self._own(number).points
        if units or kelvin:
            points[index] = (units, kelvin)
        else:
            points.pop(index, None)

    @query("CRVPT", _CURVE, _INDEX)
    def point(self, number: int, index: int) -> str:
        """Tell one point of a curve; zeros where it has none."""
        units, kelvin = self.curves.get(number, Curve()).points.get(index, (0.0, 0.0))
        return f"{_six(units)},{_six(kelvin)}"

    @command("CRVDEL", _OWN)
    def delete(self, number: int) -> None:
        """Forget a curve."""
        self.curves.pop(number, None)

    @command(
        "SCAL", Integer(1, 7), _OWN, AnyText(), Numeric(""), Numeric(""), Numeric(""),
        Numeric(""), Numeric(""), Numeric(""), optional=4,
    )  # fmt: skip
    def soft_calibrate(self, standard: int, number: int, serial: str, *pairs: float) -> None:
        """Make a curve of a standard platinum one that goes through one to three points."""
        curve = self.curves.get(standard)
        if curve is None or not curve.platinum:
            raise ScpiError(-221)
        given = sorted(zip(pairs[1::2], pairs[::2], strict=False))  # (ohm, K)
        at = [ohm for ohm, _ in given]
        shifts = [kelvin - curve.kelvin(ohm)[0] for ohm, kelvin in given]
        made = Curve("SCAL PT", serial.strip('"')[:10], OHM, curve.limit, curve.coefficient)
        for index, kelvin in enumerate(np.linspace(50.0, 800.0, 151), 1):
            units = curve.units(float(kelvin))
            made.points[index] = (units, float(kelvin + np.interp(units, at, shifts)))
        self.curves[number] = made


def _six(value: float) -> str:
    """Return a number with a sign and six digits."""
    whole = len(str(int(abs(value))))
    return f"{value:+.{max(6 - whole, 0)}f}"
