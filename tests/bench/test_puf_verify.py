"""A key from a chip's fingerprint: it comes back hot and cold, and to nobody else."""

import json

import numpy as np
import pytest

import labcim
from labcim.app.enrolment import enrolment_of
from labcim.app.fingerprint import compare
from labcim.errors import RangeError, RecipeError
from labcim.sim_backend.chip.truth import Truth

from .fingerprinted import Chips, results, tables

pytestmark = pytest.mark.timeout(300)
KEY_BACK = ("key came back", "helper data authentic", "blocks decoded")


class Enrolled:
    """Two chips, one of them enrolled with helper data in a file."""

    def __init__(self, folder):
        self.chips = Chips(folder, 32, first=7)
        self.view = self.chips.run(0)
        self.chips.run(1)
        self.made = enrolment_of(self.chips.record, self.view.run)
        self.file = folder / "helper.json"
        self.file.write_text(self.made.helper.to_json(), "utf-8")

    def pulses_of(self, number):
        """Return how many pulses a chip has truly seen."""
        return len(Truth(self.chips.path(number).with_name("chip.state")).pulses())

    def verify(self, number, **recipe):
        return self.chips.run(number, "puf_verify", **{"helper": str(self.file)} | recipe)


@pytest.fixture(scope="module")
def one(tmp_path_factory):
    return Enrolled(tmp_path_factory.mktemp("verify"))


def test_a_mask_and_a_code_leave_a_key_with_its_whole_entropy(one):
    helper = one.made.helper
    assert helper.residual_entropy >= 128.0
    assert one.made.kept > 400 and helper.bits == 255
    assert one.made.error < 1e-6 and one.made.failure < 1e-9
    assert len(one.made.key) == 16


def test_the_key_comes_back_and_stands_nowhere_on_record(one):
    view = one.verify(0)
    found = results(view)
    assert [found[name] for name in KEY_BACK] == [1.0, 1.0, 1.0]
    assert view.failed_limits() == []
    assert one.made.key.hex() not in one.chips.record.read_bytes().hex()


def test_another_chip_does_not_give_the_key(one):
    view = one.verify(1)
    assert results(view)["key came back"] == 0.0
    assert set(view.failed_limits()) == set(KEY_BACK)


def test_helper_data_that_was_tampered_with_is_told(one):
    """One bit of the offset: the code mends it, and the digest tells."""
    told = json.loads(one.file.read_text("utf-8"))
    offsets = bytearray.fromhex(told["offsets"])
    offsets[0] ^= 0x10
    found = results(one.verify(0, helper=json.dumps(told | {"offsets": offsets.hex()})))
    assert found["blocks decoded"] == 1.0 and found["errors mended, worst block"] >= 1.0
    assert found["helper data authentic"] == found["key came back"] == 0.0


def test_helper_data_of_another_chip_shape_or_of_no_pairs_is_refused_before_the_run(one, tmp_path):
    small = Chips(tmp_path, 8)
    with pytest.raises(RecipeError, match="is not on the array of 8 rows"):
        small.run(0, "puf_verify", helper=str(one.file))
    told = json.loads(one.file.read_text("utf-8"))
    for change in ({"cells": [[0, 1]]}, {"cells": "all"}, {"read_voltage": None}, {"averages": 0}):
        text = json.dumps(told | {"response": told["response"] | change})
        with pytest.raises(RecipeError, match="helper"):
            labcim.new_recipe("puf_verify", helper=text)
    high = json.dumps(told | {"response": told["response"] | {"read_voltage": 0.9}})
    with pytest.raises(RangeError, match="read limit"):
        one.verify(0, helper=high)
    with pytest.raises(RecipeError, match="draw"):
        labcim.new_recipe("puf_verify", helper=str(one.file), votes=2)
    with pytest.raises(RecipeError, match="no-such-file"):
        labcim.new_recipe("puf_verify", helper="no-such-file.json")


def test_the_key_comes_back_at_0_and_85_degrees(one):
    """With three votes; the mask was made at one temperature only."""
    for celsius in (0.0, 85.0):
        one.chips.heat(0, celsius)
        assert results(one.verify(0, votes=3))["key came back"] == 1.0
    one.chips.heat(0, 27.0)


def test_the_key_comes_back_at_half_the_read_voltage(one):
    assert results(one.verify(0, read_voltage=0.1))["key came back"] == 1.0


def test_nothing_is_written_back_to_a_chip_that_does_not_give_the_key(one):
    before = one.pulses_of(1)
    assert results(one.verify(1, refresh=True))["pairs written back"] == 0.0
    assert one.pulses_of(1) == before


def test_the_key_outlives_a_bake_and_once_written_back_a_harder_one(one):
    """50 h at 125 degC, and then at 150 degC: without write back the latter takes the key."""
    one.chips.heat(0, 125.0, 180_000.0)
    baked = one.verify(0, refresh=True)
    assert results(baked)["key came back"] == 1.0
    assert results(baked)["pairs written back"] == 255.0
    assert len(baked.pulses()) == 255 and (baked.pulses()["amplitude"] < 0.0).all()
    one.chips.heat(0, 150.0, 180_000.0)
    found = results(one.verify(0))
    assert found["key came back"] == 1.0
    assert found["bit error rate"] <= 0.005


def test_written_back_bits_outlive_a_bake_that_changes_the_others(tmp_path):
    chips, errors = Chips(tmp_path, 32, first=50), {}
    for number, refresh in enumerate((False, True)):
        first = tables(chips.run(number, refresh=refresh, repeats=1))
        chips.heat(number, 150.0, 180_000.0)
        later = tables(chips.reread(number))
        errors[refresh] = np.mean((first.reference > 0.0) != (later.reference > 0.0))
    assert 0.02 < errors[False] < 0.2
    assert errors[True] <= errors[False] / 5.0
    found = compare(chips.record)  # of each chip the first run enrols, the second is a re-read
    assert set(found.corners) == {"re-reads", "run 2"}
    assert found.corners["run 2"].ber.value == pytest.approx(
        np.mean(list(errors.values())), abs=0.01
    )


def test_an_enrolment_that_was_cut_off_goes_on_without_a_pulse_twice(tmp_path):
    """Cut off among its re-reads, it is resumed: cells are not put at random again."""
    chips = Chips(tmp_path, 8)
    with labcim.open_bench(chips.path(0), record=chips.record) as bench:

        def cut(unit, fraction, text):
            if text.startswith("re-read 2"):
                bench.steering.request("abort", "enough")

        first = bench.run(labcim.new_recipe("puf_enrol", repeats=4), on_progress=cut)
        assert first.stop.state == "aborted"
        again = bench.resume("last")
    assert again.stop.state == "completed"
    assert len(first.pulses()) == 64 * 4 and len(again.pulses()) == 0
    assert results(again)["bit error rate, re-reads"] <= 0.1
    assert results(again)["bits"] == 32.0


def test_an_enrolment_that_was_stopped_after_its_reference_tells_what_it_has(tmp_path):
    chips = Chips(tmp_path, 8)
    with labcim.open_bench(chips.path(0), record=chips.record) as bench:

        def stop(unit, fraction, text):
            if unit == "reference":
                bench.steering.request("stop", "enough")

        view = bench.run(labcim.new_recipe("puf_enrol"), on_progress=stop)
    assert view.stop.state == "stopped"
    assert len(view.readings()) == 32 * 3
    with pytest.raises(RangeError, match="two reads"):
        enrolment_of(chips.record, view.run)


def test_a_probed_chip_is_enrolled_pair_by_pair(tmp_path):
    chips = Chips(tmp_path, 4, kind="probed")
    chips.run(0, "form", cells="0:2, 0:2")
    view = chips.run(0, "puf_enrol", cells="0:2, 0:2", repeats=1, preparations=1, averages=1)
    assert view.stop.state == "completed"
    assert results(view)["bits"] == 2.0
    assert len(view.pulses()) == 8


def test_a_chip_on_a_heated_chuck_is_read_at_its_corners(tmp_path):
    """85 degC by the stage, 0.1 V: both are findings, and the heater is off at the end."""
    chips = Chips(tmp_path, 8, kind="oven")
    chips.run(0, "form")
    view = chips.run(0, temperatures=(358.15,), voltages=(0.1,), repeats=2, hold=30.0)
    assert view.stop.state == "completed" and view.stop.safe
    found = results(view)
    assert found["bit error rate at 85 degC"] <= 0.1
    assert found["bit error rate at 0.1 V"] <= 0.1
    rows = view.readings()
    assert rows["temperature"].dropna().unique() == pytest.approx([358.15], abs=0.5)
