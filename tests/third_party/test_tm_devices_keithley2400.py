"""tm_devices 3.7's SMU2400, unmodified, against the simulated one."""

import pytest
from third_party.resistor_chip import OHM, resistor_chip
from tm_devices import DeviceManager
from tm_devices.drivers import SMU2400
from tm_devices.helpers import configure_logging

CHIP = resistor_chip("keithley2400", "GPIB0::24::INSTR")

pytestmark = [
    # It asks for a status byte when it opens, which a raw socket has not, and says so.
    pytest.mark.filterwarnings("ignore:A VISA IO error occurred:UserWarning"),
    # It refuses VXI-11 addresses with a port; those without one take a port mapper on port 111.
    pytest.mark.parametrize("road", ["in-process", "tcp", "hislip"], indirect=True),
]


@pytest.fixture
def smu(road):
    # It writes files into the working folder unless told otherwise, which it hears once only.
    configure_logging(log_console_level="NONE", log_file_level="NONE")
    with DeviceManager(verbose=False) as manager:
        manager.setup_cleanup_enabled = manager.teardown_cleanup_enabled = False
        manager.visa_library = road.visa
        yield manager.add_smu(**road.tm_device("smu"))


def test_it_takes_the_instrument_for_what_it_is(smu):
    assert isinstance(smu, SMU2400)
    assert (smu.model, smu.total_channels) == ("MODEL 2400", 1)


def test_it_writes_queries_and_sees_no_error(smu):
    smu.write(":SENS:CURR:PROT 1E-3;:SOUR:VOLT 1;:OUTP ON")
    amps = float(smu.query(":READ?").split(",")[1])
    assert amps == pytest.approx(1.0 / OHM, rel=1e-3)
    smu.ieee_cmds.cls()
    assert smu.ieee_cmds.opc() == "1"
    smu.expect_esr(0)
    assert smu.get_errors()[0] == 0


def test_it_hears_of_an_error(smu):
    smu.ieee_cmds.cls()
    smu.write(":SOUR:VOLT 1000")
    code, messages = smu.get_errors()
    assert code == 16
    assert messages[0].startswith('-222,"Parameter data out of range"')
