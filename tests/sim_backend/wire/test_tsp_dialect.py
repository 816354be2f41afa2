"""TSP as a language of messages: printing, errors, common commands, scripts sent in parts."""

import threading
from typing import ClassVar

import pytest

from labcim.sim_backend.wire.message import MessageCore
from labcim.sim_backend.wire.tsp import TspInstrument, call, getter, number, setter, text


class Oven(TspInstrument):
    """A small TSP instrument: two channels with a level, and a door."""

    identity = "LABCIM,MODEL OVEN,7,1.0"
    indices: ClassVar = {"zone": range(1, 3)}
    constants: ClassVar = {"zone.OFF": 0}

    def __init__(self) -> None:
        self.levels = {1: 0.0, 2: 0.0}
        self.doors: list[str] = []
        self.waited = 0.0
        super().__init__()

    @getter("zone[].level")
    def level(self, zone: int) -> float:
        return self.levels[zone]

    @setter("zone[].level")
    def set_level(self, zone: int, value: object) -> None:
        self.levels[zone] = number(value, 0.0, 300.0)

    @call("door.open")
    def open_door(self, which: object) -> None:
        self.doors.append(text(which))

    @call("broken")
    def break_down(self) -> None:
        raise ZeroDivisionError("a fault of the simulator")

    def wait(self, duration: float) -> None:
        self.waited += duration

    def reset(self) -> None:
        super().reset()
        self.levels = {1: 0.0, 2: 0.0}


@pytest.fixture
def oven() -> Oven:
    return Oven()


def say(oven: Oven, message: str) -> str | None:
    answer = oven.execute(message.encode("latin-1"))
    return None if answer is None else answer.decode("latin-1")


def errors(oven: Oven) -> list[int]:
    return [code for code, _ in oven.errors.pop_all()]


@pytest.mark.parametrize(
    ("message", "printed"),
    [
        ("print(1)", "1.00000e+00"),
        ("print(-0.000123456789)", "-1.23457e-04"),
        ("print('a', 2, nil, true)", "a\t2.00000e+00\tnil\ttrue"),
        ("print(0/0)", "9.91000e+37"),
        ("printnumber(1, 2)", "1.00000e+00, 2.00000e+00"),
        ("format.asciiprecision = 3 print(1/3)", "3.33e-01"),
        ("for i = 1, 2 do print(i) end", "1.00000e+00\n2.00000e+00"),
        ("local x = 1", None),
    ],
)
def test_print_writes_as_a_tsp_instrument_does(
    oven: Oven, message: str, printed: str | None
) -> None:
    assert say(oven, message) == printed


def test_attributes_of_indexed_nodes_are_read_and_set(oven: Oven) -> None:
    say(oven, "zone[2].level = 120")
    assert oven.levels == {1: 0.0, 2: 120.0}
    assert say(oven, "print(zone[2].level, zone[1].level, zone.OFF)") == (
        "1.20000e+02\t0.00000e+00\t0.00000e+00"
    )


def test_globals_outlive_their_message(oven: Oven) -> None:
    say(oven, "function twice(x) return 2 * x end")
    assert say(oven, "print(twice(21))") == "4.20000e+01"


@pytest.mark.parametrize(
    ("message", "code"),
    [
        ("zone[1].level = 301", -222),
        ("zone[1].level = 'hot'", -104),
        ("door.open()", -109),
        ("door.open('a', 'b')", -108),
        ("door.open({})", -104),
        ("zone[1].colour = 1", -286),
        ("zone[9].level = 1", -286),
        ("nosuch()", -286),
        ("x =", -285),
        ("\x1bLuaQ", -285),
        ("*NOSUCH", -113),
        ("*SRE 256", -222),
    ],
)
def test_a_wrong_message_is_told_in_the_error_queue_by_number(
    oven: Oven, message: str, code: int
) -> None:
    assert say(oven, message) is None
    assert errors(oven) == [code]


def test_an_error_of_the_instrument_does_not_end_the_script(oven: Oven) -> None:
    answer = say(oven, "zone[1].level = 301 zone[2].level = 5 print(errorqueue.count)")
    assert answer == "1.00000e+00"
    assert oven.levels[2] == 5.0


def test_errorqueue_next_gives_code_text_severity_and_node(oven: Oven) -> None:
    say(oven, "nosuch()")
    words = (say(oven, "print(errorqueue.next())") or "").split("\t")
    assert float(words[0]) == -286
    assert words[1].startswith("TSP Runtime error at line 1: ")
    assert (say(oven, "print(errorqueue.next())") or "").startswith("0.00000e+00\tQueue Is Empty")


def test_common_commands_are_taken_as_messages_of_their_own(oven: Oven) -> None:
    assert say(oven, "*IDN?") == "LABCIM,MODEL OVEN,7,1.0"
    assert say(oven, "*OPC?") == "1"
    say(oven, "zone[1].level = 9")
    say(oven, "*RST")
    assert oven.levels[1] == 0.0
    say(oven, "nosuch()")
    say(oven, "*CLS")
    assert errors(oven) == []


def test_operation_complete_asks_for_service_when_enabled(oven: Oven) -> None:
    core = MessageCore(oven)
    asked: list[bool] = []
    core.on_service_request = lambda: asked.append(True)
    core.feed(b"*CLS\n*ESE 1\n*SRE 32\nopc()\n", True)
    assert asked == [True]
    assert core.read_status_byte() & 0x60 == 0x60


def test_a_script_that_comes_in_lines_runs_at_its_end(oven: Oven) -> None:
    core = MessageCore(oven)
    core.feed(b"loadandrunscript heat\r\nfor i = 1, 3 do\r\n", True)
    core.feed(b"  delay(0.5)\n  print(i)\nend\nendscript\n", True)
    assert [core.read(100)[0] for _ in range(3)] == [b"%d.00000e+00\n" % i for i in (1, 2, 3)]
    assert oven.waited == 1.5


def test_a_loaded_script_waits_until_it_is_called(oven: Oven) -> None:
    for line in ("loadscript heat", "zone[1].level = 50", "endscript"):
        say(oven, line)
    assert oven.levels[1] == 0.0
    say(oven, "heat()")
    assert oven.levels[1] == 50.0
    say(oven, "zone[1].level = 0 heat.run()")
    assert oven.levels[1] == 50.0


def test_a_script_with_a_syntax_error_is_refused_when_it_is_loaded(oven: Oven) -> None:
    for line in ("loadscript bad", "for", "endscript"):
        say(oven, line)
    assert errors(oven) == [-285]


def test_device_clear_forgets_a_script_half_loaded(oven: Oven) -> None:
    core = MessageCore(oven)
    core.feed(b"loadscript half\nprint(1)\n", True)
    core.clear()
    core.feed(b"print(2)\n", True)
    assert core.read(100)[0] == b"2.00000e+00\n"


def test_a_running_script_is_ended_from_another_thread(oven: Oven) -> None:
    begun = threading.Event()

    @call("begin")
    def begin() -> None:
        begun.set()

    oven._declare("call", "begin", begin)
    stopper = threading.Thread(target=lambda: (begun.wait(10), oven.abort()))
    stopper.start()
    say(oven, "begin() while true do pcall(function() while true do end end) end")
    stopper.join()
    assert errors(oven) == [-286]
    assert say(oven, "print(1)") == "1.00000e+00"


def test_a_fault_of_the_simulator_is_raised_and_no_script_can_catch_it(oven: Oven) -> None:
    with pytest.raises(ZeroDivisionError):
        say(oven, "pcall(broken) print('not reached')")
    assert say(oven, "print(1)") == "1.00000e+00"


def replies(core, message):
    """Return the response messages to a program message, each as it comes with END."""
    core.feed(message, end=True)
    found = []
    while core.has_reply:
        data, end = core.read(4096)
        assert end
        found.append(data)
    return found


def test_each_print_makes_one_response_message():
    core = MessageCore(Oven())
    assert replies(core, b"print('a') print('b\\nc', 'd') print('e')") == [
        b"a\n", b"b\nc\td\n", b"e\n",
    ]  # fmt: skip
    assert replies(core, b"for i = 1, 3 do print('x' .. i) end") == [b"x1\n", b"x2\n", b"x3\n"]


def test_a_prompt_is_a_message_after_those_that_were_printed():
    core = MessageCore(Oven())
    replies(core, b"localnode.prompts = 1")
    assert replies(core, b"print('a') print('b')") == [b"a\n", b"b\n", b"TSP>\n"]
    assert replies(core, b"*IDN?") == [b"LABCIM,MODEL OVEN,7,1.0\n", b"TSP>\n"]
