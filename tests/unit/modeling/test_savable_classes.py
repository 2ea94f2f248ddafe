"""A file can name the classes that were listed, and no other."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import time
from typing import NamedTuple

import numpy as np
import pytest

from xenorec.errors import BadInput, NotSupported
from xenorec.modeling.persistence import (
    Decoder,
    Encoder,
    SavableClasses,
    encoded,
    reachable_classes,
    revived,
)


class Pair(NamedTuple):
    low: float
    high: float


@dataclass(frozen=True)
class Inner:
    pairs: tuple[Pair, ...]


@dataclass(frozen=True)
class Outer:
    inner: Inner | None
    at: np.ndarray


class Model:
    def __init__(self, *, since: time = time(9)) -> None:
        self.since = since

    def fit(self, outer: Outer) -> Model:
        self._outer, self.n_ = outer, 3
        return self


REGISTRY = SavableClasses.of(reachable_classes([Outer]), home="the list")
OUTER = Outer(Inner((Pair(0.1, 0.2), Pair(0.3, float("inf")))), np.arange(3))


def test_classes_that_fields_name_are_reached():
    assert reachable_classes([Outer]) == (Outer, Inner, Pair)


def test_records_within_records_come_back():
    encoder = Encoder(REGISTRY)
    said = encoder.encode(OUTER, "outer")
    again = Decoder(encoder.arrays, REGISTRY).decode(said)
    assert again.inner == OUTER.inner
    assert again.at.tolist() == [0, 1, 2]


def test_a_model_comes_back_with_its_settings_and_all_it_learned():
    state, arrays = encoded(Model(since=time(8, 30)).fit(OUTER), REGISTRY)
    again = revived(Model, state, arrays, REGISTRY)
    assert (again.since, again.n_, again._outer.inner) == (time(8, 30), 3, OUTER.inner)


def test_what_a_model_makes_again_is_left_out():
    state, _ = encoded(Model().fit(OUTER), REGISTRY, without=("_outer",))
    assert state.keys() == {"since", "n_"}


def test_a_class_that_is_not_listed_is_named_with_its_place():
    with pytest.raises(NotSupported, match=r"outer\.inner is a Inner.*named in the list"):
        Encoder(SavableClasses.of([Outer], home="the list")).encode(OUTER, "outer")
    with pytest.raises(LookupError, match="Popen"):
        Decoder({}, REGISTRY).decode({"object": "Popen", "of": {}})


def test_two_classes_of_one_name_are_refused():
    other = dataclass(type("Pair", (), {"__annotations__": {"low": "float"}}))
    with pytest.raises(BadInput, match="both have a class Pair"):
        SavableClasses.of([Pair, other], home="the list")


def test_another_class_of_the_same_name_is_not_known():
    assert REGISTRY.knows(Pair)
    assert not REGISTRY.knows(type("Pair", (), {}))
