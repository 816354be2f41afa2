"""Stored documents played as they were told: the same prefix, whatever the way there."""

import gc
import math
import sqlite3
import threading
from contextlib import closing
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from waiting import wait_until

from labcim.db import Archive, Store
from labcim.document_codec import encode
from labcim.documents import Channels, Event, Note, Readings, RunStart, RunStop
from labcim.errors import RangeError, RecordError
from labcim.gui.replay.replayer import Replayer
from labcim.gui.replay.timeline import MOST_MARKS, Pace, Tape

from ..db.told_run import ToldRun, train_of

HEAD = dict(run="r", bench_time=0.0)


def start(wall_time=0.0):
    return RunStart(
        **HEAD, wall_time=wall_time, protocol="form", recipe="", recipe_hash="", chip="c", rows=1,
        columns=1, bench="b", mode="SIM", operator="", station="", versions={}, units=("a",),
    )  # fmt: skip


def note(wall_time, text=""):
    return Note(**HEAD, wall_time=wall_time, text=text)


def event(wall_time, kind, level="info", message="said"):
    return Event(**HEAD, wall_time=wall_time, kind=kind, message=message, level=level)


def stop(wall_time, state="completed", hash=""):
    return RunStop(
        **HEAD, wall_time=wall_time, state=state, reason="so", hash=hash, units_done=1, pulses=0,
        readings=0, safe=True, modelled_time=0.0,
    )  # fmt: skip


def run_of(*wall_times):
    """Return a run: RunStart, Channels, a note at each of the times, RunStop with the last."""
    first = wall_times[0]
    return [
        start(first),
        Channels(**HEAD, wall_time=first, channels=()),
        *[note(time, str(n)) for n, time in enumerate(wall_times)],
        stop(wall_times[-1]),
    ]


class FakeClock:
    """A clock that moves only when the replayer waits for it; it remembers for how long."""

    def __init__(self):
        self.time = 0.0
        self.waits = []

    def now(self):
        return self.time

    def wait(self, changed, duration):
        self.waits.append(duration)
        self.time += duration


class StuckClock(FakeClock):
    """A clock that stands until a test moves it."""

    def wait(self, changed, duration):
        self.waits.append(duration)
        changed.wait(5.0)

    def move(self, replayer, duration):
        with replayer._changed:
            self.time += duration
            replayer._changed.notify_all()


class Screen:
    """A sink that can be reset, as the hub can."""

    def __init__(self):
        self.shown = []
        self.resets = 0

    def __call__(self, document):
        self.shown.append(document)

    def reset(self):
        self.resets += 1
        self.shown.clear()


@pytest.fixture
def replay():
    """Return a function that makes a replayer and the screen it plays on."""
    made = []

    def make(documents, **more):
        screen = more.pop("screen", None) or Screen()
        source = documents if callable(documents) else lambda: iter(documents)
        replayer = Replayer(source, screen, screen.reset, **{"clock": FakeClock(), **more})
        made.append(replayer)
        return replayer, screen

    yield make
    for replayer in made:
        replayer.close()
        assert not any(thread.is_alive() for thread in replayer._threads)


def settled(replayer):
    wait_until(lambda: replayer.settled and replayer.duration is not None)
    return replayer.state


def test_it_begins_paused_with_what_tells_which_run_it_is(replay):
    documents = run_of(0.0, 1.0)
    replayer, screen = replay(documents)
    assert settled(replayer).kind == "paused"
    assert screen.shown == documents[:2]


def test_playing_shows_every_document_once_in_order_and_ends(replay):
    documents = run_of(0.0, 1.0, 2.5)
    replayer, screen = replay(documents)
    replayer.play()
    assert settled(replayer).kind == "at the end"
    assert screen.shown == documents
    assert replayer.position == 1.0


def test_it_waits_as_long_as_the_operator_waited(replay):
    clock = FakeClock()
    replayer, _ = replay(run_of(100.0, 101.5, 101.75), clock=clock)
    replayer.play()
    settled(replayer)
    assert clock.waits == pytest.approx([1.5, 0.25])


@pytest.mark.parametrize(("speed", "factor"), [(0.1, 10), (4.0, 0.25), (100.0, 0.01)])
def test_speed_divides_every_wait(replay, speed, factor):
    clock = FakeClock()
    replayer, _ = replay(run_of(0.0, 1.5, 2.0), speed=speed, clock=clock)
    replayer.play()
    settled(replayer)
    assert clock.waits == pytest.approx([1.5 * factor, 0.5 * factor])


def test_as_fast_as_it_goes_waits_for_nothing(replay):
    clock = FakeClock()
    documents = run_of(*range(200))
    replayer, screen = replay(documents, speed=math.inf, clock=clock)
    replayer.play()
    settled(replayer)
    assert (clock.waits, screen.shown) == ([], documents)


def test_a_night_between_two_documents_is_shortened_and_the_rest_is_told(replay):
    clock = FakeClock()
    replayer, _ = replay(run_of(0.0, 30_000.0, 30_001.0), clock=clock, longest_gap=2.0)
    replayer.play()
    settled(replayer)
    assert clock.waits == pytest.approx([2.0, 1.0])
    assert (replayer.duration, replayer.shortened) == pytest.approx((3.0, 29_998.0))


def test_unknown_wall_times_and_wall_times_that_go_back_make_no_gap(replay):
    clock = FakeClock()
    documents = run_of(0.0, math.nan, 1.0, -50.0, -49.5, math.inf, math.nan, -49.0)
    replayer, screen = replay(documents, clock=clock)
    replayer.play()
    settled(replayer)
    assert screen.shown == documents
    assert clock.waits == pytest.approx([1.0, 0.5, 0.5])


def test_a_run_of_which_no_time_is_known_plays_and_can_be_sought_in(replay):
    documents = run_of(*[math.nan] * 7)
    replayer, screen = replay(documents)
    replayer.seek(0.5)
    settled(replayer)
    assert len(screen.shown) == 5
    replayer.play()
    settled(replayer)
    assert screen.shown == documents


def test_seeking_shows_what_is_due_up_to_there_and_nothing_later(replay):
    documents = run_of(0.0, 1.0, 2.0, 3.0, 4.0)
    replayer, screen = replay(documents)
    for position, shown in ((0.5, 5), (0.25, 4), (1.0, 8), (0.0, 3), (0.74, 5), (0.75, 6)):
        replayer.seek(position)
        settled(replayer)
        assert screen.shown == documents[:shown], position


def test_a_seek_into_a_gap_stands_there_and_playing_waits_for_the_rest_of_the_gap(replay):
    clock = StuckClock()
    replayer, screen = replay(run_of(0.0, 2.0, 4.0), clock=clock, longest_gap=5.0)
    replayer.seek(0.625)
    now = settled(replayer)
    assert (len(screen.shown), now.elapsed, now.position) == (4, 2.5, 0.625)
    replayer.play()
    wait_until(lambda: clock.waits)
    assert clock.waits == [1.5]


def test_going_forward_does_not_begin_anew_and_going_back_does(replay):
    replayer, screen = replay(run_of(*range(10)))
    replayer.seek(0.5)
    replayer.seek(0.8)
    settled(replayer)
    assert screen.resets == 1  # the beginning
    replayer.seek(0.2)
    settled(replayer)
    assert screen.resets == 2


def test_steps_go_by_one_document_and_not_before_the_beginning(replay):
    documents = run_of(0.0, 1.0, 2.0)
    replayer, screen = replay(documents)
    for step, shown in ((1, 3), (1, 4), (-1, 3), (-5, 2), (99, 6)):
        replayer.step(step)
        settled(replayer)
        assert screen.shown == documents[:shown]


def test_the_place_where_it_stands_is_the_place_that_it_tells(replay):
    replayer, screen = replay(run_of(0.0, 0.3, 0.7, 1.9, 3.1))
    for _ in range(6):
        replayer.step()
        before = settled(replayer)
        replayer.seek(before.position)
        assert settled(replayer).at in (before.at, before.at + 1)  # RunStop shares the last time
        assert len(screen.shown) == replayer.state.at


def test_playing_from_the_end_begins_at_the_beginning(replay):
    documents = run_of(0.0, 1.0)
    replayer, screen = replay(documents)
    replayer.end()
    assert settled(replayer).kind == "at the end"
    replayer.play()
    settled(replayer)
    assert (screen.shown, screen.resets) == (documents, 2)


def test_it_waits_the_same_the_second_time(replay):
    clock = FakeClock()
    replayer, _ = replay(run_of(100.0, 101.5, 101.75), clock=clock)
    for _ in range(2):
        replayer.play()
        settled(replayer)
    assert clock.waits == pytest.approx([1.5, 0.25] * 2)


def test_a_tape_that_let_go_of_the_record_goes_on_where_it_was():
    documents = run_of(0.0, 1.0, 2.0, 2.5)
    whole, torn = Tape(lambda: iter(documents)), Tape(lambda: iter(documents))
    for _ in documents:
        torn.release()
        assert (torn.take(), torn.at, torn.time) == (whole.take(), whole.at, whole.time)
    assert torn.take() is None


def test_a_pause_holds_the_place_in_the_gap_and_playing_waits_only_for_the_rest(replay):
    clock = StuckClock()
    replayer, _ = replay(run_of(0.0, 2.0), clock=clock)
    replayer.play()
    wait_until(lambda: clock.waits)
    clock.move(replayer, 0.5)
    wait_until(lambda: len(clock.waits) == 2)
    replayer.pause()
    clock.time += 1000.0
    now = settled(replayer)
    assert (now.kind, now.elapsed, now.position) == ("paused", 0.5, 0.25)
    replayer.play()
    wait_until(lambda: len(clock.waits) == 3)
    assert clock.waits[-1] == pytest.approx(1.5)
    clock.move(replayer, 1.5)
    assert settled(replayer).kind == "at the end"


def test_a_new_speed_holds_at_once_even_while_it_waits(replay):
    clock = StuckClock()
    replayer, _ = replay(run_of(0.0, 2.0), clock=clock)
    replayer.play()
    wait_until(lambda: clock.waits == [2.0])
    replayer.set_speed(10.0)
    wait_until(lambda: clock.waits[-1] == pytest.approx(0.2))
    replayer.set_speed(math.inf)
    assert settled(replayer).kind == "at the end"


@pytest.mark.parametrize("speed", [0.0, 0.09, 101.0, -1.0, math.nan])
def test_a_speed_out_of_bounds_is_refused_in_words(replay, speed):
    replayer, _ = replay(run_of(0.0))
    with pytest.raises(RangeError, match=r"accepts 0.1 to 100"):
        replayer.set_speed(speed)


def broken_after(documents, count, text="batch 3 is damaged"):
    def read():
        yield from documents[:count]
        raise RecordError(text)

    return read


def broken(replayer):
    """Return what is wrong, or nothing."""
    state = replayer.state
    return state.text if state.kind == "broken" else ""


def test_a_damaged_record_breaks_the_replay_in_its_own_words_and_what_was_good_is_shown(replay):
    documents = run_of(0.0, 1.0, 2.0, 3.0)
    replayer, screen = replay(broken_after(documents, 4))
    replayer.play()
    wait_until(lambda: broken(replayer) == "batch 3 is damaged")
    assert screen.shown == documents[:4]
    wait_until(lambda: replayer.marks)
    assert [(mark.kind, mark.text) for mark in replayer.marks] == [("error", "batch 3 is damaged")]


def test_a_broken_replay_can_still_be_sought_in_where_it_is_whole(replay):
    documents = run_of(0.0, 1.0, 2.0, 3.0)
    replayer, screen = replay(broken_after(documents, 5))
    replayer.end()
    wait_until(lambda: broken(replayer))
    replayer.seek(0.5)
    assert settled(replayer).kind == "paused"
    assert screen.shown == documents[:4]


def test_an_order_that_came_while_it_broke_is_obeyed(replay):
    gate, documents = threading.Event(), run_of(0.0, 1.0, 2.0, 3.0)

    class Slow(Screen):
        def __call__(self, document):
            super().__call__(document)
            if len(self.shown) == 4:
                gate.wait(5.0)

    replayer, screen = replay(broken_after(documents, 4), screen=Slow())
    replayer.end()
    wait_until(lambda: len(screen.shown) == 4)
    replayer.step(-1)
    gate.set()
    assert settled(replayer).kind == "paused"
    assert screen.shown == documents[:3]


def test_a_run_that_is_not_there_is_told_in_words(replay):
    replayer, screen = replay(broken_after([], 0, "run 'x' is not in record r"))
    wait_until(lambda: broken(replayer) == "run 'x' is not in record r")
    assert screen.shown == []


def test_a_sink_that_fails_breaks_the_replay_and_not_the_process(replay, caplog):
    class Failing(Screen):
        def __call__(self, document):
            if isinstance(document, RunStop):
                raise ValueError("no room")
            super().__call__(document)

    replayer, _ = replay(run_of(0.0, 1.0), screen=Failing())
    replayer.play()
    wait_until(lambda: "ValueError: no room" in broken(replayer))
    assert "a replay failed" in caplog.text


def test_warnings_errors_pauses_and_ends_are_marked_where_they_happened(replay):
    documents = [
        start(0.0), event(1.0, "lines"), event(1.0, "wiring", "warning", "row 3 is open"),
        event(2.0, "pause", message="paused"), event(3.0, "error", "error", "no answer"),
        stop(4.0, "failed"),
    ]  # fmt: skip
    replayer, _ = replay(documents)
    settled(replayer)
    assert [(mark.position, mark.kind, mark.text) for mark in replayer.marks] == [
        (0.25, "warning", "row 3 is open"),
        (0.5, "pause", "paused"),
        (0.75, "error", "no answer"),
        (1.0, "abort", "failed: so"),
    ]


def test_marks_are_bounded_whatever_the_run_said(replay):
    replayer, _ = replay([event(float(n), "pause") for n in range(MOST_MARKS + 7)])
    settled(replayer)
    assert len(replayer.marks) == MOST_MARKS


def test_the_hash_of_what_was_passed_over_is_compared_with_the_stated_one(replay):
    replayer, _ = replay(run_of(0.0))
    settled(replayer)
    assert replayer.check.intact is False
    replayer, _ = replay([*run_of(0.0)[:-1], stop(0.0, hash=replayer.check.found)])
    settled(replayer)
    assert replayer.check.intact is True


def test_the_run_is_never_in_memory_as_a_whole(replay):
    size, most = 2000, [0]

    def read():
        yield start(0.0)
        for n in range(size):
            columns = {"cell": np.zeros(1, "u4")}
            yield Readings(
                run="this one", bench_time=0.0, wall_time=float(n), unit="a", attempt=1,
                columns=columns,
            )  # fmt: skip

    class Forgetful(Screen):
        count = 0

        def __call__(self, document):
            self.count += 1
            if self.count % 500 == 0:
                alive = [one for one in gc.get_objects() if isinstance(one, Readings)]
                most[0] = max(most[0], sum(one.run == "this one" for one in alive))

    screen = Forgetful()
    replayer, _ = replay(read, screen=screen, speed=math.inf)
    replayer.play()
    settled(replayer)
    assert screen.count == size + 1
    assert 0 < most[0] <= 8


def test_seeking_while_it_still_goes_forward_is_overtaken_by_the_newest_wish(replay):
    gate, documents = threading.Event(), run_of(*range(50))

    class Slow(Screen):
        def __call__(self, document):
            if getattr(document, "text", "") == "3":
                gate.wait(5.0)
            super().__call__(document)

    replayer, screen = replay(documents, screen=Slow())
    replayer.end()
    wait_until(lambda: len(screen.shown) == 5)
    replayer.seek(0.1)
    gate.set()
    settled(replayer)
    assert screen.shown == documents[:7]  # notes 0 to 4, due up to 4.9 s
    assert screen.resets == 1  # it never went past


def test_closing_ends_both_threads_while_it_waits(replay):
    clock = StuckClock()
    replayer, screen = replay(run_of(0.0, 2.0), clock=clock)
    replayer.play()
    wait_until(lambda: clock.waits)
    replayer.close()
    assert len(screen.shown) == 3


@pytest.fixture
def kept(tmp_path):
    """A record with one run of many documents; the archive, and what was told."""
    path = tmp_path / "r.sqlite"
    with Store(path) as store:
        run = ToldRun(store, "0f-run")
        run.channels()
        for unit in ("a", "b", "c"):
            run.attempt(unit)
            for n in range(70):  # more than a reader fetches at a time
                run.pulse(unit, train_of([n % 64], [1.5]))
            run.done(unit, last=np.arange(3.0))
        run.stop()
    with Archive(path) as archive:
        yield path, archive, run.said


def test_a_real_record_is_played_byte_for_byte_whatever_the_way_there(replay, kept):
    _, archive, said = kept
    replayer, screen = replay(lambda: archive.documents("last"), speed=100.0)
    for position in (0.9, 0.1, 0.6):
        replayer.seek(position)
        settled(replayer)
        assert 2 < len(screen.shown) < len(said)
    replayer.play()
    settled(replayer)
    assert [encode(one) for one in screen.shown] == [encode(one) for one in said]
    assert replayer.check.intact is True


def test_a_damaged_blob_breaks_the_replay_where_it_stands_and_is_marked(replay, kept):
    path, archive, said = kept
    with closing(sqlite3.connect(path)) as plain:
        (last,) = plain.execute("SELECT max(ordinal) FROM train").fetchone()
        plain.execute("UPDATE train SET data = x'00' WHERE ordinal = ?", [last])
        plain.commit()
    replayer, screen = replay(lambda: archive.documents("last"))
    replayer.play()
    wait_until(lambda: f"train {last} of run 0f-run" in broken(replayer))
    assert 2 < len(screen.shown) < len(said)
    wait_until(lambda: replayer.marks)
    assert replayer.marks[-1].kind == "error"


def test_a_closed_replay_lets_go_of_the_record(kept):
    _, archive, _ = kept
    screen = Screen()
    replayer = Replayer(lambda: archive.documents("last"), screen, screen.reset)
    replayer.step(5)
    settled(replayer)
    assert archive._database.engine.pool.checkedout() == 1  # it stands in the midst
    replayer.close()
    assert archive._database.engine.pool.checkedout() == 0


deeds = st.lists(
    st.one_of(
        st.tuples(st.just("seek"), st.floats(0, 1)),
        st.tuples(st.just("step"), st.integers(-12, 12)),
        st.tuples(st.sampled_from(["play", "pause", "home", "end"])),
        st.tuples(st.just("set_speed"), st.sampled_from([0.1, 1.0, 100.0, math.inf])),
        st.tuples(st.just("settle")),
    ),
    max_size=12,
)
gaps = st.lists(
    st.one_of(st.floats(0, 5), st.just(0.0), st.just(math.nan), st.just(-3.0)),
    min_size=1,
    max_size=20,
)


@given(gaps=gaps, deeds=deeds)
@settings(max_examples=150, deadline=None)
def test_whatever_was_done_the_screen_shows_exactly_the_documents_up_to_the_place(gaps, deeds):
    documents = run_of(*np.cumsum([0.0, *gaps]).tolist())
    screen = Screen()
    replayer = Replayer(lambda: iter(documents), screen, screen.reset, clock=FakeClock())
    try:
        for verb, *how in deeds:
            if verb == "settle":
                settled(replayer)
            else:
                getattr(replayer, verb)(*how)
        now = settled(replayer)
        assert screen.shown == documents[: now.at]
        assert now.at >= 2
        assert (now.kind == "at the end") == (now.at == len(documents))
    finally:
        replayer.close()


@given(times=st.lists(st.floats(allow_nan=True, allow_infinity=True), max_size=30))
def test_no_document_is_due_before_an_earlier_one_or_more_than_the_longest_gap_later(times):
    pace = Pace(2.0)
    due = [0.0, *[pace.due(note(time)) for time in times]]
    assert all(0.0 <= later - earlier <= 2.0 + 1e-9 for earlier, later in pairwise(due))
