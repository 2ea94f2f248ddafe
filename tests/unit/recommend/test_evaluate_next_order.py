"""The back-test of the next order: by hand, without a leak, and as a command."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta

import pandas as pd
import pytest
from click.testing import CliRunner

import xenorec as xr
from tests.unit.recommend.shops import START, lines, on
from tests.unit.recommend.test_next_order import alternating
from tests.unit.recommend.trained import grocer, grocery
from xenorec.cli import main
from xenorec.errors import BadInput
from xenorec.modeling.boosting import BoostingSettings
from xenorec.recommend import evaluate_next_order
from xenorec.recommend.line_log import read_lines
from xenorec.recommend.next_order import model as next_order
from xenorec.recommend.next_order.leave_last_out import hide_last
from xenorec.recommend.next_order.order_ranker import order_ranker
from xenorec.recommend.ranker.training_rows import Sampling
from xenorec.recommend.ranker.two_stage_ranker import TwoStageRanker

METHODS = ["popular_28d", "own_frequency", "own_half_life_112d", "tifuknn", "xenorec"]
SINCE = on(100)


def shop() -> pd.DataFrame:
    """Ann's last order holds what she always buys, bob's nothing that he ever bought."""
    return lines(
        *[("ann", 7.0 * w, "milk") for w in range(15)],
        *[(f"x{i}", 90.0, "bread") for i in range(5)],
        ("bob", 50, "bread"),
        ("ann", 110, "milk"),
        ("bob", 112, "marker tea"),
        ("newcomer", 113, "bread"),
    )


def figures(evaluation, method):
    return evaluation.table.set_index("method").loc[method]


def test_the_figures_are_those_worked_out_by_hand():
    found = evaluate_next_order(shop(), since=SINCE, k=1)
    assert found.n_customers == 2
    assert found.table["method"].tolist() == METHODS
    assert figures(found, "xenorec").tolist() == [0.5, 0.5, 0.5, 0.5, 2]
    assert figures(found, "own_frequency").tolist() == [0.5, 0.5, 0.5, 0.5, 2]
    assert figures(found, "popular_28d").tolist() == [0.0, 0.0, 0.0, 0.0, 2]


def test_what_only_the_moment_tells_is_foretold_better_than_by_frequency():
    whole = alternating()
    found = evaluate_next_order(whole, since=on(150), k=2)
    assert found.n_customers == 40
    assert figures(found, "xenorec")["recall@2"] == 1.0
    assert figures(found, "own_frequency")["recall@2"] < 0.9
    gain = found.difference.set_index(["against", "metric"]).loc[("own_frequency", "recall@2")]
    assert gain["ci_low"] > 0


def test_hidden_is_the_last_order_of_who_came_before():
    rows = lines(
        ("ann", 1, "a"),
        ("ann", 105, "b c"),
        ("ann", 106, "d e"),
        ("bob", 1, "a"),
        ("eve", 107, "a"),
        ("two", 108, "a"),
        ("two", 108, "b"),
    )
    hidden = hide_last(read_lines(rows), SINCE)
    assert hidden.lines.customers[hidden.customer].tolist() == ["ann"]
    truth, past = hidden.truth, hidden.before()
    assert sorted(truth.products[truth.product]) == ["d", "e"]
    assert sorted(past.products[past.product]) == ["a", "b", "c"]


def test_of_the_hidden_instant_only_the_day_is_known():
    rows = lines(
        *[(c, 1, "a") for c in ("ann", "bob")],
        ("ann", 105.9, "b"),  # the day begins at 105
        ("bob", 107.25, "b"),
        ("bob", 107.75, "c"),  # an earlier order of that day is known, and nothing before it lost
    )
    hidden = hide_last(read_lines(rows), SINCE)
    told = pd.to_datetime(hidden.day_at, unit="us", utc=True)
    assert told.tolist() == [on(105), on(107.25) + pd.Timedelta("1us")]


def test_spans_are_of_fourteen_days_and_empty_ones_are_left_out():
    rows = lines(*[(c, 1, "a") for c in "xyz"], ("x", 100, "a"), ("y", 113.9, "a"), ("z", 130, "a"))
    hidden = hide_last(read_lines(rows), SINCE)
    days = [(begin, rows.tolist()) for begin, rows in hidden.spans(SINCE, 14 * 86_400_000_000)]
    begins = [int((on(d) - pd.Timestamp(0, tz="UTC")) // pd.Timedelta("1us")) for d in (100, 128)]
    assert days == [(begins[0], [0, 1]), (begins[1], [2])]


@pytest.fixture(scope="module")
def grocery_rows() -> tuple[pd.DataFrame, pd.DataFrame, str]:
    history = grocery().history()
    return history.lines().to_pandas(), history.products().to_pandas(), "2017-08-01"


def test_what_others_bought_since_the_span_began_changes_no_figure():
    before = json.loads(evaluate_next_order(shop(), since=SINCE, k=3).to_json())
    # other goods in others' orders since the last renewal, and rows of who is not scored
    changed = shop()
    changed.loc[changed["customer_id"] == "newcomer", "product_id"] = "marker"
    more = lines(*[(f"n{i}", 111 + i / 10, "marker tea zzz") for i in range(9)])
    again = evaluate_next_order(pd.concat([changed, more]), since=SINCE, k=3)
    after = json.loads(again.to_json())
    assert after["table"] == before["table"]
    assert after["difference"] == before["difference"]


def test_boosted_models_see_nothing_of_others_since_the_span_began(grocery_rows):
    rows, products, since = grocery_rows
    span_end = pd.Timestamp(since, tz="UTC") + pd.Timedelta(days=14)
    kept = rows[rows["ordered_at"] < span_end]  # one span: what is told is as of its start
    told = evaluate_next_order(kept, since=since, products=products)
    assert figures(told, "xenorec")["ndcg@10"] > 0.4
    last = kept.sort_values("ordered_at").groupby("customer_id")["order_id"].last()
    victim = last.index[0]
    late = kept["ordered_at"] >= pd.Timestamp(since, tz="UTC")
    others = late & (kept["customer_id"] != victim)
    names = sorted(kept["product_id"].unique())
    turned = dict(zip(names, reversed(names), strict=True))
    changed = kept.copy()
    changed.loc[others, "product_id"] = changed.loc[others, "product_id"].map(turned)
    extra = (
        kept[others]
        .head(50)
        .assign(
            product_id="marker", order_id=lambda f: "m/" + f["order_id"], customer_id="stranger"
        )
    )
    changed = pd.concat([changed, extra])
    assert lists_of(changed, products, since, victim) == lists_of(kept, products, since, victim)


def test_what_the_hidden_order_holds_and_comes_later_is_not_seen(grocery_rows):
    rows, products, since = grocery_rows
    ends = rows.sort_values(["ordered_at", "order_id"]).groupby("customer_id").last()
    scored = ends[ends["ordered_at"] >= since].sort_values("ordered_at")
    for victim in (scored.index[0], scored.index[-1]):  # of the first span, and of the last
        one = lists_of(rows, products, since, victim)
        order, at = scored.loc[victim, ["order_id", "ordered_at"]]
        changed = rows.copy()
        changed.loc[changed["order_id"] == order, "product_id"] = "marker"
        later = (changed["ordered_at"] >= at) & (changed["order_id"] != order)
        changed = changed[~later]  # all that others did since then is gone
        assert one == lists_of(changed, products, since, victim)


@pytest.fixture(autouse=True)
def few_trees(monkeypatch):
    """Two stages of few small trees, so that they are learned in a moment and from few orders."""

    def small() -> TwoStageRanker:
        return replace(
            order_ranker(),
            sampling=Sampling(least=20),
            repeat=BoostingSettings(20, least=10),
            discovery=BoostingSettings(20, n_leaves=8, least=10),
        )

    monkeypatch.setattr(next_order, "order_ranker", small)


def lists_of(rows: pd.DataFrame, products: pd.DataFrame, since: str, who: str) -> list[str]:
    """What a customer is told, through the door that the evaluation uses."""
    seen: list[list[str]] = []

    class Watched(xr.NextOrder):
        def told(self, ids, before, recent, n, *, exclude=None):
            frame = super().told(ids, before, recent, n, exclude=exclude)
            own = frame[frame["customer_id"] == who]
            if len(own):
                seen.append(own[["product_id", "score"]].astype(str).agg(" ".join, axis=1).tolist())
            return frame

    watched = Watched(promotable_only=False, allow=None)
    evaluate_next_order(rows, since=since, products=products, recommender=watched)
    assert len(seen) == 1
    return seen[0]


def test_a_kind_of_product_can_be_scored():
    history = grocery().history()
    found = evaluate_next_order(
        history.lines(), since="2017-08-01", by="category", products=history.products()
    )
    assert "category list" in str(found)
    assert figures(found, "xenorec")["phr@10"] > 0.9


def test_it_can_be_read_by_people_and_machines():
    found = evaluate_next_order(shop(), since=SINCE)
    told = json.loads(found.to_json())
    assert [row["method"] for row in told["table"]] == METHODS
    assert told["since"].startswith("2017-04-11")
    assert "recall@10" in str(found)
    assert "1 customers ordered for the first time" in str(found)
    assert "plain rules" in str(found)


def test_what_cannot_be_scored_is_an_error():
    with pytest.raises(BadInput, match="Nobody to score"):
        evaluate_next_order(shop(), since=on(130))
    with pytest.raises(BadInput, match="Nobody to score"):
        evaluate_next_order(lines(*[(f"c{i}", 100 + i, "a") for i in range(5)]), since=SINCE)
    with pytest.raises(BadInput, match="nothing is known before it"):
        evaluate_next_order(shop(), since=START)
    with pytest.raises(BadInput, match="since is missing"):
        evaluate_next_order(shop(), since=None)
    with pytest.raises(BadInput, match="product, category"):
        evaluate_next_order(shop(), since=SINCE, by="brand")


def test_the_command_prints_and_writes_json(tmp_path):
    crm = xr.open(tmp_path / "shop.duckdb")
    crm.load(dict(grocer().frames))
    command = ["-w", str(tmp_path / "shop.duckdb"), "evaluate", "next-order"]
    done = CliRunner().invoke(main, [*command, "--as-of", "2017-08-01", "--json"])
    assert done.exit_code == 0, done.output
    told = json.loads(done.stdout)
    assert told["since"].startswith("2017-08-01")
    assert [row["method"] for row in told["table"]] == METHODS
    late = CliRunner().invoke(main, command)
    assert late.exit_code == 0, late.output  # without --as-of the last fortnight that is over
    last = crm.history().as_of - timedelta(days=14)
    assert f"{last:%Y-%m-%d}" in late.stdout
