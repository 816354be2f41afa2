"""Rules that every driver keeps: of its words, of what it refuses, of what it proves.

A new driver is found by its file and tried beside its simulated instrument; only how to turn
something on, so that making it safe means anything, is told here.
"""

import inspect
import math

import pytest
from ohmic_chip import CoreTransport

from labcim import plugins
from labcim.errors import InstrumentError, LabcimError, RangeError, SafetyError, TransportError
from labcim.instrument import Instrument, SafePhase
from labcim.instrument_capabilities import PulseSource, SourceMeter, SwitchMatrix, ThermalStage
from labcim.limits import TerminalLimits
from labcim.parameter import parameters_of
from labcim.sim_backend.bench import SimulatedBench, simulated_models
from labcim.sim_backend.wire.message import MessageCore

CHIP = """
[chip]
preset = "neurram-130nm"
rows = 4
columns = 4
formed = true
[wafer]
dies = [[0, 0], [1, 0]]
"""
#: How an instrument that has none of the capabilities below is made to have something on.
LIVE = {
    "crossbar_board": lambda board: setattr(board, "enabled", True),
    "keysight34461a": lambda meter: setattr(meter, "function", "resistance"),
}
#: Instruments that drive nothing: there is nothing to turn off.
DRIVES_NOTHING = {"simulated_clock", "tektronix_tds2024b", "velox"}
VERBS = {"Control": (True, True), "Set": (False, True), "Get": (True, False),
         "Measure": (True, False)}  # fmt: skip
#: Parameters without a unit are choices, texts, or numbers that say what they count.
COUNTS = ("number", "cycles", "percent", "how many", "P, I and D")

DRIVERS = plugins.driver_names()
PARAMETERS = [
    pytest.param(name, key, id=f"{name}.{key}")
    for name in DRIVERS
    for key in parameters_of(plugins.driver(name))
]
SETTABLE = [
    item for item in PARAMETERS if parameters_of(plugins.driver(item.values[0]))[item.values[1]].set
]


class Line(CoreTransport):
    """A line that can go deaf (commands get lost, questions do not) or dead."""

    deaf = dead = False

    def write(self, message):
        if self.dead:
            raise TransportError("nobody answers")
        if not self.deaf:
            super().write(message)

    def query(self, message):
        if self.dead:
            raise TransportError("nobody answers")
        super().write(message)
        return self._reply(message).decode().strip()


def parameter_of(name, key):
    return parameters_of(plugins.driver(name))[key]


def model_of(name):
    return {"simulated_clock": "clock"}.get(name, name)


@pytest.fixture(scope="module")
def bench(tmp_path_factory):
    chip = tmp_path_factory.mktemp("rules") / "chip.toml"
    tables = "".join(
        f'[[instrument]]\nname = "{model}"\nmodel = "{model}"\naddress = "GPIB0::{place}::INSTR"\n'
        for place, model in enumerate(simulated_models(), 1)
    )
    chip.write_text(CHIP + tables)
    with SimulatedBench(chip) as made:
        yield made


@pytest.fixture
def tool(bench, request):
    """Return a driver on its simulated instrument, initialised, with wide limits."""
    name = request.param if isinstance(request.param, str) else request.param[0]
    kind = plugins.driver(name)
    wide = TerminalLimits(-300.0, 300.0, 5.0, coldest=1.0, hottest=800.0)
    limits = {terminal: wide for terminal in (*kind.terminals, "stage", "row", "column", "gate")}
    made = kind(Line(MessageCore(bench.simulated[model_of(name)])), limits)
    made.initialise()
    yield made
    made.transport.deaf = made.transport.dead = False
    made.initialise()


def test_every_driver_has_a_simulated_instrument():
    assert {model_of(name) for name in DRIVERS} <= set(simulated_models())


@pytest.mark.parametrize(("name", "key"), PARAMETERS)
def test_a_parameter_says_verb_and_quantity(name, key):
    parameter = parameter_of(name, key)
    words = (parameter.__doc__ or "").split()
    assert words[0] in VERBS
    assert VERBS[words[0]] == (bool(parameter.get), bool(parameter.set))
    assert len(words) >= 4
    assert words[-1].endswith(".")


@pytest.mark.parametrize(("name", "key"), PARAMETERS)
def test_a_number_has_a_unit_or_says_what_it_counts(name, key):
    parameter = parameter_of(name, key)
    if parameter.choices is None and parameter.parse in (float, int) and not parameter.unit:
        assert any(word in parameter.__doc__ for word in COUNTS)


@pytest.mark.parametrize(("name", "key"), SETTABLE)
def test_what_can_be_set_says_its_range(name, key):
    parameter = parameter_of(name, key)
    assert parameter.choices or parameter.limits
    if parameter.limits:
        assert parameter.limits[0] < parameter.limits[1]


@pytest.mark.parametrize(
    ("tool", "key"), [(item.values, item.values[1]) for item in SETTABLE], indirect=["tool"],
    ids=[item.id for item in SETTABLE],
)  # fmt: skip
def test_a_value_out_of_range_is_refused_before_a_byte(tool, key):
    parameter = parameters_of(type(tool))[key]
    wrong: list[object] = ["no such choice"]
    if parameter.choices is None:
        low, high = parameter.limits
        wrong = [math.nan, math.inf, -math.inf, high + 1.0 + abs(high), low - 1.0 - abs(low)]
    said = len(tool.transport.sent)
    for value in wrong:
        with pytest.raises(RangeError):
            setattr(tool, key, value)
    assert len(tool.transport.sent) == said


@pytest.mark.parametrize(
    ("tool", "key"), [(item.values, item.values[1]) for item in SETTABLE], indirect=["tool"],
    ids=[item.id for item in SETTABLE],
)  # fmt: skip
def test_a_value_is_taken_as_it_is_or_refused_but_never_clipped(tool, key):
    parameter = parameters_of(type(tool))[key]
    if parameter.choices is None:
        low, high = parameter.limits
        values = [low, high, low + 0.37 * (high - low)]
    else:
        values = list(parameter.choices)
    taken = 0
    for value in values:
        try:
            setattr(tool, key, value)
        except LabcimError:
            continue
        taken += 1
        if not parameter.get:
            continue
        back = getattr(tool, key)
        if isinstance(value, float) and "range" in key:
            assert back >= abs(value) * (1.0 - 1e-6) or back == pytest.approx(value, rel=0.06)
        else:
            assert back == (pytest.approx(value, rel=1e-3) if isinstance(value, float) else value)
    assert taken


@pytest.mark.parametrize("tool", DRIVERS, indirect=True)
def test_the_error_queue_is_read_after_a_command(tool):
    with pytest.raises(InstrumentError):
        tool.send("NO:SUCH:COMMAND 1")


@pytest.mark.parametrize("name", DRIVERS)
def test_a_driver_says_itself_how_it_is_made_safe(name):
    kind = plugins.driver(name)
    assert kind.safe is not Instrument.safe
    assert list(inspect.signature(kind.safe).parameters) == ["self", "phase"]
    assert kind.identified_by


def turn_something_on(name, tool):
    if name in LIVE:
        LIVE[name](tool)
    elif isinstance(tool, SourceMeter):
        tool.source(0.1, current_limit=1e-4)
    elif isinstance(tool, PulseSource):
        tool.level(1, 0.1)
    elif isinstance(tool, SwitchMatrix):
        tool.connect([tool.example])
    elif isinstance(tool, ThermalStage):
        tool.go_to(320.0)
    else:
        pytest.fail(f"say in LIVE how {name} is turned on, or that it drives nothing")


@pytest.mark.parametrize(
    ("tool", "name"), [(name, name) for name in DRIVERS if name not in DRIVES_NOTHING],
    indirect=["tool"],
)  # fmt: skip
def test_what_stays_on_is_not_taken_for_safe(tool, name):
    turn_something_on(name, tool)
    tool.transport.deaf = True
    with pytest.raises(SafetyError):
        tool.make_safe()


@pytest.mark.parametrize(
    ("tool", "name"), [(name, name) for name in DRIVERS if name not in DRIVES_NOTHING],
    indirect=["tool"],
)  # fmt: skip
def test_making_safe_turns_off_what_was_on(tool, name, bench):
    turn_something_on(name, tool)
    tool.make_safe()
    live = {
        terminal: state.voltage
        for terminal, state in bench.terminals.items()
        if terminal.startswith(f"{model_of(name)}.") and state.drives and state.voltage
    }
    assert live == {}


@pytest.mark.parametrize(
    ("tool", "name"), [(name, name) for name in DRIVERS if name != "simulated_clock"],
    indirect=["tool"],
)  # fmt: skip
def test_an_instrument_that_does_not_answer_is_not_taken_for_safe(tool, name):
    tool.transport.dead = True
    with pytest.raises(LabcimError):
        tool.make_safe()


@pytest.mark.parametrize("tool", DRIVERS, indirect=True)
def test_every_phase_can_be_made_safe_twice(tool):
    for phase in [*SafePhase, *SafePhase]:
        tool.safe(phase)
