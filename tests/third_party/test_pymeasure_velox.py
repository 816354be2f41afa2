"""PyMeasure 0.16's Velox, unmodified, against the simulated prober."""

import pytest
from pymeasure.instruments.formfactor.velox import Velox

from labcim.sim_backend.bench import SimulatedBench

ADDRESS = "TCPIP0::prober::inst0::INSTR"
CHIP = f"""
[chip]
preset = "neurram-130nm"
rows = 2
columns = 2

[wafer]
dies = [[4, 6], [5, 6]]

[[instrument]]
name = "prober"
model = "velox"
address = "{ADDRESS}"
"""


@pytest.fixture
def bench(tmp_path):
    """Return the simulated bench, open, and the address of its VISA library."""
    path = tmp_path / "chip.toml"
    path.write_text(CHIP)
    with SimulatedBench.shared(path) as bench:
        yield bench, f"{path}@labcim"


def test_it_walks_over_the_wafer_as_its_own_example_does(bench):
    simulated, visa = bench
    prober = Velox(ADDRESS, visa_library=visa)
    seen = [prober.wafermap.step_first_die()]
    touched = []
    while not prober.wafermap.end_reached:
        prober.chuck.move_contact()
        touched.append(simulated.wafer.touched)
        prober.chuck.move_separation()
        touched.append(simulated.wafer.touched)
        seen.append(prober.wafermap.step_next_die())
    prober.adapter.close()
    assert seen[:2] == [[4, 6, 1, 1], [5, 6, 1, 1]]
    assert touched == [True, False, True, False]


def test_it_goes_to_one_die_and_is_refused_while_in_contact(bench):
    simulated, visa = bench
    prober = Velox(ADDRESS, visa_library=visa)
    prober.wafermap.step_to_die(5, 6)
    assert simulated.wafer.place == (5, 6)
    prober.chuck.move_contact()
    with pytest.raises(ConnectionError, match="separate first"):
        prober.wafermap.step_to_die(4, 6)
    prober.adapter.close()


def test_it_identifies_and_says_its_version(bench):
    prober = Velox(ADDRESS, visa_library=bench[1])
    assert "Velox" in prober.id
    assert prober.wafermap.enabled
    assert str(prober.version) == "3.3"
    prober.adapter.close()
