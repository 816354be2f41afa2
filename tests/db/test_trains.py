import zlib

import numpy as np
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from labcim.db.trains import COLUMNS, ROWS, Encoded, check_train, decode, encode
from labcim.documents import PULSE
from labcim.errors import RecordError

from .told_run import train_of


@settings(max_examples=25, deadline=None, derandomize=True, phases=[Phase.generate])
@given(data=st.data(), rows=st.integers(0, 200), constant=st.sets(st.sampled_from(PULSE.names)))
def test_any_train_comes_back_bit_for_bit(data, rows, constant):
    seed = data.draw(st.integers(0, 2**32 - 1))
    random = np.random.default_rng(seed).bytes(rows * PULSE.itemsize)
    train = np.frombuffer(random, PULSE).copy()
    for name in constant if rows else ():
        train[name] = train[name][0]
    assert decode(rows, encode(train), "train").tobytes() == train.tobytes()


def test_minus_zero_among_zeros_is_not_taken_for_the_same():
    train = train_of(list(range(100)), [0.0] * 100)
    train["amplitude"][40] = -0.0
    assert np.signbit(decode(100, encode(train), "train")["amplitude"][40])


def test_fields_that_never_change_are_stored_once():
    train = train_of(list(range(1000)), [1.5] * 1000)
    stored = encode(train)
    # time (8 bytes) and cell (4 bytes) change; six other fields are there once, and a byte of bits.
    assert stored.codec == COLUMNS
    assert len(stored.data) == 1 + 1000 * 12 + (4 + 4 + 4 + 4 + 4 + 1)


def test_short_trains_are_plain_records():
    train = train_of([1, 2], [1.0, 2.0])
    assert encode(train) == Encoded(ROWS, zlib.crc32(train.tobytes()), train.tobytes())


@pytest.mark.parametrize("size", [3, 300])
def test_a_flipped_bit_is_refused(size):
    stored = encode(train_of(list(range(size)), [1.0] * size))
    broken = bytearray(stored.data)
    broken[len(broken) // 2] ^= 4
    with pytest.raises(RecordError, match="train 9 is damaged"):
        decode(size, stored._replace(data=bytes(broken)), "train 9")


@pytest.mark.parametrize("size", [3, 300])
def test_a_blob_of_the_wrong_length_is_refused_even_with_a_good_checksum(size):
    stored = encode(train_of(list(range(size)), [1.0] * size))
    short = stored.data[:-1]
    with pytest.raises(RecordError, match="bytes stored"):
        decode(size, Encoded(stored.codec, zlib.crc32(short), short), "train")


def test_an_unknown_form_is_refused():
    with pytest.raises(RecordError, match="unknown form 'pickle'"):
        decode(1, Encoded("pickle", 0, b""), "train")


def test_a_train_of_another_dtype_is_refused():
    with pytest.raises(RecordError, match="float64"):
        check_train(np.zeros(3))
