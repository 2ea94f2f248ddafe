"""Whatever the order of clocks, withdrawals, crashes and runs, no promise is broken."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.campaigns.outbox import NOON, consent, decision, fill, worker
from xenorec.channels import Envelope, SendResult
from xenorec.engine import query_frames
from xenorec.errors import NotSupported
from xenorec.ledger import Ledger
from xenorec.ledger.audit import checks
from xenorec.report.audit_report import FRAMES
from xenorec.schema.enums import DeliveryState
from xenorec.timing import QuietHours

CUSTOMERS = ("a", "b", "c", "d")
CAMPAIGNS = ("one", "two", "three")
ZONES = {"a": "UTC", "b": "Asia/Tokyo", "c": "America/New_York", "d": "Asia/Kolkata"}
QUIET = QuietHours.parse("21:00-09:00")


@dataclass
class World:
    """A clock, who may be written to, and a post office that remembers every letter it took."""

    now: datetime = NOON
    may: dict[str, bool] = field(default_factory=lambda: dict.fromkeys(CUSTOMERS, True))
    letters: list[tuple[str, datetime]] = field(default_factory=list)
    dies: str = ""
    is_keyed: bool = True
    name: str = "post"
    wrongs: list[str] = field(default_factory=list)

    def send(self, envelope: Envelope) -> SendResult:
        self.now += timedelta(seconds=1)
        dies, self.dies = self.dies, ""
        if dies == "before":
            raise KeyboardInterrupt
        if dies == "unreachable":
            return SendResult(DeliveryState.HELD, self.name, is_worth_retrying=True)
        if not self._has(envelope.key) or not self.is_keyed:
            self._take(envelope.key)
        if dies == "after":
            raise KeyboardInterrupt
        return SendResult(DeliveryState.SENT, self.name, envelope.key)

    def lookup(self, key: str) -> SendResult | None:
        if not self.is_keyed:
            raise NotSupported("a letter box cannot say")
        return SendResult(DeliveryState.SENT, self.name, key) if self._has(key) else None

    def _has(self, key: str) -> bool:
        return any(key == taken for taken, _ in self.letters)

    def _take(self, key: str) -> None:
        customer = key.rpartition("/")[2]
        before = self.now - timedelta(seconds=1)
        if not self.may[customer]:
            self.wrongs.append(f"{key} without consent")
        if QUIET.is_quiet(before, ZONES[customer]):
            self.wrongs.append(f"{key} at night")
        self.letters.append((key, before))

    def clock(self) -> float:
        return (self.now - NOON).total_seconds()


Step = tuple[Any, ...]

customers = st.sampled_from(CUSTOMERS)
steps = st.one_of(
    st.tuples(st.just("wait"), st.integers(1, 900)),
    st.tuples(st.sampled_from(["withdraw", "grant", "suppress", "erase"]), customers),
    st.tuples(
        st.just("deliver"),
        st.sampled_from(CAMPAIGNS),
        st.sampled_from(["", "", "before", "after", "unreachable"]),
    ),
)


def take(world: World, ledger: Ledger, step: Step) -> None:
    world.now += timedelta(microseconds=1)
    match step:
        case ("wait", minutes):
            world.now += timedelta(minutes=minutes)
        case ("withdraw", customer):
            ledger.withdraw(customer, "email", at=world.now)
            world.may[customer] = False
        case ("grant", customer):
            ledger.append("consents", [consent(customer, "granted", world.now)])
            world.may[customer] = not blocked(ledger, world, customer)
        case ("suppress", customer):
            row = {"channel": "any", "value_hash": f"hash of {customer}", "reason": "complaint"}
            more = {"at": world.now, "source": "t", "source_id": customer, "version": 1}
            ledger.append("suppressions", [{**row, **more}])
            world.may[customer] = False
        case ("erase", customer):
            ledger.erase(customer, [("any", f"hash of {customer}")], now=world.now)
            world.may[customer] = False
        case ("deliver", campaign, dies):
            world.dies = dies
            deliver(world, ledger, campaign)
    world.dies = ""


def deliver(world: World, ledger: Ledger, campaign: str) -> None:
    made = worker(ledger, world, campaign, name="")
    made.elapsed = world.clock
    try:
        made.deliver(world.now)
    except KeyboardInterrupt:
        world.now += timedelta(seconds=1)


def blocked(ledger: Ledger, world: World, customer: str) -> bool:
    return bool(ledger.suppressed([f"hash of {customer}"], "email", world.now))


def broken(ledger: Ledger) -> list[str]:
    """Return the broken promises; all checks are one query, which is quicker."""
    frames = {name: ledger.snapshot(name) for name in FRAMES}
    parts = [f"select '{c.name}' as name from ({c.sql})" for c in checks()]
    return query_frames(" union all ".join(parts), frames).column("name").to_pylist()


@settings(max_examples=40, deadline=None)
@given(history=st.lists(steps, min_size=4, max_size=14), is_keyed=st.booleans())
def test_no_history_breaks_a_promise(history: list[Step], is_keyed: bool) -> None:
    ledger, world = Ledger("sqlite://"), World(is_keyed=is_keyed)
    ledger.create()
    for number, campaign in enumerate(CAMPAIGNS):
        made = [
            decision(
                customer,
                key=f"{campaign}/1/{customer}",
                campaign_id=campaign,
                time_zone=ZONES[customer],
                planned_at=NOON + timedelta(hours=number),
                cap_n=1 + number % 2,
                cap_days=1.0,
            )
            for customer in CUSTOMERS
        ]
        fill(ledger, *made, plan=campaign)
    for step in history:
        take(world, ledger, step)

    assert world.wrongs == []
    assert all(n == 1 for n in Counter(key for key, _ in world.letters).values())
    assert broken(ledger) == []

    world.now += timedelta(days=30)
    for campaign in CAMPAIGNS:
        deliver(world, ledger, campaign)
        states = ledger.states(campaign, "1")
        assert sum(states.values()) == len(CUSTOMERS)
        assert not {state for state, _ in states} & {"planned", "held", "claimed"}
        n_letters = sum(key.startswith(f"{campaign}/") for key, _ in world.letters)
        n_sent, n_in_doubt = states[("sent", None)], states[("in_doubt", None)]
        assert n_sent <= n_letters <= n_sent + n_in_doubt
        assert n_in_doubt == 0 or not is_keyed
