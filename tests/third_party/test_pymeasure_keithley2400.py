"""PyMeasure 0.16's two drivers of the Keithley 2400, unmodified, against the simulated one."""

from types import SimpleNamespace

import numpy as np
import pytest
from pymeasure.instruments.keithley import Keithley2400, Keithley2400Legacy
from third_party.resistor_chip import OHM, resistor_chip

CHIP = resistor_chip("keithley2400", "GPIB0::24::INSTR")
# A level is 0.02 % + 600 uV off at most, a reading of 100 uA 0.025 % + 6 nA (SPEC-2400 Rev. H).
CURRENT_ACCURACY = 2.5e-4 * 1e-4 + 6e-9
LEVEL_ACCURACY = 2e-4 + 600e-6
pytestmark = pytest.mark.filterwarnings("ignore:Keithley2400Legacy is a legacy:FutureWarning")


@pytest.fixture
def open_driver(road):
    drivers = []

    def open_as(kind):
        driver = kind(
            road.addresses["smu"],
            visa_library=road.visa,
            read_termination="\n",
            write_termination="\n",
        )
        drivers.append(driver)
        return driver

    yield open_as
    for driver in drivers:
        driver.adapter.close()


@pytest.fixture
def smu(open_driver):
    driver = open_driver(Keithley2400)
    driver.reset()
    driver.reset_data_format()
    return driver


@pytest.fixture
def old(open_driver):
    driver = open_driver(Keithley2400Legacy)
    driver.reset()
    return driver


@pytest.fixture(autouse=True)
def _no_waiting(monkeypatch):
    for module in ("keithley2400", "keithley2400_legacy"):
        monkeypatch.setattr(f"pymeasure.instruments.keithley.{module}.time.sleep", lambda _: None)


def voltage_source(smu, level=1.0, limit=1e-3):
    smu.source_mode = "voltage"
    smu.source_voltage_range_auto_enabled = True
    smu.compliance_current = limit
    smu.source_voltage = level


def test_it_identifies(smu):
    assert smu.id.startswith("KEITHLEY INSTRUMENTS INC.,MODEL 2400,")


def test_it_measures_a_resistor_as_the_data_sheet_promises(smu):
    voltage_source(smu)
    smu.current_nplc = 10
    current = smu.current
    assert current == pytest.approx(1.0 / OHM, abs=CURRENT_ACCURACY + LEVEL_ACCURACY / OHM)
    assert smu.voltage == pytest.approx(current * OHM, abs=1.2e-4 + 300e-6 + CURRENT_ACCURACY * OHM)
    assert smu.check_errors() == []


def test_it_finds_a_resistance_by_itself(smu):
    # 20 kOhm range: 0.06 % + 3 Ohm.
    assert smu.resistance == pytest.approx(OHM, abs=6e-4 * OHM + 3.0)
    assert smu.resistance_mode_auto_enabled
    assert smu.check_errors() == []


def test_it_measures_everything_at_once(smu):
    voltage_source(smu, 0.5)
    smu.source_enabled = True
    seen = smu.measure_all()
    assert seen["resistance"] == pytest.approx(OHM, rel=2e-3)
    assert seen["current"] == pytest.approx(seen["voltage"] / OHM, rel=2e-3)
    assert seen["time"] > 0.0
    assert seen["status"] & 4  # front terminals
    assert smu.check_errors() == []


def test_it_sees_the_compliance(smu):
    voltage_source(smu, 2.0, 1e-4)
    smu.source_enabled = True
    seen = smu.measure_all()
    assert seen["status"] & 8
    assert seen["current"] == pytest.approx(1e-4, rel=1e-3)


def test_it_reads_back_what_it_has_set(smu):
    smu.source_mode = "current"
    smu.source_current_range = 1e-3
    smu.source_current = 2e-4
    smu.compliance_voltage = 3.0
    smu.voltage_range = 2.0
    smu.voltage_nplc = 0.1
    smu.filter_count, smu.filter_enabled, smu.repeat_filter_enabled = 5, True, False
    smu.wires, smu.front_terminals_enabled, smu.output_off_state = 4, False, "HIMP"
    smu.source_delay = 0.01
    assert smu.source_mode == "current"
    assert smu.source_current_range == pytest.approx(1.05e-3)
    assert smu.source_current == pytest.approx(2e-4)
    assert smu.compliance_voltage == 3.0
    assert smu.voltage_range == pytest.approx(2.1)
    assert smu.voltage_nplc == smu.current_nplc == 0.1
    assert (smu.filter_count, smu.filter_enabled, smu.repeat_filter_enabled) == (5, True, False)
    assert (smu.wires, smu.front_terminals_enabled) == (4, False)
    assert smu.ask(":OUTP:SMOD?").strip() == "HIMP"
    assert smu.source_delay == 0.01 and not smu.source_delay_auto_enabled
    assert smu.check_errors() == []


def test_every_trigger_setting_comes_back(smu):
    smu.trigger_count, smu.arm_count, smu.trigger_delay = 7, 3, 0.25
    smu.arm_source, smu.arm_timer = "timer", 0.5
    smu.trigger_source, smu.trigger_input_line, smu.arm_output_line = "trigger_link", 3, 4
    smu.trigger_output_event, smu.arm_output_event = "sense", "trigger_exit"
    assert (smu.trigger_count, smu.arm_count, smu.trigger_delay) == (7, 3, 0.25)
    assert (smu.arm_source, smu.arm_timer) == ("timer", 0.5)
    assert smu.trigger_source == "trigger_link"
    assert (smu.trigger_input_line, smu.arm_output_line) == (3, 4)
    assert (smu.trigger_output_event, smu.arm_output_event) == ("sense", "trigger_exit")
    smu.sample_continuously()
    assert (smu.arm_source, smu.trigger_source) == ("immediate", "immediate")
    assert smu.check_errors() == []


def test_its_buffer_is_waited_for_by_the_status_byte(smu):
    voltage_source(smu)
    smu.source_enabled = True
    smu.config_buffer(10, 0.01)
    assert not smu.is_buffer_full()
    smu.start_buffer()
    smu.wait_for_buffer(timeout=5)
    data = smu.buffer_data.reshape(10, 5)
    assert data[:, 1] == pytest.approx(1.0 / OHM, rel=1e-3)
    assert np.all(np.diff(data[:, 3]) >= 0.01)
    assert smu.mean_current == pytest.approx(data[:, 1].mean(), rel=1e-6)
    assert smu.std_current == pytest.approx(data[:, 1].std(ddof=1), rel=1e-3)
    smu.disable_buffer()
    assert smu.check_errors() == []


def test_a_bus_trigger_fills_the_buffer(smu):
    voltage_source(smu)
    smu.source_enabled = True
    smu.config_buffer(4)
    smu.trigger_on_bus()
    smu.start_buffer()
    assert not smu.is_buffer_full()
    smu.trigger()
    assert smu.is_buffer_full()
    assert smu.check_errors() == []


@pytest.mark.parametrize("road", ["in-process"], indirect=True)  # it waits on a GPIB bus only
def test_a_full_buffer_asks_for_service(smu):
    voltage_source(smu)
    smu.source_enabled = True
    smu.config_buffer(3)
    smu.start_buffer()
    smu.adapter.wait_for_srq(timeout=5)
    assert smu.buffer_data.size == 15


def test_its_sweep_of_current_measures_the_resistor(old):
    with pytest.raises(AttributeError, match="connection"):
        old.RvsI(1e-5, 1e-4, 1e-5, compliance=2.0)  # PyMeasure has renamed what it asks for
    old.connection = SimpleNamespace()  # whose timeout it sets, in s where PyVISA counts ms
    old.source_mode = "current"
    old.measure_resistance()
    points = list(old.RvsI(1e-5, 1e-4, 1e-5, compliance=2.0, delay=0.001))
    assert [point[0] for point in points] == pytest.approx(np.linspace(1e-5, 1e-4, 10))
    assert [point[1] for point in points] == pytest.approx([OHM] * 10, rel=1e-2)
    assert old.check_errors() == []


def test_its_older_sister_sources_and_measures(old):
    old.apply_voltage(2.0, 1e-3)
    old.measure_current(nplc=1)
    old.source_voltage = 1.0
    old.enable_source()
    assert old.current == pytest.approx(1.0 / OHM, rel=1e-3)
    old.apply_current(None, 5.0)
    old.measure_voltage()
    old.source_current = 1e-4
    old.enable_source()
    assert old.voltage == pytest.approx(1.0, rel=1e-3)
    assert old.check_errors() == []


@pytest.mark.parametrize("kind", [Keithley2400, Keithley2400Legacy])
def test_it_shuts_down_with_the_output_off(road, open_driver, kind):
    driver = open_driver(kind)
    driver.reset()
    voltage_source(driver) if kind is Keithley2400 else driver.apply_voltage(None, 1e-3)
    driver.source_voltage = 1.0
    driver.enable_source()
    driver.shutdown()
    assert driver.ask("OUTPUT?").strip() == "0"
    instrument = road.bench.simulated["smu"]
    assert not instrument.settings.output
    assert instrument.settings.source["VOLT"].level == 0.0


def test_beeps_and_displays_are_taken(smu):
    smu.beep(440, 0.1)
    smu.display_enabled = False
    assert not smu.display_enabled
    smu.line_frequency = 50
    assert smu.line_frequency == 50 and not smu.line_frequency_auto_enabled
    smu.auto_zero_once()
    assert not smu.auto_zero_enabled
    assert smu.check_errors() == []
