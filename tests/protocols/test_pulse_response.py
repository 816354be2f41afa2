"""Pulse response on cells with a closed form: which pulses go out, and what each row says."""

import numpy as np
import pytest
from fake_cells import FakeCells

from labcim.capabilities import Delivered, Topology
from labcim.protocols.characterise.pulse_response import PulseResponse, pulse_response

from .running import run

TWO = Topology(1, 2)
STEP = 0.05e-6


class SoftCells(FakeCells):
    """Each pulse takes a cell 2 % of what is left to its bound, whatever its voltage above 0.9 V.

    Below, a tenth of that.
    """

    def pulse(self, cells, train):
        self.pulses.append((cells, np.full(len(cells), float(train.amplitude)), train.count))
        share = 0.02 if abs(train.amplitude) > 0.9 else 0.002
        for _ in range(train.count):
            goal = 40e-6 if train.amplitude > 0.0 else 1e-6
            self.true[cells] += share * (goal - self.true[cells])
        n = len(cells)
        amplitude, none = np.full(n, train.amplitude), np.zeros(n, np.uint8)
        return Delivered(cells, amplitude, amplitude, train.width, train.count, none, none, none)


def respond(**recipe):
    cells = SoftCells(TWO, noise=1e-6)
    cells.floor = 0.0
    recipe = {"set_amplitude": 1.0, "reset_amplitude": 1.0, "cells": "all"} | recipe
    return cells, run(pulse_response, PulseResponse(**recipe), cells)


def test_soft_bounds_have_the_nonlinearity_of_50_steps_of_2_percent():
    _, done = respond(points=50)
    expected = -50.0 * np.log(0.98)
    assert done.finding("nonlinearity up").value == pytest.approx(expected, rel=0.01)
    assert done.finding("nonlinearity down").value == pytest.approx(expected, rel=0.01)
    assert done.finding("asymmetry index").value == pytest.approx(2.0 * expected, rel=0.01)


def test_pulses_go_up_and_down_with_a_ramp_and_are_no_more_than_was_announced():
    cells, _ = respond(points=4, pulses=3, cycles=2, ramp=0.1)
    amplitudes = [float(volts[0]) for _, volts, _ in cells.pulses]
    up = [1.0, 1.1, 1.2, 1.3]
    assert amplitudes == pytest.approx([*up, *(-v for v in up)] * 2)
    recipe = PulseResponse(set_amplitude=1.0, points=4, pulses=3, cycles=2, ramp=0.1)
    assert sum(count for *_, count in cells.pulses) == recipe.units(TWO)[0].bound
    demands = {demand.name: demand.voltage for demand in recipe.demands()}
    assert demands["set_amplitude"] == pytest.approx(1.3)


def test_the_window_is_that_of_the_bounds_and_the_half_select_step_a_tenth():
    _, done = respond(points=4, window_pulses=600, half_pulses=20)
    assert done.finding("conductance, lowest").value == pytest.approx(1e-6, rel=0.01)
    assert done.finding("conductance, highest").value == pytest.approx(40e-6, rel=0.01)
    half = done.finding("half-select step, share of a whole one").value
    assert half == pytest.approx(0.1, rel=0.08)  # the steps shrink a little on the way


def test_alternating_pulses_bring_the_cells_to_where_up_and_down_are_alike():
    _, done = respond(points=4, pairs=200, pairs_each=10)
    assert done.finding("symmetry point, mean").value == pytest.approx(20.5e-6, rel=0.005)
    assert done.finding("cells at their symmetry point").value == 1.0
    assert sorted({f.cell for f in done.findings if f.name == "symmetry point"}) == [0, 1]


def test_a_flagged_reading_is_no_point_of_a_branch():
    cells = SoftCells(TWO, noise=1e-6)
    cells.flag_next[1] = 2
    done = run(pulse_response, PulseResponse(points=4, flagged=1), cells)
    first = (done.rows["cell"] == 1) & (done.rows["stage"] == 0)
    assert np.nanmax(done.rows["conductance"]) < 40e-6
    assert np.isfinite(done.rows["sigma"][first]).all()  # seven readings are left
