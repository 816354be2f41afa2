"""HiSLIP against IVI-6.1, with a client written from it."""

import struct
import threading

import pytest
from hislip_client import (
    ASYNC_DEVICE_CLEAR,
    ASYNC_INITIALIZE_RESPONSE,
    ASYNC_INTERRUPTED,
    ASYNC_LOCK_INFO,
    ASYNC_MAX_SIZE,
    ASYNC_MAX_SIZE_RESPONSE,
    ASYNC_REMOTE_LOCAL,
    ASYNC_REMOTE_LOCAL_RESPONSE,
    ASYNC_SERVICE_REQUEST,
    DATA,
    DATA_END,
    DEVICE_CLEAR_ACKNOWLEDGE,
    DEVICE_CLEAR_COMPLETE,
    FIRST,
    INITIALIZE_RESPONSE,
    INTERRUPTED,
    HislipClient,
)
from waiting import wait_until

from labcim.sim_backend.wire.serve import serve

GRANTED, RELEASED_SHARED, FAILED, WRONG = 1, 2, 0, 3
MAV, RQS = 16, 64
ENDLESS = b"while true do end"


def port_of(server) -> int:
    address = next(iter(server.addresses["hislip"].values()))
    return int(address.split(",")[1].split("::")[0])


def start_script(client, bench) -> None:
    """Have an endless script run, and come back when it does."""
    client.write(ENDLESS)
    wait_until(lambda: is_busy(bench), 5.0, "the script has begun")


def is_busy(bench) -> bool:
    if bench.lock.acquire(blocking=False):
        bench.lock.release()
        return False
    return True


@pytest.fixture
def client(served):
    with HislipClient(port_of(served)) as connected:
        yield connected


@pytest.fixture
def second(served):
    with HislipClient(port_of(served)) as connected:
        yield connected


def test_both_channels_are_welcomed_in_protocol_1_0_and_synchronised_mode(client):
    kind, control, parameter, payload = client.welcome
    assert (kind, control, parameter >> 16, payload) == (INITIALIZE_RESPONSE, 0, 0x0100, b"")
    assert client.joined.kind == ASYNC_INITIALIZE_RESPONSE


@pytest.mark.parametrize("vendor", [b"\x00\x00", b"\xff\xff", b"KT"])
def test_any_vendor_may_connect(served, vendor):
    with HislipClient(port_of(served), vendor=vendor) as client:
        assert client.query(b"*IDN?\n") == b"ACME,SUPPLY,0001,1.0\n"


def test_each_instrument_has_a_sub_address_on_the_one_port(served, bench):
    bench.other.voltage = 7.0
    with HislipClient(port_of(served), "hislip1") as client:
        assert client.query(b"VOLT?") == b"+7.000000E+00\n"


def test_a_reply_bears_the_number_of_the_message_that_asked(client):
    client.write(b"VOLT 3")
    number = client.write(b"VOLT?")
    assert client.sync.receive() == (DATA_END, 0, number, b"+3.000000E+00\n")


def test_a_message_may_come_in_parts(client):
    client.write(b"VO", DATA)
    client.write(b"LT 4;VO", DATA)
    client.write(b"LT?\n")
    assert client.read() == b"+4.000000E+00\n"


def test_data_without_end_are_ended_by_a_newline(client):
    client.write(b"VOLT?\n", DATA)
    assert client.read() == b"+0.000000E+00\n"


def test_a_large_block_goes_both_ways_in_messages_that_the_client_can_take(client):
    data = bytes(range(256)) * 1024
    answer = client.other.ask(ASYNC_MAX_SIZE, 0, 0, struct.pack("!Q", 65536))
    assert answer.kind == ASYNC_MAX_SIZE_RESPONSE
    assert struct.unpack("!Q", answer.payload)[0] >= 2**20
    client.write(b"DATA:BLOC #6262144" + data)
    number = client.write(b"DATA:BLOC?")
    parts = [client.sync.receive() for _ in range(5)]
    assert [part.kind for part in parts] == [DATA] * 4 + [DATA_END]
    assert all(len(part.payload) + 16 <= 65536 and part.parameter == number for part in parts)
    assert b"".join(part.payload for part in parts) == b"#6262144" + data + b"\n"


def test_numbers_of_messages_begin_again_at_0_after_the_largest(client):
    for _ in range(130):
        assert client.query(b"*OPC?") == b"1\n"
    assert client.last < FIRST
    assert client.errors() == []


def test_message_available_lasts_until_the_client_says_that_it_has_read_all(client):
    client.write(b"*IDN?")
    assert client.status() == MAV
    client.read()
    assert client.status() == 0


def test_a_new_message_says_so_as_well(client):
    client.query(b"*IDN?")
    client.write(b"VOLT 1")
    assert client.status() == 0
    assert client.errors() == []


def test_a_new_message_before_the_reply_was_read_interrupts_it(client):
    client.write(b"*IDN?")
    client.write(b"VOLT?")
    assert client.read() == b"+0.000000E+00\n"
    assert client.errors() == [-410]


def test_message_available_is_not_told_to_one_who_has_sent_more_since(client):
    client.write(b"*IDN?")
    assert client.status() == MAV
    client.next += 4  # as if two messages were on their way
    assert client.status() == 0


def test_a_poll_clears_the_request_and_the_query_keeps_the_summary(client):
    client.write(b"*SRE 32;*ESE 1;*OPC")
    assert [client.status(), client.status()] == [0x60, 0x20]
    assert client.query(b"*STB?") == b"96\n"


def test_device_clear_forgets_a_half_message_and_an_unread_reply(client, bench):
    client.write(b"*IDN?")
    client.write(b"VOLT 5;BLO", DATA)
    client.clear()
    assert bench.supply.clears == 1
    assert bench.supply.voltage == 0.0
    assert client.status() == 0
    assert client.write(b"*OPC?") == FIRST
    assert client.read() == b"1\n"


def test_device_clear_ends_a_reply_that_is_being_sent(client, bench):
    bench.supply.data = bytes(64 * 2**20)  # more than the system takes without a reader
    client.other.ask(ASYNC_MAX_SIZE, 0, 0, struct.pack("!Q", 2**20))
    client.write(b"DATA:BLOC?")
    first = client.sync.receive()
    assert (first.kind, len(first.payload)) == (DATA, 2**20 - 16)
    client.other.ask(ASYNC_DEVICE_CLEAR)
    client.sync.send(DEVICE_CLEAR_COMPLETE)
    kinds = []
    while not kinds or kinds[-1] != DEVICE_CLEAR_ACKNOWLEDGE:
        kinds.append(client.sync.receive().kind)
    assert DATA_END not in kinds
    client.next = FIRST
    assert client.query(b"*OPC?") == b"1\n"


def test_messages_between_the_halves_of_a_device_clear_are_passed_over(client, bench):
    client.other.ask(ASYNC_DEVICE_CLEAR)
    client.write(b"VOLT 9")
    client.clear()
    assert client.query(b"VOLT?") == b"+0.000000E+00\n"


def test_device_clear_ends_a_script_that_runs(scripted):
    with serve(scripted) as server, HislipClient(port_of(server)) as client:
        start_script(client, scripted)
        client.clear()
        assert client.query(b"print(1+1)") == b"2.00000e+00\n"
        assert b"abort" in client.query(b"print(errorqueue.next())")


def test_device_clear_ends_the_script_of_another_client_too(scripted):
    with serve(scripted) as server, HislipClient(port_of(server)) as client:
        start_script(client, scripted)
        with HislipClient(port_of(server)) as other:
            other.clear()
        assert client.query(b"print(7)") == b"7.00000e+00\n"


def test_a_busy_instrument_is_polled_all_the_same(scripted):
    with serve(scripted) as server, HislipClient(port_of(server)) as client:
        client.write(b"print(1)")
        client.read()
        start_script(client, scripted)
        assert client.status() == 0
        client.clear()


def test_replies_of_a_language_that_lets_them_queue_up_are_all_sent(scripted):
    with serve(scripted) as server, HislipClient(port_of(server)) as client:
        numbers = [client.write(b"print(%d)" % n) for n in range(3)]
        messages = [client.sync.receive() for _ in range(3)]
    assert [message.parameter for message in messages] == numbers
    assert [float(message.payload) for message in messages] == [0.0, 1.0, 2.0]


def test_a_trigger_reaches_the_instrument_and_its_refusal_the_error_queue(client, bench):
    for _ in range(3):
        client.trigger()
    assert client.errors() == [-211]
    assert bench.supply.triggers == 2


def test_an_exclusive_lock_makes_others_wait(client, second):
    assert client.lock() == GRANTED
    second.write(b"VOLT 3")
    assert client.query(b"VOLT?") == b"+0.000000E+00\n"
    assert client.unlock() == GRANTED
    assert second.query(b"VOLT?") == b"+3.000000E+00\n"


def test_a_lock_that_another_holds_is_refused_in_time_and_granted_when_it_is_free(client, second):
    client.lock()
    assert second.lock(0.02) == FAILED
    granted = []
    waiting = threading.Thread(target=lambda: granted.append(second.lock(10.0)))
    waiting.start()
    client.unlock()
    waiting.join()
    assert granted == [GRANTED]


def test_a_shared_lock_admits_those_with_its_key(served, client, second):
    assert client.lock(0.0, b"key") == GRANTED
    assert second.lock(0.0, b"other") == FAILED
    assert second.lock(0.0, b"key") == GRANTED
    with HislipClient(port_of(served)) as third:
        assert third.lock() == FAILED
    assert client.unlock() == RELEASED_SHARED


def test_who_shares_a_lock_may_have_the_exclusive_one_and_gives_that_back_first(client, second):
    client.lock(0.0, b"key")
    second.lock(0.0, b"key")
    assert client.lock() == GRANTED
    second.write(b"VOLT 3")
    assert client.query(b"VOLT?") == b"+0.000000E+00\n"
    assert [client.unlock(), client.unlock()] == [GRANTED, RELEASED_SHARED]
    assert second.query(b"VOLT?") == b"+3.000000E+00\n"


def test_to_ask_for_a_lock_twice_or_to_release_none_is_wrong(client):
    assert client.unlock() == WRONG
    assert [client.lock(), client.lock(), client.lock(0.0, b"key")] == [GRANTED, WRONG, WRONG]


def test_anybody_is_told_who_holds_locks(client, second):
    assert second.other.ask(ASYNC_LOCK_INFO)[1:3] == (0, 0)
    client.lock(0.0, b"key")
    assert second.other.ask(ASYNC_LOCK_INFO)[1:3] == (0, 1)
    client.lock()
    assert second.other.ask(ASYNC_LOCK_INFO)[1:3] == (1, 1)


def test_a_client_that_goes_away_gives_its_lock_back(served, client):
    with HislipClient(port_of(served)) as second:
        assert second.lock() == GRANTED
        client.write(b"VOLT?")
    assert client.read() == b"+0.000000E+00\n"


def test_device_clear_comes_through_while_another_holds_the_lock(client, second, bench):
    client.lock()
    second.write(b"VOLT 3")
    second.clear()
    assert bench.supply.clears == 0  # the instrument is the other one's
    client.unlock()
    assert second.query(b"VOLT?") == b"+0.000000E+00\n"


@pytest.mark.parametrize("code", range(7))
def test_remote_and_local_are_accepted(client, code):
    answer = client.other.ask(ASYNC_REMOTE_LOCAL, code, client.last)
    assert answer.kind == ASYNC_REMOTE_LOCAL_RESPONSE


def test_nothing_is_sent_unasked_unless_the_server_is_told_to(client):
    client.write(b"*SRE 16")
    client.write(b"*IDN?")
    assert client.status() == MAV | RQS
    assert client.other.is_silent


def test_a_service_request_is_sent_once_until_it_is_polled(bench):
    with serve(bench, announce=True) as server, HislipClient(port_of(server)) as client:
        client.write(b"*SRE 32;*ESE 1;*OPC")
        message = client.other.receive()
        assert message[:3] == (ASYNC_SERVICE_REQUEST, 0x60, 0)
        client.write(b"*OPC")
        assert client.other.is_silent
        assert client.status() & RQS
        client.query(b"*ESR?")
        client.write(b"*OPC")
        assert client.other.receive().kind == ASYNC_SERVICE_REQUEST


def test_a_request_that_was_made_before_a_client_came_is_told_to_it(bench):
    with serve(bench, announce=True) as server:
        with HislipClient(port_of(server)) as first:
            first.query(b"*SRE 32;*ESE 1;*OPC;*OPC?")
        with HislipClient(port_of(server)) as second:
            assert second.other.receive().kind == ASYNC_SERVICE_REQUEST


def test_an_interruption_is_told_on_both_channels_where_that_is_wanted(bench):
    with serve(bench, announce=True) as server, HislipClient(port_of(server)) as client:
        with bench.lock:  # both messages are there before the first is carried out
            first = client.write(b"*IDN?")
            client.write(b"VOLT?")
        assert client.other.receive()[:3] == (ASYNC_INTERRUPTED, 0, first)
        assert client.sync.receive()[:3] == (INTERRUPTED, 0, first)
        assert client.read() == b"+0.000000E+00\n"
        assert client.errors() == [-410]
