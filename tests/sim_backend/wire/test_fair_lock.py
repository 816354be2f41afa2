"""The bench's lock: in order of coming, re-entrant, and fit for conditions."""

import threading

import pytest
from waiting import wait_until

from labcim.sim_backend.wire.fair_lock import FairLock


def started(*targets) -> list[threading.Thread]:
    threads = [threading.Thread(target=target, daemon=True) for target in targets]
    for thread in threads:
        thread.start()
    return threads


def queue_up(lock: FairLock, names: str, served: list[str]) -> list[threading.Thread]:
    """Let one thread after another wait for the lock."""
    threads = []
    for place, name in enumerate(names, 1):

        def serve(name=name):
            with lock:
                served.append(name)

        threads += started(serve)
        wait_until(lambda place=place: len(lock._waiting) == place)
    return threads


def test_who_waits_is_served_in_the_order_of_coming():
    lock, served = FairLock(), []
    with lock:
        threads = queue_up(lock, "abcde", served)
    for thread in threads:
        thread.join()
    assert "".join(served) == "abcde"


def test_who_has_just_had_it_comes_after_those_who_wait():
    lock, served = FairLock(), []
    with lock:
        threads = queue_up(lock, "ab", served)
    with lock:
        served.append("again")
    for thread in threads:
        thread.join()
    assert served == ["a", "b", "again"]


def test_it_can_be_taken_again_by_who_has_it():
    lock, served = FairLock(), []
    with lock, lock:
        assert lock.acquire()
        threads = queue_up(lock, "a", served)
        lock.release()
        assert served == []
    threads[0].join()
    assert served == ["a"]


def test_a_wait_ends_in_time_and_leaves_the_queue():
    lock, answers = FairLock(), []
    with lock:
        for thread in started(
            lambda: answers.append(lock.acquire(timeout=0.01)),
            lambda: answers.append(lock.acquire(blocking=False)),
        ):
            thread.join()
    assert answers == [False, False]
    assert lock.acquire(blocking=False)
    lock.release()


def test_only_who_has_it_lets_go_of_it():
    with pytest.raises(RuntimeError, match="not held"):
        FairLock().release()


def test_a_condition_lets_go_of_it_altogether_and_takes_it_back():
    lock = FairLock()
    condition = threading.Condition(lock)
    told = []

    def tell():
        with lock:
            told.append(1)
            condition.notify_all()

    with lock, lock:
        started(tell)
        assert condition.wait_for(lambda: told, 5.0)
        assert lock._is_owned()
    started_after = started(lambda: lock.acquire() and lock.release())
    started_after[0].join(5.0)
    assert not started_after[0].is_alive()


def test_nobody_is_in_at_the_same_time_as_another():
    lock, inside, most = FairLock(), [], []

    def enter_often():
        for _ in range(500):
            with lock:
                inside.append(1)
                most.append(len(inside))
                inside.pop()

    for thread in started(*[enter_often] * 8):
        thread.join()
    assert most == [1] * 4000
