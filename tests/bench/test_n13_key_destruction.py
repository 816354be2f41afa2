"""N13: a key hides the fingerprint of its cells; who shows the fingerprint has erased the key."""

import numpy as np
import pytest

import labcim
from labcim.analysis.fingerprint.destruction import Proof, holds
from labcim.analysis.fingerprint.helper_data import HelperData
from labcim.app.enrolment import enrolment_of, prove_destruction
from labcim.errors import RangeError, RecipeError, RecordError
from labcim.sim_backend.chip.truth import Truth

from .fingerprinted import Chips, results

pytestmark = pytest.mark.timeout(300)
NONCE = "5eed0123456789ab"
HIDDEN = "fingerprint read while the key is stored"
SHOWN = "fingerprint read after the key was erased"
KEY = "key read while it is stored"
GONE = "key read after it was erased"
REST = "correlation of what is left with the key"


@pytest.fixture(scope="module")
def chips(tmp_path_factory):
    return Chips(tmp_path_factory.mktemp("destroyed"), 32, first=500)


@pytest.fixture(scope="module")
def demonstrated(chips):
    """Return the results of the whole demonstration on five chips."""
    return [chips.run(number, "key_destruction", seed=number) for number in range(5)]


def test_n13_the_fingerprint_matches_wholly_once_the_key_is_gone_and_hardly_before(demonstrated):
    found = [results(view) for view in demonstrated]
    assert [one[SHOWN] for one in found] == [1.0] * 5
    assert max(one[HIDDEN] for one in found) < 0.6
    assert min(one["bits kept by the mask"] for one in found) > 0.25


def test_n13_the_key_is_read_wholly_while_it_is_stored_and_not_at_all_afterwards(demonstrated):
    found = [results(view) for view in demonstrated]
    assert [one[KEY] for one in found] == [1.0] * 5
    assert max(one[GONE] for one in found) < 0.6
    assert 0.45 < np.mean([one[GONE] for one in found]) < 0.55
    assert all(view.failed_limits() == [] for view in demonstrated)


def test_nothing_of_the_key_is_left_in_what_its_cells_conduct(demonstrated):
    """Five intervals of 95 %: all hold 0, or but one."""
    held = 0
    for view in demonstrated:
        frame = view.results().set_index("name").loc[REST]
        held += frame["low"] <= 0.0 <= frame["high"]
    assert held >= 4


class Destroyed:
    """A chip whose fingerprint a verifier enrolled, and whose holder stored and erased a key."""

    def __init__(self, folder):
        self.chips = Chips(folder, 32, first=600)
        asked = {"margin": 1.0}
        first = self.chips.run(0, "key_destruction", store=False, erase=False, **asked)
        # 32 x 32 cells have few bits that are so clear: what they are worth is not asked for here.
        self.enrolled = enrolment_of(self.chips.record, first.run, t=5, entropy=0.9)
        self.stored = self.chips.run(0, "key_destruction", enrol=False, erase=False, **asked)
        self.last = self.chips.run(
            0, "key_destruction", enrol=False, store=False, nonce=NONCE, **asked
        )


@pytest.fixture(scope="module")
def destroyed(tmp_path_factory):
    return Destroyed(tmp_path_factory.mktemp("proof"))


def test_a_proof_holds_for_the_verifier_with_its_nonce_only(destroyed):
    helper, key = destroyed.enrolled.helper, destroyed.enrolled.key
    proof = prove_destruction(destroyed.chips.record, destroyed.last.run, helper)
    again = Proof.from_json(proof.to_json())
    assert holds(again, key, HelperData.from_json(helper.to_json()), NONCE)
    assert again.run == destroyed.last.run and again.run_hash == destroyed.last.stop.hash
    for nonce in ("", "5eed0123456789ac"):
        assert not holds(again, key, helper, nonce)
    assert not holds(again, bytes(16), helper, NONCE)
    assert key.hex() not in proof.to_json()


@pytest.mark.parametrize("field", ["chip", "run", "run_hash", "nonce", "helper", "tag"])
def test_a_proof_that_was_tampered_with_does_not_hold(destroyed, field):
    helper, key = destroyed.enrolled.helper, destroyed.enrolled.key
    proof = prove_destruction(destroyed.chips.record, destroyed.last.run, helper)
    told = getattr(proof, field)
    other = told[:-1] + ("0" if told[-1:] != "0" else "1")
    text = proof.to_json().replace(f'"{told}"', f'"{other}"')
    assert text != proof.to_json()
    assert not holds(Proof.from_json(text), key, helper, NONCE)


def test_there_is_no_proof_while_the_key_is_stored_or_without_a_nonce_or_of_another_chip(destroyed):
    record, helper = destroyed.chips.record, destroyed.enrolled.helper
    with pytest.raises(RecordError, match="nonce"):
        prove_destruction(record, destroyed.stored.run, helper)
    hidden = destroyed.chips.run(0, "key_destruction", enrol=False, erase=False, nonce=NONCE)
    with pytest.raises(RecordError, match="has erased nothing"):
        prove_destruction(record, hidden.run, helper)
    other = destroyed.chips.run(
        1, "key_destruction", enrol=False, store=False, nonce=NONCE, times=2
    )
    with pytest.raises(RangeError, match="nothing to prove"):
        prove_destruction(record, other.run, helper)
    with pytest.raises(RecordError, match="accepts one of key_destruction"):
        prove_destruction(record, destroyed.chips.run(2, "read_map").run, helper)


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"version": 1}', '{"version": 1, "chip": 2}'])
def test_text_that_is_no_proof_is_refused(text):
    with pytest.raises(RecipeError, match="proof cannot be read"):
        Proof.from_json(text)


def test_helper_data_of_a_hidden_fingerprint_is_not_taken_for_a_plain_one(destroyed):
    with pytest.raises(RecipeError, match="accepts that of a puf_enrol"):
        labcim.new_recipe("puf_verify", helper=destroyed.enrolled.helper.to_json())


def test_every_pulse_of_the_demonstration_is_on_record_and_on_the_truth_log(chips, demonstrated):
    cells, times = 32 * 32, 16
    view = demonstrated[4]
    assert len(view.pulses()) == cells * (2 * 2 * times + 1)
    assert len(Truth(chips.path(4).with_name("chip.state")).pulses()) == len(view.pulses())


def test_a_destruction_that_was_cut_off_goes_on_with_what_is_not_done(tmp_path):
    chips = Chips(tmp_path, 8)
    with labcim.open_bench(chips.path(0), record=chips.record) as bench:

        def cut(unit, fraction, text):
            if unit == "erase" and fraction > 0.5:
                bench.steering.request("abort", "enough")

        recipe = labcim.new_recipe("key_destruction", margin=0.5, nonce=NONCE)
        assert bench.run(recipe, on_progress=cut).stop.state == "aborted"
        again = bench.resume("last")
    assert again.stop.state == "completed"
    assert len(again.pulses()) == 64 * 32  # the erasure, from its begin, and nothing before
    assert results(again)[KEY] == 1.0 and results(again)[SHOWN] >= 0.8


def test_a_probed_chip_shows_and_hides_its_fingerprint_too(tmp_path):
    chips = Chips(tmp_path, 4, kind="probed")
    chips.run(0, "form", cells="0:2, 0:2")
    view = chips.run(0, "key_destruction", cells="0:2, 0:2", times=2, margin=0.0, averages=1)
    assert view.stop.state == "completed"
    assert results(view)[KEY] == 1.0
