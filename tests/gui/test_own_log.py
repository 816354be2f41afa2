"""What labcim logs in the dashboard's process is seen in its log panel."""

import logging

import pytest

from labcim.gui.own_log import OwnLog


@pytest.fixture
def own_log():
    made = OwnLog()
    yield made
    made.close()


def test_warnings_and_errors_are_kept_with_level_and_time(own_log):
    logging.getLogger("labcim.gui.link.link").warning("the stream ended")
    logging.getLogger("labcim.host").info("not for people")
    logging.getLogger("others").error("not ours")
    try:
        raise KeyError("a bug")
    except KeyError:
        logging.getLogger("labcim.gui.faults").exception("a fault in a slot")
    warning, error = own_log.take()
    assert (warning.level, warning.text) == ("warning", "dashboard: the stream ended")
    assert error.level == "error"
    assert "a fault in a slot" in error.text and "KeyError: 'a bug'" in error.text
    assert own_log.take() == []


def test_a_closed_window_hears_nothing_more():
    own_log = OwnLog()
    own_log.close()
    logging.getLogger("labcim.gui").error("too late")
    assert own_log.take() == []
    assert own_log not in logging.getLogger("labcim").handlers
