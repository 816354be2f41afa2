"""A recording from a stranger brings no code into a test, and no commands onto a terminal."""

import ast
import json

import pytest
from conversation import ScriptedTransport

from labcim.app.traffic import conversation_test, differences, told
from labcim.errors import RecipeError
from labcim.recorded_calls import recorded_driver
from labcim.traffic import TrafficFile, read_traffic

OPEN = {"driver": "keithley2450", "limits": "{}", "names": {}}


def recording(tmp_path, *said, more=None):
    """Return entries as a stranger's file has them: what, data, and what else is told."""
    path = tmp_path / "strange.jsonl"
    with path.open("w", encoding="utf-8") as file:
        for what, text, extra in [("open", "smu", OPEN | (more or {})), *said]:
            entry = {"time": 1.0, "address": "A", "what": what, "text": text, "more": extra}
            file.write(json.dumps(entry) + "\n")
    return read_traffic(path)


CALLS = [
    ".reset(__import__('os').system('true'))", ".reset() or exit()", ".reset(); exit()",
    ".reset()\n    exit()", "._transport", ".__class__", ".make_safe.__globals__", "[exit()]",
    ".level = exit()", ".level.real", ".reset(*[1])", ".reset(**{})", ".reset((lambda: 1)())",
    ".reset([x for x in ()])", ".reset(f'{exit()}')", ".reset(open('x'))", " = 1", "", ".sing()",
    ".reset(exec('1'))", ".reset(np.fromfile('x'))", ".reset(" + "(" * 5000 + ")" * 5000 + ")",
    ".reset(1 if exit() else 2)", ".reset(10 ** 10 ** 10)", ".make_safe = 1", ".reset(tool)",
]  # fmt: skip


@pytest.mark.parametrize("call", CALLS)
def test_a_call_that_no_driver_was_asked_for_gets_into_no_test(tmp_path, call):
    entries = recording(tmp_path, ("call", call, {"names": {"np": "numpy"}}))
    with pytest.raises(RecipeError, match="nothing that a recording of a driver could say"):
        conversation_test(entries, "x")


@pytest.mark.parametrize(
    ("what", "text"),
    [
        ("returned", "exit()"), ("returned", "1; exit()"), ("returned", "float(exit())"),
        ("raised", "SystemExit"), ("raised", "SystemExit)\n    exit("), ("raised", "__doc__"),
    ],
)  # fmt: skip
def test_a_result_that_is_no_value_gets_into_no_test(tmp_path, what, text):
    entries = recording(tmp_path, ("call", ".identify()", {}), (what, text, {}))
    with pytest.raises(RecipeError, match="nothing that a recording"):
        conversation_test(entries, "x")


@pytest.mark.parametrize(
    "more",
    [
        {"limits": "exit()"}, {"limits": "{}\nexit()"}, {"limits": None}, {"limits": [1]},
        {"names": {"system": "os"}}, {"names": {"x\nexit()": "labcim.limits"}}, {"names": 3},
        {"names": {"TerminalLimits": "labcim.limits\nexit()"}}, {"names": {"np": "os"}},
        {"names": {"json": "labcim.traffic"}}, {"names": {"read_traffic": "labcim.traffic"}},
        {"names": {"TrafficFile": "labcim.traffic"}}, {"names": {"x": "labcim.__main__"}},
        {"names": {"TerminalLimits": 3}}, {"names": {"TerminalLimits": "labcim..limits"}},
    ],
)  # fmt: skip
def test_an_opening_that_is_no_driver_s_gets_into_no_test(tmp_path, more):
    with pytest.raises(RecipeError, match="nothing that a recording"):
        conversation_test(recording(tmp_path, more=more), "x")


@pytest.mark.parametrize("name", ['x"""; exit()', "", "os", "keithley2450\n"])
def test_a_driver_that_is_not_known_gets_into_no_test(tmp_path, name):
    with pytest.raises(RecipeError, match="is not known"):
        conversation_test(recording(tmp_path, more={"driver": name}), "x")


def test_a_mistake_in_a_script_is_expected_of_the_test_too(tmp_path):
    path = tmp_path / "mistake.jsonl"
    with TrafficFile(path) as file:
        smu = recorded_driver(file, "smu", "keithley2450", ScriptedTransport([], "A"), {})
        with pytest.raises(TypeError):
            smu.voltage_limit = "x"
    made = conversation_test(read_traffic(path), "x")
    assert "    with pytest.raises(TypeError):\n        tool.voltage_limit = 'x'\n" in made


def test_values_of_every_kind_are_taken(tmp_path):
    limits = "{'hi': TerminalLimits(high=1.0, low=-1.0, current=None)}"
    value = "(1, [-2.5, float(\"nan\")], {'a#': b'x'}, np.array([1.0, -np.inf], \"f8\"), 'µ')"
    entries = recording(
        tmp_path,
        ("call", ".identify()", {"names": {"np": "numpy"}}),
        ("returned", value.replace("µ", "\\xb5"), {}),
        more={"limits": limits, "names": {"TerminalLimits": "labcim.limits"}},
    )
    made = conversation_test(entries, "x")
    assert "from labcim.limits import TerminalLimits" in made
    assert "[-2.5, float('nan')], {'a#': b'x'}, np.array([1.0, -np.inf], 'f8'), 'µ')" in made
    ast.parse(made)


def test_a_recording_moves_no_cursor(tmp_path):
    entries = recording(
        tmp_path, ("write", "\x1b]0;x\x07", {}), ("reply", "a\nb", {}),
        more={"driver": "\x1b[2J"},
    )  # fmt: skip
    shown = "".join([*told(entries), *differences(entries, [])])
    assert shown.isprintable()


def test_messages_that_differ_in_unprintable_bytes_differ(tmp_path):
    one = recording(tmp_path, ("write", "a\n", {}))
    other = recording(tmp_path, ("write", "a\\n", {}))
    assert differences(one, other)
