"""What must hold of saved models, whatever they hold and whatever happens to their bytes."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import lru_cache
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.recommend.trained import plain
from xenorec.errors import ModelFileError
from xenorec.modeling.persistence import Decoder, Encoder
from xenorec.modeling.persistence.text_arrays import decode_texts, encode_texts
from xenorec.recommend import ShelfRecommender

texts = st.text(st.characters(exclude_categories=()), max_size=12)
scalars = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    texts,
    st.dates(),
    st.times(),
    st.datetimes(timezones=st.just(UTC)),
    st.timedeltas(timedelta(days=-9999), timedelta(days=9999)),
    st.decimals(allow_nan=False),
    st.frozensets(texts, max_size=4),
    texts.map(lambda name: Path(name.replace("\0", "") or ".")),
)
values = st.recursive(
    scalars,
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.lists(inner, max_size=4).map(tuple),
        st.dictionaries(texts, inner, max_size=4),
    ),
    max_leaves=12,
)


def there_and_back(value):
    encoder = Encoder()
    said = json.loads(json.dumps(encoder.encode(value, "value"), allow_nan=False))
    return Decoder(encoder.arrays).decode(said)


@given(values)
def test_any_value_comes_back_as_it_was(value):
    again = there_and_back(value)
    assert repr(again) == repr(value) or again == value


@given(st.lists(st.none() | texts))
def test_any_texts_come_back(listed):
    column = np.empty(len(listed), dtype=object)
    column[:] = listed
    encoded = encode_texts(column)
    assert all(part.dtype != object for part in encoded)
    assert decode_texts(encoded).tolist() == listed


def test_one_thing_that_comes_twice_stays_one_thing():
    column = np.arange(3)
    one, two = there_and_back((column, {"again": column}))
    assert one is two["again"]


def test_kinds_of_numbers_are_kept():
    held = (np.float64(0.1), np.int64(7), Decimal("1.10"), datetime(2017, 1, 1, tzinfo=UTC))
    assert list(map(repr, there_and_back(held))) == ["0.1", "7", *map(repr, held[2:])]


@lru_cache(maxsize=1)
def saved() -> dict[str, bytes]:
    with TemporaryDirectory() as folder:
        path = plain().save(Path(folder) / "m")
        return {file.name: file.read_bytes() for file in path.iterdir()}


@settings(max_examples=80, deadline=None)
@given(st.data())
def test_a_changed_byte_or_a_lost_end_is_always_told(data):
    name = data.draw(st.sampled_from(sorted(saved())))
    content = saved()[name]
    place = data.draw(st.integers(0, len(content) - 1))
    flip = data.draw(st.integers(1, 255))
    other = data.draw(
        st.sampled_from(
            [
                content[:place],
                content[:place] + bytes([content[place] ^ flip]) + content[place + 1 :],
            ]
        )
    )
    if name == "manifest.json" and is_same_json(other, content):
        return  # another blank between words says the same
    with TemporaryDirectory() as folder:
        for file, held in saved().items():
            (Path(folder) / file).write_bytes(other if file == name else held)
        with pytest.raises(ModelFileError, match=name.replace(".", r"\.")):
            ShelfRecommender.load(folder)


def is_same_json(one: bytes, two: bytes) -> bool:
    try:
        return json.loads(one) == json.loads(two)
    except ValueError:
        return False
