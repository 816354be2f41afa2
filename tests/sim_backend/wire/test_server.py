"""The raw TCP road, with plain sockets and with pyvisa-py at the other end."""

import math
import random
import socket
import threading
from collections.abc import Iterator

import pytest
import pyvisa
from waiting import drips_until_hung_up, hears

from labcim.errors import RangeError
from labcim.sim_backend.wire.networks import is_welcome, networks_of
from labcim.sim_backend.wire.serve import Ports, serve
from labcim.sim_backend.wire.server import Limits, Server

NAME = "GPIB0::5::INSTR"


@pytest.fixture
def server(bench) -> Iterator[Server]:
    with serve(bench) as running:
        yield running


def connect(server: Server) -> socket.socket:
    port = int(server.addresses["socket"][NAME].split("::")[2])
    return socket.create_connection(("127.0.0.1", port), timeout=5.0)


def ask(client: socket.socket, message: bytes) -> bytes:
    """Send a message and return one line."""
    client.sendall(message)
    return client.makefile("rb").readline()


def test_every_instrument_has_a_port_of_its_own(server, bench):
    addresses = server.addresses["socket"]
    assert set(addresses) == set(bench.instruments)
    assert len(set(addresses.values())) == len(bench.instruments)


def test_a_query_over_a_socket_is_answered(server):
    with connect(server) as client:
        assert ask(client, b"*IDN?\r\n") == b"ACME,SUPPLY,0001,1.0\n"


def test_queries_sent_in_one_packet_are_all_answered_in_turn(server):
    with connect(server) as client:
        client.sendall(b"VOLT 2\nVOLT?\n*OPC?\nVOLT 3\nVOLT?\n")
        lines = client.makefile("rb")
        assert [lines.readline() for _ in range(3)] == [
            b"+2.000000E+00\n",
            b"1\n",
            b"+3.000000E+00\n",
        ]


def test_a_large_block_goes_both_ways(server):
    data = bytes(range(256)) * 8192
    with connect(server) as client:
        client.sendall(b"DATA:BLOC #72097152" + data + b"\nDATA:BLOC?\n")
        reply = client.makefile("rb").read(9 + len(data) + 1)
    assert reply == b"#72097152" + data + b"\n"


def test_a_client_that_dies_inside_a_block_leaves_a_clean_parser(server, bench):
    with connect(server) as client:
        client.sendall(b"VOLT 7;:DATA:BLOC #6100000" + b"x" * 500)
    with connect(server) as client:
        assert ask(client, b"*OPC?\n") == b"1\n"
        assert ask(client, b"SYST:ERR?\n") == b'0,"No error"\n'
    assert bench.supply.data == b""


def test_two_clients_do_not_mix_their_half_messages(server):
    with connect(server) as first, connect(server) as second:
        first.sendall(b"VO")
        assert ask(second, b"*OPC?\n") == b"1\n"
        assert ask(first, b"LT 4;VOLT?\n") == b"+4.000000E+00\n"
        assert ask(second, b"VOLT?\n") == b"+4.000000E+00\n"


def test_a_socket_and_the_in_process_backend_share_the_instrument(server, gpib):
    gpib.write("VOLT 5")
    with connect(server) as client:
        assert ask(client, b"VOLT?\n") == b"+5.000000E+00\n"


def test_a_reply_that_waits_in_process_still_shows_after_a_socket_was_served(server, gpib):
    gpib.write("*IDN?")
    with connect(server) as client:
        assert ask(client, b"*OPC?\n") == b"1\n"
    assert gpib.stb == 16
    assert gpib.read().startswith("ACME")


def test_pyvisa_py_drives_the_server(server):
    manager = pyvisa.ResourceManager("@py")
    resource = manager.open_resource(
        server.addresses["socket"][NAME],
        read_termination="\n",
        write_termination="\n",
        timeout=5000,
    )
    resource.write_binary_values("DATA:BLOC ", bytes(range(256)), datatype="B")
    assert resource.query("*IDN?") == "ACME,SUPPLY,0001,1.0"
    back = resource.query_binary_values("DATA:BLOC?", datatype="B", container=bytes)
    resource.close()
    manager.close()
    assert back == bytes(range(256))


def test_a_line_beyond_the_limit_is_refused_and_the_next_one_works(bench):
    with serve(bench, limits=Limits(line=1000)) as server, connect(server) as client:
        client.sendall(b"DATA:LIST " + b"1," * 5000 + b"1\n")
        assert ask(client, b"SYST:ERR?\n") == b'-223,"Too much data"\n'


def test_a_client_beyond_the_limit_is_turned_away(bench):
    with serve(bench, limits=Limits(connections=1)) as server, connect(server) as first:
        assert ask(first, b"*OPC?\n") == b"1\n"
        with connect(server) as second:
            assert second.recv(1) == b""
        assert ask(first, b"*OPC?\n") == b"1\n"


def test_closing_hangs_up_and_frees_the_port(bench):
    server = serve(bench, roads=["socket"])
    with connect(server) as client:
        assert ask(client, b"*OPC?\n") == b"1\n"
        server.close()
        assert client.recv(1) == b""
    assert server.connections == 0
    before = server.addresses["socket"]
    ports = {name: int(address.split("::")[2]) for name, address in before.items()}
    with serve(bench, roads=["socket"], ports=Ports(ports)) as again:
        assert again.addresses["socket"] == before


@pytest.mark.parametrize("host", ["0.0.0.0", "192.0.2.1", "::", "example.org"])
def test_another_address_than_loopback_needs_an_allow_list(bench, host):
    with pytest.raises(RangeError, match="loopback"):
        serve(bench, host)


def test_an_allow_list_admits_its_networks_and_this_machine_only(bench):
    networks = networks_of(["192.0.2.0/24"], "0.0.0.0")
    for host in ("192.0.2.77", "127.0.0.1", "::ffff:192.0.2.1", "::1"):
        assert is_welcome(host, networks)
    for host in ("198.51.100.1", "fe80::1%eth0", "::ffff:198.51.100.1"):
        assert not is_welcome(host, networks)


def test_a_server_with_an_allow_list_serves_this_machine(bench, caplog):
    with serve(bench, "0.0.0.0", networks=["192.0.2.0/24"]) as server, connect(server) as client:
        assert ask(client, b"*OPC?\n") == b"1\n"
    assert "without authentication" in caplog.text


def test_a_network_that_is_none_is_refused(bench):
    with pytest.raises(RangeError, match="accepts such as"):
        serve(bench, "0.0.0.0", networks=["all"])


def test_a_fault_of_an_instrument_hangs_up_on_its_client_only(server, bench, caplog):
    bench.supply.trigger = lambda: 1 // 0
    with connect(server) as client:
        client.sendall(b"*TRG\n")
        assert client.recv(1) == b""
    assert "hanging up" in caplog.text
    with connect(server) as client:
        assert ask(client, b"*OPC?\n") == b"1\n"


def test_garbage_is_refused_and_the_next_message_works(server, bench):
    garbage = random.Random(6).randbytes(200_000).replace(b"\n", b"?")
    with connect(server) as client:
        client.sendall(garbage + b"\n")
        assert ask(client, b"*OPC?\n") == b"1\n"
    assert bench.supply.errors.pop_all()


def test_a_client_that_never_reads_does_not_keep_others_from_being_served(server):
    with connect(server) as deaf, connect(server) as client:
        deaf.sendall(b"DATA:BLOC #6999999" + bytes(999_999) + b"\n" + b"DATA:BLOC?\n" * 50)
        assert ask(client, b"*OPC?\n") == b"1\n"


def test_a_server_closes_on_a_client_that_never_reads(bench):
    server = serve(bench, roads=["socket"])
    with connect(server) as deaf:
        deaf.sendall(b"DATA:BLOC #6999999" + bytes(999_999) + b"\n" + b"DATA:BLOC?\n" * 50)
        server.close()
    assert server.connections == 0


def test_a_message_that_comes_byte_by_byte_is_not_waited_for_for_ever(bench):
    limits = Limits(idle=0.1)
    with serve(bench, limits=limits) as server, connect(server) as client:
        assert drips_until_hung_up(client)
        with connect(server) as other:
            assert ask(other, b"*OPC?\n") == b"1\n"
            assert other.recv(1) == b""  # it was silent for too long


@pytest.mark.parametrize("idle", [1e300, math.inf])
def test_a_patience_without_end_is_no_trouble(bench, idle):
    with serve(bench, limits=Limits(idle=idle)) as server, connect(server) as client:
        assert ask(client, b"*OPC?\n") == b"1\n"


def test_a_client_who_cannot_be_served_keeps_nobody_out(bench, monkeypatch):
    with serve(bench, roads=["socket"]) as server:
        with monkeypatch.context() as patch:
            patch.setattr(threading.Thread, "start", no_thread)
            with connect(server) as client:
                assert client.recv(1) == b""
        assert server.connections == 0
        with connect(server) as client:
            assert ask(client, b"*OPC?\n") == b"1\n"


def no_thread(_thread):
    raise RuntimeError("can't start new thread")


def test_an_ipv6_address_stands_in_brackets_in_a_resource_name(bench):
    with serve(bench, "::1") as server:
        for by_name in server.addresses.values():
            assert all(name.startswith("TCPIP0::[::1]") for name in by_name.values())


def test_a_long_message_that_goes_on_is_waited_for(bench):
    limits = Limits(idle=0.2)
    with serve(bench, limits=limits) as server, connect(server) as client:
        client.sendall(b"DATA:BLOC #71200000")
        for _ in range(12):
            client.sendall(bytes(100_000))
            assert not hears(client, 0.03)
        assert ask(client, b"\n*OPC?\n") == b"1\n"
    assert len(bench.supply.data) == 1_200_000


def test_a_script_that_takes_long_is_nobodys_silence(scripted):
    limits = Limits(idle=0.1)
    with serve(scripted, limits=limits) as server, connect(server) as client:
        slow = b"for i = 1, 3e7 do local x = i end print('done')\n"
        assert ask(client, slow) == b"done\n"
