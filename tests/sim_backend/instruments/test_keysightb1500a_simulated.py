"""The simulated B1500A against its Programming Guide (B1500-90010), on resistors to ground."""

import math
import random
import struct

import pytest
from resistor_bench import ResistorBench

from labcim.errors import RecipeError
from labcim.sim_backend.instruments.keysightb1500a import KeysightB1500A
from labcim.sim_backend.wire.flex import Channel, Whole
from labcim.sim_backend.wire.flex_errors import TEXTS
from labcim.sim_backend.wire.message import MessageCore

OHM = 10e3


class Spec:
    def __init__(self, **options):
        self.name, self.serial, self.options = "analyzer", "MY55230001", options


class Analyzer:
    """Says lines to the simulated instrument and returns what it answers."""

    def __init__(self, ohm=OHM, **options):
        self.bench = ResistorBench(ohm)
        self.instrument = KeysightB1500A(self.bench, Spec(**options))
        self.core = MessageCore(self.instrument)

    def say(self, line):
        self.core.feed(line.encode() + b"\r\n", True)

    def __call__(self, line):
        self.say(line)
        return self.raw().decode().removesuffix("\r\n")

    def data(self, line):
        """Return (status, channel and kind; value) of all data of a measurement."""
        return [(part[:3], float(part[3:])) for part in self(line).split(",")]

    def raw(self):
        return self.core.read(10**6)[0]

    def error(self):
        return self("ERRX?")

    def value(self, line):
        return float(self(line)[3:])


@pytest.fixture
def analyzer():
    return Analyzer()


# -- modules and switches ------------------------------------------------------------------------


def test_four_high_resolution_units_are_installed_unless_the_chip_file_says_otherwise(analyzer):
    assert analyzer("UNT?") == ";".join(["B1517A,0"] * 4 + ["0,0"] * 6)
    other = Analyzer(slots=["B1510A", "", "B1511B"])
    assert other("UNT? 1") == ";".join(["B1510A,0", "0,0", "B1511B,0"] + ["0,0"] * 7)
    assert other.instrument.terminals == ("smu1", "smu3")


@pytest.mark.parametrize("slots", [[], ["B9999A"], ["B1517A"] * 11, "B1517A"])
def test_a_slot_holds_only_modules_that_exist(slots):
    with pytest.raises(RecipeError, match="accepts"):
        Analyzer(slots=slots)


def test_a_switch_is_closed_at_zero_volt_on_20_v_and_100_ua(analyzer):
    assert analyzer("*LRN? 0") == "CL"
    analyzer.say("CN 1,3")
    assert analyzer("*LRN? 0") == "CN1,3"
    assert analyzer("*LRN? 1") == "DV1,200,+00.0000E+00,+100.000E-06,0,16"
    assert analyzer("*LRN? 2") == "CL2"
    analyzer.say("CL 3;CL")
    assert analyzer("*LRN? 0") == "CL"
    assert analyzer.bench.levels["analyzer.smu1"] is None


def test_reset_opens_every_switch_and_forgets_data_but_not_errors(analyzer):
    analyzer.say("CN;DV 1,0,1,1E-3;FMT 21;TSC 1;NO;XE")
    analyzer.say("*RST")
    assert analyzer("*LRN? 0") == "CL"
    assert analyzer("*LRN? 31") == "TM1;AV1,0;CM1;FMT1,0"
    assert analyzer.error().startswith("+100,")
    analyzer.say("NO;*SRE 32")
    analyzer.instrument.power_cycle()
    assert analyzer("*SRE?") == "0"
    assert analyzer.error() == '+0,"No Error."'


@pytest.mark.parametrize(
    ("lines", "code"),
    [
        ("DV 1,0,1", 200), ("TI 1", 200), ("CN 5", 153), ("CN 1,1", 122), ("DZ 1", 200),
        ("CN 1;RZ 1", 206), ("RZ", 205), ("XE", 214), ("MM 7,1", 120), ("MM 1,5", 153),
        ("CN 1;DV 1,0,101,1E-3", 120), ("CN 1;DV 1,0,20.1,0.1", 123), ("CN 1;DV 1,0,1,0", 123),
        ("CN 1;DV 1,15,1", 124), ("CN 1;DV 1,-20,3", 120), ("CN 1;DI 1,0,0.11,1", 120),
        ("CN 1;DI 1,0,1E-3", 201), ("CN 1;DI 1,0,1E-3,5;DV 1,0,1", 201), ("CN 1;TI 1,8", 124),
        ("RI 1,20", 124), ("RV 1,2000", 124), ("FMT 6", 120), ("FMT 1,11", 120), ("AV 0", 120),
        ("AIT 1,3,1E-3", 120), ("AIT 0,0,1024", 120), ("AIT 0,2,1.5", 120), ("WSV 2,0,0,1", 220),
        ("WV 1,2,0,-1,1,5,1E-3", 130), ("WV 1,1,0,0,1,10002,1E-3", 120), ("WNU?", 220),
        ("CN 1;MM 2,1;XE", 220), ("CN 1;MM 3,1;XE", 222), ("CN 1;MM 4,1;XE", 221),
        ("CN 1;MM 2;WV 1,1,0,0,1,3,1E-3;XE", 122), ("MM 1,1;XE", 200), ("PT 0,1E-4", 120),
        ("PT 0,0.1,0.101", 120), ("PI 1,0,-1E-3,1E-3,5", 126), ("MT -0.01,0.01,5", 120),
        ("CN;MM 5,3;WV 1,1,0,0,1,3,1E-3;PV 1,0,0,1,1E-3;XE", 224), ("*LRN? 99", 120),
        ("CN 1;MT 0,1E-3,5;AAD 1,1;MM 10,1;XE", 120), ("*ESE 1", 100), ("*CLS", 100),
        ("PA -1", 120), ("EMG? 9", 120), ("WT 0,0.1,0,0.2", 120), ("*SRE 256", 120),
    ],
)  # fmt: skip
def test_what_cannot_be_is_refused_with_its_number(analyzer, lines, code):
    analyzer.say(lines)
    assert int(analyzer("ERRX? 1")) == code
    assert analyzer.error() == '+0,"No Error."'


def test_a_refused_level_leaves_the_output_as_it_was(analyzer):
    analyzer.say("CN 1;DV 1,0,1,1E-3;DV 1,0,30,0.1")
    assert analyzer("*LRN? 1") == "DV1,20,+1.00000E+00,+1.00000E-03,0,17"


def test_a_voltage_that_could_hurt_needs_the_interlock():
    open_one = Analyzer(interlock=False)
    open_one.say("CN 1;DV 1,0,42,1E-3")
    assert open_one.error() == '+0,"No Error."'
    open_one.say("DV 1,0,43,1E-3")
    assert open_one("*STB?") == str(16 + 32 + 8)
    assert open_one.error() == '+202,"Interlock circuit must be closed."'
    closed = Analyzer()
    closed.say("CN 1;DV 1,0,100,1E-3")
    assert closed.error() == '+0,"No Error."'


def test_zero_is_forced_and_taken_back(analyzer):
    analyzer.say("CN 1,2;DI 1,0,1E-4,5;DV 2,0,2,1E-3;DZ")
    assert analyzer("*LRN? 1") == "DV1,200,+00.0000E+00,+100.000E-06,0,16"
    analyzer.say("RZ 1")
    assert analyzer("*LRN? 1") == "DI1,16,+100.000E-06,+5.00000E+00,0,50"
    analyzer.say("RZ")
    assert analyzer("*LRN? 2") == "DV2,20,+2.00000E+00,+1.00000E-03,0,17"


# -- readings ------------------------------------------------------------------------------------


def test_a_spot_reading_says_status_channel_kind_and_twelve_digits(analyzer):
    analyzer.say("CN 2;DV 2,0,1,1E-3")
    said = analyzer("TI 2,0")
    assert said[:3] == "NBI" and len(said) == 15 and said.endswith("E-06")
    assert float(said[3:]) == pytest.approx(1e-4, rel=1e-3)
    assert analyzer("TV 2,0")[:3] == "NBV"


def test_without_a_range_the_one_that_covers_the_compliance_is_taken(analyzer):
    analyzer.say("CN 1;DV 1,0,1,1E-3")
    assert analyzer("TI 1").endswith("E-03")  # 0.1 mA on the 1 mA range
    assert analyzer("TI 1,0").endswith("E-06")  # on the 100 uA range


def test_a_fixed_range_that_is_too_small_overflows(analyzer):
    analyzer.say("CN 1;DV 1,0,1,1E-3")
    assert analyzer("TI 1,-14") == "VAI+199.999E+99"
    analyzer.say("FMT 21")
    assert analyzer("TI 1,-14") == "193AI+199.9999E+99"


def test_compliance_holds_the_current_and_shows(analyzer):
    analyzer.say("CN 1;DV 1,0,1,2E-5")
    said = analyzer("TI 1,0")
    assert said[:3] == "CAI" and float(said[3:]) == pytest.approx(2e-5, rel=1e-3)


def test_a_current_source_in_compliance_shows_too(analyzer):
    analyzer.say("CN 1;DI 1,0,1E-3,5")
    said = analyzer("TV 1,0")
    assert said[:3] == "CAV" and float(said[3:]) == pytest.approx(5.0, rel=2e-3)


def test_compliance_of_the_other_polarity_gives_a_little_more(analyzer):
    # Supplemental characteristics: the opposite polarity is exceeded by 2.5 % of the range.
    analyzer.say("CN 1;DV 1,0,1,-2E-5,1")
    said = analyzer("TI 1,0")
    assert said[:3] == "CAI"
    assert float(said[3:]) == pytest.approx(2e-5 + 0.025 * 1e-4, rel=1e-2)
    analyzer.say("DV 1,0,1,-2E-5,0")
    assert analyzer.value("TI 1,0") == pytest.approx(2e-5, rel=2e-3)


def test_readings_lie_within_the_data_sheet_and_differ_by_serial_number(analyzer):
    analyzer.say("CN;AAD 1,1;AIT 1,2,10;DI 1,0,0,100;DV 1,0,2,1E-3")
    volts, amperes = analyzer.value("TV 1"), analyzer.value("TI 1,0")
    assert volts == pytest.approx(2.0, abs=1.8e-4 * 2 + 400e-6 + 1e-4 * 2 + 140e-6)
    assert amperes == pytest.approx(2e-4, rel=1e-3, abs=60e-9)
    assert volts != 2.0
    assert analyzer.value("TI 1,0") == pytest.approx(amperes, rel=1e-4)


@pytest.mark.parametrize(
    ("ohm", "volts", "gain", "offset"),
    [
        # Data sheet, HRSMU, high resolution, one-year accuracy of the current range in use.
        (100.0, 1.0, 3e-4, 200e-9), (1e3, 1.0, 3e-4, 60e-9), (1e4, 1.0, 3e-4, 3e-9),
        (1e5, 1.0, 4e-4, 2e-9), (1e6, 1.0, 5e-4, 100e-12), (1e7, 1.0, 5e-4, 20e-12),
        (1e8, 1.0, 1e-3, 1e-12), (1e9, 1.0, 1e-3, 200e-15), (1e10, 1.0, 3e-3, 30e-15),
    ],
)  # fmt: skip
def test_resistors_of_all_ranges_read_as_the_data_sheet_promises(ohm, volts, gain, offset):
    analyzer = Analyzer(ohm=ohm)
    analyzer.say(f"CN 1;AAD 1,1;AIT 1,2,10;DV 1,20,{volts},0.1")
    (_, amperes), (_, measured) = analyzer.data("TIV 1,0,0")
    forced = 1.8e-4 * volts + 400e-6  # V, accuracy of the source on its 2 V range
    assert amperes == pytest.approx(volts / ohm, abs=gain * volts / ohm + offset + forced / ohm)
    assert measured == pytest.approx(volts, abs=forced + 1e-4 * volts + 140e-6)


def test_averaging_calms_the_noise(analyzer):
    analyzer.say("CN 1;DV 1,0,1,1E-3")

    def spread(lines):
        analyzer.say(lines)
        seen = [analyzer.value("TI 1,0") for _ in range(60)]
        return max(seen) - min(seen)

    assert spread("AV -50") < 0.3 * spread("AV 1,1")


@pytest.mark.parametrize(
    ("lines", "seconds"),
    [
        ("AAD 1,0;AIT 0,1,100", 100 * 16e-6), ("AAD 1,0;AIT 0,2,3", 3 / 50),
        ("AAD 1,0;AIT 0,3,0.01", 0.01), ("AAD 1,0;AV -2", 2 / 50), ("AAD 1,1;AIT 1,2,5", 5 / 50),
        ("AAD 1,1;AIT 1,2,5;AZ 1", 10 / 50), ("AAD 1,1;AIT 1,1,10", 10 * 80e-6),
    ],
)  # fmt: skip
def test_a_reading_takes_the_time_that_was_set(analyzer, lines, seconds):
    analyzer.say("CN 1;DV 1,0,1,1E-3;TI 1")
    analyzer.say(lines)
    began = analyzer.bench.clock.now
    analyzer.say("TI 1,0")
    assert analyzer.bench.clock.now - began == pytest.approx(seconds, rel=1e-3)


def test_time_is_counted_from_its_clearing_in_tenths_of_a_millisecond(analyzer):
    analyzer.say("CN 1;DV 1,0,1,1E-3;TSR;PA 1.23456")
    assert analyzer("TTI 1,0").split(",")[0] == "NAT+01.2346E+00"
    analyzer.say("TSQ")
    assert analyzer("FMT 11;TSQ").startswith("NZT+01.234")


# -- formats -------------------------------------------------------------------------------------


def test_formats_have_twelve_or_thirteen_digits_and_heads(analyzer):
    analyzer.say("CN 1;DV 1,0,1,1E-3")
    for form, length in [(1, 15), (2, 12), (11, 16), (12, 13), (21, 18), (22, 13)]:
        analyzer.say(f"FMT {form}")
        assert len(analyzer("TI 1,0")) == length
    for form, length in [(5, 16), (15, 17), (25, 19)]:
        analyzer.say(f"FMT {form};TI 1,0")
        data, ended = analyzer.core.read(100)
        assert (len(data), data[-1:], ended) == (length, b",", False)
        analyzer.say("BC")


def test_four_bytes_are_those_of_the_guides_figure(analyzer):
    analyzer.say("CN 1;DV 1,0,1,1E-3;FMT 3;TI 1,-16")
    data = analyzer.raw()
    assert data.endswith(b"\r\n") and len(data) == 6
    word = int.from_bytes(data[:4], "big")
    assert word >> 30 == 0b11 and (word >> 25) & 31 == 16 and word & 31 == 1
    assert ((word >> 8) & 0x1FFFF) * 1e-4 / 50_000 == pytest.approx(1e-4, rel=1e-3)
    analyzer.say("FMT 4;DV 1,0,-1;TI 1,-16")
    data = analyzer.raw()
    assert len(data) == 4
    count = (int.from_bytes(data, "big") >> 8) & 0xFFFF
    assert (count - 65536) * 1e-4 / 50_000 == pytest.approx(-1e-4, rel=1e-3)


def test_eight_bytes_are_those_of_the_guides_figure(analyzer):
    analyzer.say("CN 1;DV 1,0,1,1E-3;AAD 1,1;FMT 13;TSR;PA 0.1;TTI 1,-16")
    data = analyzer.raw()
    assert len(data) == 18 and data.endswith(b"\r\n")
    assert data[0] == 3 and int.from_bytes(data[1:7], "big") == pytest.approx(100_000, abs=1000)
    head, code, count, status, place = struct.unpack(">BBiBB", data[8:16])
    assert (head, code, status, place) == (0x81, 16, 0, 0b001_00001)
    assert count * 1e-4 / 1e6 == pytest.approx(1e-4, rel=1e-3)


def test_a_change_of_format_forgets_the_data(analyzer):
    analyzer.say("CN 1;MM 1,1;XE;XE")
    assert analyzer.instrument.output_buffer and analyzer("NUB?") == "2"
    analyzer.say("FMT 1")
    assert not analyzer.instrument.output_buffer


# -- sweeps --------------------------------------------------------------------------------------


def test_a_staircase_gives_data_and_source_of_every_step(analyzer):
    data = analyzer.data("CN 1,2;FMT 1,1;WV 1,1,0,0,2,5,1E-3;MM 2,1,2;XE")
    assert [head for head, _ in data[::3]] == ["NAI"] * 5
    assert [head for head, _ in data[1::3]] == ["NBI"] * 5
    assert [head for head, _ in data[2::3]] == ["WAV"] * 4 + ["EAV"]
    assert [value for _, value in data[2::3]] == [0.0, 0.5, 1.0, 1.5, 2.0]
    assert [value for _, value in data[::3]] == pytest.approx(
        [0.0, 5e-5, 1e-4, 1.5e-4, 2e-4], rel=2e-3, abs=1e-7
    )
    assert analyzer("*LRN? 1").split(",")[2] == "+0.00000E+00"


@pytest.mark.parametrize(
    ("mode", "levels"),
    [
        (1, [1.0, 50.5, 100.0]), (2, [1.0, 10.0, 100.0]),
        (3, [1.0, 50.5, 100.0, 100.0, 50.5, 1.0]), (4, [1.0, 10.0, 100.0, 100.0, 10.0, 1.0]),
    ],
)  # fmt: skip
def test_a_sweep_goes_one_way_or_two_in_even_or_growing_steps(mode, levels):
    analyzer = Analyzer(ohm=1e8)
    told = [
        value
        for head, value in analyzer.data(
            f"CN 1;FMT 1,1;WM 1,2;WV 1,{mode},0,1,100,3,1E-3;MM 2,1;XE"
        )
        if head[2] == "V"
    ]
    assert told == pytest.approx(levels)
    assert analyzer("WNU?") == str(len(levels))
    assert float(analyzer("*LRN? 1").split(",")[2]) == 100.0


def test_hold_delay_and_step_delay_take_their_time(analyzer):
    analyzer.say("CN 1;WT 1,0.1,0.5;WAT 1,0;WAT 2,0;AV 1,1;WV 1,1,0,0,1,4,1E-3;MM 2,1")
    began = analyzer.bench.clock.now
    analyzer.say("XE")
    assert analyzer.bench.clock.now - began == pytest.approx(1.0 + 4 * (0.1 + 0.5), rel=1e-6)


def test_an_abort_gives_dummies_and_the_start_value(analyzer):
    data = analyzer.data("CN 1;FMT 1,1;WM 2,2;WV 1,1,0,1,3,3,1.5E-4;MM 2,1;XE")
    assert [head for head, _ in data] == ["NAI", "WAV", "CAI", "WAV", "VAI", "EAV"]
    assert data[4][1] == data[5][1] == 199.999e99
    assert float(analyzer("*LRN? 1").split(",")[2]) == 1.0


def test_without_automatic_abort_a_sweep_goes_on_in_compliance(analyzer):
    assert [head for head, _ in analyzer.data("CN 1;WV 1,1,0,1,3,3,1.5E-4;MM 2,1;XE")] == [
        "NAI",
        "CAI",
        "CAI",
    ]


def test_power_compliance_ends_a_sweep(analyzer):
    heads = [head for head, _ in analyzer.data("CN 1;WV 1,1,0,1,4,4,0.1,0.001;MM 2,1;XE")]
    assert heads == ["NAI", "NAI", "NAI", "CAI"]  # 4 V x 0.4 mA is more than 1 mW


def test_many_sources_step_together(analyzer):
    analyzer.say("CN;FMT 1,3;WV 1,1,0,0,1,3,1E-3;WNX 2,2,1,0,0,2,1E-3;WNX 3,3,2,0,0,1E-4,5")
    data = analyzer.data("CMM 3,1;MM 16,1,2,3;XE")
    assert [value for head, value in data if head[1:] == "AI"][-1] == pytest.approx(1e-4, rel=2e-3)
    assert [value for head, value in data if head[1:] == "BI"][-1] == pytest.approx(2e-4, rel=2e-3)
    assert [value for head, value in data if head == "ECI"] == [1e-4]
    assert analyzer("*LRN? 59").count("WNX") == 2
    analyzer.say("WV 1,1,0,0,1,3,1E-3")
    assert "WNX" not in analyzer("*LRN? 59")


def test_what_the_channel_measures_is_chosen(analyzer):
    analyzer.say("CN 1;DV 1,0,1,1E-3;MM 1,1")
    for mode, heads in [(0, "I"), (1, "I"), (2, "V"), (3, "V"), (4, "IV")]:
        said = analyzer.data(f"CMM 1,{mode};XE")
        assert "".join(head[2] for head, _ in said) == heads


# -- pulses and samples --------------------------------------------------------------------------


def test_a_pulse_has_its_base_peak_width_and_period(analyzer):
    analyzer.say("CN 1;PT 0.5,0.01,0.1;PV 1,0,0.5,2,1E-3;MM 3,1")
    began = analyzer.bench.clock.now
    analyzer.say("XE")
    assert analyzer.bench.clock.now - began == pytest.approx(0.5 + 0.1)
    assert float(analyzer.raw().decode()[3:]) == pytest.approx(2e-4, rel=2e-3)
    assert float(analyzer("*LRN? 1").split(",")[2]) == 0.5


def test_the_shortest_period_leaves_the_rest_that_the_guide_asks_for(analyzer):
    for width, period in [(1e-3, 5e-3), (0.01, 0.012), (0.5, 0.51)]:
        analyzer.say(f"PT 0,{width}")
        assert float(analyzer("*LRN? 34").split(",")[2]) == pytest.approx(period)


def test_a_pulsed_sweep_returns_to_its_base_every_time(analyzer):
    analyzer.say("CN 1;FMT 1,1;PT 0,1E-3,0.01;PWV 1,1,0,0,1,2,3,1E-3;MM 4,1")
    began = analyzer.bench.clock.now
    data = analyzer.data("XE")
    assert [value for head, value in data if head[2] == "V"] == [1.0, 1.5, 2.0]
    assert [value for head, value in data if head[2] == "I"] == pytest.approx(
        [1e-4, 1.5e-4, 2e-4], rel=2e-3
    )
    assert analyzer.bench.clock.now - began == pytest.approx(0.03)
    assert float(analyzer("*LRN? 1").split(",")[2]) == 0.0


def test_a_staircase_goes_with_the_pulses_of_another_channel(analyzer):
    data = analyzer.data("CN;FMT 1,1;PT 0,1E-3,0.01;PV 2,0,0,3,1E-3;WV 1,1,0,0,1,2,1E-3;MM 5,2;XE")
    assert [head for head, _ in data] == ["NBI", "WAV", "NBI", "EAV"]
    assert [value for head, value in data if head == "NBI"] == pytest.approx([3e-4] * 2, rel=2e-3)


def test_samples_come_at_their_interval_with_their_numbers(analyzer):
    data = analyzer.data(
        "CN 1;FMT 1,1;TSC 1;MT 0.1,0.05,4,0.2;MV 1,0,0,1,1E-3;MSC 1,1;MM 10,1;TSR;XE"
    )
    assert [head for head, _ in data[:3]] == ["NZX", "NAT", "NAI"]
    assert [value for head, value in data if head == "NZX"] == [1, 2, 3, 4]
    times = [value for head, value in data if head == "NAT"]
    assert times == pytest.approx([0.3, 0.35, 0.4, 0.45], abs=3e-4)
    assert float(analyzer("*LRN? 1").split(",")[2]) == 0.0


def test_samples_that_would_overlap_are_left_out(analyzer):
    # A measurement longer than the interval: the numbers of the samples are no longer 1, 2, 3.
    data = analyzer.data("CN 1;FMT 1,1;AAD 1,1;AIT 1,2,1;MT 0,0.008,9;MV 1,0,0,1,1E-3;MM 10,1;XE")
    assert [value for head, value in data if head == "NZX"] == [1, 4, 7]


def test_logarithmic_samples_come_ever_later(analyzer):
    data = analyzer.data("CN 1;FMT 1,1;ML 2;MT 0,0.01,21;MV 1,0,0,1,1E-3;MM 10,1;XE")
    numbers = [value for head, value in data if head == "NZX"]
    assert numbers[0] == 1 and numbers[10] == 10 and numbers[-1] == 100


# -- errors, status, trigger ---------------------------------------------------------------------


def test_errors_are_read_one_by_one_or_four_at_once(analyzer):
    analyzer.say("NO;DV 1,0,1;NO;NO;NO")
    assert analyzer("ERRX? 1") == "+100"
    assert analyzer.error() == '+200,"Channel output switch must be ON."'
    assert analyzer("ERR?") == "100,100,100,0"
    assert analyzer.error() == '+0,"No Error."' and analyzer("ERR? 1") == "0"
    assert analyzer("EMG? 200") == "Channel output switch must be ON."


def test_a_group_trigger_starts_what_mm_has_said(analyzer):
    analyzer.say("CN 1;MM 1,1")
    analyzer.core.trigger()
    assert analyzer.raw().startswith(b"NAI")
    analyzer.say("TM 2")
    analyzer.core.trigger()
    assert analyzer.error().startswith("+211,")


def test_settings_are_learned_as_the_commands_that_make_them(analyzer):
    analyzer.say("FL 1,2;SSR 3,1;RM 1,2,80;AAD 2,1;CMM 4,2;WAT 1,0.5,0.01;TSC 1;PAD 1;WT 0.1,0.2")
    assert analyzer("*LRN? 30") == "FL0,1,3,4;FL1,2"
    assert analyzer("*LRN? 32") == "RI1,0;RV1,0;RI2,0;RV2,0;RI3,0;RV3,0;RI4,0;RV4,0"
    assert analyzer("*LRN? 46") == "CMM1,0;CMM2,0;CMM3,0;CMM4,2"
    assert analyzer("*LRN? 53") == "SSR1,0;SSR2,0;SSR3,1;SSR4,0"
    assert analyzer("*LRN? 54") == "RM1,2,80;RM2,1,50;RM3,1,50;RM4,1,50"
    assert analyzer("*LRN? 55") == "AAD1,0;AAD1,2;;AAD2,1;AAD2,2;;AAD3,0;AAD3,2;;AAD4,0;AAD4,2;"
    assert analyzer("*LRN? 57").startswith("WAT1,0.5,0.0100;WAT2,1.0,0.0000")
    assert analyzer("*LRN? 60") == "TSC1" and analyzer("*LRN? 110") == "PAD1"
    assert analyzer("*LRN? 33") == "WM1,1;WT0.10,0.2000,0.0000,0.0000,0.0000"
    analyzer.say("FL 1")
    assert analyzer("*LRN? 30") == "FL1"


def test_the_series_resistor_stands_before_the_output(analyzer):
    analyzer.say("CN 1;DV 1,0,1,1E-3;SSR 1,1")
    assert analyzer.instrument.smus[1].terminal.impedance == pytest.approx(1e6, rel=1e-6)
    analyzer.say("SSR 1,0")
    assert analyzer.instrument.smus[1].terminal.impedance < 1.0


# -- whatever comes ---


def _number(kind, dice):
    """Return a number that a parameter may well take."""
    if isinstance(kind, Channel):
        return dice.choice([1, 1, 1, 2, 2, 3, 5])
    if isinstance(kind, Whole):
        most = kind.low + 30
        return dice.choice([0, 0, 12, -16, 20, 200]) if most < 0 else dice.randint(
            kind.low, min(kind.high, most)
        )  # fmt: skip
    if math.isinf(kind.low):
        return dice.choice([0, 1, -1, 0.5, 1e-3, 1e-4, 5, 1e-6, 20, 1e9])
    return dice.choice([kind.low, min(kind.high, 1.0), max(kind.low, min(kind.high, 0.01))])


SENSE = [
    "CN", "XE", "MM 2,1,2", "MM 16,1,2", "MM 3,1", "MM 4,1", "MM 5,1", "MM 10,1,2", "FMT 13,1",
    "FMT 4,2", "FMT 25,1", "WV 1,1,0,0,1,5,1E-3", "WV 1,4,0,0.1,1,4,1E-3,0.01",
    "WI 2,2,0,1E-6,1E-3,5,5", "PV 2,0,0,1,1E-3", "PWV 1,1,0,0,1,2,3,1E-3", "MT 0,0.01,5",
    "WSV 2,0,0,1,1E-3", "WNX 2,2,1,0,0,1,1E-3", "WM 2,2", "CMM 1,4", "SSR 1,1", "AAD 1,2", "SRP",
]  # fmt: skip


@pytest.mark.parametrize("seed", range(40))
def test_any_sequence_of_commands_ends_with_known_errors_and_everything_off_by_reset(seed):
    dice = random.Random(seed)
    analyzer = Analyzer(ohm=dice.choice([1.0, 1e4, 1e9]), slots=["B1517A", "B1510A", "B1525A"])
    table = analyzer.instrument.command_table
    for _ in range(30):
        line = dice.choice(SENSE)
        if dice.random() < 0.5:
            header = dice.choice(table.patterns)
            made, _function = table.find(header)
            kinds = [*made.parameters, *[made.rest] * (2 if made.rest else 0)]
            count = dice.randint(made.required, len(kinds))
            line = f"{header} {','.join(f'{_number(it, dice):g}' for it in kinds[:count])}"
        analyzer.say(line)
        while analyzer.core.has_reply:
            analyzer.raw()
    while (code := int(analyzer("ERRX? 1"))) != 0:
        assert code in TEXTS
    analyzer.say("*RST")
    assert all(level is None for level in analyzer.bench.levels.values())


# -- the pulse generator -------------------------------------------------------------------------


@pytest.fixture
def pulser():
    return Analyzer(slots=["B1517A", "B1525A"])


SET_UP = "CN 201;SPM 201,1;SPV 201,1,0.2,1.5;SPT 201,1,0,1E-6,2E-8;SPPER 1E-5;SPRM 1,100"


def test_a_generator_has_two_channels_beside_the_units(pulser):
    assert pulser.instrument.terminals == ("smu1", "spgu201", "spgu202")
    pulser.say("CN 1,2,202")  # 2 is the first channel of slot 2
    assert pulser("*LRN? 0") == "CN1,201,202"
    pulser.say("CL 202")
    assert pulser("*LRN? 0") == "CN1,201"
    pulser.say("*RST")
    assert pulser.bench.levels["analyzer.spgu201"] is None


def test_a_count_of_pulses_comes_with_its_levels_width_and_period(pulser):
    # 50 ohm into an open line: twice what is set for a load of 50 ohm.
    began = pulser.bench.clock.now
    pulser.say(f"{SET_UP};SRP")
    assert pulser.error() == '+0,"No Error."'
    assert pulser.bench.pulses == [("analyzer.spgu201", 3.0, 1e-6, 100, 1e-5)]
    assert pulser.bench.clock.now - began == pytest.approx(1e-3)
    assert pulser.bench.levels["analyzer.spgu201"] == pytest.approx(0.4)
    assert pulser("SPST?") == "0"


def test_a_duration_is_as_many_pulses_as_fit(pulser):
    pulser.say(f"{SET_UP};SPRM 2,5.5E-5;SER 201,1E6;SRP")
    (pulse,) = pulser.bench.pulses
    assert pulse[1] == pytest.approx(1.5, rel=1e-4) and pulse[3] == 5


def test_two_channels_pulse_at_once_and_a_third_holds_dc(pulser):
    began = pulser.bench.clock.now
    pulser.say(f"{SET_UP};CN 202;SPM 202,2;SPV 202,2,0,1;SPT 202,2,5E-7,2E-6,2E-8;SPRM 1,3;SRP")
    assert pulser.error() == '+0,"No Error."'
    assert pulser.bench.clock.now - began == pytest.approx(3e-5)
    assert pulser.bench.levels["analyzer.spgu202"] == 0.0
    pulser.say("SPM 202,0;SPV 202,0,0.75;SPUPD 202")
    assert pulser.bench.levels["analyzer.spgu202"] == pytest.approx(1.5)


def test_what_is_set_can_be_asked_for(pulser):
    pulser.say(SET_UP)
    assert [float(part) for part in pulser("SPV? 201,1").split(",")] == [0.2, 1.5]
    assert [float(part) for part in pulser("SPT? 201,1").split(",")] == [0.0, 1e-6, 2e-8, 2e-8]
    assert float(pulser("SPPER?")) == 1e-5 and pulser("SPRM?") == "1,100"
    assert pulser("SPM? 201") == "1" and float(pulser("SER? 201")) == 50.0 and pulser("SIM?") == "0"


@pytest.mark.parametrize(
    ("lines", "code"),
    [
        ("SPV 201,1,0,21", 120), ("SPV 201,3,0,1", 120), ("SPPER 1E-8", 120), ("SPM 201,3", 120),
        ("SPT 201,1,0,1E-9,2E-8", 120), ("SIM 1", 120), ("SPRM 1,0", 120), ("SPRM 1,1.5", 120),
        ("SPUPD 201", 200), ("SPV 1,1,0,1", 151), ("DV 2,0,1,1E-3", 151), ("SPV 301,1,0,1", 153),
        ("CN 201;SRP", 120), ("CN 201;SPRM 2,100;SRP", 120),
        ("CN 201;SPRM 1,1;SPT 201,1,0,1E-5,2E-8;SRP", 120),
    ],
)  # fmt: skip
def test_what_the_generator_cannot_do_is_refused_with_its_number(pulser, lines, code):
    pulser.say(lines)
    assert int(pulser("ERRX? 1")) == code
    assert pulser.bench.pulses == []


# -- what the outputs do (table 4-26) -----------------------------------------------------------

OFF_SLOTS = ",00" * 9


@pytest.mark.parametrize(
    ("forcing", "code"),
    [
        ("DV 1,0,1,1E-3", "01"),
        ("DV 1,0,1,1E-5", "12"),
        ("DV 1,0,-1,1E-5", "13"),
        ("DI 1,0,1E-4,5", "02"),
        ("DI 1,0,-1E-4,5", "03"),
        ("DI 1,0,1E-3,5", "11"),
    ],
)
def test_lop_tells_what_a_unit_forces_and_whether_its_compliance_holds_it(analyzer, forcing, code):
    analyzer.say(f"CN 1;{forcing}")
    assert analyzer("LOP?") == f"LOP{code}{OFF_SLOTS}"


def test_lop_tells_nothing_of_a_switch_that_is_off(analyzer):
    analyzer.say("CN 2")
    assert analyzer("LOP?") == "LOP00,01" + ",00" * 8
    analyzer.say("CL")
    assert analyzer("LOP?") == f"LOP00{OFF_SLOTS}"


def test_wz_tells_whether_an_output_is_farther_than_2_v_from_zero(analyzer):
    analyzer.say("CN 1;DV 1,0,1.9,1E-2")
    assert analyzer("WZ?") == "0"
    analyzer.say("DV 1,0,-2.1,1E-2")
    assert analyzer("WZ?") == "1"
    analyzer.say("DZ 1")
    assert analyzer("WZ?") == "0"


def test_wz_waits_no_longer_than_its_timeout(analyzer):
    analyzer.say("CN 1;DV 1,0,5,1E-2")
    began = analyzer.bench.clock.now
    assert analyzer("WZ? 3") == "1"
    assert analyzer.bench.clock.now - began == pytest.approx(3.0)


def test_wz_knows_of_an_output_of_the_pulse_generator():
    analyzer = Analyzer(slots=["B1525A"])
    analyzer.say("CN 101;SIM 1;SPM 101,0;SPV 101,0,3;SPUPD 101")
    assert analyzer("WZ?") == "1"
