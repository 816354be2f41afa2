"""A query of a simulated instrument in this process, with and without physics behind it."""

import time

import numpy as np
import pytest
import pyvisa
from benchmarks import benches
from benchmarks.figures import Figure
from third_party.resistor_chip import resistor_chip

import labcim

CELL = b"READ:CELL? #14\x00\x00\x00\x05,0.2,2.5\n"


def _open(bench, address):
    chip = bench.with_name("chip.toml")
    return pyvisa.ResourceManager(f"{chip}@labcim").open_resource(
        address, read_termination="\n", write_termination="\n"
    )


def _median(benchmark, call):
    def run():
        for _ in range(500):
            call()

    benchmark.pedantic(run, rounds=20, warmup_rounds=2)
    return benchmark.stats.stats.median / 500


def _judged(figures, peer, kind, what, took, target):
    theirs = peer("queries")
    figures.add(Figure(what, took, target, peer=("pyvisa-sim", theirs[kind]) if theirs else None))


@pytest.mark.benchmark(timer=time.process_time)
@pytest.mark.parametrize(("kind", "address"), [("board", "board"), ("probed", "smu")])
def bench_an_identity(benchmark, figures, peer, tmp_path, kind, address):
    bench = benches.board(tmp_path, 64) if kind == "board" else benches.probed(tmp_path, 16)
    with _open(bench, f"TCPIP0::{address}::inst0::INSTR") as session:
        took = _median(benchmark, lambda: session.query("*IDN?"))
    name = {"board": "the board", "smu": "the 2450"}[address]
    _judged(figures, peer, "identity", f"`*IDN?` of {name}, in-process", took, 10e-6)


@pytest.mark.benchmark(timer=time.process_time)
def bench_a_reading_of_the_board(benchmark, figures, peer, tmp_path):
    bench = benches.board(tmp_path, 64, formed=True, truth="pulses")
    with _open(bench, "TCPIP0::board::inst0::INSTR") as session:
        session.write("*RST;:ROW:VOLT:PROT 0,3;:COL:VOLT:PROT 0,3;:GATE:VOLT:PROT 0,3;:OUTP ON")

        def read():
            session.write_raw(CELL)
            return session.read_raw()

        assert read().count(b",") == 2
        took = _median(benchmark, read)
    _judged(figures, peer, "reading", "a cell read on the board, in-process", took, 25e-6)


@pytest.mark.benchmark(timer=time.process_time)
def bench_a_reading_of_the_2450(benchmark, figures, peer, tmp_path):
    path = benches.probed(tmp_path, 16)
    with labcim.open_bench(path, record=tmp_path / "record.sqlite") as bench:
        bench.cells.read(np.array([17], np.uint32), 0.2, gate=2.5)  # the matrix stays connected
        with _open(path, "TCPIP0::generator::inst0::INSTR") as gate:
            gate.write(":SOUR2:VOLT:OFFS 2.5")
        with _open(path, "TCPIP0::smu::inst0::INSTR") as session:
            session.write(":SOUR:VOLT 0.2")
            assert abs(float(session.query(":READ?"))) > 1e-9
            took = _median(benchmark, lambda: session.query(":READ?"))
    _judged(figures, peer, "reading", "a cell read by the 2450, in-process", took, 25e-6)


@pytest.mark.benchmark(timer=time.process_time)
@pytest.mark.parametrize(
    ("model", "terminal", "source", "read"),
    [
        ("keithley2450", "hi", ":SOUR:VOLT 0.2;:OUTP 1", ":READ?"),
        ("keithley2400", "hi", ":SOUR:VOLT 0.2;:OUTP 1", ":READ?"),
        ("keysightb1500a", "smu1", "CN 1;DV 1,0,0.2,1E-3", "TI 1,0"),
    ],
)
def bench_a_reading_of_a_resistor(
    benchmark, figures, peer, tmp_path, model, terminal, source, read
):
    chip = tmp_path / "chip.toml"
    chip.write_text(resistor_chip(model, "GPIB0::24::INSTR", terminal=terminal))
    manager = pyvisa.ResourceManager(f"{chip}@labcim")
    with manager.open_resource(
        "GPIB0::24::INSTR", read_termination="\n", write_termination="\n"
    ) as session:
        session.write(source)
        assert "E-0" in session.query(read)
        took = _median(benchmark, lambda: session.query(read))
    name = model.removeprefix("keithley").removeprefix("keysight").upper()
    _judged(figures, peer, "reading", f"a resistor read by the {name}, in-process", took, 25e-6)
