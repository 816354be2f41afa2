"""The digital baseline (P23), against Horowitz's table; the area of crossbars (D4)."""

import pytest

from labcim.analysis.cost import digital
from labcim.analysis.cost.area import CrossbarArea
from labcim.errors import RangeError

TABLE = {  # pJ; Horowitz, ISSCC 2014
    "int8 add": 0.03, "int32 add": 0.1, "fp16 add": 0.4, "fp32 add": 0.9,
    "int8 multiply": 0.2, "int32 multiply": 3.1, "fp16 multiply": 1.1, "fp32 multiply": 3.7,
    "cache 8 KB": 10, "cache 32 KB": 20, "cache 1 MB": 100, "dram, low": 1300, "dram, high": 2600,
    "instruction": 70, "fetch": 25, "registers": 6,
}  # fmt: skip


@pytest.mark.parametrize("name", TABLE)
def test_p23_the_digital_baseline_is_exactly_the_published_table(name):
    assert digital.energy(name) == pytest.approx(TABLE[name] * 1e-12, rel=1e-12)
    assert digital.energy(name, 1e6) == pytest.approx(TABLE[name] * 1e-6, rel=1e-12)


def test_p23_a_table_entry_that_is_none_is_no_zero():
    with pytest.raises(KeyError):
        digital.energy("int4 add")


def test_p23_a_multiply_accumulate_is_its_parts():
    # 0.2 + 0.1 + 20 / 8 pJ; from DRAM 1300 / 8
    assert digital.multiply_accumulate(1.0) == pytest.approx(2.8e-12)
    from_dram = digital.multiply_accumulate(1.0, weights_from="dram, low")
    assert from_dram == pytest.approx(162.8e-12)
    assert digital.instructions(3.0) == pytest.approx(210e-12)


def test_d4_a_pitch_of_100_nm_holds_10_gbit_on_a_square_centimetre():
    assert CrossbarArea(1024, 1024, 100e-9).density * 1e-4 == pytest.approx(10e9)


@pytest.mark.parametrize("n", [1, 40, 1024])
def test_d4_2n_lines_select_n_squared_cells(n):
    area = CrossbarArea(n, n)
    assert area.select_lines == 2 * n
    assert area.cells == pytest.approx(n * n * 1e-14)


def test_more_bits_a_cell_are_denser_and_converters_take_room():
    area = CrossbarArea(256, 64, bits=2)
    assert area.density * 1e-4 == pytest.approx(20e9)
    assert area.with_converters(64) - area.cells == pytest.approx(64 * 0.0012e-6)


@pytest.mark.parametrize(
    "wrong", [(0, 4, 1e-7, 1), (4, 0, 1e-7, 1), (4, 4, 0.0, 1), (4, 4, 1e-7, 0)]
)
def test_a_crossbar_of_nothing_is_refused(wrong):
    with pytest.raises(RangeError, match="accepts"):
        CrossbarArea(*wrong)


def test_a_pitch_that_is_not_a_number_is_refused():
    with pytest.raises(RangeError, match="pitch"):
        CrossbarArea(4, 4, float("nan"))
