"""Shared by all tests: what is imported by its bare name, and no skip that is not on the list."""

import sys
from pathlib import Path

import pytest
from hypothesis import settings

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE))

# The same examples each time, so that a change is judged by what it changes. Others are looked for
# with `pytest --hypothesis-profile=default`.
settings.register_profile("same", derandomize=True)
settings.load_profile("same")

_skipped: list[str] = []


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Note every test that was skipped."""
    if report.skipped:
        _skipped.append(report.nodeid)


def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """Fail a run that skipped a test which ``allowed_skips.txt`` does not name with its reason."""
    lines = (HERE / "allowed_skips.txt").read_text(encoding="utf-8").splitlines()
    allowed = {line.split("#")[0].strip() for line in lines} - {""}
    silent = [name for name in _skipped if name not in allowed]
    if silent and exitstatus == 0:
        print("\nskipped, and not listed in tests/allowed_skips.txt:", *silent, sep="\n  ")
        session.exitstatus = 1
