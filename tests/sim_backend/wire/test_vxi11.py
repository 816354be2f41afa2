"""VXI-11 against its specification, with a client written from it."""

import socket
import struct
import threading

import pytest
from vxi11_client import (
    ABORT,
    CLEAR,
    CORE,
    CREATE_INTERRUPT,
    DESTROY_INTERRUPT,
    DESTROY_LINK,
    DO_COMMAND,
    ENABLE_SERVICE,
    INTERRUPT,
    LOCAL,
    PORT_MAPPER,
    REMOTE,
    TRIGGER,
    WAIT_LOCK,
    Caller,
    Vxi11Client,
    numbers,
    opaque,
    receive_record,
)
from waiting import wait_until

from labcim.sim_backend.wire.serve import Ports, serve

NO_DEVICE, NO_LINK, NOT_SUPPORTED, LOCKED, NO_LOCK, TIMEOUT, ABORTED = 3, 4, 8, 11, 12, 15, 23
NO_CHANNEL, CHANNEL_EXISTS = 6, 29
COUNT, CHARACTER, ENDED = 1, 2, 4
MAV, RQS = 16, 64
ENDLESS = b"while true do end"
LOOPBACK = struct.unpack("!I", socket.inet_aton("127.0.0.1"))[0]


def port_of(server) -> int:
    address = next(iter(server.addresses["vxi11"].values()))
    return int(address.split(",")[1].split("::")[0])


@pytest.fixture
def client(served):
    with Vxi11Client(port_of(served)) as connected:
        yield connected


@pytest.fixture
def second(served):
    with Vxi11Client(port_of(served)) as connected:
        yield connected


def test_a_link_is_told_the_abort_port_and_how_much_a_write_may_hold(client):
    assert client.error == 0
    assert client.abort_port > 0
    assert client.largest >= 1024  # VXI-11, rule B.6.3


def test_each_instrument_is_a_device_on_the_one_port(served, bench):
    bench.other.voltage = 7.0
    with Vxi11Client(port_of(served), "inst1") as client:
        assert client.query(b"VOLT?") == b"+7.000000E+00\n"


@pytest.mark.parametrize("device", ["inst2", "hislip0", "", "gpib0,5"])
def test_a_device_that_there_is_not_is_refused(served, device):
    with Vxi11Client(port_of(served), device) as client:
        assert client.error == NO_DEVICE


def test_a_query_is_answered_to_its_end(client):
    assert client.write(b"*IDN?\n") == 0
    assert client.read() == (0, ENDED, b"ACME,SUPPLY,0001,1.0\n")


def test_a_message_may_come_in_parts(client):
    client.write(b"VO", flags=0)
    client.write(b"LT 4;VO", flags=0)
    client.write(b"LT?")
    assert client.read().data == b"+4.000000E+00\n"


def test_a_read_ends_at_the_count_or_at_a_character_and_goes_on_from_there(client):
    client.write(b"*IDN?")
    assert client.read(3) == (0, COUNT, b"ACM")
    assert client.read(stop=ord(",")) == (0, CHARACTER, b"E,")
    assert client.read() == (0, ENDED, b"SUPPLY,0001,1.0\n")


def test_a_large_block_goes_both_ways(client):
    data = bytes(range(256)) * 1024
    client.write(b"DATA:BLOC #6262144" + data)
    assert client.query(b"DATA:BLOC?") == b"#6262144" + data + b"\n"


def test_a_read_without_a_query_times_out_and_is_an_error_of_the_client(client):
    assert client.read(timeout=0.02) == (TIMEOUT, 0, b"")
    assert client.errors() == [-420]


def test_a_new_message_before_the_reply_was_read_interrupts_it(client):
    client.write(b"*IDN?")
    assert client.query(b"VOLT?") == b"+0.000000E+00\n"
    assert client.errors() == [-410]


def test_message_available_lasts_until_the_reply_is_read(client):
    client.write(b"*IDN?")
    assert client.status() == MAV
    client.read()
    assert client.status() == 0


def test_a_poll_clears_the_request_and_the_query_keeps_the_summary(client):
    client.write(b"*SRE 32;*ESE 1;*OPC")
    assert [client.status(), client.status()] == [0x60, 0x20]
    assert client.query(b"*STB?") == b"96\n"


def test_replies_of_two_links_are_not_mixed(client, second):
    client.write(b"*IDN?")
    second.write(b"VOLT?")
    assert client.read().data == b"ACME,SUPPLY,0001,1.0\n"
    assert second.read().data == b"+0.000000E+00\n"


def test_a_trigger_reaches_the_instrument_and_its_refusal_the_error_queue(client, bench):
    assert [client.do(TRIGGER) for _ in range(3)] == [0, 0, 0]
    assert client.errors() == [-211]
    assert bench.supply.triggers == 2


def test_device_clear_forgets_a_half_message_and_an_unread_reply(client, bench):
    client.write(b"*IDN?")
    client.write(b"VOLT 5;BLO", flags=0)
    assert client.do(CLEAR) == 0
    assert bench.supply.clears == 1
    assert client.status() == 0
    assert client.query(b"VOLT?") == b"+0.000000E+00\n"


def test_device_clear_ends_a_script_that_runs(scripted):
    with serve(scripted) as server, Vxi11Client(port_of(server)) as client:
        assert client.write(ENDLESS, timeout=0.05) == 0  # taken; the instrument is at it
        assert client.write(b"print(1)", timeout=0.05) == TIMEOUT
        assert client.read(timeout=0.05) == (TIMEOUT, 0, b"")
        assert client.status() == 0
        assert client.do(CLEAR) == 0
        assert client.query(b"print(1+1)") == b"2.00000e+00\n"
        assert b"abort" in client.query(b"print(errorqueue.next())")


def test_an_abort_ends_the_call_that_is_going_on(scripted):
    with serve(scripted) as server, Vxi11Client(port_of(server)) as client:
        results: list[int] = []
        writing = threading.Thread(target=lambda: results.append(client.write(ENDLESS)))
        writing.start()
        with Caller(client.abort_port, ABORT) as other:
            while writing.is_alive():  # until the call had begun when the abort came
                assert other.call(1, numbers(client.link)) == numbers(0)
        assert results == [ABORTED]
        assert client.query(b"print(1)") == b"1.00000e+00\n"


def test_an_abort_ends_a_read_that_waits(client):
    answers: list[object] = []
    reading = threading.Thread(target=lambda: answers.append(client.read(timeout=60.0)))
    reading.start()
    with Caller(client.abort_port, ABORT) as other:
        while reading.is_alive():
            other.call(1, numbers(client.link))
    assert answers == [(ABORTED, 0, b"")]


def test_an_abort_of_no_link_is_refused(client):
    with Caller(client.abort_port, ABORT) as other:
        assert other.call(1, numbers(client.link + 1)) == numbers(NO_LINK)


def test_a_lock_keeps_others_out(client, second):
    assert client.lock() == 0
    assert second.write(b"VOLT 3") == LOCKED
    assert second.read().error == LOCKED
    assert [second.do(what) for what in (TRIGGER, CLEAR, REMOTE, LOCAL)] == [LOCKED] * 4
    assert second.lock() == LOCKED
    assert client.query(b"VOLT?") == b"+0.000000E+00\n"
    assert client.unlock() == 0
    assert second.write(b"VOLT 3") == 0


def test_a_lock_is_waited_out_where_that_is_wanted(client, second):
    client.lock()
    assert second.lock(WAIT_LOCK, 0.02) == LOCKED
    errors: list[int] = []
    waiting = threading.Thread(target=lambda: errors.append(second.lock(WAIT_LOCK, 30.0)))
    waiting.start()
    client.unlock()
    waiting.join()
    assert errors == [0]


def test_a_link_may_come_with_a_lock_or_not_at_all(served, client):
    with Vxi11Client(port_of(served), locked=True) as second:
        assert client.write(b"VOLT 3") == LOCKED
        with Vxi11Client(port_of(served), locked=True) as third:
            assert third.error == LOCKED
        assert second.unlock() == 0
    assert client.write(b"VOLT 3") == 0


def test_a_lock_counts_once_and_only_its_holder_releases_it(client, second):
    assert [client.lock(), client.lock()] == [0, 0]
    assert second.unlock() == NO_LOCK
    assert [client.unlock(), client.unlock()] == [0, NO_LOCK]


def test_a_client_that_goes_away_gives_its_lock_back(served, client):
    with Vxi11Client(port_of(served)) as second:
        second.lock()
    wait_until(lambda: client.write(b"VOLT 3") == 0, 5.0, "the lock is free")


def test_remote_and_local_are_accepted_and_commands_to_an_interface_are_not(client):
    assert [client.do(REMOTE), client.do(LOCAL)] == [0, 0]
    command = numbers(client.link, 0, 0, 0, 0x020000, 1, 1) + opaque(b"")
    assert client.call(DO_COMMAND, command) == numbers(NOT_SUPPORTED, 0)


def test_a_link_that_is_gone_is_refused_everywhere(client):
    assert client.error_of(DESTROY_LINK, client.link) == 0
    assert client.error_of(DESTROY_LINK, client.link) == NO_LINK
    assert client.write(b"*RST") == NO_LINK
    assert client.read().error == NO_LINK
    assert client.do(CLEAR) == NO_LINK


class Interrupts:
    """The client's end of the interrupt channel."""

    def __init__(self, client: Vxi11Client) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0))
        port = self._listener.getsockname()[1]
        wish = (LOOPBACK, port, INTERRUPT, 1, 0)
        assert client.error_of(CREATE_INTERRUPT, *wish) == 0
        self.line, _ = self._listener.accept()
        self.line.settimeout(5.0)

    def __enter__(self) -> "Interrupts":
        return self

    def __exit__(self, *details: object) -> None:
        self.line.close()
        self._listener.close()

    def handle(self) -> bytes:
        """Return the handle that came with a service request."""
        data = receive_record(self.line)
        head = struct.unpack("!10I", data[:40])
        assert head[1:6] == (0, 2, INTERRUPT, 1, 30)
        length = struct.unpack("!I", data[40:44])[0]
        return data[44 : 44 + length]


def enable(client: Vxi11Client, on: bool, handle: bytes = b"") -> int:
    wish = numbers(client.link, on) + opaque(handle)
    return int.from_bytes(client.call(ENABLE_SERVICE, wish))


def test_a_service_request_comes_with_the_links_handle_once_until_it_is_polled(client):
    with Interrupts(client) as interrupts:
        assert enable(client, True, b"\x01\x02handle") == 0
        client.write(b"*SRE 32;*ESE 1;*OPC")
        assert interrupts.handle() == b"\x01\x02handle"
        client.write(b"*OPC")
        assert client.status() & RQS
        client.query(b"*ESR?")
        client.write(b"*OPC")
        assert interrupts.handle() == b"\x01\x02handle"


def test_a_request_that_came_before_is_told_when_requests_are_enabled(client):
    client.write(b"*SRE 16")
    client.write(b"*IDN?")
    with Interrupts(client) as interrupts:
        enable(client, True, b"x")
        assert interrupts.handle() == b"x"


def test_nothing_is_sent_where_requests_are_not_enabled(client):
    with Interrupts(client) as interrupts:
        enable(client, True, b"x")
        enable(client, False)
        client.write(b"*SRE 32;*ESE 1;*OPC")
        assert client.error_of(DESTROY_INTERRUPT) == 0
        with pytest.raises(EOFError):
            interrupts.handle()


def test_there_is_one_interrupt_channel_and_it_goes_to_the_client_itself(client):
    assert client.error_of(DESTROY_INTERRUPT) == NO_CHANNEL
    elsewhere = struct.unpack("!I", socket.inet_aton("192.0.2.1"))[0]
    assert client.error_of(CREATE_INTERRUPT, elsewhere, 80, INTERRUPT, 1, 0) == NO_CHANNEL
    assert client.error_of(CREATE_INTERRUPT, LOOPBACK, 1, INTERRUPT, 1, 0) == NO_CHANNEL
    with Interrupts(client):
        wish = (LOOPBACK, 1, INTERRUPT, 1, 0)
        assert client.error_of(CREATE_INTERRUPT, *wish) == CHANNEL_EXISTS


def test_a_port_mapper_tells_where_the_core_channel_is(bench):
    with serve(bench, ports=Ports(mapper=0)) as server:
        with Caller(server.mapper_port, PORT_MAPPER, 2) as mapper:
            assert mapper.call(3, numbers(CORE, 1, 6, 0)) == numbers(port_of(server))
            assert mapper.call(3, numbers(CORE, 1, 17, 0)) == numbers(0)
            assert mapper.call(4) == numbers(1, CORE, 1, 6, port_of(server), 0)


def test_a_wait_for_the_bench_ends_when_the_client_goes_away(served, client):
    with Vxi11Client(port_of(served)) as second:
        client.lock()
        second.socket.settimeout(0.05)
        with pytest.raises(TimeoutError):
            second.lock(WAIT_LOCK, 3600.0)
        before = served.connections
    wait_until(lambda: served.connections < before, 5.0, "the client is forgotten")
