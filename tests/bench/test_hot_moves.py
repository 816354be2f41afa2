"""Nothing moves under voltage: neither relays nor a wafer; what moves all the same is found out."""

import numpy as np
import pytest

import labcim
from labcim.app.wafer import WaferPass
from labcim.app.wafer_plan import WaferPlan
from labcim.bench_file import load_bench
from labcim.errors import RangeError, SafetyError
from labcim.host import Host
from labcim.sim_backend.bench import SimulatedBench

from .conftest import copy_bench, small_bench

SMU_CHIP = """
[[instrument]]
name = "smu"
model = "keithley2450"
address = "TCPIP0::smu::inst0::INSTR"
"""
SMU_BENCH = """
[instruments.smu]
driver = "keithley2450"
address = "TCPIP0::smu::inst0::INSTR"
"""


@pytest.fixture
def station(tmp_path):
    """Return (open bench, simulated bench) of a probe station with a source-meter beside it."""
    path = copy_bench("wafer", tmp_path)
    for file, more in (("chip.toml", SMU_CHIP), ("bench.toml", SMU_BENCH)):
        text = (tmp_path / file).read_text("utf-8")
        (tmp_path / file).write_text(text + more, "utf-8")
    with (
        labcim.open_bench(path, record=tmp_path / "r.sqlite") as bench,
        SimulatedBench.shared(tmp_path / "chip.toml") as simulated,
    ):
        yield bench, simulated, WaferPlan.load(tmp_path / "plan.toml")


def told(simulated, kind):
    """Return what is on the truth log of one kind."""
    actions = simulated.truth.actions()
    return [str(name, "ascii") for name in actions["target"][actions["kind"] == kind.encode()]]


def live(bench):
    """Bring the source-meter to 0.5 V."""
    meter = bench._host.station.instruments["smu"]
    meter.source(0.5, current_limit=1e-4)
    return meter


def test_a_wafer_does_not_move_while_a_source_is_live(station):
    bench, simulated, _ = station
    meter = live(bench)
    for move in (bench.prober.contact, bench.prober.separate, lambda: bench.prober.go_to(0, 0)):
        with pytest.raises(RangeError, match="smu is live: relays and wafer stay where they are"):
            move()
    assert told(simulated, "biased move") == []
    meter.off()
    bench.prober.go_to(0, 0)
    bench.prober.contact()
    assert simulated.wafer.touched


def test_a_pass_does_not_begin_where_an_output_cannot_be_turned_off(station):
    bench, simulated, plan = station
    live(bench)
    smu = simulated.simulated["smu"]
    says = smu.execute
    smu.execute = lambda message: says(message.replace(b"OUTP 0", b"OUTP?"))  # a welded relay
    try:
        before = simulated.wafer.place
        with pytest.raises(SafetyError, match="the wafer does not move: smu"):
            WaferPass(bench, plan)()
        assert simulated.wafer.place == before
        assert told(simulated, "biased move") == []
    finally:
        smu.execute = says


def test_the_truth_tells_of_a_move_that_nobody_could_know_to_be_biased(station):
    bench, simulated, _ = station
    bench.prober.go_to(0, 0)
    bench.prober.contact()
    with simulated.lock:
        simulated.drive("lab.bias", 1.0)  # no instrument of the bench file
    bench.prober.separate()
    assert told(simulated, "biased move") == ["separation"]
    assert told(simulated, "torn") == ["lines under voltage"]


def test_relays_do_not_move_while_a_source_of_the_bench_is_live(tmp_path):
    path = small_bench("probed", tmp_path, 4)
    bench_file = load_bench(path)
    with (
        Host(bench_file, path, record=f"sqlite:///{tmp_path / 'r.sqlite'}") as host,
        SimulatedBench.shared(tmp_path / "chip.toml") as simulated,
    ):
        tools = host.station.instruments
        matrix, meter, generator = (tools[role] for role in ("matrix", "smu", "generator"))
        matrix.connect(["1101"])
        meter.source(0.2, current_limit=1e-4)
        for move in (
            lambda: matrix.connect(["1102"]),
            lambda: matrix.close_also(["1102"]),
            lambda: matrix.open(["1101"]),
            matrix.open_all,
        ):
            with pytest.raises(RangeError, match="smu is live"):
                move()
        meter.off()
        generator.level(1, 0.5)
        with pytest.raises(RangeError, match="generator is live"):
            matrix.open_all()
        generator.level(1, 0.0)
        matrix.open_all()
        assert matrix.closed() == []
        kinds = simulated.truth.actions()["kind"]
        assert not np.isin(kinds, [b"hot open", b"hot close"]).any()


def test_a_probed_chip_never_switches_hot(tmp_path):
    path = small_bench("probed", tmp_path, 4)
    with labcim.open_bench(path, record=tmp_path / "r.sqlite") as bench:
        for name in ("form", "read_map"):
            assert bench.run(labcim.new_recipe(name)).stop.safe
        with SimulatedBench.shared(tmp_path / "chip.toml") as simulated:
            kinds = simulated.truth.actions()["kind"]
    assert (kinds == b"relay").any()
    assert not np.isin(kinds, [b"hot open", b"hot close"]).any()
