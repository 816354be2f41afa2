"""What a probe sees in time, against closed forms."""

import math

import numpy as np
import pytest

from labcim.sim_backend.bench import SimulatedBench
from labcim.sim_backend.chip.limit_loop import LimitLoop
from labcim.sim_backend.chip.ports import Port
from labcim.sim_backend.chip.waveforms import Held, Load, Probe, Pulses, Running

CHIP = """
[chip]
preset = "neurram-130nm"
rows = 4
columns = 4
seed = 3
formed = true
[chip.wires]
row_capacitance = 1e-9
[wiring]
"awg.ch1" = "lab.free"
"scope.ch1" = "lab.free"
"scope.ch2" = "row.0"
"awg.ch2" = "row.0"
"""


@pytest.fixture
def bench(tmp_path):
    path = tmp_path / "chip.toml"
    path.write_text(CHIP)
    made = SimulatedBench(path)
    yield made
    made.close()


def seen(parts, times, tau=0.0):
    probe = Probe("x", 0.0, 0.0, Load())
    for part in parts:
        probe.take(part)
    return probe.volts(np.asarray(times), tau)


def test_a_step_through_a_bandwidth_is_an_exponential():
    times = np.linspace(0.0, 5.0, 50)
    found = seen([Held(0.0, 1.0)], [-1.0, *times], tau=1.0)[1:]
    assert found == pytest.approx(1.0 - np.exp(-times), abs=1e-9)


def test_two_poles_answer_a_step_as_their_closed_form_says():
    times, one, other = np.linspace(0.0, 9.0, 80), 2.0, 0.5
    found = seen([Held(0.0, 1.0, Load(1.0, one))], [-1.0, *times], tau=other)[1:]
    expected = 1.0 - (one * np.exp(-times / one) - other * np.exp(-times / other)) / (one - other)
    assert found == pytest.approx(expected, abs=1e-9)


def test_two_equal_poles_are_no_trouble():
    found = seen([Held(0.0, 1.0, Load(1.0, 1.0))], [-1.0, 1.0, 3.0], tau=1.0)[1:]
    times = np.array([1.0, 3.0])
    assert found == pytest.approx(1.0 - (1.0 + times) * np.exp(-times), abs=2e-3)


def test_only_the_share_of_a_step_that_the_capacitance_has_comes_late():
    found = seen([Held(0.0, 1.0, Load(0.25, 1.0))], [-1.0, 1e-9, 1.0])
    assert found[1:] == pytest.approx([0.75, 1.0 - 0.25 / math.e], abs=1e-6)


def test_a_ramp_lags_by_the_time_constant():
    pulse = Pulses(0.0, 0.0, 1.0, 200.0, 400.0, rise=100.0, fall=100.0)
    assert seen([pulse], [50.0], tau=1.0) == pytest.approx(0.49, abs=1e-9)


def test_the_width_of_a_pulse_is_between_its_half_way_points():
    pulse = Pulses(0.0, 0.0, 1.0, 10.0, 20.0, rise=2.0, fall=4.0)
    assert seen([pulse], [1.0, 11.0]) == pytest.approx([0.5, 0.5])


def test_every_pulse_of_a_train_comes_in_its_period():
    train = Pulses(0.0, 0.0, 1.0, 1.0, 4.0, count=1000)
    assert seen([train], [4.0 * 700 + 0.5, 4.0 * 700 + 2.0]) == pytest.approx([1.0, 0.0])


def test_a_wave_that_runs_freely_is_sampled_where_one_looks():
    wave = Running(0.0, lambda t: np.sin(2 * np.pi * t), 1.0, offset=0.5, gain=2.0)
    times = np.linspace(3.0, 4.0, 9)
    assert seen([wave], times) == pytest.approx(0.5 + 2.0 * np.sin(2 * np.pi * times), abs=0.01)


def test_a_probe_on_a_terminal_sees_its_pulse_and_the_level_after_it(bench):
    bench.drive("awg.ch1", 0.25)
    probe = bench.waveforms.watch("scope.ch1")
    start = bench.clock.now
    bench.pulse("awg.ch1", 1.0, 1e-6, 2, 4e-6)
    at = start + np.array([0.5e-6, 2e-6, 4.5e-6, 7e-6])
    assert probe.volts(at) == pytest.approx([1.0, 0.25, 1.0, 0.25])


def test_an_open_output_is_seen_at_rest(bench):
    probe = bench.waveforms.watch("scope.ch1")
    bench.pulse("awg.ch1", 1.0, 1e-6)
    assert probe.volts(np.array([0.5e-6])) == pytest.approx([0.0])


def test_the_capacitance_of_a_line_behind_its_source_rounds_the_pulse(bench):
    bench.drive("awg.ch2", 0.0, impedance=50.0)
    probe = bench.waveforms.watch("scope.ch2")
    start = bench.clock.now
    bench.pulse("awg.ch2", 0.1, 1e-5, 1, 2e-5)
    tau = 50.0 * 5e-9  # five segments of 1 nF
    times = np.array([tau, 3.0 * tau])
    assert probe.volts(start + times) == pytest.approx(0.1 * (1.0 - np.exp(-times / tau)), rel=1e-6)


def test_a_probe_that_was_taken_off_sees_nothing_more(bench):
    bench.drive("awg.ch1", 0.0)
    probe = bench.waveforms.watch("scope.ch1")
    bench.waveforms.leave(probe)
    bench.pulse("awg.ch1", 1.0, 1e-6)
    assert len(probe.parts) == 1


def test_a_wave_that_runs_on_a_terminal_is_seen_with_its_phase(bench):
    bench.drive("awg.ch1", 0.0)
    bench.waveforms.run("awg.ch1", lambda t: np.sin(2 * np.pi * 1e3 * t), 1e-3)
    bench.advance(0.25e-3)
    probe = bench.waveforms.watch("scope.ch1")
    assert probe.volts(np.array([bench.clock.now])) == pytest.approx([1.0], abs=0.01)
    bench.waveforms.run("awg.ch1", None)
    bench.advance(1e-3)
    assert probe.volts(np.array([bench.clock.now])) == pytest.approx([0.0])


def test_a_long_history_keeps_its_end():
    probe = Probe("x", 0.0, 0.0, Load())
    called = []
    probe.on_full = lambda: called.append(len(probe.parts))
    for step in range(10_000):
        probe.take(Held(float(step), float(step % 2)))
    assert called and len(probe.parts) <= 4096
    assert probe.volts(np.array([9999.5])) == pytest.approx([1.0])


def test_a_probe_behind_a_resistor_charges_through_it(tmp_path):
    path = tmp_path / "chip.toml"
    text = '[[resistor]]\nbetween = ["src.out", "probe.tip"]\nohm = 1e6\n'
    path.write_text(CHIP.replace("[wiring]", f"{text}[wiring]"))
    with SimulatedBench(path) as bench:
        bench.drive("src.out", 0.0, impedance=50.0)
        probe = bench.waveforms.watch("probe.tip", 16e-12)
        start = bench.clock.now
        bench.pulse("src.out", 1.0, 1e-3, 1, 2e-3)
        times = np.array([16e-6, 48e-6])
        expected = 1.0 - np.exp(-times / 16e-6)
        assert probe.volts(start + times) == pytest.approx(expected, rel=1e-3)


def test_a_probe_sees_a_limit_take_hold_after_its_loops_response(tmp_path):
    path = tmp_path / "chip.toml"
    wires = '"smu.hi" = "row.0"\n"ground" = "column[0:3]"\n"lab.gate" = "gate.0"\n'
    text = CHIP.replace("row_capacitance = 1e-9\n", "").replace("seed = 3", "seed = 3\nstuck = 0.0")
    path.write_text(text.replace("[wiring]\n", f"[wiring]\n{wires}"))
    response, limit = 20e-6, 50e-6
    with SimulatedBench(path) as bench:
        bench.set_port("scope.ch2", Port(ohm=1e7))
        bench.set_loop("smu.hi", LimitLoop(((1.0, response),)))
        bench.drive("lab.gate", 5.0)
        bench.drive("smu.hi", 0.0, current_limit=limit)
        probe = bench.waveforms.watch("scope.ch2")
        start = bench.clock.now
        volts, amperes, limited = bench.dwell("smu.hi", 2.0, 1e-2, limit)
        seen = probe.volts(start + np.array([0.5 * response, 2.0 * response + 1e-4]))
    assert limited and amperes == pytest.approx(limit)
    assert seen[0] == pytest.approx(2.0, rel=2e-3)
    assert seen[1] == pytest.approx(volts, rel=5e-3)


def test_each_stimulus_keeps_its_own_time_constant():
    parts = [Held(0.0, 1.0, Load(1.0, 1.0)), Held(100.0, 0.0, Load(1.0, 10.0))]
    found = seen(parts, [-1.0, 1.0, 110.0])[1:]
    assert found == pytest.approx([1.0 - math.exp(-1.0), math.exp(-1.0)], abs=1e-6)
