import json
import zlib

import numpy as np
import pytest

from labcim.db.packing import Packed, pack, unpack
from labcim.errors import RecordError


@pytest.mark.parametrize(
    "array",
    [
        np.array([{}], dtype=object),
        np.zeros(2, ">f8"),
        np.zeros(2, [("x", "<f8")]),
        np.zeros(2, "O"),
    ],
)
def test_what_has_no_fixed_little_endian_form_is_refused(array):
    with pytest.raises(RecordError, match="weights has dtype"):
        pack({"weights": array})


def test_nothing_is_decoded_from_bytes_with_a_wrong_checksum():
    packed = pack({"x": np.arange(4)})
    with pytest.raises(RecordError, match="carry of unit a is damaged"):
        unpack(packed._replace(crc32=packed.crc32 ^ 1), "carry of unit a")


@pytest.mark.parametrize(
    "layout",
    [
        "not json",
        '"x"',
        "[1, 2]",
        json.dumps([["x", "|O", [1]]]),
        json.dumps([["x", "<f8", [-1]]]),
        json.dumps([["x", "<f8", [1 << 60]]]),
        json.dumps([["x", "<f8", ["1"]]]),
        json.dumps([["x", "<f8", [2]]]),
        json.dumps([["x", "O8", [1]]]),
        "[" * 100_000,
    ],
)
def test_a_hostile_layout_is_refused_before_memory_is_taken(layout):
    data = bytes(8)
    with pytest.raises(RecordError, match="batch 3"):
        unpack(Packed(layout, zlib.crc32(data), data), "batch 3")


@pytest.mark.parametrize("rows", [-2, 0, 3])
def test_a_number_of_rows_that_does_not_fit_the_bytes_is_refused(rows):
    layout, data = json.dumps([["x", "<f8", []]]), bytes(16)
    stored = Packed(layout, zlib.crc32(data), data)
    assert unpack(stored, "batch 3", 2)["x"].shape == (2,)
    with pytest.raises(RecordError, match="batch 3"):
        unpack(stored, "batch 3", rows)


def test_arrays_keep_name_order_shape_and_dtype():
    arrays = {"z": np.zeros((2, 0, 3), "<f4"), "a": np.array(3, "<i2"), "t": np.array(["é"])}
    back = unpack(pack(arrays), "carry")
    assert list(back) == ["z", "a", "t"]
    assert [(a.shape, a.dtype.str) for a in back.values()] == [
        ((2, 0, 3), "<f4"), ((), "<i2"), ((1,), "<U1"),
    ]  # fmt: skip
