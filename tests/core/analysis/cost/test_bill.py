"""The bill of what a run did, from its documents, against sums by hand."""

import numpy as np
import pytest

from labcim.analysis.cost.bill import bill
from labcim.analysis.cost.work import Work
from labcim.documents import PULSE, Event, Pulses, RunStart, RunStop

COMMON = {"run": "r", "bench_time": 0.0, "wall_time": 0.0}


def start(rows=4, columns=8):
    return RunStart(
        **COMMON, protocol="p", recipe="", recipe_hash="", chip="c", rows=rows, columns=columns,
        bench="b", mode="SIM", operator="", station="", versions={}, units=("u",),
    )  # fmt: skip


def pulses(rows):
    train = np.array(rows, PULSE)
    return Pulses(**COMMON, unit="u", attempt=1, train=train)


def event(kind, **data):
    return Event(**COMMON, kind=kind, message="", data=data)


def stop():
    return RunStop(
        **COMMON, state="completed", reason="", hash="", units_done=1, pulses=0, readings=0,
        safe=True, modelled_time=1.5,
    )  # fmt: skip


def billed(*documents):
    work = Work()
    for document in (start(), *documents, stop()):
        work(document)
    found = bill(work)
    return found, {item.what: item for item in found.items}


def test_pulses_cost_their_voltage_times_their_current():
    train = pulses(
        [  # time, cell, V, gate, s, A, count, flags
            (0.0, 0, 2.0, 1.0, 1e-6, 50e-6, 1, 0),
            (0.0, 1, -1.5, 3.0, 1e-6, 20e-6, 1, 0),
            (1e-3, 2, 1.0, 1.0, 1e-6, 10e-6, 4, 0),
        ]
    )
    found, items = billed(train)
    energy = 2.0 * 50e-6 * 1e-6 + 1.5 * 20e-6 * 1e-6 + 1.0 * 10e-6 * 4e-6
    cells = items["pulses, in cells"]
    assert cells.count == 6
    assert cells.energy == pytest.approx(energy, rel=1e-6)
    assert cells.time == pytest.approx(5e-6, rel=1e-6)  # two of them are one shot
    lines = (4.0 + 2.25 + 4 * 1.0) * 8e-15
    assert items["pulses, on lines"].energy == pytest.approx(lines, rel=1e-6)
    assert found.energy == pytest.approx(energy + lines, rel=1e-6)
    assert found.bench_time == 1.5


def test_pulses_whose_current_nobody_measured_are_billed_by_the_mean_conductance():
    _, items = billed(pulses([(0.0, 0, 2.0, 0.0, 1e-6, np.nan, 3, 0)]))
    assert items["pulses, in cells"].energy == pytest.approx(4.0 * 20e-6 * 3e-6, rel=1e-6)


def test_readings_cost_their_power_for_their_aperture():
    _, items = billed(event("reads", readings=1000, power=4e-3))
    assert items["readings, in cells"].energy == pytest.approx(4e-3 * 10e-6)
    assert items["readings, in cells"].time == pytest.approx(10e-3)


def test_products_cost_their_cells_and_their_conversions():
    told = {
        "vectors": 10, "driven": "rows", "voltage": 0.2, "gate": 0.0, "pulse": 1e-6,
        "coding": "amplitude", "bits": 8, "signs": "phases", "output_bits": 8, "squares": 12.0,
    }  # fmt: skip
    found, items = billed(event("multiply", **told))
    cells = 0.04 * 12.0 * 8 * 1e-6 * 20e-6
    assert items["products, in cells"].energy == pytest.approx(cells)
    assert items["products, in cells"].time == pytest.approx(20e-6)  # two phases
    conversions = 10 * 2 * 8
    assert items["products, in converters"].count == conversions
    step = 2e-3 / 1.2e9 / 256
    assert items["products, in converters"].energy == pytest.approx(conversions * 256 * step)
    assert found.macs == 10 * 32
    assert found.digital == pytest.approx(320 * 2.8e-12)


def test_bits_take_a_pulse_each_and_bipolar_inputs_one_phase():
    told = {
        "vectors": 10, "driven": "columns", "voltage": 0.2, "pulse": 1e-6, "coding": "bits",
        "bits": 4, "signs": "bipolar", "output_bits": 6, "squares": 12.0,
    }  # fmt: skip
    _, items = billed(event("multiply", **told))
    assert items["products, in cells"].time == pytest.approx(40e-6)
    assert items["products, in converters"].count == 10 * 4


def test_what_no_energy_is_known_of_is_said():
    found, items = billed(
        event("lines", states=3, worst_voltage=1.0, duration=1e-3), event("solve"), event("pause")
    )
    said = "; ".join(found.not_counted)
    assert "3 states of single lines" in said
    assert "1 feedback loops" in said
    assert "readings: this run has none on record" in said
    assert items == {}
    assert found.energy == 0.0


def test_everything_assumed_is_printed_with_its_source():
    told = "\n".join(billed()[0].assumptions.told())
    for word in ("aperture", "mean conductance", "2^bits", "capacitance", "pitch", "converter"):
        assert word in told
    assert told.count("[") == 6
