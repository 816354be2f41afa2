"""Settings of one channel of a Keithley 2636B: names, values after reset, what is accepted.

Source: Series 2600B Reference Manual, 2600BS-901-01, section 7 (TSP command reference).
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from ..wire.errors import ScpiError
from ..wire.tsp import number
from ._keithley2636b_ranges import OVER, between

OFF, ON = 0, 1
DCAMPS, DCVOLTS = 0, 1
ZERO, HIGH_Z = 1, 2
AUTO = -1
REPEAT, MEDIAN = 1, 2
IDLE, HOLD = 0, 1
LOCAL, REMOTE, CALA = 0, 1, 3

CONSTANTS: Final = {
    "DISABLE": 0, "ENABLE": 1, "ASYNC": 2, "AUTORANGE_OFF": 0, "AUTORANGE_ON": 1,
    "AUTORANGE_FOLLOW_LIMIT": 2, "AUTOZERO_OFF": 0, "AUTOZERO_ONCE": 1, "AUTOZERO_AUTO": 2,
    "CALSET_NOMINAL": 0, "CALSET_FACTORY": 1, "CALSET_DEFAULT": 2, "CALSET_PREVIOUS": 3,
    "CALSTATE_LOCKED": 0, "CALSTATE_CALIBRATING": 1, "CALSTATE_UNLOCKED": 2,
    "CONTACT_FAST": 0, "CONTACT_MEDIUM": 1, "CONTACT_SLOW": 2, "DELAY_OFF": 0, "DELAY_AUTO": -1,
    "FILL_ONCE": 0, "FILL_WINDOW": 1, "FILTER_OFF": 0, "FILTER_ON": 1, "FILTER_MOVING_AVG": 0,
    "FILTER_REPEAT_AVG": 1, "FILTER_MEDIAN": 2, "LIMIT_AUTO": "auto", "OUTPUT_DCAMPS": DCAMPS,
    "OUTPUT_DCVOLTS": DCVOLTS, "OUTPUT_OFF": 0, "OUTPUT_ON": 1, "OUTPUT_NORMAL": 0,
    "OUTPUT_ZERO": ZERO, "OUTPUT_HIGH_Z": HIGH_Z, "REL_OFF": 0, "REL_ON": 1,
    "SENSE_LOCAL": LOCAL, "SENSE_REMOTE": REMOTE, "SENSE_CALA": CALA, "SETTLE_SMOOTH": 0,
    "SETTLE_FAST_RANGE": 1, "SETTLE_FAST_POLARITY": 2, "SETTLE_DIRECT_IRANGE": 3,
    "SETTLE_SMOOTH_100NA": 4, "SETTLE_FAST_ALL": 128, "SOURCE_IDLE": IDLE, "SOURCE_HOLD": HOLD,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Setting:
    """One attribute: its value after reset, and what makes a given value one of its own."""

    default: float
    accept: Callable[[object], float]


def _choice(default: float, *others: float) -> Setting:
    return Setting(default, lambda value: chosen(value, default, *others))


def chosen(value: object, *choices: float) -> float:
    """Return a number that is one of several. Raises ScpiError -224 for another."""
    given = float(value) if isinstance(value, bool) else number(value)
    if given not in choices:
        raise ScpiError(-224, "Illegal Parameter Value")
    return given


def _number(default: float, low: float, high: float) -> Setting:
    return Setting(default, lambda value: between(value, low, high))


def _whole(default: int, low: int, high: int) -> Setting:
    return Setting(default, lambda value: math.floor(between(value, low, high)))


def _delay(default: float) -> Setting:
    return Setting(default, lambda value: -1.0 if value == AUTO else between(value, 0.0, 1e4))


_SWITCH: Final = _choice(OFF, ON)
_V, _I = 200.0 * OVER, 1.5 * OVER

SETTINGS: Final[dict[str, Setting]] = {
    "source.func": _choice(DCVOLTS, DCAMPS),
    "source.levelv": _number(0.0, -_V, _V),
    "source.leveli": _number(0.0, -_I, _I),
    "source.limitv": _number(20.0, 0.02, 200.0),
    "source.limiti": _number(0.1, 1e-10, 1.5),
    "source.limitp": _number(0.0, 0.0, 30.3),
    "source.rangev": _number(0.2, -_V, _V),
    "source.rangei": _number(1e-7, -_I, _I),
    "source.autorangev": _choice(ON, OFF),
    "source.autorangei": _choice(ON, OFF),
    "source.lowrangev": _number(0.2, 0.0, 200.0),
    "source.lowrangei": _number(1e-9, 0.0, 1.5),
    "source.delay": _delay(0.0),
    "source.settling": _choice(0, 1, 2, 3, 4, 128),
    "source.offmode": _choice(0, ZERO, HIGH_Z),
    "source.offfunc": _choice(DCVOLTS, DCAMPS),
    "source.offlimiti": _number(1e-3, 1e-10, 1.5),
    "source.offlimitv": _number(40.0, 0.02, 200.0),
    "source.sink": _SWITCH,
    "source.highc": _SWITCH,
    "source.output": _choice(OFF, ON, HIGH_Z),
    "sense": _choice(LOCAL, REMOTE, CALA),
    "measure.nplc": _number(1.0, 0.001, 25.0),
    "measure.autozero": _choice(2, 1, 0),
    "measure.autorangev": _choice(ON, OFF),
    "measure.autorangei": _choice(ON, OFF, 2),
    "measure.rangev": _number(0.2, -_V, _V),
    "measure.rangei": _number(0.1, -_I, _I),
    "measure.lowrangev": _number(0.2, 0.0, 200.0),
    "measure.lowrangei": _number(1e-10, 0.0, 1.5),
    "measure.delay": _delay(AUTO),
    "measure.delayfactor": _number(1.0, 0.0, 1e6),
    "measure.highcrangedelayfactor": _number(10.0, 1.0, 99.0),
    "measure.analogfilter": _choice(ON, OFF),
    "measure.count": _whole(1, 1, 150_000),
    "measure.interval": _number(0.0, 0.0, 1.0),
    "measure.filter.enable": _SWITCH,
    "measure.filter.count": _whole(1, 1, 100),
    "measure.filter.type": _choice(REPEAT, 0, MEDIAN),
    "measure.rel.enablev": _SWITCH,
    "measure.rel.enablei": _SWITCH,
    "measure.rel.enabler": _SWITCH,
    "measure.rel.enablep": _SWITCH,
    "measure.rel.levelv": _number(0.0, -1e36, 1e36),
    "measure.rel.leveli": _number(0.0, -1e36, 1e36),
    "measure.rel.levelr": _number(0.0, -1e36, 1e36),
    "measure.rel.levelp": _number(0.0, -1e36, 1e36),
    "contact.speed": _choice(0, 1, 2),
    "contact.threshold": _number(50.0, 0.0, 1e6),
    "trigger.arm.count": _whole(1, 0, 2**31),
    "trigger.count": _whole(1, 0, 2**31),
    "trigger.autoclear": _SWITCH,
    "trigger.source.action": _SWITCH,
    "trigger.measure.action": _choice(OFF, ON, 2),
    "trigger.endpulse.action": _choice(HOLD, IDLE),
    "trigger.endsweep.action": _choice(IDLE, HOLD),
}


def factory() -> dict[str, float]:
    """Return all settings as after reset."""
    return {name: setting.default for name, setting in SETTINGS.items()}
