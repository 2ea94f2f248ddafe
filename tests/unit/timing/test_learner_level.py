"""How many order in all: the probability model's word, whatever the latest weeks have taught."""

import numpy as np
import pandas as pd
import pytest

from xenorec.modeling.boosting import constant_model
from xenorec.timing import NextPurchase
from xenorec.timing.next_purchase import hazard_learner
from xenorec.timing.next_purchase.hazard_intervals import N_PERIODS, HazardIntervals
from xenorec.timing.next_purchase.hazard_learner import MOST_OFF, HazardLearner, held_to
from xenorec.timing.next_purchase.survival_curve import curve_of

from .shops import START, bgnbd_shop

AS_OF = START + pd.Timedelta(days=300)


@pytest.fixture(scope="module")
def model():
    return NextPurchase().fit(bgnbd_shop(150, 300), as_of=AS_OF)


def of(hazard):
    """Return a learner that says the same hazard of everybody."""
    bought = np.arange(1000) < 1000 * hazard
    trees = constant_model(bought, np.ones(1000))
    return HazardLearner(trees, share=1.0, shift=0.0, gain=0.0, level=np.zeros(N_PERIODS))


@pytest.mark.parametrize("hazard", [0.6, 0.2, 0.001])
def test_the_total_stays_near_the_probability_models(model, hazard):
    # given a learner of a season in which all come, or none
    ahead = HazardIntervals(model.visits_, model.now_, model.model_)
    held = held_to(of(hazard), ahead)
    assert held.is_held
    curve = curve_of(held.hazards(ahead), ahead.past, model.model_)
    for days in (1, 7, 14, 28, 90):
        plain = model.model_.p_order(ahead.past, days).mean()
        share = curve.p_order(days).mean() / plain
        assert 1 / (1 + MOST_OFF) - 1e-6 <= share <= 1 + MOST_OFF + 1e-6


def test_who_comes_sooner_is_still_the_learners_word(model):
    ahead = HazardIntervals(model.visits_, model.now_, model.model_)
    free = of(0.5)
    held = held_to(free, ahead)
    assert (np.diff(held.hazards(ahead)[:, 0]) == 0).all()  # the same of all, as it was taught
    assert np.ptp(ahead.plain[:, 0]) > 0.01  # where the probability model tells them apart


def test_a_learner_that_agrees_is_left_as_it_is(model):
    ahead = HazardIntervals(model.visits_, model.now_, model.model_)

    class Agreeing(HazardLearner):
        def odds(self, ahead):
            return np.log(ahead.plain / (1 - ahead.plain))

    told = Agreeing(of(0.5).model, 1.0, 0.0, 0.0, np.zeros(N_PERIODS))
    assert not held_to(told, ahead).is_held
    assert (held_to(told, ahead).level == 0).all()


def test_notes_say_that_the_total_was_held(monkeypatch):
    # given a shop that is learned from, and a learner that expects twice as many
    found = []

    def eager(visits, now, member, chance):
        ahead = HazardIntervals(visits, now, member)
        found.append(held_to(of(0.5), ahead))
        return found[-1]

    monkeypatch.setattr("xenorec.timing.next_purchase.model.learn", eager)
    fitted = NextPurchase().fit(bgnbd_shop(150, 300), as_of=AS_OF)
    assert any("not against another season" in note for note in fitted.notes_)
    assert np.abs(found[0].level).max() > hazard_learner.HELD
