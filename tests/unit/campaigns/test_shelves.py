"""A campaign with shelves of the retailer's own and an editorial list, from Python and YAML."""

from __future__ import annotations

import json
import warnings
from datetime import UTC, datetime
from pathlib import Path

import pytest

import xenorec as xr
from xenorec.campaigns import CampaignRecord
from xenorec.errors import ConfigError, XenorecWarning
from xenorec.recommend import Rules
from xenorec.testing import invented_shop

AS_OF = datetime(2017, 11, 1, tzinfo=UTC)
SHELVES = """\
[[shelf]]
name = "our_favourites"
source = "own"
title = { en = "Our favourites" }
min_items = 1
"""
CAMPAIGN = """\
campaign: own
message: {template: winback}
recommend: {themes: %s}
"""


@pytest.fixture(scope="module")
def crm(tmp_path_factory: pytest.TempPathFactory) -> xr.Workspace:
    folder = tmp_path_factory.mktemp("own")
    (folder / "campaigns").mkdir()
    (folder / "campaigns" / "shelves.toml").write_text(SHELVES, "utf-8")
    brand = {"name": "Corner Shop", "url": "https://corner.example", "address": "1 High Street"}
    crm = xr.open(folder / "shop.duckdb", brand=brand)
    crm.load(invented_shop(12).frames)
    return crm


def read(crm: xr.Workspace, themes: str) -> CampaignRecord:
    path = crm.project.folder / "campaigns" / "own.yaml"
    path.write_text(CAMPAIGN % themes, "utf-8")
    return crm.read_campaign(path)


def shown(campaign: object) -> set[str]:
    plan = campaign.plan()  # type: ignore[attr-defined]
    return {s["shelf"] for d in plan.decisions for s in json.loads(d.shelves)}


@pytest.mark.parametrize("text", ["shelves.toml", "campaigns/shelves.toml"])
def test_a_file_is_found_beside_the_campaign_and_in_the_project(
    crm: xr.Workspace, text: str
) -> None:
    assert read(crm, text).recommend.themes == "campaigns/shelves.toml"
    assert read(crm, str(crm.project.folder / "campaigns" / text.split("/")[-1])) == read(crm, text)


def test_python_and_yaml_make_the_same_record_and_plan(crm: xr.Workspace, tmp_path: Path) -> None:
    called = crm.campaign(
        "own",
        audience=crm.profiles(AS_OF),
        themes="campaigns/shelves.toml",
        editorial=("p01", "p02"),
    )
    (tmp_path / "c.yaml").write_text(called.to_yaml(), "utf-8")
    record = crm.read_campaign(tmp_path / "c.yaml")
    assert record == called.record
    assert record.recommend.editorial == ("p01", "p02")
    assert shown(called) == {"our_favourites"}
    assert crm.campaign_from(record, as_of=AS_OF).plan().hash == called.plan().hash


def test_the_file_of_a_recommender_is_named_in_its_record(crm: xr.Workspace) -> None:
    path = crm.project.folder / "campaigns" / "shelves.toml"
    shelves = xr.ShelfRecommender(themes=path, editorial=["p03"]).fit(crm.history(AS_OF))
    called = crm.campaign("own", audience=crm.profiles(AS_OF), recommend=shelves)
    assert called.record.recommend.themes == "campaigns/shelves.toml"
    assert called.record.recommend.editorial == ("p03",)
    assert shown(called) == {"our_favourites"}


def test_a_file_that_is_missing_or_wrong_is_named_with_its_mistakes(crm: xr.Workspace) -> None:
    with pytest.raises(ConfigError, match=r"line 3: recommend.themes: .*campaigns/mine.toml.*not"):
        read(crm, "mine.toml")
    wrong = crm.project.folder / "campaigns" / "wrong.toml"
    wrong.write_text(SHELVES.replace('"own"', '"owned"').replace("min_items", "min_itms"), "utf-8")
    with pytest.raises(ConfigError) as caught:
        read(crm, "wrong.toml")
    assert str(caught.value).count("wrong.toml") == 2
    assert "Did you mean 'own'" in str(caught.value)
    assert "Did you mean 'min_items'" in str(caught.value)


def test_a_plan_warns_once_however_often_it_is_printed(crm: xr.Workspace) -> None:
    shelves = xr.ShelfRecommender(rules=Rules(min_margin=0.1)).fit(crm.history(AS_OF))
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        plan = crm.campaign("own", audience=crm.profiles(AS_OF), recommend=shelves).plan()
        assert str(plan) == str(plan)
    told = [str(w.message) for w in caught if issubclass(w.category, XenorecWarning)]
    assert len([text for text in told if text.startswith("margin-unknown")]) == 1
