"""Of several messages the worthiest go out under the cap, and each says why."""

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from xenorec.errors import BadInput
from xenorec.timing import choose_contacts
from xenorec.timing.contact_selection.contact_value import BASE_UPLIFT

MONDAY = pd.Timestamp("2017-10-30 10:00", tz="UTC")


def rows(*messages, **columns):
    """One row per message: (customer, campaign, days after Monday, value)."""
    frame = pd.DataFrame(messages, columns=["customer_id", "campaign_id", "day", "value_amount"])
    at = MONDAY + pd.to_timedelta(frame.pop("day"), unit="D")
    facts = {"p_order": 0.5, "p_uplift": 0.1, "currency": "EUR", **columns}
    return frame.assign(at=at, **facts)


def chosen(told):
    picked = told[told["is_chosen"]]
    return list(zip(picked["customer_id"], picked["campaign_id"], strict=True))


def test_the_worthiest_goes_and_each_says_why():
    told = choose_contacts(
        rows(("a", "eid", 0, 8), ("a", "milk", 1, 12), ("b", "eid", 0, 8)), cap="1 per 7d"
    )
    assert told["customer_id"].tolist() == ["a", "a", "b"]
    assert told["expected_value_amount"].tolist() == pytest.approx([0.8, 1.2, 0.8])
    assert told["rank"].tolist() == [2, 1, 1]
    assert told["is_chosen"].tolist() == [False, True, True]
    assert told["why"].tolist() == [
        "Left out: 1 message within 7 days already, worth more",
        "Chosen: worth 1.20 EUR, more than 'eid' (0.80 EUR)",
        "Chosen: worth 0.80 EUR, and there is room for it",
    ]


def test_each_worth_more_is_said_of_several():
    told = choose_contacts(rows(*(("a", f"c{n}", n, n + 1) for n in range(3))), cap="2 per 7d")
    assert told["why"].iloc[0] == "Left out: 2 messages within 7 days already, each worth more"


def test_the_window_rolls_in_both_directions_and_is_half_open():
    before, after = ("a", "before", -7, 5), ("a", "after", 7, 5)
    assert (
        len(chosen(choose_contacts(rows(("a", "now", 0, 9), before, after), cap="1 per 7d"))) == 3
    )
    near = ("a", "before", -6.99, 5), ("a", "after", 6.99, 5)
    told = choose_contacts(rows(("a", "now", 0, 19), *near), cap="1 per 7d")
    assert chosen(told) == [("a", "now")]


def test_what_was_sent_takes_its_place_before_and_after():
    sent = pd.DataFrame({"customer_id": ["a", "z"], "at": [MONDAY - pd.Timedelta(days=3)] * 2})
    told = choose_contacts(rows(("a", "eid", 0, 8), ("b", "eid", 0, 8)), cap="1 per 7d", sent=sent)
    assert chosen(told) == [("b", "eid")]
    assert (
        told["why"].iloc[0]
        == "Left out: 1 message within 7 days already, sent before or still to go"
    )
    later = sent.assign(at=MONDAY + pd.Timedelta(days=3))
    assert chosen(choose_contacts(rows(("a", "eid", 0, 8)), cap="1 per 7d", sent=later)) == []
    gone = sent.assign(at=MONDAY - pd.Timedelta(days=7))
    assert len(chosen(choose_contacts(rows(("a", "eid", 0, 8)), cap="1 per 7d", sent=gone))) == 1


def test_the_best_set_is_found_where_the_best_message_would_block_two():
    # The middle one shares a window with each of the others, which share none.
    told = choose_contacts(
        rows(("a", "early", 0, 7), ("a", "middle", 4, 10), ("a", "late", 8, 6)), cap="1 per 7d"
    )
    assert chosen(told) == [("a", "early"), ("a", "late")]
    assert told["rank"].tolist() == [2, 1, 3]
    assert told["why"].tolist() == [
        "Chosen: worth 0.70 EUR, and with what else goes out more than 'middle' (1.00 EUR)",
        "Left out: 1 message within 7 days already, worth more together",
        "Chosen: worth 0.60 EUR, and with what else goes out more than 'middle' (1.00 EUR)",
    ]


def test_a_campaign_goes_once_at_its_best_moment():
    told = choose_contacts(rows(("a", "eid", 0, 8), ("a", "eid", 20, 12)), cap="2 per 7d")
    assert told["is_chosen"].tolist() == [False, True]
    assert told["why"].iloc[0] == "Left out: 'eid' goes at 2017-11-19 10:00 UTC, worth 1.20 EUR"


def test_nothing_goes_where_nothing_is_gained():
    frame = rows(
        ("a", "harms", 0, 8),
        ("a", "idle", 1, 8),
        ("a", "dear", 2, 8),
        p_uplift=[-0.1, 0.0, 0.1],
        cost_amount=[0, 0, 1.1],
    )
    told = choose_contacts(frame)
    assert chosen(told) == []
    assert told["why"].tolist() == [
        "Left out: expected to cost more than it brings (-0.80 EUR)",
        "Left out: expected to bring no more than it costs (0.00 EUR)",
        "Left out: expected to cost more than it brings (-0.30 EUR)",
    ]


def test_an_unmeasured_campaign_does_not_win_by_its_orders_alone():
    frame = rows(("a", "measured", 0, 10), ("a", "new", 1, 10), p_uplift=[0.1, np.nan])
    told = choose_contacts(frame, cap="1 per 7d")
    share = (0.1 / 0.5 + BASE_UPLIFT) / 2
    assert told["expected_value_amount"].tolist() == pytest.approx([1.0, share * 0.5 * 10])
    assert chosen(told) == [("a", "measured")]
    given = choose_contacts(frame, cap="1 per 7d", base_uplift=0.5)
    assert chosen(given) == [("a", "new")]
    assert given["why"].iloc[1].endswith("'measured' (1.00 EUR); its lift is assumed, not measured")


def test_with_nothing_measured_the_default_share_counts():
    told = choose_contacts(rows(("a", "new", 0, 10)).drop(columns="p_uplift"))
    assert told["expected_value_amount"].item() == pytest.approx(BASE_UPLIFT * 0.5 * 10)


def test_equals_are_drawn_by_customer_and_campaign_and_each_names_the_other():
    people = [f"c{n}" for n in range(400)]
    frame = rows(*((who, name, 0, 8) for who in people for name in ("eid", "milk")))
    told = choose_contacts(frame, cap="1 per 7d")
    won = told[told["is_chosen"]].set_index("customer_id")["campaign_id"]
    assert len(won) == 400
    assert 150 < (won == "eid").sum() < 250
    again = choose_contacts(frame.sample(frac=1, random_state=1), cap="1 per 7d")
    assert (
        again[again["is_chosen"]]
        .set_index("customer_id")["campaign_id"]
        .sort_index()
        .equals(won.sort_index())
    )
    other = choose_contacts(frame, cap="1 per 7d", seed="other")
    assert (other["is_chosen"] != told["is_chosen"]).any()
    for who in ("c0", "c1", "c2", "c3"):
        mine = told[told["customer_id"] == who].set_index("is_chosen")
        name, left = mine.loc[True, "campaign_id"], mine.loc[False, "campaign_id"]
        assert mine.loc[True, "why"] == f"Chosen: worth 0.80 EUR, the same as '{left}'; drawn"
        assert mine.loc[False, "why"] == (
            f"Left out: 1 message within 7 days already, worth the same as '{name}'; drawn"
        )


def test_of_one_campaign_the_earliest_of_equal_moments_goes():
    told = choose_contacts(rows(("a", "eid", 3, 8), ("a", "eid", 1, 8)), cap="1 per 7d")
    assert told["rank"].tolist() == [2, 1]


def test_only_a_message_in_the_full_window_is_named_as_worth_the_same():
    frame = rows(("a", "big", 0, 9), ("a", "eid", 1, 8), ("a", "milk", 30, 8))
    told = choose_contacts(frame, cap="1 per 7d")
    assert told["why"].iloc[1] == "Left out: 1 message within 7 days already, worth more"
    sent = pd.DataFrame({"customer_id": ["a"], "at": [MONDAY + pd.Timedelta(days=31)]})
    apart = rows(("a", "eid", 0, 8), ("a", "milk", 30, 8))
    told = choose_contacts(apart, cap="1 per 7d", sent=sent)
    assert told["is_chosen"].tolist() == [True, False]
    assert "drawn" not in "".join(told["why"]), "another message stood in the way"
    three = rows(("a", "big", 0, 9), ("a", "eid", 0, 8), ("a", "milk", 0, 8))
    told = choose_contacts(three, cap="2 per 7d")
    left, won = ("eid", "milk") if told["is_chosen"].iloc[2] else ("milk", "eid")
    assert told.set_index("campaign_id").loc[left, "why"] == (
        f"Left out: 2 messages within 7 days already, each worth more or the same as '{won}'; drawn"
    )


def test_caps_may_be_several_and_by_channel():
    frame = rows(
        *(("a", f"c{n}", n, 9 - n) for n in range(4)), channel=["sms", "sms", "email", "email"]
    )
    told = choose_contacts(frame, cap={"sms": "1 per 7d", "any": "2 per 7d"})
    assert chosen(told) == [("a", "c0"), ("a", "c2")]
    assert told["why"].iloc[1] == "Left out: 1 message within 7 days by sms already, worth more"
    both = choose_contacts(frame, cap=["3 per 7d", "1 per 2d"])
    assert chosen(both) == [("a", "c0"), ("a", "c2")]
    sent = pd.DataFrame({"customer_id": ["a"], "at": [MONDAY], "channel": ["sms"]})
    by_sms = choose_contacts(frame, cap={"sms": "1 per 7d"}, sent=sent)
    assert chosen(by_sms) == [("a", "c2"), ("a", "c3")]
    by_push = choose_contacts(frame, cap={"sms": "1 per 7d"}, sent=sent.assign(channel="push"))
    assert chosen(by_push) == [("a", "c0"), ("a", "c2"), ("a", "c3")]


def many(n=400, seed=1):
    chance = np.random.default_rng(seed)
    frame = rows(
        *(
            (f"c{customer:03d}", f"k{chance.integers(12)}", day, value)
            for customer, day, value in zip(
                chance.integers(60, size=n),
                chance.integers(0, 30 * 24, n) / 24,
                chance.gamma(2, 5, n),
                strict=True,
            )
        )
    )
    return frame.drop_duplicates(["customer_id", "campaign_id", "at"]).reset_index(drop=True)


def test_the_answer_does_not_depend_on_the_order_or_on_who_else_is_asked():
    frame = many()
    told = choose_contacts(frame)
    turned = choose_contacts(frame.sample(frac=1, random_state=2)).sort_index()
    pd.testing.assert_frame_equal(turned, told)
    alone = choose_contacts(frame[frame["customer_id"] == "c007"])
    pd.testing.assert_frame_equal(alone, told[told["customer_id"] == "c007"])


def test_customers_that_do_not_fit_on_one_line_of_time_get_the_same(monkeypatch):
    frame = many()
    told = choose_contacts(frame)
    monkeypatch.setattr(
        "xenorec.timing.contact_selection.greedy_selection.LINE", 50 * 24 * 3_600_000_000 * 7
    )
    pd.testing.assert_frame_equal(choose_contacts(frame), told)


def test_any_frame_and_none_at_all():
    frame = rows(("a", "eid", 0, 8))
    pd.testing.assert_frame_equal(
        choose_contacts(pa.table(frame))[["rank", "is_chosen", "why"]],
        choose_contacts(frame)[["rank", "is_chosen", "why"]],
    )
    empty = choose_contacts(frame.iloc[:0])
    assert list(empty.columns) == [
        *frame.columns,
        "expected_value_amount",
        "rank",
        "is_chosen",
        "why",
    ]


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"p_order": 1.2}, "p_order is 1.2 in 2 rows"),
        ({"value_amount": np.nan}, "value_amount is empty"),
        ({"p_order": np.nan, "p_uplift": np.nan}, "p_order is empty"),
        ({"cost_amount": -1}, "cost_amount is -1"),
        ({"value_amount": "ten"}, "expected numbers"),
        ({"customer_id": None}, "customer_id is empty"),
        ({"currency": ["EUR", "USD"]}, "several currencies"),
        ({"campaign_id": "eid", "at": MONDAY}, "repeat a customer, campaign"),
    ],
)
def test_what_cannot_be_compared_is_told(change, told):
    frame = rows(("a", "eid", 0, 8), ("a", "milk", 1, 8)).assign(**change)
    with pytest.raises(BadInput, match=told):
        choose_contacts(frame)


@pytest.mark.parametrize("cap", ["weekly", "0 per 7d", [], {"sms": "2"}])
def test_what_is_no_cap_is_told(cap):
    with pytest.raises(BadInput, match=r"cap|Cap"):
        choose_contacts(rows(("a", "eid", 0, 8)), cap=cap)
