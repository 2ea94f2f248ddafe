"""Every shipped model of times keeps to the suite, and tells what is known of its shop."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from xenorec.testing import TimingSuite
from xenorec.testing.saved_model_suite import SavedSuite
from xenorec.timing import Lapse, NextPurchase, Occasions, OccasionUplift, SendTime
from xenorec.timing.lifetime_value.model import LifetimeValue
from xenorec.timing.next_purchase import hazard_learner
from xenorec.timing.replenishment.model import Replenishment

TUESDAY_EVENING = 24 + 18


def of(told: pd.DataFrame, habit: str) -> pd.DataFrame:
    return told[told["customer_id"].str.startswith(f"{habit}-")]


class TestNextPurchase(TimingSuite):
    n_each = 64  # some 5,400 orders, enough to learn from

    @pytest.fixture(autouse=True)
    def few_trees(self, monkeypatch):
        monkeypatch.setattr(
            hazard_learner,
            "BOOSTING",
            replace(hazard_learner.BOOSTING, n_trees=20, learning_rate=0.25),
        )

    def make(self):
        return NextPurchase()

    def test_the_usual_shop_is_learned_from(self):
        assert self.usual().learner_ is not None

    def test_who_comes_weekly_is_expected_before_who_left(self):
        told = self.ask(self.usual(), None)
        weekly, lapsed = of(told, "weekly"), of(told, "lapsed")
        assert weekly["p_order"].min() > 0.8
        assert lapsed["p_order"].max() < 0.2
        assert lapsed["p_alive"].max() < weekly["p_alive"].min()

    def test_who_came_once_is_doubted_more_the_longer_ago_it_was(self):
        model = self.usual()
        told, past = self.ask(model, None), model.purchases_
        since = model.now_ - model.visits_.at[model.visits_.bounds[1:] - 1]
        silence = since[past.frequency == 0]
        alive = told["p_alive"].to_numpy()[past.frequency == 0]
        assert np.ptp(silence) > 50
        assert (np.diff(alive[np.argsort(silence, kind="stable")]) <= 1e-9).all()
        assert alive[silence.argmax()] < alive[silence.argmin()] < 1
        twice = past.frequency == 1
        for days, p in zip(since[twice], told["p_alive"][twice], strict=True):
            later = alive[silence >= days]
            assert p >= (later.max() if len(later) else 0.0)


class TestLapse(TimingSuite):
    def make(self):
        return Lapse(use_learner=False)

    def test_sixty_days_of_silence_are_much_for_who_came_weekly(self):
        told = self.ask(self.usual(), None)
        assert set(of(told, "lapsed")["state"]) <= {"at_risk", "lapsed"}
        assert set(of(told, "weekly")["state"]) == {"active"}
        assert (told["win_back_from"] <= told["win_back_to"].fillna(pd.Timestamp.max)).all()

    def test_who_came_lately_is_not_lost_however_unlikely_to_return(self):
        told = self.ask(self.usual(), None)
        just_new = told[(told["silent_days"] <= 3) & (told["p_lapsed"] >= 0.5)]
        assert set(just_new["state"]) <= {"at_risk"}


class TestSendTime(TimingSuite):
    def make(self):
        return SendTime()

    def rows(self, shop):
        return shop.events()

    def test_who_always_comes_on_tuesday_evening_is_best_reached_then(self):
        told = self.ask(self.usual(), None)
        assert set(of(told, "weekly")["hour_of_week"]) == {TUESDAY_EVENING}


class TestLifetimeValue(TimingSuite):
    counts_repeats = True  # orders are told apart by their amounts and days, not by an id

    def make(self):
        return LifetimeValue()

    def test_who_comes_weekly_is_worth_more_than_who_left(self):
        told = self.ask(self.usual(), None)
        worth = "expected_value_amount"
        assert of(told, "weekly")[worth].min() > 5 * of(told, "lapsed")[worth].max()

    def test_the_interval_is_one(self):
        told = self.ask(self.usual(), None)
        assert (told["value_from_amount"] >= 0).all()
        assert (told["value_from_amount"] <= told["value_to_amount"]).all()


class TestReplenishment(TimingSuite):
    answers_all = False  # who has bought nothing twice has no row

    def make(self):
        return Replenishment()

    def test_who_comes_weekly_needs_it_more_than_who_left(self):
        told = self.ask(self.usual(), None)
        assert of(told, "weekly")["p_buy"].min() > of(told, "lapsed")["p_buy"].max()


class TestOccasionUplift(SavedSuite):
    counts_repeats = True  # lines have no id

    def make(self):
        return OccasionUplift()

    def rows(self, shop):
        orders = shop.orders()
        return orders.assign(category=orders["customer_id"].str.partition("-")[0])

    def fit(self, model, rows, as_of):
        return model.fit(rows, occasions=Occasions("US"), as_of=as_of)

    def ask(self, model, customers):
        return model.curve()

    def test_the_usual_shop_has_paydays_to_learn_from(self):
        told = self.usual().curve("payday")
        assert set(told["level"]) >= {"shop", "segment"}
        assert set(told["category"]) == {"", "irregular", "lapsed", "new", "single", "weekly"}
