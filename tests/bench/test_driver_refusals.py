"""A driver used directly refuses what its terminal must not see, in any order of settings."""

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from labcim.capabilities import LineState, Train
from labcim.errors import LabcimError, RangeError

from .refusing import CELLS, FEW, NO_NUMBERS, SIZE, Lab, board_lab, probed_lab

__all__ = ["board_lab", "probed_lab"]


@pytest.mark.parametrize("value", [*NO_NUMBERS, 3.7, -0.1])
def test_the_source_meter_refuses_a_voltage(probed_lab: Lab, value: float) -> None:
    smu = probed_lab.tool("smu")
    probed_lab.refuses(lambda: setattr(smu, "voltage", value), "voltage", "V")
    probed_lab.refuses(lambda: smu.source(value, current_limit=1e-3), "voltage", "V")


@pytest.mark.parametrize("value", [*NO_NUMBERS, 5.1e-3, 2.0])
def test_the_source_meter_refuses_a_current(probed_lab: Lab, value: float) -> None:
    smu = probed_lab.tool("smu")
    probed_lab.refuses(lambda: setattr(smu, "current_limit", value), "current_limit", "A")
    probed_lab.refuses(lambda: setattr(smu, "current", value), "current", "A")
    probed_lab.refuses(lambda: smu.source(0.1, current_limit=value), "current_limit", "A")


def test_the_source_meter_refuses_a_voltage_limit_that_a_current_source_could_reach(
    probed_lab: Lab,
) -> None:
    smu = probed_lab.tool("smu")
    probed_lab.refuses(lambda: setattr(smu, "voltage_limit", 10.0), "voltage_limit", "10 V")


@pytest.mark.parametrize("place", [0, 3, 6])
@pytest.mark.parametrize("bad", [*NO_NUMBERS, 3.7, -0.2])
def test_the_source_meter_refuses_a_list_with_one_bad_point(
    probed_lab: Lab, place: int, bad: float
) -> None:
    points = np.linspace(0.0, 1.0, 7)
    points[place] = bad
    smu = probed_lab.tool("smu")
    probed_lab.refuses(
        lambda: smu.sweep(points, dwell=1e-3, current_limit=1e-3), f"voltages[{place}]", "V"
    )


@pytest.mark.parametrize("value", [*NO_NUMBERS, 3.7, -3.7])
@pytest.mark.parametrize("channel", [1])
def test_the_generator_refuses_a_pulse_or_level(
    probed_lab: Lab, channel: int, value: float
) -> None:
    awg = probed_lab.tool("generator")
    probed_lab.refuses(
        lambda: awg.pulse(channel, value, width=1e-6, period=0.0, count=1), "V", "accepts"
    )
    probed_lab.refuses(lambda: awg.level(channel, value), "V", "accepts")


def test_the_generator_refuses_amplitude_plus_offset(probed_lab: Lab) -> None:
    channel = fresh_channel(probed_lab)
    channel.amplitude = 2.0
    channel.offset = 1.0
    probed_lab.refuses(lambda: setattr(channel, "offset", 2.7), "V", "3.6 V")
    probed_lab.refuses(lambda: setattr(channel, "amplitude", 5.4), "V", "3.6 V")


def test_the_generator_refuses_what_a_load_setting_doubles(probed_lab: Lab) -> None:
    """A channel that believes in 50 ohm puts twice the programmed volts on an open line."""
    channel = fresh_channel(probed_lab)
    channel.load = 50.0
    probed_lab.refuses(lambda: setattr(channel, "offset", 2.0), "V", "3.6 V")


@pytest.mark.parametrize("name", ["amplitude", "offset", "high", "low", "load", "pulse_width"])
@pytest.mark.parametrize("value", [math.nan, -math.inf])
def test_the_generator_refuses_what_is_no_number(probed_lab: Lab, name: str, value: float) -> None:
    channel = fresh_channel(probed_lab)
    probed_lab.refuses(lambda: setattr(channel, name, value), name)


def test_the_generator_refuses_samples_beyond_full_scale(probed_lab: Lab) -> None:
    channel = fresh_channel(probed_lab)
    for bad in (1.01, -1.01, math.nan):
        samples = np.zeros(16)
        samples[9] = bad
        probed_lab.refuses(lambda data=samples: channel.upload("WAVE", data), "index 9")


def fresh_channel(lab: Lab) -> Any:
    """Return the drain channel after a reset, off, with a small pulse around 1 V to come."""
    awg = lab.tool("generator")
    awg.initialise()
    channel = awg.channels[0]
    channel.offset = 1.0
    channel.function = "pulse"
    return channel


SETTINGS = st.one_of(
    st.tuples(st.just("amplitude"), st.sampled_from([0.2, 1.0, 2.5, 3.6, 5.0, 7.2, 20.0])),
    st.tuples(st.just("offset"), st.sampled_from([0.0, 0.5, 1.5, 1.8, 3.0, 3.6, 5.0, -1.0])),
    st.tuples(st.just("high"), st.sampled_from([0.5, 1.0, 1.8, 2.0, 3.6, 3.7, 7.0])),
    st.tuples(st.just("low"), st.sampled_from([0.0, 0.1, 0.5, 1.9, -0.5, -3.0])),
    st.tuples(st.just("load"), st.sampled_from([1.0, 50.0, 1e3, math.inf])),
    st.tuples(st.just("function"), st.sampled_from(["dc", "pulse", "sine", "square"])),
    st.tuples(st.just("inverted"), st.booleans()),
    st.tuples(st.just("output"), st.just(True)),
)


@FEW
@given(st.lists(SETTINGS, min_size=1, max_size=10))
def test_no_order_of_settings_leads_the_generator_beyond_the_line(
    probed_lab: Lab, orders: list[tuple[str, Any]]
) -> None:
    """Refused: no command went out. Taken: the open line stays within 0 to 3.6 V.

    What is on the open line follows from what the instrument itself answers: a source of 50 ohm
    that believes in a load R shows R / (R + 50) of its open voltage.
    """
    channel = fresh_channel(probed_lab)
    for name, value in orders:
        probed_lab.sent.clear()
        try:
            setattr(channel, name, value)
        except LabcimError as refused:
            if isinstance(refused, RangeError):
                assert not [said for said in probed_lab.sent if not said.rstrip().endswith(b"?")]
                assert "accepts" in str(refused)
            continue
        low, high = on_the_open_line(channel)
        assert low >= -1e-6, (orders, low)
        assert high <= 3.6 + 1e-6, (orders, high)


def on_the_open_line(channel: Any) -> tuple[float, float]:
    """Return the lowest and highest V on an open line, by the instrument's own answers."""
    ask = channel.ask
    load = float(ask("OUTP1:LOAD?"))
    factor = 1.0 if load > 9e37 else (load + 50.0) / load
    if ask("SOUR1:FUNC?").startswith("DC"):
        level = factor * float(ask("SOUR1:VOLT:OFFS?"))
        return level, level
    return factor * float(ask("SOUR1:VOLT:LOW?")), factor * float(ask("SOUR1:VOLT:HIGH?"))


METER = st.one_of(
    st.tuples(st.just("source_function"), st.sampled_from(["voltage", "current"])),
    st.tuples(st.just("voltage"), st.sampled_from([0.0, 1.0, 3.6, 3.7, -1.0, 20.0])),
    st.tuples(st.just("current_limit"), st.sampled_from([1e-6, 1e-3, 5e-3, 6e-3, 1.0])),
    st.tuples(st.just("current"), st.sampled_from([0.0, 1e-3, 6e-3, -6e-3])),
    st.tuples(st.just("voltage_limit"), st.sampled_from([0.02, 1.0, 3.6, 21.0])),
    st.tuples(st.just("output"), st.just(True)),
)


@FEW
@given(st.lists(METER, min_size=1, max_size=8))
def test_no_order_of_settings_leads_the_source_meter_beyond_the_line(
    probed_lab: Lab, orders: list[tuple[str, Any]]
) -> None:
    """Whenever its output is on, its own answers are within 0 to 3.6 V and 5 mA."""
    smu = probed_lab.tool("smu")
    smu.initialise()
    for name, value in orders:
        probed_lab.sent.clear()
        try:
            setattr(smu, name, value)
        except RangeError as refused:
            commands = [said for said in probed_lab.sent if b"?" not in said]
            assert commands == []
            assert "accepts" in str(refused)
        if smu.ask(":OUTP?") != "1":
            continue
        if smu.ask(":SOUR:FUNC?").startswith("VOLT"):
            assert 0.0 <= float(smu.ask(":SOUR:VOLT?")) <= 3.6
            assert float(smu.ask(":SOUR:VOLT:ILIM?")) <= 5e-3 * (1 + 1e-6)
        else:
            assert abs(float(smu.ask(":SOUR:CURR?"))) <= 5e-3 * (1 + 1e-6)
            raise AssertionError("a current source could drive the line to -20 mV and below")
    smu.off()


@pytest.mark.parametrize(
    "name", ["1101') os.exit() --", "9999", "", "1101,1102", "１１０１", "allslots", "1101\n"]
)
def test_the_matrix_takes_nothing_but_channels(probed_lab: Lab, name: str) -> None:
    matrix = probed_lab.tool("matrix")
    for verb in (matrix.connect, matrix.forbid, matrix.allow, matrix.closures):
        probed_lab.refuses(lambda ask=verb: ask([name]), "accepts")


@pytest.mark.parametrize("bad", [math.inf, -math.inf, 3.7, -0.1])
@pytest.mark.parametrize("family", ["rows", "columns", "gates"])
def test_one_bad_level_in_a_sequence_of_lines_is_refused(
    board_lab: Lab, family: str, bad: float
) -> None:
    levels = {name: np.zeros(SIZE) for name in ("rows", "columns", "gates")}
    good = LineState(levels["rows"], levels["columns"], levels["gates"], 1e-3)
    spoilt = {name: values.copy() for name, values in levels.items()}
    spoilt[family][2] = 5.6 if family == "gates" and bad == 3.7 else bad
    wrong = LineState(spoilt["rows"], spoilt["columns"], spoilt["gates"], 1e-3)
    board_lab.refuses(lambda: board_lab.tool("board").apply([good, wrong, good]), "V")


@pytest.mark.parametrize("name", ["aperture", "current_range"])
@pytest.mark.parametrize("value", NO_NUMBERS)
def test_the_board_refuses_a_setting_that_is_no_number(
    board_lab: Lab, name: str, value: float
) -> None:
    board = board_lab.tool("board")
    board_lab.refuses(lambda: setattr(board, name, value), name)


@pytest.mark.parametrize("limit", [math.nan, math.inf, 5.1e-3])
def test_the_board_refuses_a_current_limit_that_no_line_carries(
    board_lab: Lab, limit: float
) -> None:
    train = Train(1.0, 1e-6, 2.0, current_limit=limit)
    board_lab.refuses(lambda: board_lab.cells.pulse(CELLS, train), "A", "5 mA")
