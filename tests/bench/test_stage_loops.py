"""The 336's driver on the simulated controller: loops, curves, and soaks that cannot end well."""

import pytest

from labcim.clock import Clock
from labcim.errors import InstrumentError
from labcim.instruments._lakeshore336_words import Alarm, Gains, Zone
from labcim.instruments.lakeshore336 import LakeShore336
from labcim.instruments.simulated_clock import SimulatedClock
from labcim.limits import TerminalLimits
from labcim.programming.soak import Soak, soak
from labcim.protocol import Capabilities
from labcim.sim_backend.bench import SimulatedBench
from labcim.transport import VisaTransport

CHIP = """
[chip]
preset = "neurram-130nm"
rows = 2
columns = 2
formed = true

[[instrument]]
name = "chuck"
model = "lakeshore336"
address = "GPIB0::12::INSTR"
options = {{ {options} }}

[[instrument]]
name = "clock"
model = "clock"
address = "TCPIP0::clock::inst0::INSTR"
"""
LIMITS = {"stage": TerminalLimits(coldest=250.0, hottest=430.0)}


class Chuck:
    """A simulated chuck, its driver and its clock."""

    def __init__(self, path, options):
        path.write_text(CHIP.format(options=options))
        self.bench = SimulatedBench.shared(path)
        visa = f"{path}@labcim"
        self.stage = LakeShore336(VisaTransport("GPIB0::12::INSTR", visa), LIMITS)
        self.clock: Clock = SimulatedClock(VisaTransport("TCPIP0::clock::inst0::INSTR", visa))
        self.stage.initialise()

    def soak(self, kelvin, how):
        """Soak to the end; return what was told on the way."""
        told = list(soak(Capabilities(self.clock, None, stage=self.stage), kelvin, how))
        return [step.text for step in told]

    def close(self):
        self.stage.make_safe()
        self.stage.close()
        self.clock.close()
        self.bench.close()


@pytest.fixture
def new_chuck(tmp_path):
    made = []

    def make(options="noise = 2e-3"):
        made.append(Chuck(tmp_path / f"chip{len(made)}.toml", options))
        return made[-1]

    yield make
    for chuck in made:
        chuck.close()


def test_a_soak_ends_in_a_stable_window_and_says_how_long_it_takes(new_chuck):
    chuck = new_chuck()
    how = Soak(window=0.2, hold=120.0, stability=0.05)
    told = chuck.soak(350.0, how)
    now = chuck.clock.now()
    chuck.clock.sleep(30.0)
    assert chuck.stage.temperature() == pytest.approx(350.0, abs=0.05)
    assert now < 1200.0
    assert sum("to go" in text for text in told) > len(told) / 2


def test_a_heater_that_is_too_weak_is_told_with_what_it_gives(new_chuck):
    chuck = new_chuck("power = 20.0")  # 60 K at most, over 3 K/W
    with pytest.raises(
        InstrumentError, match=r"no nearer than (39|40)\.\d\d K .* with 100 % of its"
    ):
        chuck.soak(400.0, Soak(stalled=900.0))
    assert chuck.stage.heater_range == "off"


def test_cold_that_no_heater_makes_is_given_up(new_chuck):
    chuck = new_chuck()
    with pytest.raises(InstrumentError, match=r"it is at 300\.\d\d K, 20\.\d\d K .* with 0 % of"):
        chuck.soak(280.0, Soak(stalled=600.0))
    assert chuck.clock.now() < 700.0


def test_zones_change_the_range_with_the_setpoint(new_chuck):
    chuck = new_chuck()
    zones = [Zone(308.0, Gains(50.0, 20.0), "medium"), Zone(400.0, Gains(20.0, 20.0), "high")]
    chuck.stage.set_zones(zones)
    chuck.soak(306.0, Soak(window=0.1))
    assert chuck.stage.effort() == pytest.approx(0.2, abs=0.05)  # 2 W of 10 W
    chuck.soak(345.0, Soak(window=0.1))
    assert chuck.stage.effort() == pytest.approx(0.15, abs=0.05)  # 15 W of 100 W


def test_a_curve_alarms_extremes_and_a_voltage_come_back_as_they_were_set(new_chuck):
    stage = new_chuck("noise = 0.0").stage
    stage.write_curve(21, "straight", [(100.0, 273.15), (138.5055, 373.15)], 400.0)
    stage.use_curve(21)
    # 110.452 ohm on a straight line: a little less than IEC 60751 says.
    assert stage.temperature() == pytest.approx(273.15 + 100.0 * 10.452 / 38.5055, abs=0.01)
    with pytest.raises(InstrumentError, match="does not fit"):
        stage.use_curve(1)
    stage.use_curve(6)
    stage.set_alarm(Alarm(310.0, 290.0))
    assert stage.alarms() == (False, False)
    stage.forget_extremes()
    assert stage.extremes() == (300.0, 300.0)
    stage.monitor(3, "A", 200.0, 400.0)
    assert stage.voltage(3) == 5.0
    assert stage.heater_fault() == "none"
    assert stage.heater_fault(2) == "open"
