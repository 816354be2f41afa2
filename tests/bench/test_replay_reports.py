"""What was told live and what is replayed: the same bytes, hash and report, however a run ended."""

from functools import partial

import numpy as np
import pytest

import labcim
from labcim import plugins
from labcim.analysis.fingerprint.helper_data import HelperData
from labcim.app.recipes import new_recipe
from labcim.app.replay import replay
from labcim.app.report import Report
from labcim.document_codec import encode
from labcim.documents import KINDS, Event, Pulses, RunHash, RunStop

from .conftest import small_bench
from .scoped import scoped_bench

PROTOCOLS = sorted(plugins.protocol_names())
SEVEN_PAIRS = HelperData(  # of no chip: the key does not come back, and the run says so
    n=7, t=1, offsets=np.zeros((1, 7), np.uint8), salt=b"", entropy=1.0, key_digest="",
    response={
        "kind": "puf_enrol",
        "cells": np.arange(14).reshape(7, 2).tolist(),
        "read_voltage": 0.2, "read_gate": 2.5, "averages": 1,
    },
)  # fmt: skip
SMALLER = {  # what does not fit on 4 x 4 cells as it is
    "characterise": {  # all stages, few cells and readings
        "cells": "3:4, 0:2",
        "noise_count": 256,
        "noise_cells": 1,
        "cycles": 20,
        "pulses": 4,
        "reads": 100,
        "half_selects": 10,
        "averages": 4,
    },
    "compliance_tuning": {  # currents for cells of at most 40 uS
        "lowest": 5e-6,
        "highest": 15e-6,
        "gate_start": 0.75,
        "gate_stop": 1.0,
        "levels": 3,
        "off_below": 4e-6,
    },
    "denoise": {"traps": 0, "count": 128},
    "disturb": {"reads": 1000, "half_selects": 20},
    "multi_level": {"levels": 2, "grid": 2},
    "wire_resistance": {"repeats": 2},
    "puf_verify": {"helper": SEVEN_PAIRS.to_json()},
    "pulse_response": {"cells": "3:4, 0:4", "points": 8},  # others find their cells as they were
    "scouting_logic": {"rows": 4, "reset_voltage": 2.6},  # whatever others left in these cells
    "endurance": {"cycles": 1000, "every": 100, "block": 20},
    "stateful_logic": {"lines": 4},
    "stdp": {"cells": "0:4, 0:4"},
}
STAGED = ("temperature_coefficient",)  # what a bench without a thermal stage cannot do
SCOPED = ("pulse_capture",)  # and one without a scope
ENDS = ("stopped", "aborted", "failed", "resumed")
NAMES = {
    "board": (*sorted(set(PROTOCOLS) - {*STAGED, *SCOPED}), *ENDS),
    "oven": (*STAGED, "aborted"),
    "scoped": ("form", *SCOPED, "aborted"),
    "probed": ("form", "contact_check", "iv_sweep", "aborted"),  # where lines are driven one by one
}
CASES = [(kind, name) for kind, names in NAMES.items() for name in names]


class Told:
    """A run as a listener heard it and as it was reported live."""

    def __init__(self, bench, name, run):
        self.name, self.documents = name, []
        self.live = bench.path.parent / f"{name}.html"
        self.view = run(listeners=[self.documents.append], report=self.live)
        self.state = self.view.stop.state


class Bench:
    """Runs of many kinds, one after the other on one chip and one record."""

    def __init__(self, kind, folder):
        self.record = folder / "record.sqlite"
        self.path = scoped_bench(folder) if kind == "scoped" else small_bench(kind, folder, 4)
        self.runs = {}
        names = NAMES[kind]
        with labcim.open_bench(self.path, record=self.record) as bench:
            first_form = sorted(
                set(names) & set(PROTOCOLS), key=lambda name: (name != "form", name)
            )
            for name in first_form:
                self.tell(bench, name, new_recipe(name, **SMALLER.get(name, {})))
            if "stopped" in names:
                self.cut_off(bench, "stopped", new_recipe("read_map", block=4))
            self.cut_off(bench, "aborted", new_recipe("write_verify", target=33e-6))
            if "resumed" in names:
                self.runs["resumed"] = Told(bench, "resumed", partial(bench.resume, "last"))
        if "failed" in names:
            self.break_a_row()
            with labcim.open_bench(self.path, record=self.record) as bench:
                self.tell(bench, "failed", new_recipe("read_map"))

    def tell(self, bench, name, recipe, **more):
        self.runs[name] = Told(bench, name, partial(bench.run, recipe, **more))

    def cut_off(self, bench, end, recipe):
        """Run a recipe that is told to end in the midst of it."""

        steps = []

        def request(unit, fraction, text):
            steps.append(fraction)
            if len(steps) == 2:
                bench.steering.request({"stopped": "stop", "aborted": "abort"}[end], "enough")

        self.tell(bench, end, recipe, on_progress=request)

    def break_a_row(self):
        chip = self.path.parent / "chip.toml"
        text = chip.read_text("utf-8")
        assert "[faults]" not in text
        chip.write_text(f'{text}\n[faults]\nopen = ["row.1"]\n', "utf-8")


@pytest.fixture(scope="module")
def benches(tmp_path_factory):
    """Return kind -> bench, each made when it is first asked for."""
    made = {}

    def of(kind):
        if kind not in made:
            made[kind] = Bench(kind, tmp_path_factory.mktemp(kind))
        return made[kind]

    return of


@pytest.fixture(params=CASES, ids=lambda case: "-".join(case))
def case(request, benches):
    """Return (record, run) of a case."""
    kind, name = request.param
    bench = benches(kind)
    return bench.record, bench.runs[name]


def test_the_cases_ended_as_they_should(benches):
    expected = dict.fromkeys(PROTOCOLS, "completed") | {end: end for end in ENDS}
    expected["resumed"] = "completed"
    for kind, names in NAMES.items():
        ends = {name: told.state for name, told in benches(kind).runs.items()}
        assert ends == {name: expected[name] for name in names}


def test_the_cases_are_of_every_kind_of_document_and_of_a_cut_off_attempt(benches):
    runs = benches("board").runs
    kinds = {type(one).__name__ for told in runs.values() for one in told.documents}
    assert kinds == set(KINDS) - {"Note"}  # which people add, and no protocol
    assert any(isinstance(one, Pulses) for one in runs["aborted"].documents)
    assert any(isinstance(one, Event) and one.kind == "reread" for one in runs["resumed"].documents)


def test_every_replayed_document_is_the_live_one_byte_for_byte(case):
    record, told = case
    replayed = []
    replay(record, told.view.run, [replayed.append])
    assert len(told.documents) >= 3
    assert [encode(one) for one in replayed] == [encode(one) for one in told.documents]


def test_the_hash_of_a_replay_is_the_one_that_the_end_of_the_run_states(case):
    record, told = case
    total = RunHash()
    replayed = replay(record, told.view.run, [total.update])
    (stop,) = [one for one in told.documents if isinstance(one, RunStop)]
    assert total.hexdigest() == stop.hash == told.view.stop.hash
    assert replayed.check.intact is True


def test_the_report_of_a_replay_is_the_live_one_byte_for_byte(case, tmp_path):
    record, told = case
    page = Report()
    replay(record, told.view.run, [page])
    assert page.write(tmp_path / "replayed.html").read_bytes() == told.live.read_bytes()
