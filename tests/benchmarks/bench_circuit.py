"""The circuit: problem E exactly, many inputs, cells that are no resistors; CPU time, one thread.

Problem E: cells of 10 to 100 uS, 1 ohm a wire segment, rows at 0 to 0.5 V from the left, columns
grounded at the bottom, seed 0. A call begins with plain arrays and ends with the currents of the
outputs; nothing is kept from one to the next but memory. Errors are the largest of any output,
relative to that output, against the same network at the tightest tolerance. The targets beside a
peer are its time over the ratio that is the goal.
"""

import resource
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from benchmarks.figures import Figure
from benchmarks.peers.timing import cpu_of_a_call

from labcim.sim_backend.circuit import (
    Network,
    NonlinearSolver,
    Sinh,
    Transfer,
    Voltages,
    bias,
    solve,
)

sys.path.insert(0, str(Path(__file__).parents[1] / "sim_backend" / "circuit"))
SIZES = [(64, 1e-7, 1e-10), (256, 1e-7, 1e-8), (512, 1e-8, 1e-8), (1024, 1e-8, 1e-7)]
GOALS = {64: 50_000, 256: 1_000, 512: 1_000}  # times as fast as the peer
MANY_GOAL = 50


def problem(size):
    """Return problem E: conductances in S, and V of the rows."""
    rng = np.random.default_rng(0)
    return rng.uniform(10e-6, 100e-6, (size, size)), rng.uniform(0, 0.5, size)


@pytest.fixture(scope="module")
def badcrossbar():
    """Return what badcrossbar needs, once; empty where it is not installed."""
    return {}


def spice_seconds(network, voltages, folder):
    """Return the CPU time of ngspice for one operating point, its start and parsing with it."""
    from spice import operating_point

    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    try:
        operating_point(network, voltages, folder)
    except (AssertionError, subprocess.SubprocessError):
        return None
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


@pytest.mark.parametrize(("size", "tolerance", "allowed"), SIZES)
def bench_linear(benchmark, figures, peer, badcrossbar, tmp_path, size, tolerance, allowed):
    cells, volts = problem(size)

    def call(tolerance=tolerance):
        network, voltages = Network(cells, 1.0, 1.0), Voltages(left=volts)
        return solve(network, voltages, tolerance=tolerance, threads=1).bottom

    exact = call(1e-15 if size < 1024 else 1e-13)
    error = float((np.abs(call() - exact) / np.abs(exact)).max())
    assert error <= allowed
    seconds = cpu_of_a_call(call, 1, 15 if size >= 512 else 101)
    benchmark.pedantic(call, rounds=1)
    beside = None
    if size in (256, 512):
        badcrossbar.update(badcrossbar or peer("circuit"))
        if f"one_{size}" in badcrossbar:
            beside = ("badcrossbar", badcrossbar[f"one_{size}"])
    elif size == 64:
        network, voltages = Network(cells, 1.0, 1.0), Voltages(left=volts)
        if spice := spice_seconds(network, voltages, tmp_path):
            beside = ("ngspice", spice)
    goal = beside[1] / GOALS[size] if beside else {1024: 60e-3}.get(size)
    remark = f"CPU; error {error:.0e}"
    what = f"exact IR drop of {size}×{size}, problem E"
    figures.add(Figure(what, seconds, goal, peer=beside, remark=remark))


def bench_many_inputs(benchmark, figures, peer, badcrossbar):
    cells, _ = problem(256)
    inputs = np.random.default_rng(1).uniform(0, 0.5, (1000, 256))

    def call():
        return Transfer(Network(cells, 1.0, 1.0), tolerance=1e-7).currents(inputs)

    seconds = cpu_of_a_call(call, 1, 1)
    benchmark.pedantic(call, rounds=1)
    badcrossbar.update(badcrossbar or peer("circuit"))
    beside = None
    if badcrossbar:
        beside = ("badcrossbar, from 100 inputs", badcrossbar["thousand_256"])
    what = "1,000 inputs of 256×256 with IR drop"
    goal = beside[1] / MANY_GOAL if beside else None
    figures.add(Figure(what, seconds, goal, peer=beside, remark="CPU"))


def bench_write_pulse(benchmark, figures):
    size = 128
    rng = np.random.default_rng(0)
    cells = rng.uniform(10e-6, 100e-6, (size, size))
    rows, columns = bias.half((size, size), [40], [90], 1.5)
    left, left_ohm = bias.terminal(rows, 10.0)
    bottom, bottom_ohm = bias.terminal(columns, 10.0)
    network = Network(cells, 1.0, 1.0, left_ohm, np.inf, np.inf, bottom_ohm)
    voltages = Voltages(left=left, bottom=bottom)

    def call():
        return NonlinearSolver(network, Sinh(cells, 3.0), threads=1).solve(voltages)

    steps = call().rounds
    seconds = cpu_of_a_call(call, 1, 15)
    benchmark.pedantic(call, rounds=1)
    what = "nonlinear passive 128×128, one write pulse with V/2"
    figures.add(Figure(what, seconds, 10e-3, remark=f"CPU; {steps} steps"))
