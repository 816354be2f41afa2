"""A parameter over a transport that does nothing: only labcim's own time is left."""

import time
from typing import ClassVar

import pytest
from benchmarks.figures import Figure

from labcim.errors import RangeError
from labcim.instrument import Instrument, SafePhase
from labcim.limits import TerminalLimits
from labcim.parameter import Parameter
from labcim.recording_transport import RecordingTransport
from labcim.traffic import TrafficFile


class NullTransport:
    """Takes everything, and answers that there was no error."""

    address = "NULL"

    def write(self, message):
        pass

    def query(self, message):
        return '0,"No error"'


class Source(Instrument):
    """A source with one level, set plainly or guarded by what its terminal may see."""

    terminals: ClassVar[tuple[str, ...]] = ("hi",)

    level = Parameter(doc="Set the level.", unit="V", set=":SOUR:VOLT {:.7g}", limits=(-10, 10))
    guarded = Parameter(
        doc="Set the level.", unit="V", set=":SOUR:VOLT {:.7g}", limits=(-10, 10), guard="_guard"
    )

    def initialise(self) -> None:
        pass

    def safe(self, phase: SafePhase) -> None:
        pass

    def _guard(self, value: float) -> None:
        limits = self.terminal_limits("hi")
        if not limits.low <= value <= limits.high:
            raise RangeError(f"level = {value:g} V: accepts {limits.low:g} to {limits.high:g} V")


def _set(source, name):
    def run():
        for _ in range(1000):
            setattr(source, name, 1.25)

    return run


@pytest.mark.benchmark(timer=time.process_time)
def bench_a_parameter_is_set(benchmark, figures, peer):
    source = Source(NullTransport(), check_errors=False)
    benchmark.pedantic(_set(source, "level"), rounds=30, warmup_rounds=3)
    took = benchmark.stats.stats.median / 1000
    theirs = peer("parameters")
    for name in ("pymeasure", "qcodes"):
        beside = (name, theirs[f"{name}_set"]) if theirs else None
        figures.add(Figure(f"parameter set, beside {name}", took, 4e-6, peer=beside))


@pytest.mark.benchmark(timer=time.process_time)
def bench_a_parameter_is_set_with_guard_traffic_log_and_error_check(
    benchmark, figures, peer, tmp_path
):
    with TrafficFile(tmp_path / "traffic.jsonl") as file:
        line = RecordingTransport(NullTransport(), file)
        source = Source(line, {"hi": TerminalLimits(-2.0, 2.0, 1e-3)})
        benchmark.pedantic(_set(source, "guarded"), rounds=30, warmup_rounds=3)
    took = benchmark.stats.stats.median / 1000
    theirs = peer("parameters")
    beside = ("pymeasure, error check only", theirs["pymeasure_checked"]) if theirs else None
    what = "parameter set with guard, traffic on file and error check"
    figures.add(Figure(what, took, 15e-6, peer=beside))
