"""Waits that a probed chip cannot serve are told before a run and by a dry run."""

from pathlib import Path

import pytest

import labcim
from labcim.app.forecast import forecast
from labcim.bench_file import load_bench
from labcim.errors import RangeError

EXAMPLES = Path(__file__).parents[2] / "examples"


@pytest.mark.parametrize("protocol", ["random_bits", "restart_bits"])
def test_a_forecast_says_which_clock_a_probed_chip_can_serve(protocol):
    bench = load_bench(EXAMPLES / "probed" / "bench.toml")
    with pytest.raises(RangeError, match="set clock to 40 ns or more; nothing was sent"):
        forecast(labcim.new_recipe(protocol), bench)
    assert forecast(labcim.new_recipe(protocol, clock="40 ns"), bench)["mode"] == "SIM"
    assert forecast(labcim.new_recipe(protocol, mode="half_set"), bench)["mode"] == "SIM"
    assert forecast(labcim.new_recipe(protocol), load_bench(EXAMPLES / "board" / "bench.toml"))
