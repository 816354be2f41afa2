"""The Velox driver, message by message; the words are PyMeasure's (formfactor/velox.py, 0.16)."""

import pytest
from conversation import conversation

from labcim.errors import InstrumentError, RangeError, SafetyError
from labcim.instrument import SafePhase
from labcim.instrument_capabilities import Prober
from labcim.instruments.velox import Velox

UP, DOWN = ("ReadChuckStatus", "0: separation"), ("ReadChuckStatus", "0: contact")


def test_it_is_a_prober():
    with conversation(Velox, []) as prober:
        assert isinstance(prober, Prober)


def test_its_map_is_found_by_stepping_to_the_end():
    lines = [
        ("StepFirstDie", "0: 4 6 1 2"),
        ("StepNextDie", "0: 5 6 1 2"),
        ("StepNextDie", "703: end of wafer map"),
    ]
    with conversation(Velox, lines) as prober:
        assert prober.dies() == [(4, 6), (5, 6)]


def test_it_goes_to_a_die_with_the_needles_up():
    with conversation(Velox, [UP, ("StepNextDie -1 2", "0: -1 2 1 1")]) as prober:
        prober.go_to(-1, 2)


def test_it_does_not_move_while_the_needles_are_down():
    with conversation(Velox, [DOWN]) as prober, pytest.raises(RangeError, match="separate first"):
        prober.go_to(0, 0)


def test_a_step_that_leads_elsewhere_is_told():
    lines = [UP, ("StepNextDie 1 1", "0: 1 2 1 1")]
    with conversation(Velox, lines) as prober, pytest.raises(InstrumentError, match=r"\(1, 2\)"):
        prober.go_to(1, 1)


def test_contact_and_separation_are_read_back():
    lines = [("MoveChuckContact", "0:"), DOWN, ("MoveChuckSeparation", "0:"), UP]
    with conversation(Velox, lines) as prober:
        prober.contact()
        prober.separate()


def test_a_chuck_that_did_not_come_up_is_told():
    lines = [("MoveChuckSeparation", "0:"), DOWN]
    with conversation(Velox, lines) as prober, pytest.raises(InstrumentError, match="contact"):
        prober.separate()


@pytest.mark.parametrize("reply", ["12: no vacuum", "", "garbage", "0: x y", "0:"])
def test_what_is_refused_or_garbled_is_an_error(reply):
    with conversation(Velox, [("StepFirstDie", reply)]) as prober, pytest.raises(InstrumentError):
        prober.dies()


def test_the_version_is_the_text_after_the_code():
    with conversation(Velox, [("ReportSoftwareVersion", "0: 3.3.1")]) as prober:
        assert prober.version == "3.3.1"


def test_on_the_way_to_safety_the_chuck_stays_and_must_answer():
    with conversation(Velox, [DOWN]) as prober:
        for phase in SafePhase:
            prober.safe(phase)
    with (
        conversation(Velox, [("ReadChuckStatus", "9: dead")]) as prober,
        pytest.raises(SafetyError),
    ):
        prober.make_safe()


def test_the_wafer_is_brought_close_to_look_at_it():
    lines = [("MoveChuckAlign", "0:"), ("ReadChuckStatus", "0: align")]
    with conversation(Velox, lines) as prober:
        prober.align()


def test_the_die_size_is_told_in_micrometres():
    lines = [("SetChuckIndex 5000.000 4000.000 Y", "0:"), ("ReadChuckIndex Y", "0:5000 4000")]
    with conversation(Velox, lines) as prober:
        prober.set_die_size(5e-3, 4e-3)
        assert prober.die_size() == pytest.approx((5e-3, 4e-3))
        for size in (0.0, float("nan"), 1.0):
            with pytest.raises(RangeError):
                prober.set_die_size(size, 4e-3)
