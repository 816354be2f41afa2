"""Ctrl-C and SIGTERM to a real `labcim run`, as a terminal and a system send them."""

import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from victims import Served
from waiting import wait_until

from labcim.app.record import open_record
from labcim.cli.exit_codes import ExitCode

ENDLESS = """
protocol = "write_verify"
targets = "one"
target = "20 uS"
tolerance = "1 nS"
reversals = 10000
pulses = 60000
cap_pulses = 10000
"""


@pytest.mark.parametrize(
    ("number", "reason"), [(signal.SIGINT, "Ctrl-C"), (signal.SIGTERM, "SIGTERM")]
)
def test_a_signal_ends_the_command_safely_and_says_so(
    number, reason, served: Served, tmp_path: Path
):
    recipe, record = tmp_path / "recipe.toml", tmp_path / "record.sqlite"
    recipe.write_text(ENDLESS)
    before = len(served.truth.pulses())
    command = [sys.executable, "-m", "labcim", "run", str(recipe)]
    process = subprocess.Popen(
        [*command, "--bench", str(served.path), "--record", str(record)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        wait_until(lambda: len(served.truth.pulses()) > before, 40.0, "a pulse")
        asked = time.time()
        process.send_signal(number)
        out, err = process.communicate(timeout=20)
    finally:
        process.kill()
        process.communicate()
    assert process.returncode == ExitCode.ABORTED, err
    assert not served.enabled() and served.off_since() - asked < 1.0
    assert f"aborted: {reason}" in out
    assert "Traceback" not in err
    with open_record(record) as kept:
        (run,) = kept.runs()
    assert (run.state, run.reason, run.safe) == ("aborted", reason, True)
