"""What the 33522B's driver says when it says a whole signal, and whom it says it to."""

from conversation import conversation

from labcim.instruments.keysight33522b import Keysight33522B
from labcim.limits import TerminalLimits

WIRED = {
    "ch1": TerminalLimits(low=0.0, high=4.0, current=5e-3),
    "ch2": TerminalLimits(low=0.0, high=5.0, current=5e-3, gate=True),
}
TO_DC = (
    "OUTP1 0;:OUTP1:LOAD INF;:SOUR1:BURS:STAT 0;:SOUR1:VOLT:UNIT VPP;:SOUR1:VOLT 0.1;:SOUR1:FUNC DC"
)
SETUP = (
    "OUTP1 0;:OUTP1:LOAD INF;:SOUR1:VOLT:UNIT VPP;:SOUR1:VOLT:OFFS 0;:SOUR1:FUNC PULS;"
    ":OUTP1:POL {};:SOUR1:VOLT:{};:SOUR1:VOLT:{};:SOUR1:FUNC:PULS:TRAN:BOTH DEF;"
    ":SOUR1:FUNC:PULS:WIDT MIN;:SOUR1:FUNC:PULS:PER 2e-06;:SOUR1:FUNC:PULS:WIDT 1e-06;"
    ":SOUR1:BURS:MODE TRIG;"
    ":SOUR1:BURS:NCYC 1;:TRIG1:SOUR BUS;:TRIG1:DEL 0;:SOUR1:BURS:STAT 1;:OUTP1 1"
)
FIRST = [(SETUP.format("NORM", "HIGH 2", "LOW 0"), None), ("TRIG1;*OPC?", "1")]
TO_GATE = (TO_DC + ";:SOUR1:VOLT:OFFS {};:OUTP1 1").replace("1:", "2:").replace("P1", "P2")
READY = [
    (TO_GATE.format(1.8) + ";:SYST:ERR?", '+0,"No error"'),
    (FIRST[0][0], None),
    ("SYST:ERR?", '+0,"No error"'),
    FIRST[1],
    ("SOUR2:VOLT:OFFS 0;:SYST:ERR?", '+0,"No error"'),
]


def talk(lines, limits=WIRED, **options):
    return conversation(Keysight33522B, lines, limits=limits, **options)


def one_pulse(awg, amplitude, width=1e-6, period=0.0, count=1):
    awg.pulse(1, amplitude, width=width, period=period, count=count)


def gated(awg, amplitude, gate):
    awg.gated_pulse(1, amplitude, width=1e-6, period=0.0, count=1, gate_channel=2, gate=gate)
