"""Who joins late gets each document once and in order, be it on record, live, or both."""

import threading
import time

import pytest
from waiting import wait_until

from labcim.db.archive import Archive
from labcim.db.store import Store
from labcim.documents import Document, Event
from labcim.gui.link.backlog import Backlog
from labcim.gui.link.catching_up import Follower

from .link_room import Heard, Record, Told, keys


def live_of(documents: list[Document], *, ended: bool = True) -> Backlog:
    """Return a stream that has been listened to for 5 s: what was before is on record by then."""
    backlog = Backlog()
    backlog._began -= 5.0
    for document in documents:
        assert backlog.put(document)
    if ended:
        backlog.end()
    return backlog


@pytest.fixture
def told() -> Told:
    """Tell a run that goes on, with 20 documents so far."""
    run = Told()
    run.read(19)
    return run


@pytest.mark.parametrize("overlap", [1, 7])
def test_what_is_on_record_comes_first_and_what_is_in_both_comes_once(told, overlap):
    stored = told.said[:]
    told.read(10)
    told.stop()
    heard = Heard()
    live = live_of([told.said[0], *told.said[20 - overlap :]])
    Follower(heard, Record(stored)).follow(live)
    assert heard.keys == keys(told.said)


def test_what_comes_live_after_the_record_was_read_follows(told):
    heard, live = Heard(), live_of([told.said[0]], ended=False)
    follower = Follower(heard, Record(told.said[:]))
    thread = threading.Thread(target=follower.follow, args=(live,))
    thread.start()
    wait_until(lambda: len(heard) == 20 and not follower.catching_up)
    told.read(5)
    for document in told.said[20:]:
        live.put(document)
    live.end()
    thread.join(5)
    assert heard.keys == keys(told.said)


def test_a_stream_that_ends_before_the_record_has_reached_it_leaves_no_gap(told):
    heard, record = Heard(), Record(told.said, committed=10)
    follower = Follower(heard, record)
    follower.follow(live_of([told.said[0], *told.said[15:]]))
    assert heard.keys == keys(told.said[:10])
    record.committed = 18
    follower.follow(live_of([told.said[0], *told.said[17:]]))
    assert heard.keys == keys(told.said)


def test_documents_of_the_same_run_that_are_not_on_record_yet_are_waited_for(told):
    told.read(10)
    record = Record(told.said, committed=5)
    live = live_of([told.said[0], *told.said[25:]], ended=False)
    heard = Heard()
    follower = Follower(heard, record)
    thread = threading.Thread(target=follower.follow, args=(live,))
    thread.start()
    wait_until(lambda: len(heard) == 5)
    assert follower.catching_up
    record.committed = 27
    wait_until(lambda: len(heard) == 30)
    live.end()
    thread.join(5)
    assert heard.keys == keys(told.said)
    assert not follower.catching_up and follower.trouble == ""


def test_a_run_that_begins_while_someone_listens_needs_no_record():
    live = Backlog()
    run = Told()
    run.read(3)
    run.stop()
    for document in run.said:
        live.put(document)
    live.end()
    heard, record = Heard(), Record([])
    Follower(heard, record).follow(live)
    assert heard.keys == keys(run.said)
    assert record.opened == 0


def test_without_a_record_the_live_documents_are_shown_and_it_says_so(told):
    told.stop()
    record, heard = Record([]), Heard()
    record.trouble = "record gone.sqlite: no such file"
    follower = Follower(heard, record)
    follower.follow(live_of([told.said[0], *told.said[10:]]))
    assert heard.keys == keys([told.said[0], *told.said[10:]])
    assert "only what is live" in follower.trouble and "gone.sqlite" in follower.trouble


def test_who_joins_again_without_a_record_keeps_what_is_shown(told):
    record, heard = Record([]), Heard()
    record.trouble = "no such file"
    follower = Follower(heard, record)
    follower.follow(live_of([told.said[0], *told.said[5:10]]))
    follower.follow(live_of([told.said[0], *told.said[15:]]))
    assert heard.keys == keys([told.said[0], *told.said[5:10], *told.said[15:]])
    record.trouble, record.documents_said = "", told.said
    follower.follow(live_of([told.said[0]]))
    assert heard.keys[-20:] == keys(told.said)
    assert follower.trouble == ""


def test_a_damaged_record_is_shown_as_far_as_it_goes(told):
    class Damaged(Record):
        def documents(self, run, start=0):
            yield from told.said[:8]
            raise ValueError("crc")

    heard = Heard()
    follower = Follower(heard, Damaged([]))
    follower.follow(live_of([told.said[0], *told.said[15:]]))
    assert heard.keys == keys(told.said[:8] + told.said[15:])
    assert "crc" in follower.trouble


def test_a_reader_that_was_dropped_goes_on_where_it_was(told):
    heard, record = Heard(), Record(told.said)
    follower = Follower(heard, record)
    follower.follow(live_of([told.said[0]]))
    assert heard.keys == keys(told.said)
    told.read(6)  # while nobody listened
    record.documents_said = told.said[:26]
    told.read(4)
    follower.follow(live_of([told.said[0], *told.said[24:]]))
    assert heard.keys == keys(told.said)


def test_what_happens_outside_of_a_run_makes_nothing_come_twice_or_go_missing(told):
    event = Event(run="", bench_time=0.0, wall_time=1.0, kind="k", message="the lid was opened")
    heard, record = Heard(), Record(told.said[:])
    follower = Follower(heard, record)
    follower.follow(live_of([told.said[0], *told.said[15:17], event, *told.said[17:]]))
    assert heard.keys == keys([*told.said, event])
    told.read(3)  # while nobody listened
    record.documents_said = told.said
    follower.follow(live_of([told.said[0], *told.said[22:]]))
    assert heard.keys == keys([*told.said[:20], event, *told.said[20:]])


def test_a_run_that_ended_while_nobody_listened_is_shown_to_its_end(told):
    heard, record = Heard(), Record(told.said)
    follower = Follower(heard, record)
    follower.follow(live_of([told.said[0]]))
    told.read(2)
    told.stop()
    follower.follow(live_of([]))
    assert heard.keys == keys(told.said)


def test_the_next_run_is_shown_after_the_one_before(told):
    told.stop()
    after = Told(run="next")
    after.read(3)
    heard = Heard()
    live = live_of([told.said[0], *told.said[15:], *after.said])
    Follower(heard, Record([*told.said, *after.said])).follow(live)
    assert heard.keys == keys([*told.said, *after.said])


def test_a_full_backlog_makes_who_brings_wait_and_its_end_lets_go(told):
    backlog = Backlog(most=3)
    brought: list[bool] = []

    def bring() -> None:
        brought.extend(backlog.put(document) for document in told.said[:5])

    thread = threading.Thread(target=bring)
    thread.start()
    wait_until(lambda: len(backlog._documents) == 3)
    assert backlog.take() is told.said[0]
    wait_until(lambda: len(backlog._documents) == 3)
    backlog.end()
    thread.join(5)
    assert brought == [True] * 4 + [False]


def test_the_bytes_that_wait_are_bounded_too(told):
    backlog = Backlog(most_bytes=2_000)
    threading.Thread(target=lambda: [backlog.put(d) for d in told.said], daemon=True).start()
    wait_until(lambda: backlog._documents)
    assert len(backlog._documents) < 4
    for _ in told.said:
        assert backlog.take(5.0) is not None
        assert backlog._bytes <= 2_000
    assert backlog._bytes == 0


@pytest.mark.parametrize("joins", [1, 3])
def test_readers_of_a_real_record_that_is_being_written_miss_nothing(joins, tmp_path):
    """The store commits twice a second; who listens joins in the middle, and again, and again."""
    path = tmp_path / "r.sqlite"
    listening: list[Backlog] = []
    heard = Heard()

    def live(document: Document) -> None:
        for backlog in listening:
            backlog.put(document)

    with Store(path) as store:
        run = Told(store, live)
        end = threading.Event()
        beat = threading.Thread(target=lambda: [store.heartbeat() for _ in beats(end)])
        beat.start()
        teller = threading.Thread(target=lambda: [run.read(2) for _ in beats(end, 0.002)])
        teller.start()
        follower = Follower(heard, lambda: Archive(path))
        for number in range(joins):
            wait_until(lambda least=100 * (number + 1): len(run.said) > least)
            backlog = Backlog()
            listening[:] = [backlog]
            backlog.put(run.said[0])
            thread = threading.Thread(target=follower.follow, args=(backlog,))
            thread.start()
            if number == joins - 1:
                wait_until(lambda: len(heard) > 200 and not follower.catching_up, 20)
                end.set()
                teller.join(5)
                run.stop()
            else:
                wait_until(lambda: len(heard) > 50)
                listening.clear()
            backlog.end()
            thread.join(10)
        beat.join(5)
    assert follower.trouble == ""
    assert heard.keys == keys(run.said)


def beats(end: threading.Event, period: float = 0.25):
    while not end.wait(period):
        yield time.monotonic()
