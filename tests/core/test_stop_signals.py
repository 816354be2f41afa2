"""Signals ask; only when nothing comes of it for long, another one ends the process."""

import signal
import subprocess
import sys

import pytest
from waiting import wait_until

STUCK = """
from labcim import stop_signals
from labcim.steering import Steering

stop_signals.PATIENCE = {patience}
with stop_signals.StopSignals(Steering()):
    print("stuck", flush=True)
    while True:
        pass
"""


@pytest.fixture
def stuck(request):
    """Yield a process that never comes back from what it computes."""
    words = [sys.executable, "-c", STUCK.format(patience=request.param)]
    with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as p:
        assert p.stdout.readline() == "stuck\n"
        yield p
        p.kill()


@pytest.mark.parametrize("stuck", [0.2], indirect=True)
def test_a_run_that_never_ends_is_left_by_another_signal_after_some_patience(stuck):
    def asked_again():
        stuck.send_signal(signal.SIGINT)
        return stuck.poll() is not None

    wait_until(asked_again, 10)
    assert stuck.returncode == 7
    assert "leaving it interrupted" in stuck.stderr.read()


@pytest.mark.parametrize("stuck", [3600.0], indirect=True)
def test_an_impatient_second_signal_is_told_that_the_end_is_on_its_way(stuck):
    stuck.send_signal(signal.SIGINT)
    stuck.send_signal(signal.SIGTERM)
    assert "already ending" in stuck.stderr.readline()
    assert stuck.poll() is None
