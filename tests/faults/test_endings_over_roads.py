"""An abort, a stop latch and a killed host over HiSLIP and VXI-11: the outputs go off."""

import pytest
from victims import Served
from waiting import wait_until

import labcim

from .test_watchdog_kills import host_process


@pytest.fixture(scope="module", params=["hislip", pytest.param("vxi11", marks=pytest.mark.slow)])
def served(request, tmp_path_factory):
    with Served(tmp_path_factory.mktemp(request.param), road=request.param) as bench:
        yield bench


@pytest.mark.parametrize("verb", ["abort", "estop"])
def test_a_run_that_is_ended_leaves_the_outputs_off(served, verb, tmp_path):
    with labcim.open_bench(served.path, record=tmp_path / "record.sqlite") as bench:

        def end(*_progress: object) -> None:
            bench.steering.request(verb, "a test says so")

        run = bench.run(labcim.new_recipe("form", block=16), on_progress=end)
        assert (run.stop.state, run.stop.safe) == ("aborted", True)
        assert not served.enabled()
    assert served.shut_down()[:4] == ["source", "source", "gate", "output"]


def test_the_outputs_go_off_after_the_host_was_killed(served):
    with host_process(served, "read") as (host, _):
        host.kill()
        wait_until(lambda: not served.enabled(), 5.0, "outputs off")
    assert served.shut_down()[:4] == ["source", "source", "gate", "output"]
