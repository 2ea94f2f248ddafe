import numpy as np
import pytest

from xenorec.modeling.life_table import fit_table
from xenorec.timing.replenishment.gap_models import PairHistory, fit_gaps


def drawn(shape, days, n, seed=5):
    """Purchases of ``n`` customers whose rates are gamma distributed."""
    rng = np.random.default_rng(seed)
    age = rng.uniform(100, 400, n)
    again = rng.poisson(rng.gamma(shape, 1 / days, n) * age).astype(float)
    active = np.where(again > 0, age * again / (again + 1), 0.0)
    return PairHistory(np.zeros(n, dtype=np.int64), again, active, age - active)


def test_the_distribution_of_rates_is_found_again():
    model = fit_gaps(drawn(2.0, 60.0, 6000), 1)
    assert model.shape[0] == pytest.approx(2.0, rel=0.15)
    assert (model.shape / model.days)[0] == pytest.approx(2.0 / 60.0, rel=0.05)


def test_an_item_with_few_customers_is_like_the_shop():
    many, few = drawn(2.0, 60.0, 3000), drawn(2.0, 6.0, 1)
    joined = PairHistory(*(np.concatenate(parts) for parts in zip(many, few, strict=True)))
    joined = joined._replace(item=np.append(many.item, 1))
    rate = (lambda model: model.shape / model.days)(fit_gaps(joined, 2))
    assert rate[0] == pytest.approx(2.0 / 60.0, rel=0.1)
    assert rate[1] < 3 * rate[0]


def test_the_modified_form_is_least_likely_just_after_a_purchase():
    model = fit_gaps(drawn(2.0, 60.0, 3000), 1)
    silence = np.array([0.0, 10.0, 20.0])
    habit = PairHistory(np.zeros(3, dtype=np.int64), np.full(3, 9.0), np.full(3, 180.0), silence)
    modified, plain = model.p_within_modified(habit, 14.0), model.p_within(habit, 14.0)
    assert modified[0] < modified[1] < modified[2]
    assert plain[0] > plain[1] > plain[2]


def test_a_life_table_tells_the_share_that_buys_next():
    # Of a hundred gaps half end on day 5 and half on day 40; those silent for 20 days wait on.
    gap = np.repeat([5.0, 40.0], 5000)
    nobody = np.empty(0, dtype=np.int64)
    table = fit_table(np.zeros(10_000, dtype=np.int64), gap, nobody, np.empty(0), 1)
    at = np.zeros(3, dtype=np.int64)
    p = table.p_within(at, np.array([0.0, 20.0, 35.0]), 8.0)
    assert p[0] == pytest.approx(0.5, abs=0.02)
    assert p[1] == pytest.approx(0.0, abs=0.02)
    assert p[2] > 0.7
