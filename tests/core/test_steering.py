import threading

import pytest
from waiting import wait_until

from labcim.errors import AbortedError
from labcim.steering import Steering


def test_an_abort_before_the_run_is_not_forgotten():
    steering = Steering()
    steering.request("abort", "Ctrl-C")
    with pytest.raises(AbortedError, match="Ctrl-C"):
        steering.begin()


def test_an_abort_is_over_with_its_run():
    steering = Steering()
    steering.begin()
    steering.request("abort", "enough")
    with pytest.raises(AbortedError, match="enough"):
        steering.checkpoint()
    steering.finish()
    steering.begin()
    assert not steering.checkpoint()


def test_an_estop_outlives_its_run_until_released():
    steering = Steering()
    steering.begin()
    steering.request("estop", "smoke")
    steering.finish()
    with pytest.raises(AbortedError, match="smoke"):
        steering.begin()
    steering.request("release")
    steering.begin()


def test_a_release_does_not_set_the_stopped_run_going_again():
    steering = Steering()
    steering.begin()
    steering.request("estop")
    steering.request("release")
    with pytest.raises(AbortedError):
        steering.checkpoint()


def test_what_is_asked_for_while_all_is_ending_is_not_the_reason():
    steering = Steering()
    steering.request("abort", "Ctrl-C")
    steering.request("abort", "the watchdog died")
    steering.request("stop", "too late")
    assert steering.reason == "Ctrl-C"


@pytest.mark.parametrize("verb", ["continue", "stop", "abort", "estop"])
def test_a_pause_ends_with_any_other_wish(verb):
    steering = Steering()
    steering.request("pause")
    ended = threading.Event()

    def run() -> None:
        try:
            assert steering.checkpoint()
        except AbortedError:
            pass
        ended.set()

    threading.Thread(target=run).start()
    assert not ended.wait(0.02)
    steering.request(verb)
    wait_until(ended.is_set, 2.0)


def test_every_alarm_is_counted_and_wakes_who_waits_for_it():
    steering = Steering()
    heard: list[int] = []
    waiter = threading.Thread(target=lambda: heard.append(steering.wait_for_alarm(0)))
    waiter.start()
    steering.request("pause")
    steering.request("abort")
    waiter.join(5)
    assert heard == [1]
    steering.request("abort")
    assert steering.wait_for_alarm(1, 0.0) == 2
    assert steering.wait_for_alarm(2, 0.0) == 2
