"""The demonstration: everything once, on a real grocer's year, with a simulated clock."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from xenorec.config.new_project import LAPSING
from xenorec.config.project import FILE, read_project
from xenorec.workspace import Workspace

if TYPE_CHECKING:
    from xenorec.campaigns import Campaign

Step = Callable[[str, int, int], None]

AS_OF = "2017-11-01"
DAYS = 2
CAMPAIGN = "november-winback"
BRAND = {
    "name": "Riverside Market",
    "url": "https://riverside-market.example",
    "address": "Riverside Market, 12 Mill Lane, Riverside",
    "color": "#1f6f54",
    "sender": "Riverside Market <hello@riverside-market.example>",
}
PROJECT = """\
[workspace]
path = "shop.duckdb"
ledger = "shop.ledger.sqlite"

[brand]
{brand}
"""
STEPS = (
    "loading the data",
    "linking accounts",
    "profiling customers",
    "planning the campaign",
    "sending over two days",
    "measuring",
    "publishing the till",
    "auditing",
)


@dataclass(frozen=True)
class DemoSummary:
    """What the demonstration did, for a marketer to read."""

    folder: Path
    loaded: str
    n_customers: int
    audience: str
    funnel: str
    plan_hash: str
    n_sent: int
    why_none: str
    hours: str
    message: str
    lift: str
    till: str
    broken: dict[str, int]

    def __str__(self) -> str:
        held = sum(self.broken.values())
        promises = (
            f"All {len(self.broken)} promises hold (xenorec audit)."
            if not held
            else f"{held} rows break a promise: "
            + ", ".join(name for name, n in self.broken.items() if n)
        )
        sent = f"{self.n_sent:,} messages were written in this run."
        return "\n".join(
            [
                "",
                f"{self.loaded}",
                f"{self.n_customers:,} households known on {AS_OF}.",
                f"Audience: {self.audience}",
                self.funnel,
                f"Plan hash {self.plan_hash[:16]}",
                "",
                f"{sent} {self.why_none}".rstrip(),
                self.hours,
                "",
                "One of the messages:",
                "-" * 72,
                self.message,
                "-" * 72,
                "",
                self.lift,
                self.till,
                promises,
                "",
                f"Report    {self.folder / 'report.html'}",
                f"Preview   {self.folder / 'preview.html'}",
                f"E-mails   {self.folder / 'outbox'}",
                f"Till      {self.folder / 'till'}",
                f"Campaign  {self.folder / 'campaigns' / (CAMPAIGN + '.yaml')}",
                "",
                f"Go on there: cd {self.folder}; xenorec report {CAMPAIGN}; xenorec audit",
            ]
        )


def run_demo(
    folder: Path,
    *,
    households: int = 0,
    sample: bool = False,
    step: Step = lambda name, done, total: None,
) -> DemoSummary:
    """Load, link, profile, plan, send over two simulated days, report, and serve a till.

    The campaign is dated 2017-11-01; messages go to files and nobody receives one. Run again in
    the same folder it sends nothing again.
    """
    folder.mkdir(parents=True, exist_ok=True)
    crm = _project(folder)
    names: Iterator[tuple[int, str]] = iter(enumerate(STEPS))

    def begin() -> None:
        done, name = next(names)
        step(name, done, len(STEPS))

    begin()
    loaded = crm.load("complete_journey", sample=sample, options={"households": households})
    begin()
    crm.link()
    begin()
    people = crm.profiles(AS_OF)
    n_customers = people.count()
    begin()
    campaign = _campaign(crm, folder)
    plan = campaign.plan()
    preview = campaign.preview(1)
    begin()
    sent = _send_over_two_days(campaign)
    begin()
    report = crm.report(CAMPAIGN)
    (folder / "report.html").write_text(report.to_html(), "utf-8")
    (folder / "preview.html").write_text(_page(campaign.preview(6)._repr_html_()), "utf-8")
    begin()
    till = _till(crm, folder / "till")
    begin()
    audit = crm.audit()
    step("done", len(STEPS), len(STEPS))
    n_sent = sum(count for _, count in sent)
    return DemoSummary(
        folder=folder.resolve(),
        loaded=f"{loaded.n_in:,} rows in, {loaded.n_written:,} new or changed, "
        f"{loaded.n_quarantined:,} put aside.",
        n_customers=n_customers,
        audience=campaign.record.audience.where,
        funnel=str(plan.funnel),
        plan_hash=plan.hash,
        n_sent=n_sent,
        why_none=""
        if n_sent
        else "Every customer of the plan has a decision from before, and nobody gets a second one.",
        hours=_hours(sent),
        message=str(preview),
        lift=report.lift_in_words(),
        till=till,
        broken=dict(zip(audit["check"], audit["n_rows"].astype(int).tolist(), strict=True)),
    )


def _project(folder: Path) -> Workspace:
    """Make the folder a project of its own, so that every command works in it afterwards."""
    path = folder / FILE
    if not path.exists():
        brand = "\n".join(f'{name} = "{value}"' for name, value in BRAND.items())
        path.write_text(PROJECT.format(brand=brand), "utf-8")
    return Workspace(read_project(path))


def _campaign(crm: Workspace, folder: Path) -> Campaign:
    lapsing = crm.profiles(AS_OF).where(LAPSING)
    campaign = crm.campaign(
        CAMPAIGN,
        audience=lapsing,
        template="winback",
        holdout=0.1,
        never=("bought_last_7d",),
        cap="2 per 7d",
        salt="november",
    )
    path = folder / "campaigns" / f"{CAMPAIGN}.yaml"
    path.parent.mkdir(exist_ok=True)
    path.write_text(campaign.to_yaml(), "utf-8")
    return campaign


def _send_over_two_days(campaign: Campaign) -> list[tuple[datetime, int]]:
    """Advance a simulated clock by the hour and send what is due at each."""
    start = campaign.as_of
    approved = campaign.plan().approve(by="demo@riverside-market.example", at=start)
    hours = [start + timedelta(hours=n) for n in range(DAYS * 24 + 1)]
    return [(now, approved.send(now=now).n_sent) for now in hours]


def _hours(sent: list[tuple[datetime, int]]) -> str:
    from zoneinfo import ZoneInfo

    busy = [(now, count) for now, count in sent if count]
    if not busy:
        return ""
    zone = ZoneInfo("America/New_York")
    first, last = busy[0][0].astimezone(zone), busy[-1][0].astimezone(zone)
    most, n = max(busy, key=lambda item: item[1])
    return (
        f"The clock ran from {first:%A %H:%M} to {last:%A %H:%M} in New York; the busiest hour "
        f"ended at {most.astimezone(zone):%A %H:%M} with {n:,} messages."
    )


def _till(crm: Workspace, folder: Path) -> str:
    from xenorec.pos import Till

    store_id = _busiest_store(crm)
    published = crm.publish_till(folder, store_id=store_id, as_of=AS_OF)
    card = _card_at(crm, store_id)
    with Till.open(folder, store_id=store_id) as till:
        who = till.identify(card=card)
        offers = till.offers(who, basket=[], limit=3)
        if offers:
            till.record_order(
                f"{store_id}/demo-0001",
                customer=None,
                lines=[(offers[0].product_id, 1, "2.50")],
                ordered_at=datetime.fromisoformat(f"{AS_OF}T15:00:00+00:00"),
            )
    crm.load("till", path=folder)
    again = crm.load("till", path=folder)
    shown = "; ".join(f"{offer.title} ({offer.reason})" for offer in offers)
    return (
        f"{published} At the till of store {store_id} a known card is offered: {shown}. Its sale "
        f"was loaded back; loading it twice wrote {again.n_written} rows."
    )


def _busiest_store(crm: Workspace) -> str:
    stores = crm.profiles(AS_OF).to_arrow(["usual_store_id"]).column(0).value_counts().to_pylist()
    ranked = sorted((-row["counts"], row["values"]) for row in stores if row["values"])
    return str(ranked[0][1])


def _card_at(crm: Workspace, store_id: str) -> str:
    rows: list[dict[str, Any]] = (
        crm.profiles(AS_OF).to_arrow(["customer_id", "usual_store_id", "card"]).to_pylist()
    )
    return next(str(row["card"]) for row in rows if row["usual_store_id"] == store_id)


def _page(body: str) -> str:
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        "<title>Preview</title><style>body{font:16px/1.5 system-ui,sans-serif;max-width:720px;"
        f"margin:24px auto;padding:0 16px}}</style></head><body>{body}</body></html>"
    )
