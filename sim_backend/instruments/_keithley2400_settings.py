"""Settings of a Keithley 2400 as after ``*RST`` (User's Manual, tables 18-2 to 18-11)."""

from dataclasses import dataclass, field
from typing import Final, Literal

LINE_FREQUENCY: Final = 60.0
MOST_POINTS: Final = 2500
ELEMENTS: Final = ("VOLT", "CURR", "RES", "TIME", "STAT")

Function = Literal["VOLT", "CURR"]


@dataclass(slots=True)
class SourceSettings:
    """One source function. triggered: the level that a trigger sets, where it is another."""

    range: float
    level: float = 0.0
    triggered: float | None = None
    auto: bool = True
    mode: str = "FIX"
    start: float = 0.0
    stop: float = 0.0
    listed: list[float] = field(default_factory=lambda: [0.0])
    list_start: int = 1


@dataclass(slots=True)
class SenseSettings:
    """One measure function. limit: compliance of the other source; unused for ohms."""

    range: float
    lower: float
    limit: float = 0.0
    auto: bool = True
    synchronised: bool = False


@dataclass(slots=True)
class Settings:
    """All that ``*RST`` resets and ``*SAV`` saves."""

    function: Function = "VOLT"
    functions: set[str] = field(default_factory=lambda: {"CURR"})
    source: dict[str, SourceSettings] = field(
        default_factory=lambda: {"VOLT": SourceSettings(20.0), "CURR": SourceSettings(1e-4)}
    )
    sense: dict[str, SenseSettings] = field(
        default_factory=lambda: {
            "CURR": SenseSettings(1e-4, 1e-6, 1.05e-4),
            "VOLT": SenseSettings(20.0, 0.2, 21.0),
            "RES": SenseSettings(2e5, 20.0),
        }
    )
    output: bool = False
    off_state: str = "NORM"
    auto_off: bool = False
    auto_off_mode: str = "ALW"
    protection: float = 210.0
    delay: float = 0.0
    auto_delay: bool = True
    spacing: str = "LIN"
    points: int = MOST_POINTS
    direction: str = "UP"
    ranging: str = "BEST"
    abort_on_compliance: str = "NEV"
    soak: float = 0.0
    concurrent: bool = True
    cycles: float = 1.0
    filter_on: bool = False
    filter_count: int = 10
    filter_kind: str = "REP"
    ohms_mode: str = "AUTO"
    offset_compensated: bool = False
    four_wire: bool = False
    guard: str = "CABL"
    auto_zero: bool = True
    zero_cache: bool = False
    rear: bool = False
    format: str = "ASC"
    byte_order: str = "NORM"
    elements: tuple[str, ...] = ELEMENTS
    register_format: str = "ASC"
    arm_count: float = 1.0
    arm_source: str = "IMM"
    arm_timer: float = 0.1
    arm_direction: str = "ACC"
    arm_input_line: int = 1
    arm_output_line: int = 2
    arm_output: str = "NONE"
    trigger_count: int = 1
    trigger_source: str = "IMM"
    trigger_delay: float = 0.0
    trigger_direction: str = "ACC"
    trigger_input_line: int = 1
    trigger_output_line: int = 2
    trigger_output: str = "NONE"
    trigger_input: str = "SOUR"
    digits: int = 6
    display_on: bool = True
    beeper: bool = True
    range_change: str = "SING"
    time_reset: bool = False
    output_enable: bool = False
    math_on: bool = False
    null_on: bool = False
    null_offset: float = 0.0
    limit_feed: str = "VOLT"
    limit_mode: str = "GRAD"
    digital_lines: int = 4
    digital_format: str = "ASC"
    strobe: str = "EOT"
    strobe_high: bool = False
    auto_clear: bool = True
    clear_delay: float = 1e-4

    @property
    def active(self) -> SourceSettings:
        """Return the settings of the present source function."""
        return self.source[self.function]

    @property
    def automatic_ohms(self) -> bool:
        """Say whether the ohms function has the source in its hands."""
        return self.ohms_mode == "AUTO" and "RES" in self.functions
