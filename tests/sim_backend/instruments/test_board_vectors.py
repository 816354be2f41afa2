"""Products of vectors on the board: through driver, wire, firmware and the chip's own cells."""

import numpy as np
import pytest
from board_bench import board_on

from labcim.capabilities import Coding, Flag
from labcim.errors import InstrumentError
from labcim.sim_backend.chip.vectors import Drive, VectorPort

IDEAL_BOARD = """
[instrument.options]
dac_inl = 0.0
dac_dnl = 0.0
adc_inl = 0.0
adc_dnl = 0.0
noise = 0.0
"""
FINE = Coding(gate=3.0, bits=12, output_bits=16)


def inputs_for(lines, count=8, seed=5):
    return np.random.default_rng(seed).uniform(-1.0, 1.0, (count, lines))


def quiet(simulated):
    """Take the cells' own noise away."""
    simulated.chip.state.parameters["white"] = 0.0


def ohmic(simulated):
    """Take noise and transistors away: what is left is I = G V."""
    quiet(simulated)
    simulated.chip.state.parameters["gated"] = 0.0


def spread_out(simulated, seed=9):
    """Give the cells conductances all over their window."""
    chip = simulated.chip
    low, high = (float(chip.state.parameters[0][name]) for name in ("lowest", "highest"))
    drawn = np.random.default_rng(seed).uniform(low, high, chip.size)
    chip.state.cells["conductance"] = drawn
    return drawn.reshape(chip.rows, chip.columns)


def deviation(found, wanted):
    return float(np.sqrt(np.mean((found - wanted) ** 2) / np.mean(wanted**2)))


@pytest.fixture
def ecram(tmp_path):
    """Return (simulated bench, board, clock): step cells, an ideal board."""
    with board_on(tmp_path, "ecram-metal-oxide", 12, 20, board=IDEAL_BOARD) as bench:
        yield bench


def test_p1_with_ideal_lines_the_chip_is_a_matrix_to_1e_12(ecram):
    simulated, _, _ = ecram
    ohmic(simulated)
    conductance = spread_out(simulated)
    volts = np.random.default_rng(1).uniform(-0.2, 0.2, (6, 12))
    port = VectorPort(simulated.wired_chip("board"))
    drive = Drive("row", volts, np.full(volts.shape, 2e-6), 0.0, np.full(20, 3.0))
    charges = port.charges(drive, np.zeros(6))
    assert np.abs(charges / 2e-6 - volts @ conductance).max() < 1e-12 * np.abs(charges / 2e-6).max()


def test_p2_with_ideal_lines_the_transposed_product_is_the_transpose_to_1e_9(ecram):
    simulated, _, _ = ecram
    ohmic(simulated)
    conductance = spread_out(simulated)
    random = np.random.default_rng(2)
    x, y = random.uniform(-0.2, 0.2, (1, 12)), random.uniform(-0.2, 0.2, (1, 20))
    port, gates = VectorPort(simulated.wired_chip("board")), np.full(20, 3.0)
    forward = port.charges(Drive("row", x, np.ones(x.shape), 0.0, gates), np.zeros(1))
    back = port.charges(Drive("column", y, np.ones(y.shape), 0.0, gates), np.zeros(1))
    assert (x * back).sum() == pytest.approx((forward * y).sum(), rel=1e-9)
    assert back[0] == pytest.approx(conductance @ y[0], rel=1e-12)


@pytest.mark.parametrize("preset", ["ecram-metal-oxide", "neurram-130nm"])
@pytest.mark.parametrize("side", ["row", "column"])
def test_cells_alone_and_the_circuit_give_the_same_charges(tmp_path, preset, side):
    with board_on(tmp_path, preset, 6, 9) as (simulated, _, _):
        for name in ("white", "white_floor", "white_slope"):
            if name in simulated.chip.state.parameters.dtype.names:
                simulated.chip.state.parameters[name] = 0.0
        if "trap_count" in simulated.chip.state.devices.dtype.names:
            simulated.chip.state.devices["trap_count"] = 0
        driven = 6 if side == "row" else 9
        volts = np.random.default_rng(3).uniform(-0.2, 0.2, (1, driven)) + 0.3
        port = VectorPort(simulated.wired_chip("board"))
        drive = Drive(side, volts, np.full(volts.shape, 1e-6), 0.3, np.full(9, 3.0))
        assert port.at_once(drive, 1e-2)
        alone = port.charges(drive, np.zeros(1))[0] / 1e-6
        together, _ = port.currents(drive, volts[0], 1e-6)
    assert alone == pytest.approx(together, rel=1e-12)


@pytest.mark.parametrize("coding", ["amplitude", "width", "bits"])
@pytest.mark.parametrize("signs", ["phases", "shift"])
def test_every_coding_gives_the_products_of_ohmic_cells_within_a_step_of_the_converter(
    ecram, coding, signs
):
    simulated, board, _ = ecram
    ohmic(simulated)
    conductance = spread_out(simulated)
    given = np.rint(inputs_for(12) * 255) / 255
    how = Coding(gate=3.0, coding=coding, signs=signs, output_range=300e-6, output_bits=16)
    found = board.multiply(given, how)
    step = 2 * 300e-6 / (2**16 - 1)
    assert not found.flags.any()
    assert np.abs(found.current - given @ conductance * 0.2).max() < 1.01 * step
    assert (found.current_range == pytest.approx(300e-6)) if coding != "bits" else True


def test_inputs_of_both_signs_at_once_need_a_window_below_zero(tmp_path, ecram):
    simulated, board, _ = ecram
    board.limits["row"] = board.limits["row"].__class__(low=-0.5, high=4.0, current=1e-2)
    board.initialise()
    ohmic(simulated)
    conductance = spread_out(simulated)
    given = np.rint(inputs_for(12) * 255) / 255
    found = board.multiply(given, Coding(gate=3.0, signs="bipolar", output_bits=16))
    assert deviation(found.current, given @ conductance * 0.2) < 1e-3


def test_signs_on_a_chip_with_transistors_are_right_in_both_directions(tmp_path):
    with board_on(tmp_path, "neurram-130nm", 24, 16) as (simulated, board, _):
        conductance = spread_out(simulated)
        rows, columns = inputs_for(24), inputs_for(16)
        for signs in ("phases", "shift"):
            how = Coding(gate=4.0, signs=signs, pulse=1e-4)
            forward = board.multiply(rows, how).current
            back = board.multiply_transposed(columns, how).current
            assert deviation(forward, rows @ conductance * 0.2) < 0.08
            assert deviation(back, columns @ conductance.T * 0.2) < 0.08


def test_a_vector_takes_its_pulses_its_settling_and_the_turns_of_its_converters(tmp_path):
    options = '[instrument.options]\nlines_each = 4\nconversion = "250 ns"'
    with board_on(tmp_path, "ecram-metal-oxide", 8, 10, board=options) as (_, board, clock):
        began = clock.now()
        found = board.multiply(
            inputs_for(8, 5), Coding(gate=3.0, bits=3, coding="bits", pulse=2e-6)
        )
        once = 2 * 2e-6 + 1e-6 + 4 * 250e-9  # twice, as each channel looks for its range first
        assert clock.now() - began == pytest.approx(5 * 2 * 3 * once)
        assert np.diff(found.time) == pytest.approx(np.full(4, 2 * 3 * once))
        began = clock.now()
        board.multiply(inputs_for(8, 1), Coding(gate=3.0, signs="shift", output_range=1e-3))
        assert clock.now() - began == pytest.approx(1e-6 + 1e-6 + 4 * 250e-9)


def test_a_product_over_range_is_flagged_and_no_other(ecram):
    simulated, board, _ = ecram
    ohmic(simulated)
    spread_out(simulated)
    given = np.concatenate([np.zeros((1, 12)), np.ones((1, 12))])
    wanted = given @ simulated.chip.true_conductance().reshape(12, 20) * 0.2
    edge = float(np.median(wanted[1]))
    found = board.multiply(given, Coding(gate=3.0, output_range=edge))
    over = (found.flags & Flag.OVER_RANGE) != 0
    assert over.tolist() == (wanted > edge * (1 + 1 / 1023)).tolist()
    assert found.current.max() <= edge * 1.0001


def test_retries_bring_a_vector_back_into_range_at_half_its_scale(ecram):
    simulated, board, _ = ecram
    ohmic(simulated)
    conductance = spread_out(simulated)
    given = np.concatenate([np.full((1, 12), 0.05), np.ones((1, 12))])
    wanted = given @ conductance * 0.2
    how = Coding(gate=3.0, output_range=wanted.max() / 3.0, output_bits=14)
    assert board.multiply(given, how).flags.any()
    found = board.multiply(given, Coding(**{**vars_of(how), "retries": 3}))
    assert not found.flags.any()
    assert deviation(found.current, wanted) < 5e-3
    assert found.current_range[1] == pytest.approx(4 * found.current_range[0])


def vars_of(coding):
    return {name: getattr(coding, name) for name in coding.__slots__}


def test_stretched_vectors_lose_no_bits_to_their_size(ecram):
    simulated, board, _ = ecram
    ohmic(simulated)
    conductance = spread_out(simulated)
    given = 0.01 * inputs_for(12)
    wanted = given @ conductance * 0.2
    plain = board.multiply(given, Coding(gate=3.0, output_bits=16))
    stretched = board.multiply(given, Coding(gate=3.0, output_bits=16, stretch=True))
    assert deviation(plain.current, wanted) > 0.1
    assert deviation(stretched.current, wanted) < 0.01


def test_a_voltage_that_moves_cells_moves_them_and_is_on_the_truth_log(ecram):
    simulated, board, clock = ecram
    before, began = simulated.chip.true_conductance(), clock.now()
    board.multiply(np.ones((2, 12)), Coding(voltage=0.8, gate=3.0, output_range=10e-3))
    truth = simulated.chip.truth.pulses()
    assert len(truth) == 2 * 12 * 20  # the second phase is silent
    assert set(truth["amplitude"]) == {np.float32(0.8)}
    assert set(truth["width"]) == {np.float32(1e-6)}
    assert np.unique(truth["time"]) == pytest.approx([began, began + 2 * 2.8e-6])
    assert (simulated.chip.true_conductance() > before).mean() > 0.5


def test_a_voltage_that_cannot_move_cells_leaves_them_and_the_log_alone(ecram):
    simulated, board, _ = ecram
    before = simulated.chip.true_conductance()
    board.multiply(inputs_for(12), FINE)
    assert not len(simulated.chip.truth.pulses())
    assert np.array_equal(simulated.chip.true_conductance(), before)


def test_channels_look_for_their_range_among_those_that_the_sensed_lines_stand(tmp_path):
    with board_on(tmp_path, "ecram-metal-oxide", 40, 3, current=100e-6) as (simulated, board, _):
        simulated.chip.state.cells["conductance"] = 80e-6
        found = board.multiply(np.array([[0.02] * 40, [1.0] * 40]), FINE)  # 13 uA, 640 uA
    assert found.current_range.max() <= 100e-6
    assert (found.flags == [[0] * 3, [Flag.OVER_RANGE] * 3]).all()
    assert found.current[1] == pytest.approx(found.current_range[1], rel=0.02)


def test_a_vector_that_went_out_again_has_the_time_of_its_last_try(ecram):
    simulated, board, clock = ecram
    spread_out(simulated)
    given = np.concatenate([np.ones((1, 12)), np.full((1, 12), 0.01)])
    found = board.multiply(given, Coding(gate=3.0, output_range=30e-6, retries=2))
    assert found.time[0] > found.time[1]
    assert found.time[0] < clock.now()


def test_a_driver_that_would_have_to_give_more_than_it_can_flags_the_whole_vector(tmp_path):
    with board_on(tmp_path, "ecram-metal-oxide", 4, 20, current=50e-6) as (_, board, _):
        found = board.multiply(np.array([[1.0] * 4, [0.01] * 4]), FINE)
    assert ((found.flags[0] & Flag.IN_COMPLIANCE) != 0).all()
    assert not found.flags[1].any()


def test_the_true_wiring_lies_between_a_vector_and_the_cells(tmp_path):
    faults = '[faults]\nswapped = [["row.2", "row.3"]]\nopen = ["column.5"]'
    options = {"board": IDEAL_BOARD, "end": faults}
    with board_on(tmp_path, "ecram-metal-oxide", 8, 8, **options) as (simulated, board, _):
        ohmic(simulated)
        conductance = spread_out(simulated)
        given = inputs_for(8, 3)
        found = board.multiply(given, FINE).current
        true = given[:, [0, 1, 3, 2, 4, 5, 6, 7]] @ conductance * 0.2
    true[:, 5] = 0.0
    assert deviation(found, true) < 0.01
    assert np.abs(found[:, 5]).max() < 1e-9


def test_noise_of_the_cells_falls_with_the_pulse(tmp_path):
    with board_on(tmp_path, "neurram-130nm", 32, 32, board=IDEAL_BOARD) as (simulated, board, _):
        simulated.chip.state.devices["trap_count"] = 0
        spread_out(simulated)
        given = np.tile(inputs_for(32, 1), (200, 1))
        spread = [
            board.multiply(given, Coding(gate=3.0, pulse=pulse, output_bits=16)).current.std(axis=0)
            for pulse in (1e-6, 1e-4)
        ]
    assert np.median(spread[0] / spread[1]) == pytest.approx(10.0, rel=0.1)


def board_of(**options):
    """Return an ideal board's options with some changed."""
    lines = [line for line in IDEAL_BOARD.splitlines() if line.split(" = ")[0] not in options]
    return "\n".join([*lines, *(f"{name} = {value}" for name, value in options.items())])


def products_with(folder, **options):
    """Return products of ohmic cells on a board with these options, one channel's step in A."""
    folder.mkdir()
    with board_on(folder, "ecram-metal-oxide", 12, 20, board=board_of(**options)) as bench:
        simulated, board, _ = bench
        ohmic(simulated)
        spread_out(simulated)
        given = np.rint(inputs_for(12, 200) * 15) / 15
        how = Coding(gate=3.0, bits=4, signs="shift", output_bits=8, output_range=200e-6)
        return board.multiply(given, how).current, 2 * 200e-6 / 255


def test_converters_are_off_by_their_bow_and_neighbours_share_one(tmp_path):
    ideal, step = products_with(tmp_path / "ideal", lines_each=4)
    bowed, _ = products_with(tmp_path / "bowed", lines_each=4, adc_inl=3.0)
    off = (bowed - ideal) / step
    assert 2.0 <= np.abs(off).max() <= 3.0 + 1.0  # the bow, and rounding
    by_code = {}
    for line in range(20):
        for code, error in zip(np.rint(ideal[:, line] / step), off[:, line], strict=True):
            by_code.setdefault((line // 4, code), []).append(error)
    shared = [np.ptp(errors) for errors in by_code.values() if len(errors) > 1]
    assert max(shared) <= 1.0 + 1e-3  # one law for the lines of a converter, to a rounding
    peaks = [np.abs(off[:, 4 * k : 4 * k + 4]).max() for k in range(5)]
    assert len(set(np.round(peaks, 3))) > 1  # and another for each converter


def test_drivers_are_off_by_their_bow_too(tmp_path):
    ideal, _ = products_with(tmp_path / "ideal")
    bowed, _ = products_with(tmp_path / "bowed", dac_inl=0.5)
    assert 0.003 < deviation(bowed, ideal) < 0.5 / 15 / 0.55  # half a step, of the inputs' RMS


def test_channels_add_their_noise_over_the_pulse_in_either_phase(tmp_path):
    noise, pulse = 2e-10, 1e-6
    with board_on(tmp_path, "ecram-metal-oxide", 4, 30, board=board_of(noise=noise)) as bench:
        simulated, board, _ = bench
        ohmic(simulated)
        given = np.tile(inputs_for(4, 1), (400, 1))
        how = Coding(gate=3.0, pulse=pulse, output_bits=16, output_range=50e-6)
        found = board.multiply(given, how).current
    wanted = np.sqrt(2.0) * noise / np.sqrt(2.0 * pulse)  # of two phases; white noise, one-sided
    assert found.std(axis=0).mean() == pytest.approx(wanted, rel=0.03)


def test_the_same_seed_gives_the_same_bits_for_any_number_of_threads(tmp_path, monkeypatch):
    found = []
    for number, threads in enumerate((1, 4)):
        monkeypatch.setattr("labcim.sim_backend.chip.vectors.default_threads", lambda n=threads: n)
        folder = tmp_path / str(number)
        folder.mkdir()
        with board_on(folder, "neurram-130nm", 64, 48) as (_, board, _):
            products = [
                board.multiply(inputs_for(64), FINE),
                board.multiply_transposed(inputs_for(48), FINE),
            ]
            found.append([p.current.tobytes() + p.time.tobytes() for p in products])
    assert found[0] == found[1]


@pytest.mark.parametrize(
    ("settings", "message", "code"),
    [
        ("VECT:VOLT 4.5", "VECT:MULT? #18\0\0\0\0\0\0\0\0", -222),  # beyond the rows' protection
        ("VECT:SIGN BIP", "VECT:MULT? #18\0\0\0\0\0\0\0\0", -222),
        ("VECT:GATE 6", "VECT:MULT? #18\0\0\0\0\0\0\0\0", -222),
        ("VECT:OUTP:RANG 1e-3;:VECT:OUTP:RANG:ULIM 1e-4", "VECT:MULT? #18\0\0\0\0\0\0\0\0", -221),
        ("VECT:VOLT 0.2", "VECT:MULT? #10", -109),
        ("VECT:VOLT 0.2", "VECT:MULT:TRAN? #10", -109),
        ("VECT:VOLT 0.2", "VECT:MULT? #14\0\0\0\0", -109),
        ("VECT:VOLT 0.2", "VECT:MULT? #15\0\0\0\0\0", -161),
        ("VECT:VOLT 0.2", "VECT:MULT? #18\0\0\0\x40\0\0\0\0", -222),  # an input of 2
        ("VECT:VOLT 0.2", "VECT:MULT? #18\0\0\xc0\x7f\0\0\0\0", -222),  # NaN
        ("VECT:VOLT 0.2;:OUTP 0", "VECT:MULT? #18\0\0\0\0\0\0\0\0", -221),
    ],
)
def test_what_the_board_refuses_is_an_empty_block_and_drives_nothing(
    tmp_path, settings, message, code
):
    with board_on(tmp_path, "ecram-metal-oxide", 2, 3) as (simulated, board, clock):
        board.send("OUTP 1;:FORM:BORD SWAP")
        board.transport.write(settings)
        began = clock.now()
        assert board.transport.query_block(message.encode("latin-1")) == b""
        with pytest.raises(InstrumentError, match=str(code)):
            board.raise_errors()
        assert clock.now() == began
        assert not len(simulated.chip.truth)
