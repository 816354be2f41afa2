"""N12: challenges to whole arrays: sums are learned from their answers, exclusive ors are not."""

import numpy as np
import pytest

import labcim
from labcim.app.challenged import attack_run, compare_responses, responses_of
from labcim.errors import RangeError, RecipeError, RecordError
from labcim.programming.challenges import challenges_of

from .fingerprinted import Chips, results

pytestmark = pytest.mark.timeout(1200)  # the slow ones, on a busy machine
SIX = {"xor": 6}


class Attacked:
    """Chips of 32 x 32 cells at random, and what attacks on their answers get right."""

    def __init__(self, folder, chips, training):
        self.chips, self.count, self.training = Chips(folder, 32, first=300), chips, training
        self.held_out = 1000
        for number in range(chips):
            self.chips.run(number, preparations=1, repeats=1)
        self.linear, self.six = self._broken({"xor": 1}), self._broken(SIX)

    def _broken(self, recipe):
        """Return method -> accuracies, one for each chip."""
        found = {}
        for number in range(self.count):
            view = self.chips.run(
                number, "puf_challenges", count=self.training + self.held_out, averages=1,
                repeats=1, block=5000, **recipe,
            )  # fmt: skip
            for one in attack_run(
                self.chips.record, view.run, [self.training], held_out=self.held_out, passes=40
            ):
                found.setdefault(one.name, []).append(one.accuracy.value)
        return {name: np.array(values) for name, values in found.items()}


@pytest.fixture(
    scope="module",
    params=[(1, 1500), pytest.param((5, 10_000), marks=pytest.mark.slow)],
    ids=["one-chip", "five-chips"],
)
def attacked(request, tmp_path_factory):
    """Return one chip attacked with 1,500 pairs, or (slow) five with 10,000."""
    return Attacked(tmp_path_factory.mktemp("attacked"), *request.param)


def test_n12_plain_sums_are_broken_by_more_than_90_percent(attacked):
    assert (attacked.linear["logistic regression"] > 0.9).all()
    assert (attacked.linear["perceptron"] > 0.9).all()


def test_n12_exclusive_ors_of_six_pairs_of_columns_stay_below_60_percent(attacked):
    for accuracies in attacked.six.values():
        assert (accuracies <= 0.6).all()
        assert accuracies.mean() <= 0.55


def test_challenges_come_from_the_seed_and_stand_on_record(attacked):
    with labcim.open_record(attacked.chips.record) as record:
        run = record.runs(limit=1)[0].run
    found = responses_of(attacked.chips.record, run)
    wanted = challenges_of(1, 0, len(found.challenges), 32)
    assert np.array_equal(found.challenges, wanted)
    assert 0.45 < wanted.mean() < 0.55
    assert np.array_equal(challenges_of(1, 7, 3, 32), wanted[7:10])
    assert not np.array_equal(challenges_of(2, 0, 10, 32), wanted[:10])


def test_a_chip_alone_or_put_other_challenges_cannot_be_compared(attacked, tmp_path):
    chips = Chips(tmp_path, 8)
    for number, seed in enumerate((1, 2)):
        chips.run(number, "puf_challenges", count=20, seed=seed)
    with labcim.open_record(chips.record) as record:
        runs = [run.run for run in record.runs()]
    with pytest.raises(RecordError, match="other challenges"):
        compare_responses(chips.record, runs)
    with pytest.raises(RecordError, match="of 1 chips"):
        compare_responses(chips.record, runs[:1])
    with pytest.raises(RangeError, match="20 together"):
        attack_run(chips.record, runs[0], [100])


@pytest.mark.slow
def test_n12_twenty_chips_answer_exclusive_ors_as_r11_asks(tmp_path):
    """512 challenges, at 27 and at 85 degC; clear answers are those beyond 0.5 uA in all pairs."""
    chips, runs = Chips(tmp_path, 32, first=400), []
    asked = dict(count=512, averages=8, repeats=1, margin=0.5e-6, **SIX)
    for number in range(20):
        chips.run(number, preparations=1, repeats=1)
        runs.append(chips.run(number, "puf_challenges", **asked).run)
        runs.append(chips.run(number, "puf_challenges", **asked).run)
        chips.heat(number, 85.0)
        runs.append(chips.run(number, "puf_challenges", **asked).run)
    found = compare_responses(chips.record, runs)
    assert abs(found.quality.uniqueness.value - 0.5) <= 0.005
    assert found.quality.uniqueness.low <= 0.5 <= found.quality.uniqueness.high
    assert abs(found.quality.uniformity.value - 0.5) <= 0.01
    assert abs(found.quality.aliasing.value - 0.5) <= 0.03
    assert found.quality.aliasing_spread.low == 0.0
    assert found.clear_share > 0.6
    assert found.clear["run 2"].ber.high <= 0.01
    assert found.clear["run 3"].ber.high <= 0.03


PASSIVE = {
    "reset_voltage": 2.4,
    "set_voltage": 1.95,
    "set_gate": 0.0,
    "reset_gate": 0.0,
    "read_gate": 0.0,
    "averages": 1,
}


def test_sneak_paths_of_a_passive_array_answer_again_and_differ_from_chip_to_chip(tmp_path):
    chips, runs = Chips(tmp_path, 8, kind="passive"), []
    for number in range(2):
        prepared = chips.run(number, preparations=1, repeats=1, **PASSIVE)
        assert prepared.stop.state == "completed"
        view = chips.run(
            number, "puf_challenges", mode="sneak paths", count=60, averages=4, pulse=1e-3, gate=0.0
        )
        found = results(view)
        assert found["bits of a challenge"] == 14.0
        assert found["bit error rate, answers"] <= 0.08
        assert 0.3 < found["uniformity"] < 0.7
        runs.append(view.run)
    one, other = (responses_of(chips.record, run).answers for run in runs)
    assert 0.3 < np.mean(one != other) < 0.7


def test_sneak_paths_need_lines_and_sums_need_vectors(tmp_path):
    chips = Chips(tmp_path, 4, kind="probed")
    view = chips.run(0, "puf_challenges", count=2)
    assert view.stop.state == "failed" and "multiplies vectors" in view.stop.reason


def test_more_pairs_than_columns_are_refused_before_anything_is_driven(tmp_path):
    with pytest.raises(RecipeError, match="accepts 1 to 2"):
        Chips(tmp_path, 4).run(0, "puf_challenges", xor=3)


def test_challenges_that_were_cut_off_go_on_with_the_blocks_that_are_missing(tmp_path):
    chips = Chips(tmp_path, 8)
    with labcim.open_bench(chips.path(0), record=chips.record) as bench:

        def cut(unit, fraction, text):
            if unit == "challenges-40":
                bench.steering.request("abort", "enough")

        recipe = labcim.new_recipe("puf_challenges", count=60, block=20)
        assert bench.run(recipe, on_progress=cut).stop.state == "aborted"
        again = bench.resume("last")
    assert again.stop.state == "completed"
    with labcim.open_record(chips.record) as record:
        numbers = [set(record.readings(run.run)["challenge"]) for run in reversed(record.runs())]
    assert numbers == [set(range(40)), set(range(40, 60))]
