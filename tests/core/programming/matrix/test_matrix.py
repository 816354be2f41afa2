"""A matrix written by write-verify, calibrated, kept in step: what error is left, and why."""

import numpy as np
import pytest
from fake_array import fake_array, write_exactly

from labcim.capabilities import Coding
from labcim.errors import RangeError
from labcim.programming.mapping.scheme import Scheme
from labcim.programming.matrix import AnalogMatrix
from labcim.programming.matrix.writing import Tuning

RANDOM = np.random.default_rng(7)
WEIGHTS = RANDOM.standard_normal((16, 32))
X = RANDOM.uniform(-1, 1, (32, 50))
CODING = Coding(bits=8, output_bits=10)


def relative(matrix, x=X):
    true = matrix.weights @ x
    return float(np.sqrt(np.mean((matrix @ x - true) ** 2) / np.mean(true**2)))


def exact(arrays, **words):
    matrix = AnalogMatrix(WEIGHTS, arrays, coding=words.pop("coding", CODING), **words)
    write_exactly(matrix, arrays)
    return matrix


def test_p1_a_written_matrix_multiplies_within_three_percent():
    matrix = AnalogMatrix(WEIGHTS, fake_array(32, 32, converts=True), coding=CODING)
    matrix.program().recalibrate()
    assert sum(written.accepted.sum() for written in matrix.written) == 1024
    # ±0.7 µS, evenly, in a range of 36 µS; and weights of which the largest is 3.5 of 1
    assert relative(matrix) < 0.06
    small = AnalogMatrix(np.sign(WEIGHTS), fake_array(32, 32, converts=True), coding=CODING)
    assert relative(small.program().recalibrate()) < 0.03


def test_p1_gains_and_offsets_of_columns_are_calibrated_away_to_one_percent():
    random = np.random.default_rng(3)
    words = {
        "gain": 1.0 + 0.05 * random.standard_normal(32),
        "offset": 2e-6 * random.standard_normal(32),
    }
    matrix = exact([fake_array(32, 32, converts=True, **words)])
    assert relative(matrix) > 0.05
    assert relative(matrix.recalibrate()) < 0.01


@pytest.mark.parametrize("transposed", [False, True])
def test_a_range_that_the_board_does_not_have_is_left_to_its_channels(transposed):
    arrays = [fake_array(32, 32)]
    arrays[0].vectors.narrowest = 1.0  # A
    matrix = exact(arrays, coding=Coding(bits=30)).recalibrate(transposed=transposed)
    assert relative(matrix) < 1e-9
    assert {coding.output_range for *_, coding in arrays[0].vectors.calls} == {0.0}


def test_what_is_calibrated_begins_anew_each_time():
    random = np.random.default_rng(3)
    arrays = [fake_array(32, 32, gain=1.0 + 0.05 * random.standard_normal(32))]
    matrix = exact(arrays, coding=Coding(bits=30))
    once = matrix.recalibrate() @ X
    np.testing.assert_allclose(matrix.recalibrate() @ X, once, rtol=1e-12)
    np.testing.assert_array_equal(matrix.weights, WEIGHTS)


def test_a_matrix_that_is_written_again_aims_at_the_same_targets():
    arrays = [fake_array(32, 32)]
    matrix = AnalogMatrix(WEIGHTS, arrays, coding=CODING)
    first = [targets.copy() for targets in matrix.layout.targets]
    for _ in range(3):
        matrix.program()
        for before, now in zip(first, matrix.layout.targets, strict=True):
            np.testing.assert_array_equal(before, now)


def test_the_numbers_of_the_caller_are_copied_and_kept():
    weights = WEIGHTS.copy()
    matrix = AnalogMatrix(weights, fake_array(32, 32))
    weights[:] = 0.0
    np.testing.assert_array_equal(matrix.weights, WEIGHTS)
    with pytest.raises(ValueError, match="read-only"):
        matrix.weights[0, 0] = 1.0


def test_the_other_side_is_calibrated_as_well_when_asked():
    matrix = exact([fake_array(32, 32, converts=True)])
    matrix.recalibrate(transposed=True)
    y = RANDOM.uniform(-1, 1, (16, 20))
    true = WEIGHTS.T @ y
    assert np.sqrt(np.mean((matrix.T @ y - true) ** 2) / np.mean(true**2)) < 0.01


def test_r7_a_global_drift_is_compensated_by_a_few_known_reads():
    arrays = [fake_array(32, 32, converts=True)]
    matrix = exact(arrays).recalibrate()
    before = relative(matrix)
    arrays[0].vectors.drift = (1e5 / 20.0) ** -0.06
    drifted = relative(matrix)
    assert drifted > 0.3
    assert matrix.compensate_drift() == pytest.approx((1e5 / 20.0) ** 0.06, rel=1e-3)
    assert relative(matrix) < drifted / 5.0
    assert relative(matrix) < before * 1.7  # what is left is the rounding of smaller currents


def test_a_drift_is_compensated_from_the_clean_state_each_time():
    arrays = [fake_array(32, 32)]
    matrix = exact(arrays).recalibrate()
    arrays[0].vectors.drift = 0.5
    first = matrix.compensate_drift()
    assert matrix.compensate_drift() == pytest.approx(first, rel=1e-9)
    assert matrix.recalibrate().compensate_drift() == pytest.approx(1.0, rel=1e-9)


def test_what_happens_in_columns_that_are_not_used_is_no_drift():
    arrays = [fake_array(32, 40)]
    matrix = exact(arrays).recalibrate()
    used = np.concatenate([region.columns.ravel() for region in matrix.layout.regions])
    arrays[0].cells.true.reshape(32, 40)[:, np.setdiff1d(np.arange(40), used)] = 38e-6
    assert matrix.compensate_drift() == pytest.approx(1.0, rel=1e-9)


def test_drift_without_a_reference_is_refused():
    with pytest.raises(RangeError, match="recalibrate"):
        exact([fake_array(32, 32)]).compensate_drift()


@pytest.mark.parametrize("vectors", [np.ones((3, 32)), np.ones((20, 31)), np.ones(32)])
def test_too_few_vectors_to_calibrate_by_are_refused(vectors):
    with pytest.raises(RangeError, match="vectors"):
        exact([fake_array(32, 32)]).recalibrate(vectors)


def stuck_error(seed, **words):
    """Return the error of held weights with 5 % of the cells stuck; they are found by writing."""
    arrays = [fake_array(32, 40)]
    fake = arrays[0].cells
    random = np.random.default_rng(seed)
    fake.stuck = random.random(fake.stuck.shape) < 0.05
    fake.true[fake.stuck] = random.choice([0.5e-6, 36e-6], fake.stuck.sum())
    faults = np.where(fake.stuck, fake.true, np.nan).reshape(32, 40)
    matrix = AnalogMatrix(
        np.clip(WEIGHTS / 2.0, -1, 1), arrays, tuning=Tuning(cap_pulses=3), **words
    )
    if "spare" in words:
        matrix = AnalogMatrix(
            matrix.weights, arrays, tuning=matrix.tuning, faults=[faults], **words
        )
    matrix.program()
    held = fake.true[matrix.layout.regions[0].cells(fake.topology)]
    weights = matrix.layout.held([matrix.scheme.fraction(held)])
    blind = np.where(fake.stuck.reshape(32, 40), faults, np.nan)
    targets = AnalogMatrix(matrix.weights, arrays).layout
    plain = matrix.scheme.conductance(targets.targets[0])
    there = blind[targets.regions[0].rows.reshape(-1, 1, 1, 1, 1), targets.regions[0].columns]
    unmended = targets.held([matrix.scheme.fraction(np.where(np.isnan(there), plain, there))])
    size = np.sqrt(np.mean(matrix.weights**2))
    return (
        np.sqrt(np.mean((weights - matrix.weights) ** 2)) / size,
        np.sqrt(np.mean((unmended - matrix.weights) ** 2)) / size,
    )


def test_p4_cells_that_turn_out_stuck_are_made_up_for_by_their_partners():
    for seed in range(3):
        mended, unmended = stuck_error(seed)
        assert mended < 0.6 * unmended


def test_p4_known_faults_are_avoided_by_spare_columns():
    for seed in range(3):
        avoided, _ = stuck_error(seed, spare=4)
        mended, _ = stuck_error(seed)
        assert avoided < mended


def test_d7_the_spread_of_weights_falls_with_the_root_of_the_devices():
    """Sigma of a weight of N equal cells, each off by a normal error; N = 1 to 9, 4 seeds."""
    spread = []
    for copies in range(1, 10):
        scheme = Scheme(copies=copies)
        errors = []
        for seed in range(4):
            random = np.random.default_rng(100 * copies + seed)
            arrays = [fake_array(40, 20 * scheme.cells)]
            matrix = AnalogMatrix(random.uniform(-1, 1, (20, 40)), arrays, scheme=scheme)
            write_exactly(matrix, arrays)
            true = arrays[0].cells.true
            true += 1e-6 * random.standard_normal(true.shape)
            held = true[matrix.layout.regions[0].cells(arrays[0].cells.topology)]
            errors.append(matrix.layout.held([scheme.fraction(held)]) - matrix.layout.weights)
        spread.append(float(np.std(errors)))
    law = spread[0] / np.sqrt(np.arange(1, 10))
    assert spread[0] == pytest.approx(np.sqrt(2.0) / 36.0, rel=0.1)
    np.testing.assert_allclose(spread, law, rtol=0.1)


def test_the_error_budget_adds_up_to_what_is_measured():
    arrays = fake_array(32, 32, converts=True, noise=0.3e-6)
    scheme = Scheme(levels=32)
    matrix = AnalogMatrix(WEIGHTS, arrays, scheme=scheme, coding=Coding(bits=5, output_bits=8))
    budget = matrix.program().recalibrate().budget()
    parts = [budget.quantisation, budget.programming, budget.inputs, budget.converter, budget.noise]
    assert all(part > 1e-3 for part in parts)
    assert budget.total == pytest.approx(np.sqrt(np.sum(np.square(parts))))
    assert budget.measured == pytest.approx(budget.total, rel=0.25)
    assert "programming" in str(budget)


def test_the_budget_before_calibration_does_not_know_the_converter():
    matrix = AnalogMatrix(WEIGHTS, fake_array(32, 32)).program()
    assert np.isnan(matrix.budget().converter)
    with pytest.raises(RangeError, match="program"):
        AnalogMatrix(WEIGHTS, fake_array(32, 32)).budget()


def test_a_matrix_knows_what_it_cost():
    matrix = AnalogMatrix(WEIGHTS, fake_array(32, 40), coding=Coding(signs="bipolar")).program()
    (written,) = matrix.cost()
    pulses = sum(int(found.pulses.sum()) for found in matrix.written)
    assert {item.what: item.count for item in written.items}["pulses, in cells"] == pulses
    assert written.macs == 0.0
    matrix @ X
    (bill,) = matrix.cost()
    items = {item.what: item for item in bill.items}
    mean = np.mean([matrix.scheme.conductance(targets) for targets in matrix.layout.targets])
    assert bill.assumptions.mean_conductance.value == pytest.approx(mean)
    scaled = X / np.abs(X).max(axis=0)
    energy = 0.04 * np.square(scaled).sum() * 40 * 1e-6 * mean  # every driven line crosses 40
    assert items["products, in cells"].energy == pytest.approx(energy)
    assert items["products, in converters"].count == 50 * 40
    assert "assumed: mean conductance of the matrix's cells" in str(bill)


def test_a_matrix_on_two_arrays_is_written_and_billed_on_both():
    arrays = [fake_array(16, 32), fake_array(16, 32)]
    matrix = AnalogMatrix(WEIGHTS, arrays, coding=CODING).program().recalibrate()
    assert relative(matrix) < 0.08
    first, second = matrix.cost()
    assert first.energy > 0.0 and second.energy > 0.0
    assert first.area.cells == second.area.cells


def test_a_cell_that_sticks_far_above_the_range_is_patched_in_numbers():
    arrays = [fake_array(32, 32)]
    fake = arrays[0].cells
    fake.stuck[:16:2] = True
    fake.true[:16:2] = 120e-6  # no partner can make up for that
    patched = AnalogMatrix(WEIGHTS, arrays, tuning=Tuning(cap_pulses=3)).program()
    bare = AnalogMatrix(WEIGHTS, arrays, tuning=Tuning(cap_pulses=3), patch=False).program()
    assert 1 <= patched.patches.nnz <= 8
    assert bare.patches.nnz == 0
    assert relative(bare) > 0.3
    assert relative(patched) < 0.1
    y = RANDOM.uniform(-1, 1, (16, 20))
    assert np.std(patched.T @ y - WEIGHTS.T @ y) < 0.1 * np.std(WEIGHTS.T @ y)
    with pytest.raises(RangeError, match="rounds"):
        patched.program(rounds=0)


def test_integer_products_want_sound_cells():
    arrays = [fake_array(8, 16)]
    fake = arrays[0].cells
    fake.stuck[:2] = True
    fake.true[:2] = 120e-6
    weights = RANDOM.integers(-3, 4, (8, 8)).astype(float)
    matrix = AnalogMatrix(
        weights, arrays, scheme=Scheme(levels=4), full_scale=3.0, tuning=Tuning(cap_pulses=3)
    )
    matrix.program()
    with pytest.raises(RangeError, match="stuck between the levels"):
        matrix.integer_products(np.ones((1, 8)))


@pytest.mark.parametrize("signs", ["pair", "offset"])
def test_what_cells_hold_is_known_of_columns_that_changed_places(signs):
    arrays = [fake_array(32, 40)]
    fake = arrays[0].cells
    fake.stuck.reshape(32, 40)[:20, [0, 5]] = True
    fake.true[fake.stuck] = 30e-6
    faults = np.where(fake.stuck, fake.true, np.nan).reshape(32, 40)
    scheme = Scheme(signs)
    matrix = AnalogMatrix(WEIGHTS, arrays, scheme=scheme, faults=[faults], spare=2).program()
    (region,) = matrix.layout.regions
    assert not np.array_equal(region.columns.ravel(), np.sort(region.columns.ravel()))
    assert not {0, 5} & set(region.columns.ravel().tolist())
    true = matrix.layout.held([scheme.fraction(fake.true[region.cells(fake.topology)])])
    full = matrix.full_scale[:, None]
    assert np.abs(matrix.held() / full - true).max() < 0.2  # 1.3 % noise, averaged, both sides
    np.testing.assert_allclose(matrix.held() / full, WEIGHTS / full, atol=0.15)


def test_the_reference_of_all_outputs_takes_the_soundest_column():
    arrays = [fake_array(16, 6)]
    faults = np.full((16, 6), np.nan)
    faults[:8, 5] = 38e-6  # where the shared reference of five outputs would lie
    weights = np.full((5, 16), -0.5)  # an output loses more there, but there are five of them
    matrix = AnalogMatrix(weights, arrays, scheme=Scheme("offset"), faults=[faults], full_scale=1.0)
    (region,) = matrix.layout.regions
    assert region.columns[-1].ravel() != 5
