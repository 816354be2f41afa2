"""The B1500A's driver says the same and reads the same on every road."""

import numpy as np
import pytest
import pyvisa
from b1500_bench import CHIP

from labcim.capabilities import Flag
from labcim.instruments.keysightb1500a import KeysightB1500A
from labcim.limits import TerminalLimits
from labcim.sim_backend.bench import SimulatedBench
from labcim.sim_backend.wire.serve import serve
from labcim.transport import VisaTransport

ADDRESS = "GPIB0::17::INSTR"


def use(address, visa):
    """Return what the driver said and was answered, and what it read, of a whole session."""
    said = []
    line = VisaTransport(address, visa, traffic=lambda _, way, data: said.append((way, data)))
    analyzer = KeysightB1500A(line, {"smu1": TerminalLimits(-2.0, 2.0, 1e-2)})
    analyzer.identify()
    analyzer.initialise()
    unit = analyzer.smu(1)
    unit.source(1.0, current_limit=1e-3)
    read = [unit.measure(), unit.measure(averages=3), unit.spot(-1.0, current_limit=1e-3)]
    swept = unit.sweep(np.linspace(-1.0, 1.0, 101), dwell=1e-3, current_limit=1e-3)
    analyzer.pulse(1, 1.5, width=1e-3, period=0.0, count=5)
    analyzer.make_safe()
    line.close()
    return [(way, data.rstrip(b"\r\n")) for way, data in said], read, swept.current.tolist()


def on_road(road, folder):
    folder.mkdir()
    chip = folder / "chip.toml"
    chip.write_text(CHIP)
    with SimulatedBench.shared(chip) as bench:
        if road == "in-process":
            return use(ADDRESS, f"{chip}@labcim")
        with serve(bench, roads=[road]) as server:
            return use(server.addresses[road][ADDRESS], "@py")


@pytest.fixture(scope="module")
def here(tmp_path_factory):
    return on_road("in-process", tmp_path_factory.mktemp("roads") / "here")


def test_readings_are_ohms_law(here):
    _, read, currents = here
    for voltage, current, flags in read:
        assert flags == 0 and current == pytest.approx(voltage / 10e3, rel=2e-3)
    assert currents == pytest.approx((np.linspace(-1.0, 1.0, 101) / 10e3).tolist(), abs=2e-7)


@pytest.mark.parametrize("road", ["socket", "hislip", "vxi11"])
def test_every_road_carries_the_same_bytes_and_the_same_readings(road, here, tmp_path):
    assert on_road(road, tmp_path / road) == here


@pytest.fixture
def visa(tmp_path):
    chip = tmp_path / "chip.toml"
    chip.write_text(CHIP)
    with SimulatedBench.shared(chip):
        yield f"{chip}@labcim"


def test_a_reading_in_compliance_is_flagged_and_a_sweep_says_where_it_began(visa):
    line = VisaTransport(ADDRESS, visa)
    analyzer = KeysightB1500A(line)
    analyzer.initialise()
    unit = analyzer.smu(1)
    assert unit.spot(1.0, current_limit=5e-5)[2] is Flag.IN_COMPLIANCE
    swept = unit.sweep(np.linspace(0.0, 1.0, 11), dwell=1e-3, current_limit=5.5e-5)
    assert swept.flags.tolist() == [0] * 6 + [Flag.IN_COMPLIANCE] * 5
    assert np.isfinite(swept.current).all()
    analyzer.make_safe()
    line.close()


def test_a_controller_may_wait_for_the_data_by_service_request(visa):
    manager = pyvisa.ResourceManager(visa)
    analyzer = manager.open_resource(
        ADDRESS, read_termination="\r\n", write_termination="\r\n", timeout=2000
    )
    analyzer.write("CN 1;DV 1,0,1,1E-3;MM 1,1;*SRE 1")
    analyzer.write("XE")
    analyzer.wait_for_srq(1000)
    assert analyzer.read().startswith("NAI+")
    assert analyzer.read_stb() == 16
    analyzer.close()
    manager.close()
