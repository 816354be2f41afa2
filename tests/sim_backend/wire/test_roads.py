"""All roads end at one instrument: same answers, fair turns, one lock, and nothing left over."""

import gc
import os
import socket
import threading
import warnings
from collections.abc import Iterator

import pytest
import pyvisa
from hislip_client import HislipClient
from vxi11_client import Vxi11Client
from waiting import wait_until

from labcim.sim_backend.wire.port import _ports
from labcim.sim_backend.wire.serve import ROADS, serve
from labcim.sim_backend.wire.visa_library import LabcimVisaLibrary

NAME = "GPIB0::5::INSTR"
BUSES = ["in-process", "hislip", "vxi11"]
ALL = ["in-process", *ROADS]
LOCKED = pyvisa.constants.StatusCode.error_resource_locked


def port_of(server, road: str) -> int:
    """Return the TCP port of the first instrument on a road."""
    address = server.addresses[road][NAME]
    return int(address.split("::")[2] if road == "socket" else address.split(",")[1].split("::")[0])


@pytest.fixture
def open_on(bench, served) -> Iterator:
    """Return what opens a session on the instrument over a road."""
    local = pyvisa.ResourceManager(LabcimVisaLibrary.over(bench))
    remote = pyvisa.ResourceManager("@py")

    def open_session(road: str, **options):
        options = {"timeout": 2000, "write_termination": "\n", **options}
        if road == "in-process":
            return local.open_resource(NAME, **options)
        if road == "socket":
            options["read_termination"] = "\n"
        return remote.open_resource(served.addresses[road][NAME], **options)

    yield open_session
    remote.close()
    local.close()


@pytest.fixture(params=ALL)
def session(request, open_on):
    with open_on(request.param) as opened:
        yield opened


@pytest.fixture(params=BUSES)
def bus(request, open_on):
    """Yield a session on a road that knows a status byte and a device clear."""
    with open_on(request.param) as opened:
        yield opened


def test_text_and_blocks_go_both_ways(session, bench):
    data = bytes(range(256)) * 1024
    session.write_binary_values("DATA:BLOC ", data, datatype="B")
    assert session.query("*IDN?").strip() == "ACME,SUPPLY,0001,1.0"
    assert session.query_binary_values("DATA:BLOC?", datatype="B", container=bytes) == data
    assert bench.supply.data == data


def test_errors_are_numbered_alike(session):
    session.write("FOO")
    session.write("VOLT 1000")
    answers = [session.query("SYST:ERR?").split(",")[0] for _ in range(3)]
    assert answers == ["-113", "-222", "0"]
    assert session.query("*ESR?").strip() == "176"  # power on, command and execution errors


def test_message_available_and_requests_show_alike(bus):
    bus.write("*SRE 16")
    bus.write("*IDN?")
    assert [bus.stb, bus.stb] == [80, 16]
    bus.read()
    assert bus.stb == 0


def test_an_unread_reply_is_interrupted_alike(bus):
    bus.write("*IDN?")
    bus.write("VOLT?")
    assert bus.read() == "+0.000000E+00\n"
    assert bus.query("SYST:ERR?").startswith("-410")
    assert bus.query("SYST:ERR?").startswith("0")


def test_device_clear_goes_to_the_instrument(bus, bench):
    bus.clear()
    assert bench.supply.clears == 1
    assert bus.query("*OPC?") == "1\n"


@pytest.mark.parametrize(
    "bus", ["in-process", "vxi11"], indirect=True
)  # PyVISA-py's HiSLIP has none
def test_a_trigger_goes_to_the_instrument(bus, bench):
    bus.assert_trigger()
    assert bus.query("*OPC?") == "1\n"
    assert bench.supply.triggers == 1


def test_a_read_without_a_query_times_out(session):
    session.timeout = 50
    with pytest.raises(pyvisa.VisaIOError) as failure:
        session.read()
    assert failure.value.error_code == pyvisa.constants.StatusCode.error_timeout


def test_a_lock_taken_in_process_holds_on_every_road(open_on, served, bench):
    with (
        open_on("in-process") as holder,
        HislipClient(port_of(served, "hislip")) as hislip,
        Vxi11Client(port_of(served, "vxi11")) as vxi11,
        socket.create_connection(("127.0.0.1", port_of(served, "socket"))) as raw,
    ):
        holder.lock_excl()
        hislip.write(b"VOLT 1")
        raw.sendall(b"OUTP2 ON\n")
        assert vxi11.write(b"VOLT 2") == 11
        assert hislip.lock() == 0
        assert holder.query("VOLT?") == "+0.000000E+00\n"
        assert bench.supply.outputs == {}
        holder.unlock()
        wait_until(lambda: bench.supply.outputs == {2: True} and bench.supply.voltage == 1.0)


@pytest.mark.parametrize("road", ["hislip", "vxi11"])
def test_a_lock_taken_on_a_road_holds_in_process(open_on, served, road):
    client = {"hislip": HislipClient, "vxi11": Vxi11Client}[road](port_of(served, road))
    with client, open_on("in-process") as local:
        client.lock()
        with pytest.raises(pyvisa.VisaIOError) as failure:
            local.write("VOLT 3")
        assert failure.value.error_code == LOCKED
    with open_on("in-process") as local:
        wait_until(lambda: local.lock_state == pyvisa.constants.AccessModes.no_lock)
        local.write("VOLT 3")


def test_a_shared_lock_is_shared_across_roads(open_on, served):
    with open_on("in-process") as local, HislipClient(port_of(served, "hislip")) as hislip:
        key = local.lock(requested_key="ours")
        assert hislip.lock(0.0, b"theirs") == 0
        assert hislip.lock(0.0, key.encode()) == 1
        assert hislip.query(b"*OPC?") == b"1\n"


@pytest.mark.parametrize("road", ROADS)
def test_who_floods_the_bench_does_not_starve_others(served, bench, open_on, road):
    """One client sends as much as it can; the others are served while it does."""
    done = threading.Event()
    flood = socket.create_connection(("127.0.0.1", port_of(served, "socket")))

    def send() -> None:
        while not done.is_set():
            flood.sendall(b"OUTP1 ON;*ESE 0\n" * 1000)

    sending = threading.Thread(target=send)
    with flood, open_on(road) as victim, open_on("in-process") as local:
        bench.supply.outputs = Counted()
        sending.start()
        try:
            wait_until(lambda: bench.supply.outputs.count > 10)
            for _ in range(20):
                assert victim.query("*OPC?").strip() == local.query("*OPC?").strip() == "1"
        finally:
            done.set()
            sending.join()


class Counted(dict):
    """Counts how often something is put into it."""

    count = 0

    def __setitem__(self, key, value) -> None:
        self.count += 1
        super().__setitem__(key, value)


def test_scripts_of_several_clients_take_turns(scripted):
    """A script has the bench until it ends; the next one to run is who has waited longest."""
    with serve(scripted, roads=["hislip"]) as server:
        port = port_of(server, "hislip")
        clients = [HislipClient(port) for _ in range(4)]
        for _ in range(5):
            for client in clients:
                client.write(b"local n = 0; for i = 1, 20000 do n = n + i end; print(n)")
            for client in clients:
                assert float(client.read()) == pytest.approx(200010000, rel=1e-4)
        for client in clients:
            client.close()


def _files() -> int:
    return len(os.listdir("/proc/self/fd"))


@pytest.mark.parametrize("road", ALL)
def test_a_thousand_openings_and_closings_leave_nothing_behind(bench, served, open_on, road):
    def cycle() -> None:
        with open_on(road) as opened:
            assert opened.query("*OPC?").strip() == "1"

    cycle()
    wait_until(lambda: served.connections == 0)
    gc.collect()  # what earlier tests have left in cycles is not this one's
    files, threads = _files(), len(threading.enumerate())
    with warnings.catch_warnings():
        warnings.simplefilter("error", ResourceWarning)
        for _ in range(1000):
            cycle()
    gc.collect()
    wait_until(lambda: served.connections == 0)
    wait_until(lambda: len(threading.enumerate()) <= threads)
    assert _files() <= files  # fewer, where something of an earlier test has gone meanwhile
    assert _ports == {}
    assert len(bench.supply.status.listeners) == 0


@pytest.mark.parametrize("road", ROADS)
def test_a_server_that_closes_leaves_nothing_behind(bench, road):
    files, threads = _files(), len(threading.enumerate())
    for _ in range(20):
        with (
            serve(bench, roads=[road]) as server,
            socket.create_connection(("127.0.0.1", port_of(server, road))) as client,
        ):
            client.sendall(b"HS")
    wait_until(lambda: len(threading.enumerate()) <= threads)
    assert _files() <= files  # fewer, where something of an earlier test has gone meanwhile
    assert _ports == {}
