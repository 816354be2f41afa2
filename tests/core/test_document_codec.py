import io
import json
import math
from dataclasses import fields

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from labcim.document_codec import encode, read_document
from labcim.documents import (
    PULSE,
    Attempt,
    Channel,
    Channels,
    Document,
    Event,
    Pulses,
    Readings,
    Result,
    RunStart,
    UnitDone,
)
from labcim.errors import RecordError

STAMP = {"run": "5b1c", "bench_time": 1.5, "wall_time": 1.7e9}


def through_the_wire(*documents: Document) -> list[Document]:
    stream = io.BytesIO(b"".join(encode(document) for document in documents))
    return list(iter(lambda: read_document(stream), None))


def assert_same(a: Document, b: Document) -> None:
    assert type(a) is type(b)
    for item in fields(a):
        mine, other = getattr(a, item.name), getattr(b, item.name)
        if isinstance(mine, dict) and item.name in ("columns", "carry"):
            assert list(mine) == list(other)
            for name in mine:
                np.testing.assert_array_equal(mine[name], other[name], strict=True)
        elif isinstance(mine, np.ndarray):
            np.testing.assert_array_equal(mine, other, strict=True)
        else:
            assert mine == other, item.name


def test_a_run_arrives_as_it_was_told():
    train = np.zeros(3, PULSE)
    train["cell"], train["amplitude"] = [1, 2, 3], [1.5, -2.0, 0.1]
    documents = [
        RunStart(
            **STAMP, protocol="form", recipe="a = 1\n", recipe_hash="00", chip="c", rows=2,
            columns=3, bench="b", mode="SIM", operator="o", station="s",
            versions={"labcim": "1"}, units=("u1", "u2"), instruments={"board": "X"},
        ),
        Channels(
            **STAMP,
            channels=(Channel(name="g", dtype="<f8", unit="S", shape=(2,)),),
            settings={"board": {"on": True}}, plots=({"kind": "map"},),
        ),
        Attempt(**STAMP, unit="u1", number=1, cells=np.array([4, 5], np.uint32), bound=9),
        Pulses(**STAMP, unit="u1", attempt=1, train=train),
        Readings(**STAMP, unit="u1", attempt=1, columns={"g": np.array([[1.0, np.nan]])}),
        UnitDone(**STAMP, unit="u1", attempt=1, carry={"w": np.zeros((0, 3), np.int16)}),
        Event(**STAMP, kind="pause", message="µ\n", data={"n": 1}),
    ]  # fmt: skip
    arrived = through_the_wire(*documents)
    assert len(arrived) == len(documents)
    for told, heard in zip(documents, arrived, strict=True):
        assert_same(told, heard)


@pytest.mark.parametrize("value", [math.inf, -math.inf, 0.1, 5e-324])
def test_a_value_arrives_to_its_last_bit(value):
    (arrived,) = through_the_wire(Result(**STAMP, name="g", value=value))
    assert isinstance(arrived, Result) and arrived.value == value


def test_a_column_of_objects_is_not_sent():
    odd = Readings(**STAMP, unit="u", attempt=1, columns={"g": np.array([object()])})
    with pytest.raises(RecordError, match="cannot be sent"):
        encode(odd)


def readings() -> bytes:
    return encode(Readings(**STAMP, unit="u", attempt=1, columns={"g": np.arange(4.0)}))


def altered(**changes: object) -> bytes:
    line, body = readings().split(b"\n", 1)
    return json.dumps({**json.loads(line), **changes}).encode() + b"\n" + body


@pytest.mark.parametrize(
    "data",
    [
        readings()[:-1],
        altered(size=1 << 40),
        altered(size=-1),
        altered(size=True),
        altered(size=16),
        altered(kind="Pickle"),
        altered(version=99),
        altered(said={}),
        altered(said=None),
        altered(arrays=[{"name": "columns.g", "dtype": "O", "shape": [4]}]),
        altered(arrays=[{"name": "columns.g", "dtype": "(4,)<f8", "shape": [1]}]),
        altered(arrays=[{"name": "columns.g", "dtype": "<f8", "shape": [5]}]),
        altered(arrays=[{"name": "columns.g", "dtype": "<f8", "shape": [-4]}]),
        altered(arrays=[{"name": "columns.g", "dtype": "<f8", "shape": [2]}]),
        altered(arrays=[{"name": "__class__", "dtype": "<f8", "shape": [4]}]),
        b"[1]\n",
        b"no JSON\n",
        b"{",
        b"[" * 100_000 + b"\n",
    ],
)
def test_what_is_no_document_is_an_error(data):
    with pytest.raises(RecordError):
        read_document(io.BytesIO(data))


@given(st.integers(0, 300), st.integers(0, 255))
def test_a_changed_byte_is_an_error_or_a_document(place, byte):
    data = bytearray(readings())
    data[place % len(data)] = byte
    try:
        assert isinstance(read_document(io.BytesIO(bytes(data))), Document)
    except RecordError:
        pass
