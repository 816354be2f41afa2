"""Every driver that pulses refuses a pulse that its lines would swallow, before a byte is sent."""

import numpy as np
import pytest
from conversation import conversation

from labcim.capabilities import Overlap, Train
from labcim.errors import RangeError
from labcim.instruments.crossbar_board import CrossbarBoard
from labcim.instruments.keysight33522b import Keysight33522B
from labcim.instruments.keysightb1500a import KeysightB1500A
from labcim.limits import TerminalLimits
from labcim.line_timing import LineTiming

SLOW = LineTiming(resistance=1e3, capacitance=1e-6)  # 3 ms
WIDE = TerminalLimits(-4.0, 4.0, 5e-3, timing=SLOW)
GATE = TerminalLimits(0.0, 5.0, 5e-3, gate=True, timing=SLOW)
BOARD = [
    (":SYST:CAP:OPER?", "VECT,UPD,FEED"), (":SYST:CAP:GEOM?", "1,2,1T1R,COLUMN,ROW,24,18,2e-08"),
    (":SYST:CAP:LIM?", "10.0,0.01,0.1,1024,262144,1e-07,1e-06"),
]  # fmt: skip
REFUSED = r"time constant is 1 ms \(1 kΩ and 1 µF\).* nothing was sent"


@pytest.mark.parametrize(
    ("driver", "terminal", "channel"),
    [(Keysight33522B, "ch1", 1), (KeysightB1500A, "smu1", 1), (KeysightB1500A, "spgu101", 101)],
)  # fmt: skip
@pytest.mark.parametrize("verb", ["pulse", "check_pulse"])
def test_a_pulse_source_refuses_it(driver, terminal, channel, verb):
    with conversation(driver, [], limits={terminal: WIDE}) as source:
        with pytest.raises(RangeError, match=REFUSED):
            getattr(source, verb)(channel, 1.0, width=1e-3, period=0.0, count=1)


def test_a_gated_pulse_is_refused_as_well():
    with conversation(Keysight33522B, [], limits={"ch1": WIDE, "ch2": GATE}) as source:
        with pytest.raises(RangeError, match=REFUSED):
            source.gated_pulse(1, 1.0, width=1e-3, period=0.0, count=1, gate_channel=2, gate=2.0)


def test_a_waveform_with_too_short_an_excursion_is_refused():
    volts = np.array([0.0, 1.0, 1.0, 1.0, 0.0, 0.5, 0.0, 0.0])
    with conversation(Keysight33522B, [], limits={"ch1": WIDE}) as source:
        with pytest.raises(RangeError, match=REFUSED):
            source.play(1, volts, sample_rate=1e3)


def test_a_board_refuses_it_as_train_and_as_update():
    limits = {"row": WIDE, "column": WIDE, "gate": GATE}
    with conversation(CrossbarBoard, BOARD, limits=limits) as board:
        with pytest.raises(RangeError, match=REFUSED):
            board.update(np.ones((1, 1)), np.ones((1, 2)), Overlap(2.0, -1.5, 1e-3, 10))
        with pytest.raises(RangeError, match=REFUSED):
            board.pulse(np.array([0]), Train(amplitude=1.0, width=1e-3))
