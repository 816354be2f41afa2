"""Errors and noise of simulated instruments against what a data sheet promises."""

import numpy as np
import pytest

from labcim.sim_backend.instruments._metrology import Metrology

ACCURACY = {"VOLT": {2.0: (1e-4, 3e-4), 20.0: (2e-4, 1e-3)}}


def metrology(serial="1", model="2450", **more):
    return Metrology(serial, model, ACCURACY, seed=1, noise=1e-6, **more)


def test_no_reading_is_further_off_than_the_data_sheet_allows():
    worst = max(
        abs(metrology(str(serial)).shown("VOLT", 2.0, 2.0, 10.0) - 2.0) for serial in range(50)
    )
    assert 5e-5 < worst < 2.0 * 1e-4 + 3e-4


def test_two_models_of_one_serial_number_err_differently():
    first, second = (metrology(model=model).shown("VOLT", 1.0, 2.0, 1.0)
                     for model in ("2450", "2400"))  # fmt: skip
    assert first != second


def test_noise_falls_with_the_root_of_the_line_cycles():
    def spread(cycles):
        one = metrology()
        return np.std([one.shown("VOLT", 1.0, 2.0, cycles) for _ in range(4000)])

    assert spread(0.1) / spread(10.0) == pytest.approx(10.0, rel=0.1)


def test_a_level_is_rounded_to_the_steps_of_its_range():
    exact = metrology(steps={"VOLT": {2.0: 50e-6}})
    assert exact.given("VOLT", 1.00002, 2.0) == pytest.approx(1.0)
    assert exact.given("VOLT", 1.00004, 2.0) == pytest.approx(1.00005)


def test_a_level_is_wrong_within_the_data_sheet_of_the_source():
    wrong = [
        metrology(str(serial), source=ACCURACY).given("VOLT", 2.0, 2.0) - 2.0
        for serial in range(50)
    ]
    assert 5e-5 < max(map(abs, wrong)) < 5e-4
