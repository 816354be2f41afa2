"""Remote procedure calls that know no manners: each gets its answer, the next a clean server."""

import socket
import struct

import pytest
from vxi11_client import (
    CORE,
    CREATE_LINK,
    ENABLE_SERVICE,
    END,
    READ,
    WRITE,
    Caller,
    Vxi11Client,
    numbers,
    opaque,
    receive_record,
    record,
)
from waiting import wait_until

from labcim.sim_backend.wire.serve import serve
from labcim.sim_backend.wire.server import Limits

PROGRAM_UNAVAILABLE, PROGRAM_MISMATCH, PROCEDURE_UNAVAILABLE, GARBAGE = 1, 2, 3, 4
HUGE = 2**31 - 1


def port_of(server) -> int:
    address = next(iter(server.addresses["vxi11"].values()))
    return int(address.split(",")[1].split("::")[0])


@pytest.fixture
def port(served):
    """Return the port; after the test the server must still serve, and hold nobody."""
    yield port_of(served)
    wait_until(lambda: served.connections == 0, 5.0, "who was there is forgotten")
    with Vxi11Client(port_of(served)) as next_one:
        assert next_one.query(b"*OPC?") == b"1\n"
    wait_until(lambda: served.connections == 0, 5.0, "everybody is forgotten")


def is_hung_up(connection: socket.socket) -> bool:
    try:
        return connection.recv(1) == b""
    except ConnectionError:
        return True


@pytest.mark.parametrize(
    "data",
    [
        b"GET / HTTP/1.1\r\n\r\n",
        b"\xff" * 64,
        numbers(HUGE),
        numbers(1 << 31 | HUGE),
        numbers(0),  # a fragment of nothing that is not the last one
        record(b""),
        record(b"\x00" * 7),
        record(numbers(1, 1, 0, 0, 0, 0)),  # an answer to no call
        record(numbers(1, 7, 2)),
        record(numbers(1, 0, 2, CORE, 1, CREATE_LINK, 0, 401) + bytes(404)),  # credentials
        record(numbers(1, 0, 2, CORE, 1, CREATE_LINK, 0, HUGE)),
    ],
)
def test_what_is_no_call_ends_the_connection(port, data):
    with socket.create_connection(("127.0.0.1", port), timeout=10.0) as connection:
        connection.sendall(data)
        assert is_hung_up(connection)


def test_a_call_may_come_in_fragments_of_any_size(port):
    wish = numbers(9, 0, 2, CORE, 1, CREATE_LINK, 0, 0, 0, 0) + numbers(7, 0, 0) + opaque(b"inst0")
    with socket.create_connection(("127.0.0.1", port), timeout=10.0) as connection:
        for start in range(0, len(wish), 3):
            part = wish[start : start + 3]
            last = start + 3 >= len(wish)
            connection.sendall(numbers(len(part) | last << 31) + part)
        answer = receive_record(connection)
    assert struct.unpack("!7I", answer[:28]) == (9, 1, 0, 0, 0, 0, 0)


def test_another_version_of_the_calls_themselves_is_denied(port):
    with socket.create_connection(("127.0.0.1", port), timeout=10.0) as connection:
        connection.sendall(record(numbers(5, 0, 3, CORE, 1, 0, 0, 0, 0, 0)))
        assert receive_record(connection) == numbers(5, 1, 1, 0, 2, 2)


def test_another_program_version_or_procedure_is_refused_and_the_connection_goes_on(port):
    with Caller(port, CORE + 1) as caller:
        assert caller.ask(0) == (PROGRAM_UNAVAILABLE, b"")
    with Caller(port, CORE, 2) as caller:
        assert caller.ask(0) == (PROGRAM_MISMATCH, numbers(1, 1))
    with Caller(port, CORE) as caller:
        assert caller.ask(99) == (PROCEDURE_UNAVAILABLE, b"")
        assert caller.ask(0) == (0, b"")


@pytest.mark.parametrize(
    "arguments",
    [
        b"",
        numbers(7, 0, 0),
        numbers(7, 2, 0) + opaque(b"inst0"),  # neither true nor false
        numbers(7, 0, 0, HUGE),
        numbers(7, 0, 0, 300) + bytes(300),
    ],
)
def test_arguments_that_are_none_are_garbage(port, arguments):
    with Caller(port, CORE) as caller:
        assert caller.ask(CREATE_LINK, arguments) == (GARBAGE, b"")
        assert caller.ask(0) == (0, b"")


def test_a_write_that_says_more_than_it_brings_is_garbage(port, bench):
    with Vxi11Client(port) as client:
        wish = numbers(client.link, 5000, 0, END, 100) + b"VOLT 9"
        assert client.ask(WRITE, wish) == (GARBAGE, b"")
    assert bench.supply.voltage == 0.0


def test_a_handle_beyond_forty_bytes_is_garbage(port):
    with Vxi11Client(port) as client:
        assert client.ask(ENABLE_SERVICE, numbers(client.link, 1) + opaque(bytes(41)))[0] == GARBAGE


@pytest.mark.parametrize("cut", [0, 3, 4, 30, 60])
def test_a_client_that_dies_in_mid_call_leaves_nothing_behind(port, bench, cut):
    with Vxi11Client(port) as client:
        call = numbers(9, 0, 2, CORE, 1, WRITE, 0, 0, 0, 0, client.link, 1, 0, END)
        client.socket.sendall(record(call + opaque(b"VOLT 9"))[:cut])
    assert bench.supply.voltage == 0.0


def test_a_client_that_dies_inside_a_block_leaves_a_clean_parser(port, bench):
    with Vxi11Client(port) as client:
        client.write(b"VOLT 7;:DATA:BLOC #6100000" + b"x" * 500, flags=0)
    with Vxi11Client(port) as client:
        assert client.query(b"*OPC?") == b"1\n"
        assert client.errors() == []
    assert bench.supply.data == b""


def test_one_clients_links_have_an_end_and_leave_the_others_theirs(port):
    wish = numbers(7, 0, 0) + opaque(b"inst0")
    with Caller(port, CORE) as caller, Caller(port, CORE) as other:
        errors = [int.from_bytes(caller.call(CREATE_LINK, wish)[:4]) for _ in range(300)]
        assert errors == [0] * 64 + [9] * 236
        assert int.from_bytes(other.call(CREATE_LINK, wish)[:4]) == 0


def test_a_client_beyond_the_limit_is_turned_away(bench):
    with serve(bench, roads=["vxi11"], limits=Limits(connections=1)) as server:
        with Vxi11Client(port_of(server)) as client:
            with socket.create_connection(("127.0.0.1", port_of(server))) as other:
                assert is_hung_up(other)
            assert client.query(b"*OPC?") == b"1\n"


def test_who_is_silent_for_long_is_hung_up_on(bench):
    with serve(bench, roads=["vxi11"], limits=Limits(idle=0.05)) as server:
        with Vxi11Client(port_of(server)) as client:
            assert is_hung_up(client.socket)
        with socket.create_connection(("127.0.0.1", port_of(server))) as connection:
            connection.sendall(numbers(1 << 31 | 100))
            assert is_hung_up(connection)


def test_who_goes_away_from_a_long_wait_is_forgotten_whatever_it_sent_behind(bench):
    """The end of the connection lies behind calls that nobody has read yet."""
    with serve(bench, roads=["vxi11"]) as server:
        with Vxi11Client(port_of(server)) as client:
            head = numbers(9, 0, 2, CORE, 1, READ, 0, 0, 0, 0)
            wait = record(head + numbers(client.link, 100, 2**32 - 1, 0, 0, 0))
            client.socket.sendall(wait * 3)
        wait_until(lambda: server.connections == 0, 5.0, "the client is forgotten")
