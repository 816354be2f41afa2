"""tm_devices 3.7's SMU2450, unmodified, against the simulated one, which speaks TSP."""

import pytest
from third_party.resistor_chip import OHM, resistor_chip
from tm_devices import DeviceManager
from tm_devices.drivers import SMU2450
from tm_devices.helpers import configure_logging

CHIP = resistor_chip("keithley2450", "USB0::0x05E6::0x2450::04400001::INSTR", 'language = "TSP"')

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


def source(smu):
    commands = smu.commands
    commands.smu.source.func = "smu.FUNC_DC_VOLTAGE"
    commands.smu.measure.func = "smu.FUNC_DC_CURRENT"
    commands.smu.source.ilimit.level = 1e-3
    commands.smu.source.level = 1
    commands.smu.source.output = "smu.ON"


def test_it_takes_the_instrument_for_what_it_is(smu):
    assert isinstance(smu, SMU2450)
    assert (smu.model, smu.total_channels) == ("MODEL 2450", 1)


def test_it_sets_and_measures_through_its_command_tree(smu):
    smu.ieee_cmds.cls()
    source(smu)
    assert float(smu.commands.smu.measure.read()) == pytest.approx(1.0 / OHM, rel=1e-3)
    assert smu.commands.smu.source.output == "smu.ON"
    assert smu.ieee_cmds.opc() == "1"
    smu.expect_esr(0)


def test_a_setting_is_checked_by_reading_it_back(smu):
    smu.enable_verification = True
    smu.set_and_check("smu.source.ilimit.level", 1e-3, tolerance=1e-9)


def test_a_sweep_fills_a_buffer_that_is_read(smu):
    source(smu)
    smu.commands.smu.source.sweeplinear("IV", 0, 1, 5, 1e-3)
    smu.commands.trigger.model.initiate()
    smu.write("waitcomplete()")
    amps, volts = smu.get_buffers("defbuffer1.readings", "defbuffer1.sourcevalues").values()
    assert volts == pytest.approx([0.0, 0.25, 0.5, 0.75, 1.0], abs=1e-3)
    assert amps == pytest.approx([v / OHM for v in volts], rel=1e-3, abs=30e-9)


def test_it_hears_of_an_error(smu):
    smu.ieee_cmds.cls()
    smu.write("smu.source.level = 1000")
    code, messages = smu.get_errors()
    assert code == 16
    assert messages[0].startswith("-222\t")
