"""No cap is ever broken, and what is chosen is the best there is, or near it."""

from itertools import chain, combinations

import numpy as np
import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from xenorec.timing import choose_contacts
from xenorec.timing.contact_selection import greedy_selection
from xenorec.timing.contact_selection.frequency_caps import limits_of

START = pd.Timestamp("2017-01-01", tz="UTC")
CAPS = st.sampled_from(
    [
        "1 per 7d",
        "2 per 7d",
        "3 per 4d",
        ["1 per 2d", "2 per 7d"],
        {"any": "2 per 5d", "sms": "1 per 9d"},
    ]
)
CHANNELS = st.sampled_from(["sms", "email"])
HOURS = st.integers(0, 20 * 4).map(lambda quarter: quarter * 6)


def frames(most, campaigns):
    message = st.tuples(campaigns, HOURS, st.integers(-3, 20), CHANNELS)
    key = lambda one: (one[0], one[1])  # noqa: E731
    return st.lists(message, min_size=1, max_size=most, unique_by=key).map(framed)


def framed(messages):
    frame = pd.DataFrame(messages, columns=["campaign_id", "hour", "value", "channel"])
    at = START + pd.to_timedelta(frame.pop("hour"), unit="h")
    uplift = frame.pop("value") / 100
    return frame.assign(customer_id="a", at=at, p_order=0.5, p_uplift=uplift, value_amount=100.0)


sents = st.lists(st.tuples(HOURS, CHANNELS), max_size=3).map(
    lambda found: pd.DataFrame(
        {
            "customer_id": ["a"] * len(found),
            "at": pd.to_datetime([START + pd.Timedelta(hours=hour) for hour, _ in found], utc=True),
            "channel": pd.array([channel for _, channel in found], dtype="str"),
        }
    )
)


def is_allowed(chosen, sent, cap):
    """Whether no window with a chosen message is over a cap, and no campaign twice."""
    if chosen["campaign_id"].duplicated().any():
        return False
    for limit in limits_of(cap):
        mine, before = (
            frame if limit.channel is None else frame[frame["channel"] == limit.channel]
            for frame in (chosen, sent)
        )
        length = pd.Timedelta(limit.length, unit="us")
        for end in [*mine["at"], *before["at"]]:
            n, n_sent = (
                int(((frame["at"] <= end) & (frame["at"] > end - length)).sum())
                for frame in (mine, before)
            )
            if n and n + n_sent > limit.n:
                return False
    return True


def best_value(told, sent, cap):
    value = told["expected_value_amount"].to_numpy()
    rows = range(len(told))
    sets = chain.from_iterable(combinations(rows, n) for n in range(len(told) + 1))
    return max(
        value[list(one)].sum() for one in sets if is_allowed(told.iloc[list(one)], sent, cap)
    )


def chosen_value(told):
    return told.loc[told["is_chosen"], "expected_value_amount"].sum()


@settings(max_examples=60, deadline=None)
@given(frames(8, st.sampled_from("abcdefgh")), sents, CAPS)
def test_up_to_eight_candidates_the_best_set_is_chosen(frame, sent, cap):
    told = choose_contacts(frame, cap=cap, sent=sent)
    assert is_allowed(told[told["is_chosen"]], sent, cap)
    assert np.isclose(chosen_value(told), best_value(told, sent, cap))


@settings(max_examples=60, deadline=None)
@given(frames(8, st.sampled_from("abcdefgh")), sents, CAPS)
def test_by_value_alone_it_is_within_the_bound(frame, sent, cap):
    most = greedy_selection.MOST
    greedy_selection.MOST = 1
    try:
        told = choose_contacts(frame, cap=cap, sent=sent)
    finally:
        greedy_selection.MOST = most
    assert is_allowed(told[told["is_chosen"]], sent, cap)
    best, n_limits = best_value(told, sent, cap), len(limits_of(cap))
    is_single = n_limits == 1 and not frame["campaign_id"].duplicated().any()
    share = 1 / 2 if is_single else 1 / (2 * n_limits + 1)
    assert chosen_value(told) >= share * best - 1e-9


@settings(max_examples=40, deadline=None)
@given(frames(40, st.integers(0, 30).map(str)), sents, CAPS)
def test_many_candidates_never_break_a_cap_and_leave_no_room_unused(frame, sent, cap):
    told = choose_contacts(frame, cap=cap, sent=sent)
    chosen = told[told["is_chosen"]]
    assert is_allowed(chosen, sent, cap)
    assert (chosen["expected_value_amount"] > 0).all()
    assert told["why"].str.startswith(("Chosen: ", "Left out: ")).all()
    for row in told.index[~told["is_chosen"] & (told["expected_value_amount"] > 0)]:
        assert not is_allowed(told.loc[[*chosen.index, row]], sent, cap)
