"""A device clear from another session ends a script that would run for ever, on every road."""

import threading

import pytest
import pyvisa
from third_party.two_channel_chip import CHIP as CHIP

# A raw socket has no device clear; there the budget alone ends a script.
pytestmark = pytest.mark.parametrize("road", ["in-process", "hislip", "vxi11"], indirect=True)

MARK = 0.125
ENDLESS = {
    "loop": "while true do end",
    "loop in pcall": "while true do pcall(function() while true do end end) end",
    "coroutine that swallows its end": (
        "local co = coroutine.create(function() while true do "
        "pcall(function() while true do end end) coroutine.yield() end end) "
        "while true do coroutine.resume(co) end"
    ),
    "patterns": "while true do pcall(string.find, ('a'):rep(300), '.-.-.-b') end",
    "long strings": "while true do local s = ('x'):rep(1e6) end",
    "measurements": "smua.measure.count = 100000 while true do pcall(smua.measure.v) end",
    "a sweep without end": (
        "smua.trigger.source.listv({0.1}) smua.trigger.source.action = 1 smua.trigger.count = 0 "
        "smua.source.output = 1 smua.trigger.initiate()"
    ),
}


@pytest.fixture
def patient(road):
    """Give the instrument's scripts so long that only a device clear can end them in time."""
    box = road.bench.simulated["smu"]._sandbox
    with road.bench.lock:
        box._limits = (32 * 2**20, 10**12, 120.0)
        box._most_work = 10**12
        box._boot()
    return road


@pytest.fixture
def session(patient):
    manager = pyvisa.ResourceManager(patient.visa)
    opened = []

    def open_one():
        one = manager.open_resource(
            patient.addresses["smu"], read_termination="\n", write_termination="\n"
        )
        one.timeout = 60_000
        opened.append(one)
        return one

    yield open_one
    for one in opened:
        one.close()


def until_begun(bench, failed):
    """Wait until the script is at work: it has set a level first."""
    settings = bench.simulated["smu"].channels["b"].values
    while settings["source.levelv"] != MARK and not failed:
        pass


@pytest.mark.parametrize("how", ENDLESS)
def test_a_device_clear_from_another_session_ends_a_script(patient, session, how):
    mine, other = session(), session()
    failed = []

    def write():
        try:
            mine.write(f"smub.source.levelv = {MARK} {ENDLESS[how]}")
        except pyvisa.Error as trouble:
            failed.append(trouble)

    writer = threading.Thread(target=write)
    writer.start()
    until_begun(patient.bench, failed)
    other.clear()
    writer.join(60)
    assert not writer.is_alive() and not failed
    assert "aborted by device clear" in other.query("print(errorqueue.next())")
    assert other.query("print(type(pcall), smub.source.levelv)") == "function\t1.25000e-01"
