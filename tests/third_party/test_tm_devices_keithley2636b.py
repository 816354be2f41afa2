"""tm_devices 3.7's SMU2636B, unmodified, against the simulated one."""

import pytest
from third_party.two_channel_chip import CHIP as CHIP
from third_party.two_channel_chip import OHM_A
from tm_devices import DeviceManager
from tm_devices.drivers import SMU2636B
from tm_devices.helpers import configure_logging

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
    assert isinstance(smu, SMU2636B)
    assert (smu.model, smu.total_channels) == ("Model 2636B", 2)


def test_it_sets_and_measures_through_its_command_tree(smu):
    smu.ieee_cmds.cls()
    channel = smu.commands.smu["a"]
    channel.source.func = "smua.OUTPUT_DCVOLTS"
    channel.source.limiti = 1e-3
    channel.source.levelv = 1.0
    channel.source.output = "smua.OUTPUT_ON"
    amps = float(channel.measure.i())
    assert amps == pytest.approx(1.0 / OHM_A, rel=5e-4, abs=60e-9)
    assert float(channel.source.levelv) == 1.0
    channel.source.output = 0
    smu.expect_esr(0)


def test_a_setting_is_checked_by_reading_it_back(smu):
    smu.enable_verification = True
    smu.set_and_check("smua.source.limiti", 1e-3, tolerance=1e-9)


def test_a_factory_sweep_fills_a_buffer_that_is_read(smu):
    smu.commands.sweep_v_lin_measure_i("smua", "0", "1", "1e-3", "11")
    buffers = smu.get_buffers("smua.nvbuffer1.readings", "smua.nvbuffer1.sourcevalues")
    amps, volts = buffers.values()
    assert volts == pytest.approx([0.1 * n for n in range(11)])
    assert amps == pytest.approx([v / OHM_A for v in volts], rel=5e-4, abs=260e-9)


def test_a_script_is_loaded_by_name_and_run(smu):
    smu.load_script("twice", script_body="print(2 * 21)")
    assert smu.query("twice()") == "4.20000e+01"
    smu.load_script("twice", script_body="print(2 * 4)", run_script=False)
    assert smu.query("twice()") == "8.00000e+00"
    smu.write("script.delete('twice')")
    assert smu.query("print(twice)") == "nil"


def test_it_hears_of_an_error(smu):
    smu.ieee_cmds.cls()
    smu.write("smua.source.levelv = 1000")
    code, messages = smu.get_errors()
    assert code == 8
    assert messages[0].startswith("1.10100e+03\tParameter Too Big")
