"""A campaign from raw tables to report on the invented sample, and what it must never do."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pandas as pd
import pytest

import xenorec as xr
from xenorec.errors import BadInput, ConfigError, NotApproved, NotSupported
from xenorec.messages import MessageTemplate, lint
from xenorec.model_cache import forget
from xenorec.recommend.near_duplicates import without_size

AS_OF = "2017-11-01"
START = datetime(2017, 11, 1, tzinfo=UTC)
BRAND = {"name": "Corner Shop", "url": "https://corner.example", "address": "1 High Street"}

pytestmark = pytest.mark.usefixtures("fitted_once")


def opened(folder: Path, **settings: object) -> xr.Workspace:
    crm = xr.open(folder / "shop.duckdb", brand=BRAND)
    crm.load("complete_journey", sample=True)
    return crm


@pytest.fixture(scope="module")
def crm(tmp_path_factory: pytest.TempPathFactory) -> xr.Workspace:
    return opened(tmp_path_factory.mktemp("campaign"))


def campaign(crm: xr.Workspace, name: str = "spring", **settings: object):  # type: ignore[no-untyped-def]
    people = crm.profiles(AS_OF).where("n_orders >= 2")
    options = {"template": "winback", "holdout": 0.2, "salt": "s", **settings}
    return crm.campaign(name, audience=people, **options)  # type: ignore[arg-type]


def test_the_twelve_lines(crm: xr.Workspace) -> None:
    crm.link()
    people = crm.profiles(as_of=AS_OF)
    lapsing = people.where("days_since_order between 1 and 300 and p_alive < 1.1")
    history = crm.history(as_of=AS_OF)
    shelves = xr.ShelfRecommender(n_shelves=4, n_items=6).fit(history)
    when = xr.SendTime().fit(history)
    winback = crm.campaign(
        "after-eid",
        audience=lapsing,
        recommend=shelves,
        timing=when,
        template="winback",
        holdout=0.10,
    )
    assert "Why:" in str(winback.preview(3))
    plan = winback.plan()
    plan.approve(by="crm@shop.example", at=START).send(now=START + timedelta(hours=20))
    assert winback.report(within="14d").n_audience == lapsing.count()


def test_the_same_plan_from_python_and_from_yaml(crm: xr.Workspace, tmp_path: Path) -> None:
    called = campaign(crm)
    (tmp_path / "c.yaml").write_text(called.to_yaml())
    record = crm.read_campaign(tmp_path / "c.yaml")
    assert record == called.record
    assert crm.campaign_from(record, as_of=AS_OF).plan().hash == called.plan().hash


def test_a_plan_is_pure_and_its_hash_tells_any_change(crm: xr.Workspace) -> None:
    hashes = [campaign(crm).plan().hash for _ in range(2)]
    other = campaign(crm, salt="t").plan().hash
    assert hashes[0] == hashes[1] != other


def test_everybody_has_one_decision_and_the_holdout_its_share(crm: xr.Workspace) -> None:
    plan = campaign(crm).plan()
    ids = [decision.customer_id for decision in plan.decisions]
    assert ids == sorted(set(ids))
    assert len(ids) == crm.profiles(AS_OF).where("n_orders >= 2").count()
    control = {d.customer_id for d in plan.decisions if d.arm == "control"}
    again = {
        d.customer_id for d in campaign(crm, name="other").plan().decisions if d.arm == "control"
    }
    assert control == again, "the holdout depends on the salt and the customer alone"
    assert 0 < len(control) < len(ids)


def test_every_message_of_the_audience_passes_the_checks(crm: xr.Workspace) -> None:
    plan = campaign(crm).plan()
    template = MessageTemplate.load("winback")
    assert plan.problems == {}
    for decision in plan.decisions:
        if decision.state == "planned":
            context = json.loads(decision.context)
            assert lint(template.render(context, channel="email")) == []
            products = [i["product_id"] for s in context["shelves"] for i in s["items"]]
            titles = [i["title"] for s in context["shelves"] for i in s["items"]]
            assert len(products) == len(set(products))
            assert len(titles) == len(set(titles))


def test_a_product_bought_only_later_appears_nowhere(tmp_path: Path) -> None:
    crm = opened(tmp_path)
    later = pd.DataFrame(
        {
            "order_id": [f"later{n}" for n in range(400)],
            "customer_id": crm.profiles(AS_OF)
            .to_pandas(["customer_id"])["customer_id"]
            .sample(400, replace=True, random_state=1)
            .to_list(),
            "store_id": None,
            "ordered_at": "2017-11-01T00:00:01+00:00",
            "net_amount": "999",
            "currency": "USD",
        }
    )
    lines = later[["order_id"]].assign(
        line_no=1, product_id="MARKER", quantity=1, net_amount="999", unit_price_amount="999"
    )
    product = pd.DataFrame(
        {"product_id": ["MARKER"], "title": ["Marker"], "category_path": ["MARKER|MARKER"]}
    )
    before = campaign(crm).plan()
    frames = {"orders": later, "order_lines": lines, "products": product}
    crm.load(frames, id_space="complete_journey")
    forget(crm.project.path, [])  # what is learned now has had the chance to see them

    history = crm.history(AS_OF)
    for table in (history.lines(), history.products(), history.orders(), history.events()):
        assert "MARKER" not in str(table.to_pylist())
    people = crm.profiles(AS_OF)
    assert "MARKER" not in str(people.where("p_alive >= 0").to_arrow().to_pylist())
    shelves = xr.ShelfRecommender().fit(history)
    for frame in (shelves.shelves(), shelves.recommend(), shelves.pairs(), shelves.popular()):
        assert "MARKER" not in frame.to_csv()
    after = campaign(crm).plan()
    assert all("MARKER" not in d.context.upper() for d in after.decisions)
    assert after.hash == before.hash
    crm.publish_till(tmp_path / "till", store_id=_store(crm), as_of=AS_OF)
    assert b"MARKER" not in (tmp_path / "till" / "serving.sqlite").read_bytes()


def _store(crm: xr.Workspace) -> str:
    return str(crm.history(AS_OF).stores().column("store_id")[0])


def test_the_clock_is_advanced_and_nothing_goes_twice(tmp_path: Path) -> None:
    crm = opened(tmp_path)
    approved = campaign(crm).plan().approve(by="ann", at=START)
    sent = [approved.send(now=START + timedelta(hours=hour)).n_sent for hour in range(49)]
    planned = approved.plan.funnel.n_planned
    assert sum(sent) == planned > 0
    assert len([n for n in sent if n]) > 3, "messages go out at the hours people shop"
    assert approved.send(now=START + timedelta(hours=49)).n_sent == 0
    shown = crm.ledger.snapshot("exposures").to_pandas()
    assert shown["key"].nunique() == planned
    assert shown.groupby(["key", "shelf"])["position"].min().eq(1).all()
    assert not shown.duplicated(["key", "product_id"]).any()
    again = campaign(crm).plan().approve(by="bob", at=START + timedelta(days=3))
    assert (again.n_new, again.send(now=START + timedelta(days=3)).n_sent) == (0, 0)
    assert len(list((tmp_path / "outbox").glob("*.eml"))) == planned
    assert crm.audit()["n_rows"].sum() == 0


def test_the_next_days_plan_writes_only_to_new_customers(tmp_path: Path) -> None:
    crm = opened(tmp_path)
    campaign(crm).plan().approve(by="ann", at=START).send(now=START + timedelta(hours=48))
    people = crm.profiles("2017-11-05").where("n_orders >= 1")
    wider = crm.campaign("spring", audience=people, template="winback", holdout=0.2, salt="s")
    approved = wider.plan().approve(by="ann", at=START + timedelta(days=4))
    assert approved.n_existing == campaign(crm).plan().funnel.n_audience
    assert crm.audit()["n_rows"].sum() == 0


def test_an_unsubscribe_between_plan_and_hour_is_kept(tmp_path: Path) -> None:
    crm = opened(tmp_path)
    approved = campaign(crm).plan().approve(by="ann", at=START)
    gone = next(d.customer_id for d in approved.plan.decisions if d.state == "planned")
    crm.ledger.withdraw(gone, "email", at=START + timedelta(minutes=1))
    erased = [d.customer_id for d in approved.plan.decisions if d.state == "planned"][-1]
    crm.erase(erased, now=START + timedelta(minutes=1))
    approved.send(now=START + timedelta(hours=23))
    approved.send(now=START + timedelta(hours=47))
    names = " ".join(path.name for path in (tmp_path / "outbox").iterdir())
    assert f"_{gone}-" not in names
    assert f"_{erased}-" not in names
    assert crm.audit()["n_rows"].sum() == 0


def test_sending_needs_an_approval(crm: xr.Workspace) -> None:
    with pytest.raises(NotApproved, match="approve"):
        campaign(crm, name="unapproved").plan().send()


def test_a_model_that_has_seen_later_rows_is_refused(crm: xr.Workspace) -> None:
    late = xr.ShelfRecommender().fit(crm.history("2017-12-01"))
    with pytest.raises(BadInput, match="later than the audience's as_of"):
        campaign(crm, name="late", recommend=late).plan()


def test_a_channel_without_a_format_is_named(crm: xr.Workspace) -> None:
    with pytest.raises(NotSupported, match="whatsapp"):
        campaign(crm, name="wa", channels=("whatsapp",)).plan()


def test_mistakes_in_the_call_are_told_like_those_in_the_file(crm: xr.Workspace) -> None:
    with pytest.raises(ConfigError, match="'winback'"):
        campaign(crm, template="winbak")
    with pytest.raises(BadInput, match="'quiet'"):
        campaign(crm, quit="21:00-09:00")


def test_the_report_compares_those_assigned(crm: xr.Workspace) -> None:
    campaign(crm, name="measured", holdout=0.5).plan().approve(by="ann", at=START).send(
        now=START + timedelta(hours=20)
    )
    report = crm.report("measured", within="28d")
    assert report.lift is not None
    assert report.lift.n_treated + report.lift.n_control == report.n_audience
    words = report.lift_in_words()
    assert "the true effect is zero" in words
    assert "take it as a hint" in words
    page = report.to_html()
    for part in ("Did it pay?", "Who was held out", "When the messages go out", "Shelves"):
        assert part in page
    assert "@example.com" not in page


def test_a_handful_of_customers_is_not_compared(crm: xr.Workspace) -> None:
    campaign(crm, name="handful", holdout=0.1).plan().approve(by="ann", at=START).send(
        now=START + timedelta(hours=20)
    )
    report = crm.report("handful")
    assert report.n_held_out < 10
    assert report.lift is None
    assert report.lift_in_words() == (
        "No comparison: it takes 10 customers in each group, and there are "
        f"{report.n_held_out} held out from these."
    )


def test_an_empty_audience_warns_with_a_code(crm: xr.Workspace) -> None:
    nobody = crm.profiles(AS_OF).where("n_orders < 0")
    with pytest.warns(
        xr.XenorecWarning, match="^empty-audience: nobody is meant by 'n_orders < 0'"
    ):
        plan = crm.campaign("empty", audience=nobody, template="winback").plan()
    assert plan.funnel.n_audience == 0


def test_an_unsubscribe_learned_of_later_breaks_no_promise(tmp_path: Path) -> None:
    crm = opened(tmp_path)
    approved = campaign(crm).plan().approve(by="ann", at=START)
    approved.send(now=START + timedelta(hours=23))
    gone = pd.DataFrame(
        {
            "customer_id": [d.customer_id for d in approved.plan.decisions],
            "channel": "email",
            "purpose": "marketing",
            "status": "withdrawn",
            "at": START.isoformat(),
        }
    )
    crm.load({"consents": gone}, name="nightly", id_space="complete_journey")
    assert crm.audit()["n_rows"].sum() == 0


def test_a_plan_whose_time_is_over_is_not_burnt(tmp_path: Path) -> None:
    crm = opened(tmp_path)
    plan = campaign(crm).plan()
    approved = plan.approve(by="ann", at=START)
    with pytest.warns(xr.XenorecWarning, match="^plan-expired: .*send"):
        assert approved.send().n_sent == 0
    assert "nothing to measure" in crm.report("spring").lift_in_words()
    assert approved.send(now="2017-11-01T18:00:00").n_sent > 0
    assert plan.send(now=START + timedelta(hours=40)).n_sent > 0, "approved is approved"


def test_an_approval_without_a_name_writes_nothing(tmp_path: Path) -> None:
    crm = opened(tmp_path)
    with pytest.raises(BadInput, match="came empty"):
        campaign(crm).plan().approve(by=" ")
    assert crm.ledger.snapshot("decisions").num_rows == 0


def test_a_shop_without_a_name_is_warned_of(tmp_path: Path) -> None:
    crm = xr.open(tmp_path / "shop.duckdb")
    crm.load("complete_journey", sample=True)
    with pytest.warns(xr.XenorecWarning, match="^brand-unset: .*name and address"):
        campaign(crm).plan().approve(by="ann", at=START)


def test_the_sender_takes_the_shops_name(tmp_path: Path) -> None:
    crm = opened(tmp_path)
    campaign(crm).plan().approve(by="ann", at=START).send(now=START + timedelta(hours=20))
    mail = next((tmp_path / "outbox").glob("*.eml")).read_bytes()
    assert b"From: Corner Shop <hello@corner.example>" in mail


def test_a_message_holds_what_the_page_shows(crm: xr.Workspace) -> None:
    spring = campaign(crm, explore=0)
    decisions = [d for d in spring.plan().decisions if d.state == "planned"]
    shelves = crm.recommender(AS_OF)
    shelves.rules = xr.Rules(purpose="marketing")
    shelves.priors = crm.row_priors(AS_OF)
    pages = shelves.shelves([d.customer_id for d in decisions])
    titles = {p["product_id"]: without_size(p["title"]) for p in products_of(crm) if p["title"]}
    assert decisions
    for decision in decisions:
        page = pages[pages["customer_id"] == decision.customer_id]
        told = json.loads(decision.shelves)
        sent = [item["product_id"] for shelf in told for item in shelf["items"]]
        assert sent == page["product_id"].tolist()
        assert [s["shelf"] for s in told] == list(dict.fromkeys(page["shelf"]))
        looks = [titles.get(product, product) for product in sent]
        assert len(set(looks)) == len(looks)


def products_of(crm: xr.Workspace) -> list[dict[str, str]]:
    rows: list[dict[str, str]] = crm.history(AS_OF).products().to_pylist()
    return rows
