"""Published constants, with where they come from and how far they were checked.

Tags: [S] stated in a source document of the project; [V] checked in a public source; [C] computed
from what is known of the case; [R] recalled from the literature; [A] assumed by us within its usual
range, because nobody published it.
"""

from dataclasses import dataclass
from typing import Literal

Tag = Literal["S", "V", "C", "R", "A"]


@dataclass(frozen=True, slots=True)
class Constant:
    """A number in base SI with its unit, source and tag."""

    value: float
    unit: str
    what: str
    source: str
    tag: Tag

    def __str__(self) -> str:
        return f"{self.what}: {self.value:g} {self.unit} [{self.tag}] {self.source}"


HOROWITZ = "Horowitz, ISSCC 2014, 45 nm, 0.9 V"
ISAAC = "Shafiee et al., ISCA 2016, 32 nm"
KIM = "Kim et al., Nano Lett. 12:389 (2012)"


def _horowitz(picojoules: float, what: str, tag: Tag = "S") -> Constant:
    return Constant(picojoules * 1e-12, "J", what, HOROWITZ, tag)


DIGITAL: dict[str, Constant] = {
    "int8 add": _horowitz(0.03, "8 bit integer addition"),
    "int32 add": _horowitz(0.1, "32 bit integer addition"),
    "fp16 add": _horowitz(0.4, "16 bit float addition"),
    "fp32 add": _horowitz(0.9, "32 bit float addition"),
    "int8 multiply": _horowitz(0.2, "8 bit integer multiplication"),
    "int32 multiply": _horowitz(3.1, "32 bit integer multiplication"),
    "fp16 multiply": _horowitz(1.1, "16 bit float multiplication"),
    "fp32 multiply": _horowitz(3.7, "32 bit float multiplication"),
    "cache 8 KB": _horowitz(10.0, "64 bit access of an 8 KB cache"),
    "cache 32 KB": _horowitz(20.0, "64 bit access of a 32 KB cache"),
    "cache 1 MB": _horowitz(100.0, "64 bit access of a 1 MB cache"),
    "dram, low": _horowitz(1300.0, "64 bit access of DRAM, least"),
    "dram, high": _horowitz(2600.0, "64 bit access of DRAM, most"),
    "instruction": _horowitz(70.0, "an instruction, all of it"),
    "fetch": _horowitz(25.0, "of which: instruction cache access"),
    "registers": _horowitz(6.0, "of which: register file access"),
}
"""The energy table of the digital baseline (P23)."""

CONVERTER_STEP = Constant(
    16e-3 / (8 * 1.2e9) / 256, "J", "conversion, for each of its 2^bits steps",
    f"8 converters of 8 bits, 1.2 GS/s, 16 mW: {ISAAC}, after Kull et al., ISSCC 2013", "V",
)  # fmt: skip
CONVERTER_AREA = Constant(0.0096e-6 / 8, "m²", "8 bit converter", f"1.2 GS/s: {ISAAC}", "V")
LINE_CAPACITANCE = Constant(
    1e-15, "F", "capacitance of a line, for each cell on it", "wire and drain of a small cell", "A"
)
PITCH = Constant(100e-9, "m", "pitch of the lines, passive crossbar", KIM, "S")
MEAN_CONDUCTANCE = Constant(
    20e-6, "S", "mean conductance of a cell in products and updates", "middle of 2 to 38 µS", "A"
)
APERTURE = Constant(
    10e-6, "s", "time for which a reading drives its cell", "aperture of the simulated board", "A"
)
