"""Which registers a Keithley 2636B has, and the names of their bits.

Source: Series 2600B Reference Manual, 2600BS-901-01, appendix E (status model).
"""

from typing import Final

VOLTAGE_LIMIT, CURRENT_LIMIT, READING_OVERFLOW, BUFFER_AVAILABLE = 0, 1, 7, 8
SWEEPING, MEASURING, TRIGGER_OVERRUN, INSTRUMENT = 3, 4, 10, 13
SMU_BITS: Final = {"a": 1, "b": 2}

_MEASUREMENT: Final = {
    "voltage_limit": VOLTAGE_LIMIT,
    "current_limit": CURRENT_LIMIT,
    "reading_overflow": READING_OVERFLOW,
    "buffer_available": BUFFER_AVAILABLE,
    "instrument": INSTRUMENT,
}
_OPERATION: Final = {
    "calibrating": 0,
    "sweeping": SWEEPING,
    "measuring": MEASURING,
    "trigger_overrun": TRIGGER_OVERRUN,
    "remote": 11,
    "user": 12,
    "instrument": INSTRUMENT,
}
_QUESTIONABLE: Final = {
    "calibration": 8,
    "unstable_output": 9,
    "over_temperature": 12,
    "instrument": INSTRUMENT,
}


def _sets() -> dict[str, tuple[str, int]]:
    found: dict[str, tuple[str, int]] = {}
    for name, bit, members in (
        ("measurement", 0, _MEASUREMENT),
        ("operation", 7, _OPERATION),
        ("questionable", 3, _QUESTIONABLE),
    ):
        found[name] = ("", bit)
        found |= {f"{name}.{member}": (name, at) for member, at in members.items()}
        found |= {
            f"{name}.instrument.smu{letter}": (f"{name}.instrument", at)
            for letter, at in SMU_BITS.items()
        }
    found["operation.instrument.trigger_blender"] = ("operation.instrument", 11)
    found["operation.instrument.trigger_timer"] = ("operation.instrument", 12)
    return found


def _constants() -> dict[str, int]:
    names = {
        "measurement": {
            "VLMT": 0, "VOLTAGE_LIMIT": 0, "ILMT": 1, "CURRENT_LIMIT": 1, "ROF": 7,
            "READING_OVERFLOW": 7, "BAV": 8, "BUFFER_AVAILABLE": 8, "INT": 11, "INTERLOCK": 11,
            "INST": 13, "INSTRUMENT_SUMMARY": 13,
        },
        "operation": {
            "CAL": 0, "CALIBRATING": 0, "SWE": 3, "SWEEPING": 3, "MEAS": 4, "MEASURING": 4,
            "TRGOVR": 10, "TRIGGER_OVERRUN": 10, "REM": 11, "REMOTE": 11, "USER": 12,
            "INST": 13, "INSTRUMENT_SUMMARY": 13,
        },
        "questionable": {
            "CAL": 8, "CALIBRATION": 8, "UO": 9, "UNSTABLE_OUTPUT": 9, "OTEMP": 12,
            "OVER_TEMPERATURE": 12, "INST": 13, "INSTRUMENT_SUMMARY": 13,
        },
    }  # fmt: skip
    found = {
        f"status.{s}.{name}": 1 << bit for s, bits in names.items() for name, bit in bits.items()
    }
    summed = [path for path in REGISTER_SETS if path.count(".") == 1 and "user" not in path]
    for path in summed:
        found |= {f"status.{path}.SMU{x.upper()}": 1 << bit for x, bit in SMU_BITS.items()}
    for letter in SMU_BITS:
        for s in ("measurement", "operation", "questionable"):
            place = f"status.{s}.instrument.smu{letter}"
            own = [(name, bit) for name, bit in names[s].items() if bit != INSTRUMENT]
            found |= {f"{place}.{name}": 1 << bit for name, bit in own}
    return found


REGISTER_SETS: Final = _sets()
CONSTANTS: Final = _constants()
