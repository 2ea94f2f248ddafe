"""The page of a second campaign follows what people did with the first."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import xenorec as xr
from xenorec.campaigns import Campaign
from xenorec.recommend.feedback import ShelfExploration
from xenorec.report.shelf_revenue import SHELF_WORDS

ROOT = Path(__file__).resolve().parents[2]
FIRST, SECOND = datetime(2017, 11, 1, tzinfo=UTC), datetime(2017, 11, 20, tzinfo=UTC)
BRAND = {"name": "Corner Shop", "url": "https://corner.example", "address": "1 High Street"}
SHARE = 0.5

pytestmark = pytest.mark.usefixtures("fitted_once")


def opened(folder: Path) -> xr.Workspace:
    crm = xr.open(folder / "shop.duckdb", brand=BRAND)
    crm.load("complete_journey", sample=True)
    return crm


def campaign(crm: xr.Workspace, name: str, at: datetime, **settings: object) -> Campaign:
    people = crm.profiles(at).where("n_orders >= 2")
    options = {"template": "winback", "holdout": 0.2, "salt": "s", **settings}
    return crm.campaign(name, audience=people, **options)  # type: ignore[arg-type]


def pages(made: Campaign) -> dict[str, list[dict[str, object]]]:
    found = {d.customer_id: json.loads(d.shelves) for d in made.plan().decisions}
    return {customer: page for customer, page in found.items() if page}


def ranks(made: Campaign, shelf: str) -> list[int]:
    """The place of a shelf on every page that has it, from 1."""
    return [
        rank
        for page in pages(made).values()
        for rank, row in enumerate(page, 1)
        if row["shelf"] == shelf
    ]


@pytest.fixture(scope="module")
def sent(tmp_path_factory: pytest.TempPathFactory) -> tuple[xr.Workspace, str, str]:
    """A shop after its first campaign, its plan's hash, and the shelf that everybody used.

    It stood below the top, and was clicked and redeemed wherever it was shown. Neither is a
    purchase, so what is predicted stays the same.
    """
    crm = opened(tmp_path_factory.mktemp("feedback"))
    first = campaign(crm, "first", FIRST)
    approved = first.plan().approve(by="ann", at=FIRST)
    for hour in (20, 44):
        approved.send(now=FIRST + timedelta(hours=hour))
    shown = crm.exposures()
    means = shown.groupby("shelf")[["shelf_rank", "score"]].mean()
    below = means[means["shelf_rank"] > 1.5]["score"].idxmax()
    for name in ("message_clicked", "coupon_redeemed"):
        _use(crm, shown[shown["shelf"] == below], name)
    return crm, first.plan().hash, str(below)


def _use(crm: xr.Workspace, cells: pd.DataFrame, name: str) -> None:
    events = pd.DataFrame(
        {
            "event_id": [f"{name}{n}" for n in range(len(cells))],
            "name": name,
            "at": cells["exposed_at"] + pd.Timedelta(hours=2),
            "customer_id": cells["customer_id"],
            "message_id": cells["message_key"],
            "product_id": cells["product_id"],
        }
    )
    crm.load({"events": events}, name=name, id_space="complete_journey")


def test_a_shelf_that_was_used_stands_higher_in_the_next_campaign(
    sent: tuple[xr.Workspace, str, str],
) -> None:
    crm, _, used = sent
    assert crm.row_priors(SECOND).factor(used) > 1.5
    follows = campaign(crm, "second", SECOND, explore=0.0)
    ignores = campaign(crm, "second", SECOND, explore=0.0, recommend=crm.recommender(SECOND))
    after, before = ranks(follows, used), ranks(ignores, used)
    assert np.mean(after) < np.mean(before) - 0.3
    assert len(after) >= len(before)
    top = [sum(rank == 1 for rank in found) for found in (after, before)]
    assert top[0] > top[1]


def test_the_predictions_stay_what_they_were(sent: tuple[xr.Workspace, str, str]) -> None:
    crm, _, _ = sent
    model = crm.recommender(SECOND)
    ranked = model.recommend(n=400).set_index(["customer_id", "product_id"])["score"]
    for customer, page in pages(campaign(crm, "second", SECOND)).items():
        for row in page:
            for item in row["items"]:  # type: ignore[attr-defined]
                assert item["score"] == ranked[(customer, item["product_id"])]


def test_the_lines_that_notebooks_readme_shows_work(sent: tuple[xr.Workspace, str, str]) -> None:
    crm, _, used = sent
    blocks = re.findall(
        r"```python\n(.*?)```", (ROOT / "notebooks" / "README.md").read_text("utf-8"), re.S
    )
    (text,) = [block for block in blocks if "row_priors" in block]
    names = {"crm": crm}
    exec(text, names)
    assert used in str(names["priors"])
    assert names["next_one"].record.recommend.explore == 0.1  # type: ignore[attr-defined]


def test_what_came_later_changes_no_earlier_plan(sent: tuple[xr.Workspace, str, str]) -> None:
    crm, planned, _ = sent
    assert campaign(crm, "first", FIRST).plan().hash == planned
    assert crm.row_priors(FIRST).table().empty


def test_only_who_was_written_to_was_shown_something(sent: tuple[xr.Workspace, str, str]) -> None:
    crm, _, _ = sent
    decisions = crm.ledger.snapshot("decisions").to_pandas()
    held_out = set(decisions.loc[decisions["arm"] == "control", "customer_id"])
    assert held_out
    shown = crm.exposures()
    assert not held_out & set(shown["customer_id"])
    assert crm.audit()["n_rows"].sum() == 0


def test_exposures_hold_the_page_as_it_was_planned(sent: tuple[xr.Workspace, str, str]) -> None:
    crm, _, _ = sent
    shown = crm.ledger.snapshot("exposures").to_pandas()
    planned = pages(campaign(crm, "first", FIRST))
    rows = shown.drop_duplicates(["key", "shelf_rank"]).sort_values(["key", "shelf_rank"])
    for customer, own in rows.groupby("customer_id"):
        page = planned[str(customer)]
        assert own["shelf"].tolist() == [row["shelf"] for row in page]
        assert own["shelf_propensity"].tolist() == [row["propensity"] for row in page]
        assert own["segment"].tolist() == [row["segment"] for row in page]
        assert own["shelf_rank"].tolist() == [*range(1, len(page) + 1)]


def test_the_report_says_what_each_shelf_earned(sent: tuple[xr.Workspace, str, str]) -> None:
    crm, _, used = sent
    report = crm.report("first")
    best = report.earned[0]
    shown = crm.exposures()
    assert best.shelf == used
    assert best.n_shown == (shown["shelf"] == used).sum()
    assert best.earned > best.expected
    assert best.low < best.factor < best.high
    page = report.to_html()
    assert "What each shelf earned" in page
    assert f"&times; {best.factor:.2f}" in page
    text = str(report)
    assert "What each shelf earned within 14 days" in text
    (line,) = [line for line in text.splitlines() if line.startswith(f"  {SHELF_WORDS[used]} ")]
    assert f"{best.n_shown:,} shown: {best.earned:,.1f} earned where" in line
    assert f"taken as {best.factor:.2f} times" in line


def test_a_campaign_that_was_not_sent_has_earned_nothing_yet(
    sent: tuple[xr.Workspace, str, str],
) -> None:
    crm, _, _ = sent
    campaign(crm, "waiting", FIRST).plan().approve(by="ann", at=FIRST)
    report = crm.report("waiting")
    assert report.earned == ()
    assert "What each shelf earned" not in report.to_html()
    assert "What each shelf earned" not in str(report)


def test_the_known_share_of_pages_has_two_rows_swapped_with_the_right_propensities(
    sent: tuple[xr.Workspace, str, str],
) -> None:
    crm, _, _ = sent
    n_swapped = n_pages = 0
    believed = pages(campaign(crm, "explore", FIRST, explore=0.0))
    for name in (f"explore-{n}" for n in range(6)):
        drawn = pages(campaign(crm, name, FIRST, explore=SHARE))
        assert drawn.keys() == believed.keys()
        for customer, page in drawn.items():
            order = [believed[customer].index({**row, "propensity": 1.0}) for row in page]
            n_moved = sum(row != place for place, row in enumerate(order))
            assert n_moved in (0, 2)
            n_swapped += n_moved > 0
            n_pages += len(page) > 1
            table = ShelfExploration(share=SHARE).table(len(page))
            logged = [row["propensity"] for row in page]
            assert logged == pytest.approx([table[r, p] for p, r in enumerate(order)])
    assert n_pages > 200
    assert abs(n_swapped - SHARE * n_pages) < 4 * np.sqrt(SHARE * (1 - SHARE) * n_pages)


def test_a_share_of_a_twentieth_explores_unless_said_otherwise(
    sent: tuple[xr.Workspace, str, str],
) -> None:
    crm, _, _ = sent
    assert campaign(crm, "a", FIRST).record.recommend.explore == 0.05
    model = xr.ShelfRecommender(explore=ShelfExploration(share=0.3))
    given = campaign(crm, "a", FIRST, recommend=model).record
    assert given.recommend.explore == 0.3
    assert campaign(crm, "a", FIRST, recommend=model, explore=0.0).record.recommend.explore == 0.0


def test_no_customer_reads_of_segments_or_propensities(
    sent: tuple[xr.Workspace, str, str],
) -> None:
    crm, _, _ = sent
    for decision in campaign(crm, "first", FIRST).plan().decisions:
        for shelf in json.loads(decision.context)["shelves"]:
            assert set(shelf) == {"name", "title", "reason", "level", "items"}
