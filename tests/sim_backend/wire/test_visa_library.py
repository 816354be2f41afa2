"""The PyVISA backend, seen through PyVISA as any user sees it."""

import threading
import time
from contextlib import closing

import numpy as np
import pytest
import pyvisa
from pyvisa import constants
from pyvisa.constants import EventMechanism, EventType, ResourceAttribute, StatusCode
from waiting import wait_until

from labcim.sim_backend.wire.visa_library import LabcimVisaLibrary

SRQ = EventType.service_request
NAME = "GPIB0::5::INSTR"


def status_of(failure: pytest.ExceptionInfo[pyvisa.VisaIOError]) -> StatusCode:
    return failure.value.error_code


def test_a_query_is_answered(gpib):
    assert gpib.query("*IDN?") == "ACME,SUPPLY,0001,1.0\n"


def test_resources_are_listed_and_found_without_regard_to_case(manager):
    assert manager.list_resources() == (NAME,)
    assert len(manager.list_resources("?*")) == 2
    with manager.open_resource("gpib0::5::INSTR") as resource:
        assert "ACME" in resource.query("*IDN?")


def test_an_unknown_resource_is_not_found(manager):
    with pytest.raises(pyvisa.VisaIOError) as failure:
        manager.open_resource("GPIB0::6::INSTR")
    assert status_of(failure) == StatusCode.error_resource_not_found


def test_a_reading_without_reply_ends_at_its_timeout_and_leaves_minus_420(gpib, bench):
    gpib.timeout = 60
    begin = time.perf_counter()
    with pytest.raises(pyvisa.VisaIOError) as failure:
        gpib.read()
    waited = time.perf_counter() - begin
    assert status_of(failure) == StatusCode.error_timeout
    assert 0.059 <= waited < 0.5
    assert [code for code, _ in bench.supply.errors.pop_all()] == [-420]


def test_an_immediate_timeout_does_not_wait(gpib):
    gpib.timeout = 0
    begin = time.perf_counter()
    with pytest.raises(pyvisa.VisaIOError):
        gpib.read()
    assert time.perf_counter() - begin < 0.05


def test_a_waiting_reader_leaves_the_bench_to_others_and_gets_a_reply_that_comes_late(
    manager, gpib
):
    gpib.timeout = None
    replies: list[str] = []
    reader = threading.Thread(target=lambda: replies.append(gpib.read()), daemon=True)
    reader.start()
    with manager.open_resource(NAME) as second:
        second.write("*OPC?")
        reader.join(5.0)
    assert replies == ["1\n"]


def test_an_infinite_timeout_reads_back_as_infinite(gpib):
    gpib.timeout = None
    assert gpib.timeout == float("+inf")
    gpib.timeout = 1234
    assert gpib.timeout == 1234


@pytest.mark.parametrize("size", [0, 1, 20 * 1024 - 1, 20 * 1024, 20 * 1024 + 1, 2_000_000])
def test_a_block_comes_back_as_it_was_sent(gpib, size):
    data = np.random.default_rng(size).integers(0, 256, size, np.uint8)
    gpib.write_binary_values("DATA:BLOC ", data, datatype="B")
    back = gpib.query_binary_values("DATA:BLOC?", datatype="B", container=np.array)
    assert np.array_equal(back, data)


def test_a_block_with_newlines_survives_an_enabled_termination_character(gpib):
    gpib.read_termination = "\n"
    data = b"\n\n1\n" * 3000
    gpib.write_raw(b"DATA:BLOC #512000" + data)
    back = gpib.query_binary_values("DATA:BLOC?", datatype="B", container=bytes)
    assert back == data


def test_a_short_read_says_that_there_is_more(gpib):
    gpib.write("*IDN?")
    with gpib.ignore_warning(StatusCode.success_max_count_read):
        first, status = gpib.visalib.read(gpib.session, 4)
    rest, end = gpib.visalib.read(gpib.session, 100)
    assert (first, status) == (b"ACME", StatusCode.success_max_count_read)
    assert (rest, end) == (b",SUPPLY,0001,1.0\n", StatusCode.success)


def test_a_termination_character_inside_a_reply_ends_the_read(gpib):
    gpib.set_visa_attribute(ResourceAttribute.termchar, ord(","))
    gpib.set_visa_attribute(ResourceAttribute.termchar_enabled, True)
    gpib.write("*IDN?")
    assert gpib.visalib.read(gpib.session, 100) == (
        b"ACME,",
        StatusCode.success_termination_character_read,
    )


def test_with_end_suppressed_replies_run_together_until_the_count(manager):
    with manager.open_resource("TCPIP0::bench.local::5025::SOCKET") as resource:
        resource.timeout = 50
        resource.write("*OPC?;*OPC?")
        with resource.ignore_warning(StatusCode.success_max_count_read):
            assert resource.visalib.read(resource.session, 4)[0] == b"1;1\n"
        resource.write("*OPC?")
        with pytest.raises(pyvisa.VisaIOError) as failure:
            resource.visalib.read(resource.session, 100)
    assert status_of(failure) == StatusCode.error_timeout


def test_a_socket_needs_a_newline_and_a_bus_does_not(manager, gpib):
    gpib.write_raw(b"*OPC?")
    assert gpib.read() == "1\n"
    with manager.open_resource("TCPIP0::bench.local::5025::SOCKET", timeout=20) as resource:
        resource.read_termination = "\n"
        resource.write_raw(b"*OPC?")
        with pytest.raises(pyvisa.VisaIOError):
            resource.read()
        resource.write_raw(b"\n")
        assert resource.read() == "1"


def test_without_send_end_a_message_goes_on_in_the_next_write(gpib):
    gpib.set_visa_attribute(ResourceAttribute.send_end_enabled, False)
    gpib.write_raw(b"*ID")
    gpib.set_visa_attribute(ResourceAttribute.send_end_enabled, True)
    gpib.write_raw(b"N?")
    assert gpib.read().startswith("ACME")


def test_a_new_message_interrupts_an_unread_reply(gpib):
    gpib.write("*IDN?")
    assert gpib.query("SYST:ERR?") == '-410,"Query INTERRUPTED"\n'


def test_a_device_clear_drops_the_reply_and_half_a_message(gpib, bench):
    gpib.write("*IDN?")
    gpib.set_visa_attribute(ResourceAttribute.send_end_enabled, False)
    gpib.write_raw(b"VOLT 5;BLO")
    gpib.clear()
    gpib.set_visa_attribute(ResourceAttribute.send_end_enabled, True)
    assert gpib.query("*OPC?") == "1\n"
    assert bench.supply.clears == 1
    assert bench.supply.voltage == 0.0


def test_a_trigger_reaches_the_instrument_and_its_refusal_the_error_queue(gpib, bench):
    for _ in range(3):
        gpib.assert_trigger()
    assert bench.supply.triggers == 2
    assert gpib.query("SYST:ERR?").startswith("-211")


def test_a_serial_poll_clears_rqs_and_stb_query_keeps_mss(gpib):
    gpib.write("*SRE 32;*ESE 1;*OPC")
    assert [gpib.stb, gpib.stb] == [0x60, 0x20]
    assert int(gpib.query("*STB?")) == 0x60


def test_message_available_shows_while_a_reply_waits(gpib):
    gpib.write("*IDN?")
    assert gpib.stb == 16
    gpib.read()
    assert gpib.stb == 0


def test_a_service_request_that_came_first_is_still_waited_for(gpib):
    gpib.write("*SRE 16")
    gpib.write("*IDN?")
    gpib.wait_for_srq(500)
    assert gpib.read().startswith("ACME")


def test_only_a_new_reason_after_a_poll_makes_a_new_event(gpib):
    gpib.enable_event(SRQ, EventMechanism.queue)
    gpib.write("*ESE 1;*SRE 32;*OPC")
    gpib.wait_on_event(SRQ, 100)
    gpib.write("*OPC")
    assert gpib.wait_on_event(SRQ, 0, capture_timeout=True).timed_out
    assert gpib.stb & 64
    gpib.query("*ESR?")
    gpib.write("*OPC")
    assert not gpib.wait_on_event(SRQ, 100, capture_timeout=True).timed_out


def test_waiting_for_an_event_that_was_not_enabled_is_refused(gpib):
    with pytest.raises(pyvisa.VisaIOError) as failure:
        gpib.wait_on_event(SRQ, 0)
    assert status_of(failure) == StatusCode.error_not_enabled


def test_a_handler_runs_on_another_thread_with_a_context_of_its_own(gpib):
    called = threading.Event()
    seen: list[tuple[object, object]] = []

    def handler(resource, event, user):
        seen.append((threading.current_thread(), event.event_type))
        seen.append((resource.stb, user))
        called.set()

    wrapped = gpib.wrap_handler(handler)
    user = gpib.install_handler(SRQ, wrapped, "me")
    gpib.enable_event(SRQ, EventMechanism.handler)
    gpib.write("*SRE 16;*ESE 0")
    gpib.write("*OPC?")
    assert called.wait(5.0)
    gpib.disable_event(SRQ, EventMechanism.handler)
    gpib.uninstall_handler(SRQ, wrapped, user)
    assert seen[0][0] is not threading.current_thread()
    assert seen[0][1] == SRQ
    assert seen[1] == (0x50, "me")


def test_an_exclusive_lock_keeps_other_sessions_out(manager, gpib):
    second = manager.open_resource(NAME, timeout=20)
    gpib.lock_excl()
    with pytest.raises(pyvisa.VisaIOError) as failure:
        second.write("*RST")
    assert status_of(failure) == StatusCode.error_resource_locked
    assert gpib.lock_state == constants.AccessModes.exclusive_lock
    gpib.unlock()
    assert second.query("*OPC?") == "1\n"


def test_a_shared_lock_admits_those_with_its_key(manager, gpib):
    second = manager.open_resource(NAME, timeout=20)
    third = manager.open_resource(NAME, timeout=20)
    key = gpib.lock()
    assert second.lock(requested_key=key) == key
    assert second.query("*OPC?") == "1\n"
    with pytest.raises(pyvisa.VisaIOError):
        third.write("*RST")


def test_closing_a_session_gives_its_lock_back(manager, gpib):
    second = manager.open_resource(NAME, timeout=20)
    second.lock_excl()
    second.close()
    assert gpib.query("*OPC?") == "1\n"


@pytest.mark.parametrize("wait", ["read", "event"])
def test_closing_a_session_ends_the_wait_of_another_thread_on_it(manager, wait):
    session = manager.open_resource(NAME, timeout=None)
    session.enable_event(SRQ, EventMechanism.queue)
    failures = []

    def wait_for_ever():
        library, number = session.visalib, session.session
        try:
            if wait == "read":
                library.read(number, 10)
            else:
                library.wait_on_event(number, SRQ, constants.VI_TMO_INFINITE)
        except pyvisa.VisaIOError as failure:
            failures.append(failure.error_code)

    thread = threading.Thread(target=wait_for_ever, daemon=True)
    thread.start()
    wait_until(lambda: waits(manager), 5.0, "the other thread waits")
    session.close()
    thread.join(5.0)
    assert failures == [StatusCode.error_abort]


def waits(manager):
    """Say whether some session on the instrument waits for something."""
    return any(handle.session._port._waiting for handle in manager.visalib._handles.values())


def test_unlocking_without_a_lock_is_an_error(gpib):
    with pytest.raises(pyvisa.VisaIOError) as failure:
        gpib.unlock()
    assert status_of(failure) == StatusCode.error_session_not_locked


def test_attributes_follow_from_the_resource_name(gpib):
    assert gpib.primary_address == 5
    assert gpib.resource_name == NAME
    assert gpib.resource_class == "INSTR"
    assert gpib.interface_type == constants.InterfaceType.gpib


def test_a_usb_resource_tells_what_its_name_says_and_keeps_its_spelling(bench):
    name = "USB0::0x05E6::0x2450::04412345::INSTR"
    bench.instruments[name] = bench.instruments[NAME]
    manager = pyvisa.ResourceManager(LabcimVisaLibrary.over(bench))
    with closing(manager), manager.open_resource(name.replace("0x", "0X")) as usb:
        assert (usb.manufacturer_id, usb.model_code) == (0x05E6, 0x2450)
        assert usb.serial_number == "04412345"
        assert usb.resource_name == "USB0::0x05E6::0x2450::04412345::0::INSTR"
        assert usb.is_4882_compliant


@pytest.mark.parametrize("name", ["model_name", "manufacturer_name", "maximum_interrupt_size"])
def test_what_is_not_known_of_a_resource_is_refused(bench, name):
    address = "USB0::0x05E6::0x2450::04412345::INSTR"
    bench.instruments[address] = bench.instruments[NAME]
    manager = pyvisa.ResourceManager(LabcimVisaLibrary.over(bench))
    with closing(manager), manager.open_resource(address) as usb:
        with pytest.raises(pyvisa.VisaIOError) as failure:
            getattr(usb, name)
        assert status_of(failure) == StatusCode.error_nonsupported_attribute


def test_a_bus_address_without_a_secondary_one_says_so(gpib):
    assert gpib.secondary_address == 0xFFFF
    assert gpib.remote_enabled == constants.LineState.asserted


def test_a_read_only_attribute_cannot_be_set(gpib):
    with pytest.raises(pyvisa.VisaIOError) as failure:
        gpib.set_visa_attribute(ResourceAttribute.resource_class, "X")
    assert status_of(failure) == StatusCode.error_attribute_read_only


def test_an_attribute_of_another_interface_is_not_supported(gpib):
    with pytest.raises(pyvisa.VisaIOError) as failure:
        gpib.get_visa_attribute(ResourceAttribute.tcpip_port)
    assert status_of(failure) == StatusCode.error_nonsupported_attribute


def test_ren_and_flush_are_accepted(gpib):
    gpib.control_ren(constants.RENLineOperation.asrt)
    gpib.flush(constants.BufferOperation.discard_read_buffer)


def test_what_only_a_bus_interface_can_do_is_refused_of_an_instrument(gpib):
    for refused in (
        lambda: gpib.visalib.gpib_send_ifc(gpib.session),
        lambda: gpib.visalib.gpib_command(gpib.session, b"\x3f"),
    ):
        with pytest.raises(pyvisa.VisaIOError) as failure:
            refused()
        assert status_of(failure) == StatusCode.error_nonsupported_operation


def test_who_shares_a_lock_may_have_it_alone(manager, gpib):
    second = manager.open_resource(NAME, timeout=20)
    second.lock(requested_key=gpib.lock())
    gpib.lock_excl()
    with pytest.raises(pyvisa.VisaIOError) as failure:
        second.write("*RST")
    assert status_of(failure) == StatusCode.error_resource_locked
    gpib.unlock()
    assert second.query("*OPC?") == "1\n"


def test_a_clear_of_one_who_is_locked_out_ends_nobodys_script(scripted):
    manager = pyvisa.ResourceManager(LabcimVisaLibrary.over(scripted))
    holder, other = (manager.open_resource(NAME, timeout=20) for _ in range(2))
    holder.lock_excl()
    script = "local n = 0; for i = 1, 2000000 do n = n + 1 end; print(n)"
    running = threading.Thread(target=lambda: holder.write(script))
    running.start()
    while running.is_alive():
        with pytest.raises(pyvisa.VisaIOError):
            other.clear()
    assert float(holder.read()) == 2e6
    manager.close()


def test_a_closed_session_is_refused(gpib):
    library, session = gpib.visalib, gpib.session
    gpib.close()
    with pytest.raises(pyvisa.VisaIOError) as failure:
        library.read(session, 1)
    assert status_of(failure) == StatusCode.error_invalid_object


def test_the_backend_is_found_by_its_name():
    wrapper = pyvisa.highlevel.get_wrapper_class("labcim")
    assert wrapper.__name__ == "LabcimVisaLibrary"
