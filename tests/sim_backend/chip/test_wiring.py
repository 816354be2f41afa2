"""What relays join, found step by step, against the same relays closed on a bench that is new."""

import numpy as np
import pytest

from labcim.sim_backend.chip.nets import TerminalState
from labcim.sim_backend.chip.wiring import Wiring

ENDS = [f"matrix.{end}" for end in ("row1", "row2", "row3", "row4", "column3", "column14")]
SOURCES = {"smu.hi": 0.2, "gen.ch1": 1.5, "gen.ch2": 2.5}


def put_sources(wiring):
    for terminal, voltage in SOURCES.items():
        wiring.put(terminal, TerminalState(voltage, on=True))


@pytest.mark.parametrize("seed", range(3))
def test_lines_follow_every_relay_as_if_all_had_just_been_closed(probed, seed):
    random = np.random.default_rng(seed)
    wiring = Wiring(probed.chip_file)
    put_sources(wiring)
    closed = set()
    for _ in range(80):
        a, b = random.choice(ENDS, 2, replace=False).tolist()
        if random.random() < 0.5:
            closed.add((a, b))
            wiring.connect(a, b)
        else:
            closed.discard((a, b))
            wiring.disconnect(a, b)
        anew = Wiring(probed.chip_file)
        put_sources(anew)
        for pair in closed:
            anew.connect(*pair)
        now, then = wiring.line_voltages(), anew.line_voltages()
        for family in ("row", "column", "gate"):
            assert getattr(now, family) == pytest.approx(getattr(then, family), nan_ok=True)
        for terminal in SOURCES:
            assert sorted(wiring.lines(terminal)) == sorted(anew.lines(terminal))
            found, expected = wiring.fight_current(terminal), anew.fight_current(terminal)
            assert found == pytest.approx(expected)
