import json
import math
from pathlib import Path

import numpy as np
import pandas as pd
import polars as pl
import pytest

from xenorec.errors import BadInput, UnknownColumn, XenorecWarning
from xenorec.report.lift import lift

HILLSTROM = Path(__file__).parents[4] / "shared" / "data" / "hillstrom.csv"


def campaign(n: int = 400, *, effect: float = 2.0, seed: int = 1, share: float = 0.5):
    rng = np.random.default_rng(seed)
    before = rng.gamma(2.0, 10.0, n)
    treated = rng.random(n) < share
    return pd.DataFrame(
        {
            "customer_id": [f"c{i}" for i in range(n)],
            "arm": np.where(treated, "treatment", "control"),
            "spend": before + rng.normal(0, 5, n) + effect * treated,
            "spend_before": before,
        }
    )


def test_welch_by_hand():
    frame = pd.DataFrame(
        {
            "customer_id": list("abcdefg"),
            "arm": ["treatment"] * 4 + ["control"] * 3,
            "spend": [10.0, 12, 14, 16, 9, 10, 11],
        }
    )
    told = lift(frame)
    # variances 20/3 and 1: se = sqrt(20/12 + 1/3) = sqrt(2), 4 / (25/9/3 + 1/9/2) = 4.075 degrees
    assert told.estimate == pytest.approx(3.0)
    assert (told.mean_treated, told.mean_control) == (13.0, 10.0)
    assert told.ci_high - told.estimate == pytest.approx(2.757 * math.sqrt(2), abs=0.01)
    assert told.p_value == pytest.approx(0.1, abs=0.01)
    assert math.isnan(told.p_srm)


def test_hillstrom_visits():
    if not HILLSTROM.exists():
        pytest.skip("hillstrom.csv is not beside the project")
    frame = pd.read_csv(HILLSTROM).rename(columns={"segment": "arm"})
    frame = frame[frame["arm"] != "Womens E-Mail"].assign(customer_id=lambda f: f.index)
    told = lift(frame, "visit", treatment="Mens E-Mail", control="No E-Mail", expected_share=0.5)
    assert told.mean_treated == pytest.approx(0.1828, abs=5e-5)
    assert told.mean_control == pytest.approx(0.1062, abs=5e-5)
    assert (told.ci_low, told.ci_high) == pytest.approx((0.06995, 0.08323), abs=5e-5)
    assert told.p_srm > 0.05
    with_past = lift(frame, "visit", "history", treatment="Mens E-Mail", control="No E-Mail")
    assert with_past.ci_high - with_past.ci_low < told.ci_high - told.ci_low


def test_the_covariate_narrows_the_interval_by_what_it_explains():
    frame = campaign(4000)
    plain, adjusted = lift(frame), lift(frame, covariate="spend_before")
    # var(before) = 200, noise = 25: eight ninths of the variance is the past
    assert adjusted.variance_reduction == pytest.approx(8 / 9, abs=0.02)
    ratio = (adjusted.ci_high - adjusted.ci_low) / (plain.ci_high - plain.ci_low)
    assert ratio == pytest.approx(math.sqrt(1 / 9), abs=0.03)
    assert adjusted.estimate == pytest.approx(2.0, abs=0.6)
    assert adjusted.mean_treated == plain.mean_treated
    assert plain.variance_reduction == 0


def test_a_constant_covariate_changes_nothing():
    frame = campaign().assign(spend_before=3.0)
    assert lift(frame, covariate="spend_before").estimate == pytest.approx(lift(frame).estimate)


@pytest.mark.parametrize("covariate", [None, "spend_before"])
def test_the_interval_covers_the_truth_as_often_as_it_says(covariate):
    covered = 0
    for seed in range(400):
        told = lift(campaign(200, effect=1.0, seed=seed, share=0.8), covariate=covariate)
        covered += told.ci_low <= 1.0 <= told.ci_high
    assert 0.92 <= covered / 400 <= 0.98


def test_without_an_effect_five_in_a_hundred_look_like_one():
    p = [lift(campaign(200, effect=0.0, seed=seed)).p_value for seed in range(400)]
    assert 0.02 <= np.mean(np.array(p) < 0.05) <= 0.08


def test_a_wider_level_is_a_wider_interval():
    narrow, wide = lift(campaign(), level=0.8), lift(campaign(), level=0.99)
    assert wide.ci_low < narrow.ci_low < narrow.ci_high < wide.ci_high


def test_a_split_that_was_not_meant_is_found():
    frame = campaign(5000, share=0.5)
    assert lift(frame, expected_share=0.5).p_srm > 0.001
    told = lift(frame, expected_share=0.6)
    assert told.p_srm < 0.001
    assert "not of the size" in str(told)


def test_shares_are_told_in_points():
    frame = pd.DataFrame(
        {
            "customer_id": range(2000),
            "arm": ["treatment"] * 1800 + ["control"] * 200,
            "ordered": [True] * 180 + [False] * 1620 + [True] * 18 + [False] * 182,
        }
    )
    told = str(lift(frame, "ordered"))
    assert "+1.0 % points (" in told
    assert "10.0 % against 9.0 %" in told
    assert "1,800 treated, 200 held out" in told


def test_money_is_told_per_customer_and_in_html():
    told = lift(campaign())
    assert "per customer" in str(told)
    assert "<table>" in told._repr_html_()
    assert lift(campaign().rename(columns={"spend": "<b>"}), "<b>")._repr_html_().count("&lt;b&gt;")
    assert json.loads(told.to_json())["p_srm"] is None


def test_polars_and_decimals_are_taken():
    frame = campaign().round(2)
    plain = lift(frame)
    assert lift(pl.from_pandas(frame)).estimate == pytest.approx(plain.estimate)
    money = frame.astype({"spend": str}).assign(
        spend=lambda f: f["spend"].map(__import__("decimal").Decimal)
    )
    assert lift(money).estimate == pytest.approx(plain.estimate)


def test_an_all_equal_metric_warns_and_has_no_width():
    with pytest.warns(XenorecWarning, match="lift-flat"):
        told = lift(campaign().assign(spend=0.0))
    assert (told.estimate, told.ci_low, told.ci_high, told.p_value) == (0, 0, 0, 1)


def test_unknown_arms_are_refused_by_name():
    frame = campaign()
    frame.loc[3, "arm"] = "holdout"
    with pytest.raises(BadInput, match="'holdout'"):
        lift(frame)


def test_an_empty_arm_is_refused():
    with pytest.raises(BadInput, match="'control' has 0"):
        lift(campaign().assign(arm="treatment"))


def test_empty_values_are_refused_with_their_count():
    frame = campaign()
    frame.loc[:4, "spend"] = np.nan
    with pytest.raises(BadInput, match="'spend' is empty in 5 of 400"):
        lift(frame)


def test_a_customer_in_two_rows_is_refused():
    frame = campaign()
    with pytest.raises(BadInput, match="repeat a customer"):
        lift(pd.concat([frame, frame.head(2)]))


def test_a_missing_column_is_answered_with_the_nearest():
    with pytest.raises(UnknownColumn, match="Did you mean 'spend'"):
        lift(campaign(), "spent")


@pytest.mark.parametrize("level", [0, 1, 95])
def test_a_level_outside_0_to_1_is_refused(level):
    with pytest.raises(BadInput, match="level"):
        lift(campaign(), level=level)


def test_text_is_no_metric():
    with pytest.raises(BadInput, match="numbers"):
        lift(campaign().assign(spend="much"))
