"""The status model, against IEEE 488.2 chapter 11 and SCPI-99 chapter 9."""

from labcim.sim_backend.wire.errors import ErrorQueue, ScpiError
from labcim.sim_backend.wire.status import StatusModel


def test_power_on_is_told_once(controller):
    assert controller.ask(b"*ESR?") == b"128\n"
    assert controller.ask(b"*ESR?") == b"0\n"


def test_a_rising_condition_latches_an_event_that_reading_clears(controller):
    questionable = controller.supply.status.questionable
    questionable.set_bit(1, True)
    questionable.set_bit(1, False)
    assert controller.ask(b"STAT:QUES:COND?") == b"0\n"
    assert controller.ask(b"STAT:QUES?") == b"2\n"
    assert controller.ask(b"STAT:QUES:EVEN?") == b"0\n"


def test_the_negative_filter_latches_when_a_condition_goes(controller):
    controller.ask(b"STAT:OPER:PTR 0;NTR 16")
    controller.supply.status.operation.set_bit(4, True)
    assert controller.ask(b"STAT:OPER?") == b"0\n"
    controller.supply.status.operation.set_bit(4, False)
    assert controller.ask(b"STAT:OPER?") == b"16\n"


def test_an_enabled_event_is_summed_into_the_status_byte(controller):
    controller.ask(b"STAT:QUES:ENAB 2;:STAT:OPER:ENAB 16")
    controller.supply.status.questionable.set_bit(1, True)
    assert controller.ask(b"*STB?") == b"8\n"
    controller.supply.status.operation.pulse(4)
    assert controller.ask(b"*STB?") == b"136\n"
    assert controller.ask(b"STAT:QUES?;:STAT:OPER?;*STB?") == b"2;16;0\n"


def test_bit_15_of_a_register_is_never_set(controller):
    assert controller.ask(b"STAT:OPER:ENAB 65535;ENAB?") == b"32767\n"


def test_preset_enables_nothing_and_lets_rising_conditions_through(controller):
    controller.ask(b"STAT:OPER:ENAB 1;PTR 0;NTR 1;:STAT:PRES")
    assert controller.ask(b"STAT:OPER:ENAB?;PTR?;NTR?") == b"0;32767;0\n"


def test_clear_status_forgets_events_and_keeps_enables(controller):
    controller.ask(b"STAT:OPER:ENAB 16;*ESE 1")
    controller.supply.status.operation.set_bit(4, True)
    controller.ask(b"*OPC;*CLS")
    assert controller.ask(b"*ESR?;:STAT:OPER?;:STAT:OPER:ENAB?;*ESE?") == b"0;0;16;1\n"
    assert controller.ask(b"STAT:OPER:COND?") == b"16\n"


def test_the_error_queue_shows_in_the_status_byte(controller):
    controller.ask(b"NOSUCH")
    assert controller.ask(b"*STB?") == b"4\n"
    controller.ask(b"SYST:ERR?")
    assert controller.ask(b"*STB?") == b"0\n"


def test_service_is_requested_once_for_each_new_reason():
    status = StatusModel(ErrorQueue())
    requests: list[int] = []
    status.listeners.append(lambda: requests.append(1))
    status.service_enable = 0x24
    status.standard_enable = 1
    status.raise_event(1)
    status.raise_event(1)
    assert (len(requests), status.serial_poll(), status.serial_poll()) == (1, 0x60, 0x20)
    status.raise_event(1)
    assert len(requests) == 1


def test_a_second_reason_after_the_poll_requests_again():
    errors = ErrorQueue()
    status = StatusModel(errors)
    requests: list[int] = []
    status.listeners.append(lambda: requests.append(1))
    status.service_enable = 0x24
    status.standard_enable = 1
    status.raise_event(1)
    status.serial_poll()
    errors.push(ScpiError(-113))
    assert len(requests) == 2
    assert status.serial_poll() == 0x64


def test_rqs_goes_when_its_reason_goes_before_the_poll():
    status = StatusModel(ErrorQueue())
    status.service_enable = 0x20
    status.standard_enable = 1
    status.raise_event(1)
    status.take_standard_event()
    assert status.serial_poll() == 0


def test_enabling_a_bit_that_is_already_set_requests_service():
    status = StatusModel(ErrorQueue())
    status.standard_enable = 1
    status.raise_event(1)
    assert not status.requesting
    status.service_enable = 0x20
    assert status.requesting


def test_the_service_enable_register_has_no_bit_six():
    status = StatusModel(ErrorQueue())
    status.service_enable = 0xFF
    assert status.service_enable == 0xBF


def test_an_instrument_may_sum_a_register_of_its_own():
    status = StatusModel(ErrorQueue())
    measurement = status.add_register(0)
    measurement.enable = 512
    measurement.set_bit(9, True)
    status.service_enable = 1
    assert status.status_byte() == 0x41
