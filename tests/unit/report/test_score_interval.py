"""The score interval against published figures."""

from __future__ import annotations

from itertools import product

import pytest

from xenorec.report.score_interval import ShareDifference

SHARES = [(12, 16, 1, 16), (19, 29, 22, 30), (5, 56, 0, 29)]
PROPCIS = (7, 34, 1, 34)
NEWCOMBE = [
    ((56, 70, 48, 80), (0.0528, 0.3382)),
    ((9, 10, 3, 10), (0.1700, 0.8406)),
    ((6, 7, 2, 7), (0.0342, 0.8534)),
    ((5, 56, 0, 29), (-0.0326, 0.1933)),
    ((0, 10, 0, 20), (-0.1658, 0.2844)),
    ((0, 10, 0, 10), (-0.2879, 0.2879)),
    ((10, 10, 0, 20), (0.7156, 1.0000)),
    ((10, 10, 0, 10), (0.6636, 1.0000)),
]
"""Newcombe (1998), Interval estimation for the difference between independent proportions,
Statistics in Medicine 17, table II: method 6, Miettinen and Nurminen."""


@pytest.mark.parametrize(
    ("shares", "low", "high", "p_value"),
    [
        (SHARES[0], 0.385676, 0.877884, 9.741092e-05),
        (SHARES[1], -0.311899, 0.160079, 0.5178555),
        (SHARES[2], -0.018618, 0.186718, 0.08199729),
    ],
)
def test_corrected_for_skewness_as_the_author_of_the_method_has_it(shares, low, high, p_value):
    """The examples of ``ratesci::scoreci`` (Laud 2017)."""
    found = ShareDifference(*shares).effect(level=0.95)
    assert (found.ci_low, found.ci_high) == pytest.approx((low, high), abs=1e-6)
    assert found.p_value == pytest.approx(p_value, rel=1e-5)


@pytest.mark.parametrize(
    ("shares", "low", "high"),
    [
        (SHARES[0], 0.374978, 0.862899),
        (SHARES[1], -0.308594, 0.158172),
        (SHARES[2], -0.032597, 0.193331),
        (PROPCIS, 0.0270416, 0.3452912),
    ],
)
def test_uncorrected_it_is_that_of_miettinen_and_nurminen(shares, low, high):
    """As ``ratesci::scoreci(skew = FALSE)`` and ``PropCIs::diffscoreci`` have it."""
    found = ShareDifference(*shares).effect(level=0.95, is_corrected=False)
    assert (found.ci_low, found.ci_high) == pytest.approx((low, high), abs=1e-6)


@pytest.mark.parametrize(("shares", "interval"), NEWCOMBE)
def test_the_table_of_newcombe(shares, interval):
    found = ShareDifference(*shares).effect(level=0.95, is_corrected=False)
    assert (found.ci_low, found.ci_high) == pytest.approx(interval, abs=6e-5)


def test_the_shares_at_a_supposed_difference_are_the_likeliest():
    import numpy as np

    for shares, difference in product([*SHARES, PROPCIS, (57, 10_000, 0, 204)], (-0.3, -0.01, 0.2)):
        arms = ShareDifference(*shares)
        treated, control = arms._restricted(difference)
        assert treated - control == pytest.approx(difference)
        grid = np.linspace(max(0, -difference), min(1, 1 - difference), 20_001)[1:-1]
        best = grid[np.argmax(_likelihood(arms, grid + difference, grid))]
        assert control == pytest.approx(best, abs=1e-4)


def _likelihood(arms, treated, control):
    import numpy as np

    return (
        arms.n_events * np.log(treated)
        + (arms.n - arms.n_events) * np.log(1 - treated)
        + arms.n_events_control * np.log(control)
        + (arms.n_control - arms.n_events_control) * np.log(1 - control)
    )


@pytest.mark.parametrize("level", [0.8, 0.95, 0.99])
def test_every_small_table_has_an_interval_that_agrees_with_its_p_value(level):
    for n, n_control in ((1, 1), (1, 4), (9, 2), (12, 5)):
        for events, events_control in product(range(n + 1), range(n_control + 1)):
            told = ShareDifference(events, n, events_control, n_control).effect(level=level)
            assert -1 <= told.ci_low <= told.estimate <= told.ci_high <= 1
            assert told.ci_low < told.ci_high
            assert (told.p_value < 1 - level) == (not told.ci_low <= 0 <= told.ci_high)
            other = ShareDifference(events_control, n_control, events, n).effect(level=level)
            assert (other.ci_low, other.ci_high) == pytest.approx((-told.ci_high, -told.ci_low))
            lost = ShareDifference(n - events, n, n_control - events_control, n_control)
            assert lost.effect(level=level).p_value == pytest.approx(told.p_value)


def test_both_sides_err_alike_where_the_control_is_small():
    """Of all ways in which 100 of 5,000 customers may be held out when 1,000 of them buy."""
    from scipy.stats import hypergeom

    up = down = 0.0
    for n in range(100):
        chance = hypergeom.pmf(n, 5_000, 1_000, 100)
        told = ShareDifference(1_000 - n, 4_900, n, 100).effect(level=0.95)
        up += chance * (told.ci_low > 0)
        down += chance * (told.ci_high < 0)
    assert 0.017 < up < 0.033
    assert 0.017 < down < 0.033
