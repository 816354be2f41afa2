"""tm_devices 3.7's SS3706A, unmodified, against the simulated switch.

It knows the mainframe as "MODEL 3706A" only; variants such as 3706A-SNFP it does not take.
"""

import pytest
from tm_devices import DeviceManager
from tm_devices.drivers import SS3706A
from tm_devices.helpers.logging import LoggingLevels, configure_logging

CHIP = """
[chip]
preset = "neurram-130nm"
rows = 2
columns = 2

[[instrument]]
name = "matrix"
model = "keithley3706a"
address = "USB0::0x05E6::0x3706::04400001::INSTR"
options = { model = "3706A", cards = ["3730", "", "3730"] }
"""

pytestmark = [
    # It asks for a status byte when it opens, which a raw socket has not, and says so.
    pytest.mark.filterwarnings("ignore:A VISA IO error occurred:UserWarning"),
    # It refuses VXI-11 addresses with a port; those without one take a port mapper on port 111.
    pytest.mark.parametrize("road", ["in-process", "tcp", "hislip"], indirect=True),
]


@pytest.fixture
def switch(road):
    configure_logging(log_console_level=LoggingLevels.NONE, log_file_level=LoggingLevels.NONE)
    with DeviceManager(verbose=False) as manager:
        manager.setup_cleanup_enabled = manager.teardown_cleanup_enabled = False
        manager.visa_library = road.visa
        driver = manager.add_ss(**road.tm_device("matrix"))
        driver.ieee_cmds.cls()
        yield driver
        driver.expect_esr(0)


def test_it_takes_the_instrument_for_what_it_is(switch):
    assert isinstance(switch, SS3706A)
    assert (switch.model, switch.total_channels) == ("MODEL 3706A", 576)


def test_it_closes_opens_and_counts(switch):
    channel = switch.commands.channel
    channel.close("1101,1203")
    assert channel.getclose("allslots") == "1101;1203"
    assert channel.getstate("1101:1103") == "1,0,0"
    channel.exclusiveclose("3101")
    assert channel.getclose("allslots") == "3101"
    channel.exclusiveslotclose("1102")
    assert channel.getclose("allslots") == "1102;3101"
    channel.open("allslots")
    assert channel.getclose("allslots") == "nil"
    assert channel.getcount("1101,3101") == "1,1"
    assert channel.gettype("1101,1911") == "1,2"


def test_it_sets_rules_delays_labels_patterns_and_forbidden_channels(switch):
    channel = switch.commands.channel
    channel.connectrule = 2
    assert float(channel.connectrule) == 2
    channel.connectsequential = 1
    assert float(channel.connectsequential) == 1
    channel.setdelay("1101", 0.5)
    assert float(channel.getdelay("1101")) == 0.5
    channel.setlabel("1101", "drain")
    assert channel.getlabel("1101") == "drain"
    channel.pattern.setimage("1101,1102", "path")
    assert channel.pattern.getimage("path") == "1101,1102"
    channel.close("path")
    channel.pattern.snapshot("again")
    assert channel.pattern.getimage("again") == "1101,1102"
    channel.pattern.delete("path")
    channel.setforbidden("1103")
    assert channel.getforbidden("allslots") == "1103"
    channel.clearforbidden("allslots")
    assert channel.getforbidden("allslots") == "nil"
    channel.setbackplane("1101", "1911")
    assert channel.getbackplane("1101") == "1911"
    assert channel.getimage("1101") == "1101,1911"
    assert channel.getpole("1101") == "2"
    channel.reset("allslots")
    assert channel.getclose("allslots") == "nil"


def test_it_reads_the_slots_and_keeps_setups(switch):
    slot = switch.commands.slot
    assert slot[1].idn.startswith("3730,6x16 High Density Matrix,")
    assert slot[2].idn == "Empty Slot"
    assert [float(slot[1].rows.matrix), float(slot[1].columns.matrix)] == [6, 16]
    assert [float(slot[1].poles.two), float(slot[1].poles.four)] == [1, 0]
    assert float(slot[1].matrix) == 1
    assert float(slot[1].maxvoltage) == 300
    assert float(slot[1].interlock.state) == 1
    switch.commands.channel.close("1101")
    switch.commands.setup.save()
    switch.commands.setup.recall(0)
    assert switch.commands.channel.getclose("allslots") == "nil"
    switch.commands.setup.recall(1)
    assert switch.commands.channel.getclose("allslots") == "1101"
    switch.commands.userstring.add("lab", "x")
    assert switch.commands.userstring.get("lab") == "x"


def test_it_hears_of_an_error(switch):
    switch.commands.channel.close("1917")
    code, [words] = switch.get_errors()
    assert code == 8
    assert "Parameter error invalid channel in channel list 1917" in words
