"""Estimates against what runs really cost."""

from labcim.capabilities import Topology
from labcim.programming.estimate import Estimating
from labcim.protocols.characterise.contact_check import ContactCheck
from labcim.protocols.characterise.iv_sweep import IvSweep
from labcim.protocols.characterise.read_map import ReadMap
from labcim.protocols.program.form import Form
from labcim.protocols.program.program_image import ProgramImage
from labcim.protocols.program.write_verify import WriteVerify

ARRAY = Topology(32, 32)


def test_every_recipe_can_say_what_it_will_cost():
    for recipe in (ContactCheck, IvSweep, ReadMap, Form, ProgramImage, WriteVerify):
        assert isinstance(recipe(), Estimating)
        assert recipe().estimate(ARRAY).time > 0.0


def test_a_source_meter_alone_needs_about_twenty_minutes_for_a_plain_kilobit():
    # physics reference, decision 12: a 2450 at 1 NPLC, 32 x 32 cells.
    minutes = WriteVerify(algorithm="plain").estimate(ARRAY).serial_time / 60.0
    assert 15.0 < minutes < 30.0


def test_a_map_costs_its_readings_and_its_waits():
    cost = ReadMap(repeats=3, averages=2, delay="10 s", interval="1 s").estimate(ARRAY)
    assert cost.readings == 1024 * 6
    assert cost.pulses == 0
    assert cost.time > 12.0


def test_the_bound_of_the_units_is_that_of_the_estimate():
    for recipe in (Form(), WriteVerify(), IvSweep()):
        bounds = {unit.bound for unit in recipe.units(ARRAY)}
        assert bounds == {recipe.estimate(ARRAY).bound}
