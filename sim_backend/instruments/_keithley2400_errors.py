"""Error texts of the Keithley 2400 (User's Manual, table B-1), where they are its own."""

from typing import Final

from ..wire.errors import ScpiError

OWN_TEXTS: Final = {
    -222: "Parameter data out of range",
    -360: "Communications error",
    -350: "Queue overflow",
    800: "Illegal with storage active",
    801: "Insufficient vector data",
    802: "OUTPUT blocked by output enable",
    803: "Not permitted with OUTPUT off",
    806: "Expression not found",
    822: "Too small for sense range",
    823: "Invalid with source read-back on",
    824: "Cannot exceed compliance range",
    825: "Invalid with auto-ohms on",
    826: "Attempt to exceed power limit",
    830: "Invalid with INF ARM:COUNT",
}
STORAGE_ACTIVE: Final = 800
OUTPUT_OFF: Final = 803
UNKNOWN_EXPRESSION: Final = 806
TOO_SMALL: Final = 822
BEYOND_COMPLIANCE: Final = 824
AUTO_OHMS: Final = 825
TOO_MUCH_POWER: Final = 826
ENDLESS: Final = 830


def own(code: int) -> ScpiError:
    """Return one of the instrument's own errors.

    They count as execution errors in the standard event register.
    """
    return ScpiError(code, OWN_TEXTS[code])
