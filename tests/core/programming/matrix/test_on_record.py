"""A matrix inside of a run: what it did is on record, and can be billed."""

import numpy as np
from fake_array import fake_array

from labcim.analysis.cost.bill import bill
from labcim.analysis.cost.work import Work
from labcim.capabilities import Coding
from labcim.documents import Event, Pulses
from labcim.on_record import on_record
from labcim.programming.matrix import AnalogMatrix
from labcim.recorded import ReadTally

COMMON = {"run": "r", "bench_time": 0.0, "wall_time": 0.0}


def test_what_a_matrix_did_in_a_run_is_on_its_bill():
    work, tally = Work(rows=16, columns=16), ReadTally()
    bare = fake_array(16, 16)
    given = on_record(
        bare,
        lambda train: work(Pulses(**COMMON, unit="u", attempt=1, train=train)),
        lambda kind, text, data: work(Event(**COMMON, kind=kind, message=text, data=data)),
        lambda kind, text, data: None,
        tally,
    )
    weights = np.random.default_rng(1).uniform(-1, 1, (8, 16))
    matrix = AnalogMatrix(weights, given, coding=Coding(signs="bipolar")).program().recalibrate()
    matrix @ np.ones(16)
    assert work.pulses == sum(int(written.pulses.sum()) for written in matrix.written)
    assert tally.readings == matrix.tuning.averages * sum(len(r[0]) for r in bare.cells.reads)
    assert work.vectors == matrix.tally.vectors
    assert work.conversions == matrix.tally.conversions  # all 16 columns belong to the matrix
    (own,) = matrix.cost()
    of_run = bill(work)
    assert own.macs == of_run.macs
    assert [item.count for item in own.items[:2]] == [item.count for item in of_run.items[:2]]
    items = {item.what: item.energy for item in bill(work).items}
    assert items["products, in cells"] > 0.0
