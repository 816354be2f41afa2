"""What is closed is connected: QCoDeS's switch and source-meter drivers against closed forms.

Four resistors make a crossbar of two rows and two columns without selectors; a fifth stands alone.
Row 1 of the matrix has the source-meter, row 2 ground; columns 1 to 6 have r1, r2, c1, c2, r3, c3.
"""

import pytest
from qcodes.instrument_drivers.Keithley import Keithley2450, Keithley3706A

R11, R12, R21, R22, ALONE = 10e3, 20e3, 30e3, 40e3, 47e3
LIMIT = 1e-3  # A
VOLTAGE = 0.5

CHIP = """
[chip]
preset = "neurram-130nm"
rows = 2
columns = 2

[[instrument]]
name = "smu"
model = "keithley2450"
address = "USB0::0x05E6::0x2450::04412345::INSTR"

[[instrument]]
name = "matrix"
model = "keithley3706a"
address = "USB0::0x05E6::0x3706::04400001::INSTR"

[wiring]
"smu.hi" = "matrix.row1"
"ground" = "matrix.row2"
"matrix.slot1.column1" = "r1"
"matrix.slot1.column2" = "r2"
"matrix.slot1.column3" = "c1"
"matrix.slot1.column4" = "c2"
"matrix.slot1.column5" = "r3"
"matrix.slot1.column6" = "c3"
""" + "".join(
    f'\n[[resistor]]\nbetween = ["{row}", "{column}"]\nohm = {ohm}\n'
    for row, column, ohm in [
        ("r1", "c1", R11), ("r1", "c2", R12), ("r2", "c1", R21), ("r2", "c2", R22),
        ("r3", "c3", ALONE),
    ]
)  # fmt: skip

CLOSED = {
    "nothing": ("1101", 0.0),
    "one cell": ("1105,1206", 1 / ALONE),
    "two cells in parallel": ("1101,1203,1204", 1 / R11 + 1 / R12),
    "a cell and its sneak path": ("1101,1203", 1 / R11 + 1 / (R12 + R22 + R21)),
    "a sneak path cut short": ("1101,1202,1203", 1 / R11 + 1 / (R12 + R22)),
}


@pytest.fixture
def matrix(road):
    driver = Keithley3706A("matrix", road.addresses["matrix"], visalib=road.visa)
    yield driver
    driver.close()


@pytest.fixture
def smu(road):
    driver = Keithley2450("smu", road.addresses["smu"], visalib=road.visa)
    driver.reset()
    driver.source.function("voltage")
    driver.sense.function("current")
    driver.source.limit(LIMIT)
    driver.source.voltage(VOLTAGE)
    driver.sense.nplc(1)
    yield driver
    driver.close()


@pytest.mark.parametrize("what", CLOSED)
def test_the_source_meter_sees_what_is_closed(what, matrix, smu):
    channels, conductance = CLOSED[what]
    matrix.exclusive_close(channels)
    assert matrix.get_closed_channels("allslots") == channels.split(",")
    with smu.output_enabled.set_to(True):
        assert smu.sense.current() == pytest.approx(VOLTAGE * conductance, rel=1e-3, abs=1e-8)
    matrix.open_channel("allslots")


def test_a_short_to_ground_is_in_compliance(matrix, smu):
    matrix.exclusive_close("1101,1201")
    assert matrix.get_closed_channels("allslots") == ["1101", "1201"]
    with smu.output_enabled.set_to(True):
        assert smu.sense.current() == pytest.approx(LIMIT, rel=1e-2)
        assert smu.source.limit_tripped()


def test_opening_all_leaves_nothing_connected(matrix, smu):
    matrix.exclusive_close("1105,1206")
    matrix.open_channel("allslots")
    assert matrix.get_closed_channels("allslots") is None
    with smu.output_enabled.set_to(True):
        assert abs(smu.sense.current()) < 1e-8
