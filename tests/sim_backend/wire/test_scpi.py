"""The SCPI language: headers, paths, parameters and the numbers of its errors."""

import pytest

READBACK = b"+5.000000E+00\n"


@pytest.mark.parametrize(
    "header",
    [
        b"VOLT",
        b"volt",
        b":Volt",
        b"VOLTage",
        b"SOUR:VOLT",
        b"source:voltage:level",
        b":SOUR1:VOLT:LEV",
        b"SOURCE1:VOLT",
    ],
)
def test_every_legal_spelling_of_a_header_is_the_same_command(controller, header):
    controller.ask(header + b" 5")
    assert controller.supply.voltage == 5.0
    assert controller.ask(header + b"?") == READBACK


@pytest.mark.parametrize("header", [b"VOL", b"VOLTA", b"SOUR:VOLTAG", b"SOURC:VOLT", b"LEV"])
def test_neither_short_nor_long_form_is_an_undefined_header(controller, header):
    assert controller.errors(header + b" 5") == [-113]
    assert controller.supply.voltage == 0.0


@pytest.mark.parametrize(
    ("text", "volts"),
    [
        (b"5", 5.0),
        (b"+.5e1", 5.0),
        (b"5 V", 5.0),
        (b"5000mV", 5.0),
        (b"50e2 MV", 5.0),
        (b"0.005KV", 0.005e3),
        (b"5000000 uv", 5.0),
        (b"5.", 5.0),
        (b"5 E 0", 5.0),
        (b"#H5", 5.0),
        (b"#b101", 5.0),
        (b"#Q5", 5.0),
        (b"MAX", 20.0),
        (b"minimum", -20.0),
        (b"DEF", 1.0),
    ],
)
def test_a_number_is_read_in_every_form_of_the_standard(controller, text, volts):
    assert controller.errors(b"VOLT " + text) == []
    assert controller.supply.voltage == volts


@pytest.mark.parametrize(
    ("message", "code"),
    [
        (b"VOLT\x01\xff 1", -101),
        (b"VOLT$ 1", -101),
        (b"::VOLT 1", -102),
        (b"VOLT: 1", -102),
        (b"*9 1", -102),
        (b"VOLT )", -102),
        (b"VOLT 1 2", -103),
        (b"DATA:BLOC 5", -104),
        (b"DATA:TEXT 5", -104),
        (b"DATA:TEXT bare", -104),
        (b"VOLT 1,2", -108),
        (b"*RST 1", -108),
        (b"VOLT", -109),
        (b"VOLT ,1", -109),
        (b"OUTP1", -109),
        (b"VERYLONGMNEMONIC 1", -112),
        (b"NOSUCH 1", -113),
        (b"NOSUCH?", -113),
        (b"*IDN", -113),
        (b"*RST?", -113),
        (b"SOUR2:VOLT 1", -114),
        (b"OUTP3 1", -114),
        (b"OUTP0 1", -114),
        (b"OUTP99999999999999999999 1", -114),
        (b"OUTP2147483649 1", -114),
        (b"A:" * 200 + b"A 1", -112),
        (b"PA\xdf 1", -101),
        (b"VOLT 1.2.3", -121),
        (b"VOLT #HG", -121),
        (b"VOLT 1E99999", -123),
        (b"VOLT " + b"1" * 300, -124),
        (b"VOLT 1 A", -131),
        (b"*ESE 1 V", -138),
        (b"VOLT FAST", -148),
        (b"DATA:TEXT 'open", -151),
        (b"VOLT 'five'", -158),
        (b"DATA:BLOC #15abc", -161),
        (b"DATA:BLOC #3ab", -161),
        (b"DATA:BLOC #12abX", -161),
        (b"VOLT #13abc", -168),
        (b"ROUT:ROW:CLOS (@1", -171),
        (b"ROUT:ROW:CLOS (1)", -171),
        (b"ROUT:ROW:CLOS (@1!1:2)", -171),
        (b"VOLT (@1)", -178),
        (b"VOLT 20.1", -222),
        (b"VOLT 1E300", -222),
        (b"VOLT INF", -222),
        (b"*ESE 256", -222),
        (b"ROUT:ROW:CLOS (@1:99999999)", -223),
        (b"FUNC:SHAP TRI", -224),
        (b"OUTP1 MAYBE", -224),
        (b"*IDN?;*OPC?", -440),
    ],
)
def test_each_mistake_has_its_error_number(controller, message, code):
    assert controller.errors(message) == [code]
    assert controller.supply.voltage == 0.0


def test_an_error_sets_its_bit_of_the_event_register(controller):
    controller.ask(b"*CLS;*ESR?")
    controller.ask(b"*ESR?")
    for message, bit in [(b"NOSUCH", 32), (b"VOLT 99", 16), (b"*IDN?;*OPC?", 4)]:
        controller.ask(message)
        assert controller.ask(b"*ESR?") == b"%d\n" % bit


def test_a_unit_goes_on_where_the_one_before_left_off(controller):
    assert controller.ask(b":STAT:OPER:ENAB 5;PTR 7;ENAB?;PTR?") == b"5;7\n"


def test_a_common_command_leaves_the_path_alone(controller):
    assert controller.ask(b"STAT:OPER:ENAB 5;*OPC?;ENAB?") == b"1;5\n"


def test_a_colon_goes_back_to_the_root(controller):
    assert controller.errors(b"STAT:OPER:ENAB 5;VOLT 5") == [-113]
    assert controller.errors(b"STAT:OPER:ENAB 5;:VOLT 5") == []


def test_a_common_command_may_have_a_colon_before_it(controller):
    controller.supply.voltage = 3.0
    assert controller.errors(b":*RST;") == []
    assert controller.supply.voltage == 0.0


def test_a_command_error_drops_the_rest_of_the_message_but_not_what_came_before(controller):
    assert controller.errors(b"VOLT 3;NOSUCH;:VOLT 4") == [-113]
    assert controller.supply.voltage == 3.0


def test_an_execution_error_drops_its_unit_only(controller):
    assert controller.errors(b"VOLT 99;:VOLT 4") == [-222]
    assert controller.supply.voltage == 4.0


def test_empty_units_are_no_commands(controller):
    assert controller.errors(b";;VOLT 2;;") == []
    assert controller.supply.voltage == 2.0


def test_a_query_may_ask_for_a_limit(controller):
    assert controller.ask(b"VOLT? MAX;VOLT? MIN") == b"+2.000000E+01;-2.000000E+01\n"


def test_a_suffix_reaches_the_handler_and_is_one_when_left_out(controller):
    controller.ask(b"OUTP ON;OUTPUT2:STATE 0")
    assert controller.supply.outputs == {1: True, 2: False}
    assert controller.ask(b"OUTP?;OUTP2?") == b"1;0\n"


@pytest.mark.parametrize(
    ("text", "state"), [(b"on", True), (b"OFF", False), (b"0.4", False), (b"-2", True)]
)
def test_a_boolean_is_a_word_or_a_rounded_number(controller, text, state):
    controller.ask(b"OUTP1 " + text)
    assert controller.supply.outputs == {1: state}


def test_a_choice_is_answered_in_its_short_form(controller):
    assert controller.ask(b"FUNC:SHAP sinusoid;SHAP?") == b"SIN\n"


@pytest.mark.parametrize(
    ("sent", "text"),
    [
        (b"'a;b,c'", "a;b,c"),
        (b'"it\'s"', "it's"),
        (b"'it''s'", "it's"),
        (b"''", ""),
        (b'"(@1"', "(@1"),
        (b"'#15'", "#15"),
    ],
)
def test_a_string_may_hold_what_would_otherwise_separate(controller, sent, text):
    assert controller.errors(b"DATA:TEXT " + sent + b" , 3") == []
    assert (controller.supply.text, controller.supply.count) == (text, 3)


def test_a_list_takes_numbers_with_and_without_suffix(controller):
    assert controller.errors(b"DATA:LIST 1, -2.5e-3 ,3 mV,1_0") == [-121]
    assert controller.errors(b"DATA:LIST 1, -2.5e-3 ,3 mV") == []
    assert controller.supply.values == [1.0, -2.5e-3, 3e-3]


@pytest.mark.parametrize(
    ("text", "channels"),
    [
        (b"(@1101)", [(1101,)]),
        (b"(@3,1)", [(3,), (1,)]),
        (b"(@ 2:4 )", [(2,), (3,), (4,)]),
        (b"(@4:2)", [(4,), (3,), (2,)]),
        (b"(@1!1:2!3)", [(1, 1), (1, 2), (1, 3), (2, 1), (2, 2), (2, 3)]),
        (b"(@)", []),
    ],
)
def test_a_channel_list_is_unrolled_with_the_last_dimension_fastest(controller, text, channels):
    assert controller.errors(b"ROUT:COL:CLOS " + text) == []
    assert controller.supply.channels == channels
    assert controller.supply.text == "COL"


def test_a_block_and_a_command_may_share_a_message(controller):
    assert controller.ask(b"DATA:BLOC #15;\n,#';BLOC?") == b"#15;\n,#'\n"


def test_an_indefinite_block_lasts_until_end(controller):
    assert controller.errors(b"DATA:BLOC #0a;b\n\n") == []
    assert controller.supply.data == b"a;b\n"


def test_reset_keeps_errors_and_clear_status_forgets_them(controller):
    controller.ask(b"NOSUCH")
    assert controller.ask(b"*RST;:SYST:ERR:COUN?") == b"1\n"
    assert controller.ask(b"*CLS;:SYST:ERR:COUN?") == b"0\n"


def test_an_overflowing_error_queue_ends_in_minus_350(controller):
    for _ in range(25):
        controller.ask(b"NOSUCH")
    entries = controller.ask(b"SYST:ERR:ALL?").count(b",")
    assert entries == 20 * 2 - 1
    for _ in range(25):
        controller.ask(b"NOSUCH")
    assert [code for code, _ in controller.supply.errors.pop_all()] == [-113] * 19 + [-350]


def test_the_next_error_is_asked_in_three_spellings(controller):
    for header in (b"SYST:ERR?", b"system:error:next?", b":SYST:ERR:NEXT?"):
        controller.ask(b"NOSUCH")
        assert controller.ask(header) == b'-113,"Undefined header"\n'
    assert controller.ask(b"SYST:ERR?") == b'0,"No error"\n'


def test_the_whole_of_the_mandatory_commands_is_there(controller):
    message = b"*ESE 5;*ESE?;*SRE 255;*SRE?;*OPC?;*TST?;*WAI;:SYST:VERS?"
    assert controller.ask(message) == b"5;191;1;0;1999.0\n"


def test_a_reply_beyond_the_limit_is_deadlocked():
    from labcim.sim_backend.wire.message import MessageCore
    from labcim.sim_backend.wire.scpi import ScpiInstrument

    class Talker(ScpiInstrument):
        identity = "x" * 100

    talker = Talker()
    core = MessageCore(talker, reply_limit=50)
    core.feed(b"*IDN?", True)
    assert not core.has_reply
    assert talker.errors.pop()[0] == -430
