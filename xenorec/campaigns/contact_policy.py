"""Contact policy: of several plans for one day, which of their messages each customer gets."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pandas as pd
import pyarrow as pa

from xenorec.campaigns.decisioning import STEP
from xenorec.campaigns.plan import Plan
from xenorec.config.campaign_record import CHANNELS
from xenorec.errors import BadInput, UnknownName, nearest
from xenorec.ledger import Decision
from xenorec.schema.enums import Reason
from xenorec.timing import NextPurchase, choose_contacts
from xenorec.timing.contact_selection.frequency_caps import Caps, FrequencyCap, limits_of

PRIOR = 2
"""Orders at the shop's mean that stand beside a customer's own when an order is valued."""
DAY = timedelta(days=1) // timedelta(microseconds=1)


def choose_plans(
    plans: Sequence[Plan],
    *,
    cap: Caps = "2 per 7d",
    measured: Mapping[str, float | str] | None = None,
    costs: Mapping[str, float] | None = None,
) -> tuple[Plan, ...]:
    """Return the plans with each customer's messages chosen: the worthiest that the cap allows.

    ``plans``: drafts of different campaigns as of the same instant. What else was approved by
    then, sent or still to go, takes its place under the cap. A message is worth what
    ``choose_contacts`` says: the chance of an order within the campaign's ``outcome.within``
    (NextPurchase) and the mean value of the customer's orders, or the campaign's lift where it
    was measured: ``measured`` gives, by campaign, that lift or the earlier campaign whose report
    has it; without an entry it is sought under the campaign's own name. A report counts when its
    window was over by then and it tells a difference: more, or less. ``costs``: of a message, by
    channel.

    Who is left out keeps a decision with the reason ``capped``; every decision that was compared
    says why. The hash tells it all, so approve these plans and not the ones they came from. Those
    held out are compared as if they were not, so that both arms stay alike; a place that is won
    by a campaign that holds the customer out stays empty.

    The gates of the ledger still hold when it is sent: a plan without a cap of its own gets the
    first one given for all channels.

    Raises BadInput for no plan, two of one campaign, different instants, or a name in ``measured``
    or ``costs`` that is no campaign of these plans or no channel.
    """
    _check(plans)
    _check_names("measured", measured or {}, [plan.record.campaign for plan in plans])
    _check_names("costs", costs or {}, CHANNELS)
    limits = limits_of(cap)
    open_to = [_open(plan) for plan in plans]
    found = _candidates(plans, open_to, measured or {}, costs or {})
    if found.empty:
        return tuple(plans)
    told = choose_contacts(found, cap=cap, sent=_approved_messages(plans, open_to))
    keyed = zip(told["key"], told["is_chosen"], told["why"], strict=True)
    verdicts = {key: (bool(is_chosen), str(why)) for key, is_chosen, why in keyed}
    return tuple(_with_verdicts(plan, verdicts, _overall(limits)) for plan in plans)


def _check(plans: Sequence[Plan]) -> None:
    names = [plan.record.campaign for plan in plans]
    if not names:
        raise BadInput("No plan came; give at least one: xr.choose_plans([first, second]).")
    if len(set(names)) < len(names):
        raise BadInput(f"Two plans are of one campaign ({', '.join(sorted(names))}); keep one.")
    instants = sorted({plan.as_of.isoformat() for plan in plans})
    if len(instants) > 1:
        raise BadInput(
            f"The plans are as of {', '.join(instants)}; plan all for the same instant, so that "
            "all know the same."
        )


def _check_names(what: str, given: Iterable[str], known: Sequence[str]) -> None:
    wrong = [name for name in given if name not in known]
    if wrong:
        raise BadInput(
            f"{what} has the name {wrong[0]!r}.{nearest(str(wrong[0]), known)} Expected "
            f"{'campaigns of these plans' if what == 'measured' else 'channels'}: "
            f"{', '.join(known)}."
        )


def _open(plan: Plan) -> list[Decision]:
    """Return the decisions that would become messages, also those of the holdout."""
    before = plan.room.ledger.decided(plan.record.campaign, STEP, before=plan.as_of)
    return [
        decision
        for decision in plan.decisions
        if (decision.state == "planned" or decision.reason == Reason.CONTROL)
        and decision.customer_id not in before
    ]


def _candidates(
    plans: Sequence[Plan],
    open_to: Sequence[Sequence[Decision]],
    measured: Mapping[str, float | str],
    costs: Mapping[str, float],
) -> pd.DataFrame:
    room = plans[0].room
    model: NextPurchase = room.snapshot.fit(NextPurchase())
    own, mean, currency = _values(room.snapshot.history.orders())
    parts = [
        _rows(plan, decisions, model, uplift=_uplift(plan, measured), costs=costs)
        for plan, decisions in zip(plans, open_to, strict=True)
        if decisions
    ]
    if not parts:
        return pd.DataFrame()
    rows = pd.concat(parts, ignore_index=True)
    value = own.reindex(rows["customer_id"]).fillna(mean).to_numpy()
    return rows.assign(value_amount=value, currency=currency)


def _rows(
    plan: Plan,
    decisions: Sequence[Decision],
    model: NextPurchase,
    *,
    uplift: float,
    costs: Mapping[str, float],
) -> pd.DataFrame:
    ids = [decision.customer_id for decision in decisions]
    return pd.DataFrame(
        {
            "key": [decision.key for decision in decisions],
            "customer_id": ids,
            "campaign_id": plan.record.campaign,
            "at": [decision.planned_at for decision in decisions],
            "channel": [decision.channel for decision in decisions],
            "p_order": model.predict(ids, within=plan.record.outcome.within)["p_order"],
            "p_uplift": uplift,
            "cost_amount": [costs.get(decision.channel, 0.0) for decision in decisions],
        }
    )


def _uplift(plan: Plan, measured: Mapping[str, float | str]) -> float:
    """Return the lift in the chance of an order that an experiment has told, or NaN."""
    named = measured.get(plan.record.campaign, plan.record.campaign)
    if not isinstance(named, str):
        return float(named)
    try:
        report = plan.room.report(named, None)
    except UnknownName:
        if named in measured.values():
            raise
        return float("nan")
    lift, is_over = report.lift, report.as_of + report.within <= plan.as_of
    if lift is None or not is_over or report.metric != "repeat_order":
        return float("nan")
    return float(lift.estimate) if lift.is_shown else float("nan")


def _values(orders: pa.Table) -> tuple[pd.Series[float], float, str | None]:
    """Return the value of an order by customer, that of the shop, and its currency.

    Orders in the currency of most of them count; the value is 1 where no amounts are known.
    """
    frame = orders.select(["customer_id", "net_amount", "currency"]).to_pandas()
    frame = frame.assign(net_amount=frame["net_amount"].astype(float))
    paid = frame[frame["net_amount"] > 0]
    if paid.empty:
        return pd.Series(dtype=float), 1.0, None
    currencies = paid["currency"].fillna("").astype(str)
    currency = str(currencies.value_counts().sort_index().idxmax())
    paid = paid[currencies == currency]
    mean, own = float(paid["net_amount"].mean()), paid.groupby("customer_id")["net_amount"]
    return (own.sum() + PRIOR * mean) / (own.count() + PRIOR), mean, currency or None


def _approved_messages(plans: Sequence[Plan], open_to: Sequence[Sequence[Decision]]) -> Any:
    """Return the messages that were approved before: sent, or still to be sent."""
    known = plans[0].room.ledger.messages(until=plans[0].as_of).to_pandas()
    asked = {decision.key for decisions in open_to for decision in decisions}
    return known.loc[~known["key"].isin(asked), ["customer_id", "at", "channel"]]


def _overall(limits: Sequence[FrequencyCap]) -> FrequencyCap | None:
    return next((limit for limit in limits if limit.channel is None), None)


def _with_verdicts(
    plan: Plan, verdicts: Mapping[str, tuple[bool, str]], limit: FrequencyCap | None
) -> Plan:
    decisions = tuple(_with_verdict(decision, verdicts, limit) for decision in plan.decisions)
    planned = (decision.customer_id for decision in decisions if decision.state == "planned")
    hours = None if plan.hours is None else plan.hours.among(planned)
    return replace(plan, decisions=decisions, hours=hours, inputs_hash=None)


def _with_verdict(
    decision: Decision, verdicts: Mapping[str, tuple[bool, str]], limit: FrequencyCap | None
) -> Decision:
    if decision.key not in verdicts:
        return decision
    is_chosen, why = verdicts[decision.key]
    if decision.cap_n is None and limit is not None:
        decision = replace(decision, cap_n=limit.n, cap_days=limit.length / DAY)
    if is_chosen:
        return replace(decision, why=why)
    return replace(decision, state="suppressed", reason=Reason.CAPPED, why=why)
