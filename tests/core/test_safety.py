"""A shut-down in phases: nobody waits for the late, and nobody is left out."""

import threading
import time
from typing import final

import pytest
from conversation import ScriptedTransport

from labcim.errors import SafetyError
from labcim.instrument import Instrument, SafePhase
from labcim.safety import LOST, make_safe, side_by_side

LOG = list[tuple[str, SafePhase]]


@final
class Tool(Instrument):
    """Notes its phases; may fail or hang in one of them."""

    def __init__(self, name: str, log: LOG, *, at: SafePhase | None = None, trouble=None):
        super().__init__(ScriptedTransport([]))
        self.name, self.log, self.at, self.trouble = name, log, at, trouble

    def initialise(self) -> None:
        """Do nothing."""

    def safe(self, phase: SafePhase) -> None:
        if phase is self.at:
            self.trouble()
        self.log.append((self.name, phase))


def test_all_finish_a_phase_before_the_next_begins():
    log: LOG = []
    tools = {name: Tool(name, log) for name in "abc"}
    assert make_safe(tools).safe
    assert [phase for _, phase in log] == sorted(phase for _, phase in log)
    assert len(log) == 3 * len(SafePhase)


def raising(kind: type[BaseException]):
    def trouble() -> None:
        raise kind("output is on")

    return trouble


@pytest.mark.parametrize("kind", [SafetyError, ZeroDivisionError, SystemExit, KeyboardInterrupt])
def test_a_failure_is_told_and_later_phases_are_tried(kind):
    log: LOG = []
    tools = {"a": Tool("a", log, at=SafePhase.SOURCES, trouble=raising(kind)), "b": Tool("b", log)}
    report = make_safe(tools)
    assert dict(report.troubles) == {"a": "sources: output is on"}
    assert ("a", SafePhase.OUTPUTS) in log and ("b", SafePhase.GROUND) in log


def test_nobody_waits_for_an_instrument_that_hangs():
    log: LOG = []
    never = threading.Event()
    tools = {
        "stuck": Tool("stuck", log, at=SafePhase.SOURCES, trouble=never.wait),
        "well": Tool("well", log),
    }
    began = time.monotonic()
    report = make_safe(tools, deadline=0.4)
    assert time.monotonic() - began < 0.6
    assert dict(report.troubles) == {"stuck": LOST}
    assert [phase for name, phase in log if name == "well"] == list(SafePhase)
    never.set()


def test_one_that_is_late_goes_through_all_its_phases_when_it_comes_back():
    log: LOG = []
    back, done = threading.Event(), threading.Event()
    late = Tool("late", log, at=SafePhase.SOURCES, trouble=back.wait)
    make_safe({"late": late}, deadline=0.05)
    late.at, late.trouble = SafePhase.GROUND, done.set
    back.set()
    assert done.wait(5)


def test_jobs_side_by_side_tell_who_failed_and_who_was_lost():
    never = threading.Event()
    jobs = {
        "good": lambda: None,
        "bad": raising(ValueError),
        "stuck": lambda: never.wait() and None,
    }
    assert side_by_side(jobs, 0.1) == {"bad": "output is on", "stuck": LOST}
    never.set()
