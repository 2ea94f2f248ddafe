"""A saved model of times says what it is, and tells what is wrong with it."""

from __future__ import annotations

import json

import pytest

from tests.unit.timing.toy import Sorts, Toy
from xenorec.errors import ModelFileError, NotFitted, NotSupported
from xenorec.testing.timing_shops import AS_OF, usual_shop


def fitted(kind=Toy, **settings):
    return kind(**settings).fit(usual_shop(2).orders(), as_of=AS_OF)


def test_the_manifest_says_what_it_is(tmp_path):
    folder = fitted(pull=2.5).save(tmp_path / "m")
    said = json.loads((folder / "manifest.json").read_text())
    assert said["kind"] == "xenorec Toy"
    assert said["as_of"] == AS_OF.isoformat()
    assert said["n_customers"] == 10
    assert said["settings"] == {"pull": 2.5}
    assert said["notes"] == []
    assert said["versions"].keys() >= {"xenorec", "numpy"}
    assert said["files"].keys() == {p.name for p in folder.iterdir()} - {"manifest.json"}


def test_settings_come_back(tmp_path):
    assert Toy.load(fitted(pull=2.5).save(tmp_path / "m")).pull == 2.5


def test_another_kind_is_told_by_name(tmp_path):
    folder = fitted().save(tmp_path / "m")
    with pytest.raises(ModelFileError, match=r"is of a Toy, no model of ours that Sorts could"):
        Sorts.load(folder)
    with pytest.raises(ModelFileError, match="nothing was written"):
        fitted(Sorts).save(folder)
    assert Toy.load(folder).pull == 1.0


def test_nothing_fitted_nothing_saved(tmp_path):
    with pytest.raises(NotFitted):
        Toy().save(tmp_path / "m")
    assert not (tmp_path / "m").exists()


def test_what_cannot_be_saved_is_named_with_where_to_list_its_class(tmp_path):
    model = fitted()
    model._odd = object()
    with pytest.raises(NotSupported, match=r"_odd is a object.*named in Toy\.parts"):
        model.save(tmp_path / "m")


def test_a_damaged_model_is_told_to_be_fitted_anew(tmp_path):
    folder = fitted().save(tmp_path / "m")
    (folder / "state.json").write_text("{}")
    with pytest.raises(ModelFileError, match=r"state\.json is damaged.*fit it anew"):
        Toy.load(folder)
