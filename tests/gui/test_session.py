"""A session with a real host: found, started, steered, lost; and runs that are played again."""

import os
import signal
from pathlib import Path

import pytest
from hosted import end_hosts, is_joined, small_bench
from hosted import tick_until as ticking

from labcim.app.dashboard import services
from labcim.app.recipes import new_recipe
from labcim.app.simulated_bench import simulated_bench
from labcim.bench_file import load_bench
from labcim.bench_lock import card_of
from labcim.gui.session import Session


@pytest.fixture(autouse=True)
def runtime(tmp_path_factory, monkeypatch):
    folder = tmp_path_factory.mktemp("r")
    folder.chmod(0o700)
    monkeypatch.setenv("LABCIM_RUNTIME", str(folder))
    yield
    end_hosts()


@pytest.fixture
def bench(tmp_path) -> Path:
    return small_bench(tmp_path)


@pytest.fixture
def session(tmp_path):
    made = Session(services(), str(tmp_path / "r.sqlite"))
    yield made
    made.close()


def hold(session: Session, bench: Path) -> None:
    session.open_bench(bench)
    ticking(session, lambda: is_joined(session))


def run(session: Session, protocol: str, **values) -> None:
    ended = session.runs_ended
    ticking(session, lambda: session.status.get("state") == "idle")
    session.start(new_recipe(protocol, **values))
    ticking(session, lambda: session.runs_ended > ended)


def texts(session: Session) -> str:
    return "\n".join(notice.text for notice in session.notices)


def test_a_host_is_started_and_a_second_session_joins_it(session, bench):
    hold(session, bench)
    assert session.held is not None and session.held.started
    other = Session(session.services, session.own_record)
    try:
        other.look_for_hosts()
        ticking(other, lambda: other.link.state.kind == "joined")
        assert other.held is not None
        assert (other.held.card.pid, other.held.started) == (session.held.card.pid, False)
    finally:
        other.close()


def test_a_run_is_seen_to_its_end_and_can_be_reported_and_replayed(session, bench, tmp_path):
    hold(session, bench)
    run(session, "form")
    assert session.live.stop is not None and session.live.stop.state == "completed"
    assert "form completed" in texts(session)
    page = tmp_path / "page.html"
    session.write_report(session.live.stop.run, page)
    ticking(session, page.exists)
    session.replay(session.live.stop.run, speed=float("inf"))
    assert session.hub is session.replayed
    ticking(session, lambda: session.replayed.stop is not None)
    assert session.replayed.stop == session.live.stop
    assert session.replayed.rows().keys() == session.live.rows().keys()
    session.leave_replay()
    assert session.hub is session.live


def test_a_run_that_the_host_refuses_is_told_in_the_hosts_words(session, bench):
    hold(session, bench)
    ticking(session, lambda: session.status.get("trouble_number") == 0)
    session.link.ask("run", recipe='protocol = "nonsense"')
    ticking(session, lambda: "'nonsense' is not known" in texts(session))


def test_a_killed_host_is_told_in_words_within_two_seconds(session, bench):
    hold(session, bench)
    assert session.held is not None
    pid = session.held.card.pid
    os.kill(pid, signal.SIGKILL)
    ticking(session, lambda: str(pid) in texts(session) and session.link.state.kind == "lost", 2.0)
    (offered,) = [notice.offer for notice in session.notices if notice.offer]
    assert offered == ("start the host again",)
    hold(session, bench)
    assert session.held.card.pid != pid


def test_a_fault_in_the_window_aborts_the_run(session, bench):
    hold(session, bench)
    session.start(
        new_recipe("write_verify", target="10 uS", tolerance="0.05 uS", block=4, fresh_below=0)
    )
    ticking(session, lambda: session.running)
    session.make_safe("a fault in the dashboard: KeyError")
    ticking(session, lambda: session.live.stop is not None)
    assert session.live.stop is not None
    assert (session.live.stop.state, session.live.stop.safe) == ("aborted", True)
    assert "KeyError" in session.live.stop.reason


def test_a_bench_that_cannot_be_opened_is_told_and_nothing_is_held(session, tmp_path):
    session.open_bench(tmp_path / "none.toml")
    ticking(session, lambda: "no such file" in texts(session))
    assert session.held is None and session.opening == ""


def test_a_host_that_does_not_come_up_says_why(session, bench):
    text = bench.read_text().replace("TCPIP0::board", "TCPIP0::nobody")
    bench.write_text(text)
    session.open_bench(bench)
    ticking(session, lambda: "the host ended with code" in texts(session))
    assert "nobody" in texts(session)


def test_the_forecast_names_what_would_be_done(session, bench):
    hold(session, bench)
    lines: list[str] = []
    session.forecast(new_recipe("form"), lines.extend)
    ticking(session, lambda: lines)
    assert "cells: 256" in lines


def test_letting_go_ends_the_host(session, bench):
    hold(session, bench)
    assert session.held is not None
    before = session.held.card.pid
    session.link.ask("end")
    ticking(session, lambda: card_of(load_bench(bench)) is None and session.held is None)
    assert session.link.state.kind == "none"
    hold(session, bench)
    assert session.held.card.pid != before


def test_a_simulated_bench_is_made_once_and_taken_up_again(tmp_path):
    first = simulated_bench(tmp_path / "sim", rows=8, columns=8)
    chip = next((tmp_path / "sim").glob("simulated-*.toml")).read_text()
    assert simulated_bench(tmp_path / "sim", rows=16, columns=16) == first
    assert "rows = 8" in chip
