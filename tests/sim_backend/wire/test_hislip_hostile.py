"""HiSLIP clients that know no manners: each gets its answer, and the next one a clean server."""

import threading
import time

import pytest
from hislip_client import (
    ASYNC_DEVICE_CLEAR,
    ASYNC_INITIALIZE,
    ASYNC_LOCK,
    ASYNC_MAX_SIZE,
    ASYNC_REMOTE_LOCAL,
    ASYNC_STATUS_QUERY,
    DATA,
    DATA_END,
    ERROR,
    FATAL_ERROR,
    FIRST,
    HEADER,
    INITIALIZE,
    INITIALIZE_RESPONSE,
    Channel,
    HislipClient,
)
from waiting import drips_until_hung_up, wait_until

from labcim.sim_backend.wire.serve import serve
from labcim.sim_backend.wire.server import Limits

BAD_HEADER, CHANNELS_MISSING, BAD_INITIALIZATION, TOO_MANY = 1, 2, 3, 4
UNIDENTIFIED, UNKNOWN_KIND, UNKNOWN_CONTROL, UNKNOWN_VENDOR_KIND, TOO_LARGE = range(5)
VERSION = 0x0100 << 16


def port_of(server) -> int:
    address = next(iter(server.addresses["hislip"].values()))
    return int(address.split(",")[1].split("::")[0])


@pytest.fixture
def port(served):
    """Return the port; after the test the server must still serve, and hold nobody."""
    yield port_of(served)
    with HislipClient(port_of(served)) as next_one:
        assert next_one.query(b"*OPC?") == b"1\n"
    wait_until(lambda: served.connections == 0, 5.0, "everybody is forgotten")


def is_hung_up(channel: Channel) -> bool:
    try:
        channel.receive()
    except (EOFError, ConnectionError):
        return True
    return False


@pytest.mark.parametrize(
    "data",
    [b"GET / HTTP/1.1\r\n\r\n", b"\x00" * 16, b"*IDN?\n" * 9, b"HX" + bytes(14), b"\xff" * 64],
)
def test_what_is_no_header_is_a_fatal_error(port, data):
    with Channel(port) as channel:
        channel.socket.sendall(data)
        assert channel.receive()[:2] == (FATAL_ERROR, BAD_HEADER)
        assert is_hung_up(channel)


@pytest.mark.parametrize("kind", [DATA, DATA_END, ASYNC_STATUS_QUERY, 99, 200])
def test_a_connection_that_begins_with_something_else_is_a_fatal_error(port, kind):
    with Channel(port) as channel:
        assert channel.ask(kind)[:2] == (FATAL_ERROR, BAD_INITIALIZATION)
        assert is_hung_up(channel)


@pytest.mark.parametrize("device", [b"hislip7", b"inst0", b"x" * 257, b"\xff\x00"])
def test_a_device_that_there_is_not_is_a_fatal_error(port, device):
    with Channel(port) as channel:
        answer = channel.ask(INITIALIZE, 0, VERSION, device)
        assert answer[:2] == (FATAL_ERROR, BAD_INITIALIZATION)


@pytest.mark.parametrize("session", [0, 1, 65535, 2**32 - 1])
def test_a_session_that_there_is_not_cannot_be_joined(port, session):
    with Channel(port) as channel:
        answer = channel.ask(ASYNC_INITIALIZE, 0, session)
        assert answer[:2] == (FATAL_ERROR, BAD_INITIALIZATION)


def test_a_session_is_joined_once(port):
    with HislipClient(port) as client, Channel(port) as third:
        answer = third.ask(ASYNC_INITIALIZE, 0, client.session)
        assert answer[:2] == (FATAL_ERROR, BAD_INITIALIZATION)
        assert client.query(b"*OPC?") == b"1\n"


def test_messages_before_the_second_channel_are_a_fatal_error(port):
    with Channel(port) as channel:
        assert channel.ask(INITIALIZE, 0, VERSION, b"hislip0").kind == INITIALIZE_RESPONSE
        answer = channel.ask(DATA_END, 0, FIRST, b"*IDN?")
        assert answer[:2] == (FATAL_ERROR, CHANNELS_MISSING)


@pytest.mark.parametrize(
    ("kind", "reason"),
    [(INITIALIZE, 1), (ASYNC_STATUS_QUERY, 1), (38, 1), (127, 1), (128, 3), (255, 3)],
)
def test_a_message_that_means_nothing_is_passed_over_with_its_payload(port, kind, reason):
    with HislipClient(port) as client:
        assert client.sync.ask(kind, 0, 0, b"HS" * 5000)[:2] == (ERROR, reason)
        assert client.query(b"*OPC?") == b"1\n"
        assert client.errors() == []


@pytest.mark.parametrize(("kind", "reason"), [(DATA, 1), (ASYNC_INITIALIZE, 1), (26, 1), (222, 3)])
def test_so_it_is_on_the_asynchronous_channel(port, kind, reason):
    with HislipClient(port) as client:
        assert client.other.ask(kind, 0, 0, b"HS" * 5000)[:2] == (ERROR, reason)
        assert client.status() == 0


@pytest.mark.parametrize(("kind", "control"), [(ASYNC_LOCK, 2), (ASYNC_REMOTE_LOCAL, 7)])
def test_a_control_code_that_means_nothing_is_an_error(port, kind, control):
    with HislipClient(port) as client:
        assert client.other.ask(kind, control)[:2] == (ERROR, UNKNOWN_CONTROL)
        assert client.status() == 0


@pytest.mark.parametrize("size", [b"", b"\x00" * 7, b"\x00" * 9])
def test_a_size_of_the_wrong_size_is_an_error(port, size):
    with HislipClient(port) as client:
        assert client.other.ask(ASYNC_MAX_SIZE, 0, 0, size)[:2] == (ERROR, UNIDENTIFIED)


@pytest.mark.parametrize("size", [0, 1, 16, 17, 2**64 - 1])
def test_a_foolish_largest_message_still_gets_replies(port, size):
    with HislipClient(port) as client:
        client.other.ask(ASYNC_MAX_SIZE, 0, 0, size.to_bytes(8))
        assert client.query(b"*IDN?") == b"ACME,SUPPLY,0001,1.0\n"


def test_a_message_beyond_the_servers_size_is_passed_over(port):
    with HislipClient(port) as client:
        client.write(b"x" * (16 * 2**20 + 1))
        assert client.sync.receive()[:2] == (ERROR, TOO_LARGE)
        assert client.query(b"*OPC?") == b"1\n"
        assert client.errors() == []


def test_a_payload_without_end_is_a_fatal_error(port):
    with HislipClient(port) as client:
        client.sync.socket.sendall(HEADER.pack(b"HS", DATA_END, 0, FIRST, 2**63))
        assert client.sync.receive()[:2] == (FATAL_ERROR, BAD_HEADER)


def test_garbage_on_the_asynchronous_channel_ends_both(port):
    with HislipClient(port) as client:
        client.other.socket.sendall(b"garbage!garbage!")
        assert client.other.receive()[:2] == (FATAL_ERROR, BAD_HEADER)
        assert is_hung_up(client.sync)


def test_to_leave_one_channel_is_to_leave_both(port):
    with HislipClient(port) as client:
        client.other.socket.close()
        assert is_hung_up(client.sync)
    with HislipClient(port) as client:
        client.sync.socket.close()
        assert is_hung_up(client.other)


@pytest.mark.parametrize("cut", [0, 1, 15, 16, 20])
def test_a_client_that_dies_in_mid_message_leaves_nothing_behind(port, bench, cut):
    with HislipClient(port) as client:
        message = HEADER.pack(b"HS", DATA_END, 0, FIRST, 6) + b"VOLT 9"
        client.sync.socket.sendall(message[:cut])
    assert bench.supply.voltage == 0.0


def test_a_client_that_dies_inside_a_block_leaves_a_clean_parser(port, bench):
    with HislipClient(port) as client:
        client.write(b"VOLT 7;:DATA:BLOC #6100000" + b"x" * 500, DATA)
    with HislipClient(port) as client:
        assert client.query(b"*OPC?") == b"1\n"
        assert client.errors() == []
    assert bench.supply.data == b""


def test_a_client_that_never_reads_does_not_keep_others_from_being_served(port):
    with HislipClient(port) as deaf:
        deaf.write(b"DATA:BLOC #6999999" + bytes(999999))
        for _ in range(20):
            deaf.write(b"DATA:BLOC?")
        with HislipClient(port) as client:
            assert client.query(b"VOLT?") == b"+0.000000E+00\n"


def test_half_a_device_clear_leaves_the_instrument_to_others(port):
    with HislipClient(port) as client:
        client.other.ask(ASYNC_DEVICE_CLEAR)
        with HislipClient(port) as second:
            assert second.query(b"*OPC?") == b"1\n"


def test_a_client_beyond_the_limit_is_told_so(bench):
    with serve(bench, roads=["hislip"], limits=Limits(connections=2)) as server:
        with HislipClient(port_of(server)) as client:
            with Channel(port_of(server)) as third:
                assert third.receive()[:2] == (FATAL_ERROR, TOO_MANY)
            assert client.query(b"*OPC?") == b"1\n"


def test_who_is_silent_for_long_is_hung_up_on(bench):
    with serve(bench, roads=["hislip"], limits=Limits(idle=0.05)) as server:
        with HislipClient(port_of(server)) as client:
            assert is_hung_up(client.sync)
        with Channel(port_of(server)) as channel:
            assert is_hung_up(channel)


def test_who_is_busy_on_one_channel_is_not_silent_on_the_other(bench):
    with (
        serve(bench, roads=["hislip"], limits=Limits(idle=0.5)) as server,
        HislipClient(port_of(server)) as client,
    ):
        until = time.monotonic() + 0.8
        while time.monotonic() < until:
            assert client.status() == 0
        assert client.query(b"*OPC?") == b"1\n"


def test_who_waits_for_a_lock_is_not_silent(bench):
    with serve(bench, roads=["hislip"], limits=Limits(idle=0.2)) as server:
        port = port_of(server)
        with HislipClient(port) as holder, HislipClient(port) as waiting:
            holder.lock()
            answers: list[int] = []
            asking = threading.Thread(target=lambda: answers.append(waiting.lock(30.0)))
            asking.start()
            until = time.monotonic() + 0.5
            while time.monotonic() < until:
                assert holder.query(b"*OPC?") == b"1\n"
            holder.unlock()
            asking.join()
            assert answers == [1]
            assert waiting.query(b"*OPC?") == b"1\n"


def test_a_message_that_comes_byte_by_byte_is_not_waited_for_for_ever(bench):
    with (
        serve(bench, roads=["hislip"], limits=Limits(idle=0.2)) as server,
        HislipClient(port_of(server)) as client,
    ):
        client.sync.socket.sendall(HEADER.pack(b"HS", DATA, 0, FIRST, 10000))
        assert drips_until_hung_up(client.sync.socket)
