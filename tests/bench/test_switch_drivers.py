"""The drivers of both switches on the simulated ones: what is set comes back."""

import pytest

from labcim.errors import InstrumentError
from labcim.instruments.keithley707b import Keithley707B
from labcim.instruments.keithley3706a import Keithley3706A
from labcim.sim_backend.bench import SimulatedBench
from labcim.transport import VisaTransport

ADDRESS = "TCPIP0::matrix::inst0::INSTR"
CHIP = f"""
[chip]
preset = "neurram-130nm"
rows = 2
columns = 2

[[instrument]]
name = "matrix"
model = "MODEL"
address = "{ADDRESS}"
"""
KINDS = {
    "keithley3706a": (Keithley3706A, ["1101", "1203", "3616"], (6, 16)),
    "keithley707b": (Keithley707B, ["1A01", "1B03", "3H12"], (8, 12)),
}


@pytest.fixture(params=KINDS)
def switch(request, tmp_path):
    """Return (driver, three channels of it, the size of its cards)."""
    path = tmp_path / "chip.toml"
    path.write_text(CHIP.replace("MODEL", request.param))
    kind, channels, size = KINDS[request.param]
    with SimulatedBench.shared(path):
        driver = kind(VisaTransport(ADDRESS, f"{path}@labcim"))
        driver.identify()
        driver.initialise()
        yield driver, channels, size
        driver.make_safe()
        driver.close()


def test_relays_close_open_and_are_counted(switch):
    matrix, (one, two, three), _ = switch
    matrix.connect([one, two])
    matrix.close_also([three])
    assert matrix.closed() == [one, two, three]
    assert matrix.states([one, two]) == [True, True]
    matrix.open([one])
    matrix.connect_cold([two])
    assert matrix.closed() == [two]
    matrix.connect([])
    assert matrix.closed() == []
    assert matrix.closures([one, two, three]) == [1, 1, 1]


def test_rules_delays_labels_patterns_and_setups_come_back(switch):
    matrix, (one, two, three), _ = switch
    matrix.connection_rule = "make before break"
    matrix.sequential = True
    assert (matrix.connection_rule, matrix.sequential) == ("make before break", True)
    matrix.set_delay([one], 0.25)
    assert matrix.delays([one, two]) == [0.25, 0.0]
    matrix.set_label(one, "drain")
    assert matrix.labels([one, two]) == ["drain", two]
    matrix.set_pattern("path", [one, three])
    assert matrix.pattern("path") == [one, three]
    matrix.connect_pattern("path")
    matrix.save_setup()
    matrix.initialise()
    assert matrix.closed() == []
    matrix.recall_setup()
    assert matrix.closed() == [one, three]
    matrix.delete_pattern("path")
    with pytest.raises(InstrumentError, match="1115, Parameter error pattern path does not exist"):
        matrix.pattern("path")


def test_what_is_forbidden_is_refused_by_the_instrument_and_nothing_moves(switch):
    matrix, (one, two, _), _ = switch
    matrix.connect([one])
    matrix.forbid([two])
    assert matrix.forbidden() == [two]
    with pytest.raises(InstrumentError, match=f"1114, .*{two} is forbidden to close"):
        matrix.connect([two])
    assert matrix.closed() == [one]
    matrix.allow([two])
    matrix.connect([two])
    assert matrix.closed() == [two]


def test_cards_and_their_sizes_are_told(switch):
    matrix, _, size = switch
    assert list(matrix.cards()) == [1, 2, 3]
    assert matrix.matrix_size(1) == size
    assert matrix.matrix_size(4) == (0, 0)
    assert matrix.settings()["model"] in ("3706A-SNFP", "707B")


def test_a_power_cut_opens_all_and_safety_is_proved(switch, tmp_path):
    matrix, channels, _ = switch
    matrix.connect(channels)
    with SimulatedBench.shared(tmp_path / "chip.toml") as bench, bench.lock:
        bench.simulated["matrix"].power_cycle()
    assert matrix.closed() == []
    matrix.make_safe()
