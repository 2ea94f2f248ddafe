import json
import math
import warnings
from itertools import combinations
from pathlib import Path

import numpy as np
import pandas as pd
import polars as pl
import pytest

from xenorec.errors import BadInput, UnknownColumn, XenorecWarning
from xenorec.report.lift import lift
from xenorec.report.rerandomisation import LimitDistribution, RankedStatistics, Rerandomisation

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


def shares(events: int, n: int, events_control: int, n_control: int) -> pd.DataFrame:
    """Return arms of these sizes and so many customers who bought."""
    has = [1] * events + [0] * (n - events) + [1] * events_control
    return pd.DataFrame(
        {
            "customer_id": [f"c{i}" for i in range(n + n_control)],
            "arm": ["treatment"] * n + ["control"] * n_control,
            "has_ordered": has + [0] * (n_control - events_control),
        }
    )


def shop(n: int, n_control: int, *, seed: int = 1, buyers: float = 0.3) -> pd.DataFrame:
    """Return arms of these sizes whose heavy-tailed spend has nothing to do with them."""
    rng = np.random.default_rng(seed)
    habit = rng.lognormal(0, 1, n + n_control)
    spends = [np.round((rng.random(n + n_control) < buyers) * habit * 40, 2) for _ in range(2)]
    return pd.DataFrame(
        {
            "customer_id": [f"c{i}" for i in range(n + n_control)],
            "arm": np.random.default_rng(seed + 1).permutation(
                ["treatment"] * n + ["control"] * n_control
            ),
            "spend": spends[0],
            "spend_before": spends[1],
        }
    )


def test_a_permutation_by_hand():
    frame = pd.DataFrame(
        {
            "customer_id": list("abcdefg"),
            "arm": ["treatment"] * 4 + ["control"] * 3,
            "spend": [10.0, 12, 14, 16, 9, 10, 11],
        }
    )
    told = lift(frame)
    assert told.estimate == told.raw_estimate == pytest.approx(3.0)
    assert (told.mean_treated, told.mean_control) == (13.0, 10.0)
    assert told.p_value == pytest.approx(_by_hand(frame), abs=0.02)
    assert math.isnan(told.p_srm)
    assert told.verdict == "cannot tell"


def _by_hand(frame: pd.DataFrame) -> float:
    """Return the p-value from every way to draw the control."""
    spend, n = frame["spend"].to_numpy(), int((frame["arm"] == "control").sum())
    found = []
    for drawn in combinations(range(len(spend)), n):
        is_control = np.isin(np.arange(len(spend)), drawn)
        arms = spend[~is_control], spend[is_control]
        error = math.sqrt(sum(arm.var(ddof=1) / len(arm) for arm in arms))
        found.append((arms[0].mean() - arms[1].mean()) / error)
    seen, drawn = found[-1], np.array(found)
    is_equal = np.isclose(drawn, seen)
    return 2 * min(
        np.mean((drawn > seen) & ~is_equal) + is_equal.mean() / 2,
        np.mean((drawn < seen) & ~is_equal) + is_equal.mean() / 2,
    )


# -- a lift that is not there --------------------------------------------------------------------


def test_a_control_without_an_event_cannot_tell():
    told = lift(shares(57, 10_000, 0, 204), "has_ordered")
    assert told.verdict == "cannot tell"
    assert "cannot tell, as only 0 of the control had an event, and it takes 10" in str(told)
    assert "p =" not in str(told)
    assert told.p_value > 0.2
    assert told.ci_low < -0.005 < 0 < told.ci_high


def test_spend_of_which_the_control_has_none_cannot_tell():
    frame = shares(57, 10_000, 0, 204)
    told = lift(frame.assign(spend=frame["has_ordered"] * 30.0 + frame.index % 7))
    assert told.method == "re-randomisation"
    told = lift(frame.assign(spend=frame["has_ordered"] * (20.0 + frame.index % 7)))
    assert (told.verdict, told.ci_low, told.ci_high) == ("cannot tell", -math.inf, math.inf)
    assert told.p_value > 0.2
    assert "too few for an interval" in str(told)
    assert json.loads(told.to_json())["ci_low"] is None


@pytest.mark.parametrize(
    ("events", "n", "events_control", "n_control", "says"),
    [
        (570, 10_000, 9, 204, "only 9 of the control had an event"),
        (9_800, 10_000, 195, 204, "only 9 of the control had no event"),
        (10_000, 10_000, 204, 204, "every customer has the same value"),
        (3, 60, 300, 10_000, "so few are treated that 1.8 with an event are expected"),
        (2, 5, 2, 5, "only 2 of the control had an event"),
        (1, 2, 1, 2, "only 1 of the control had an event"),
        (5, 10, 0, 2, "only 0 of the control had an event"),
    ],
)
def test_too_few_events_cannot_tell(events, n, events_control, n_control, says):
    frame = shares(events, n, events_control, n_control)
    if events == n:
        with pytest.warns(XenorecWarning, match="^lift-flat: "):
            told = lift(frame.assign(has_ordered=True), "has_ordered")
        assert told.ci_low < 0 < told.ci_high, "nobody without an event is not a share of zero"
    else:
        told = lift(frame, "has_ordered")
    assert told.verdict == "cannot tell"
    assert says in str(told)
    assert told.ci_low < told.estimate < told.ci_high


def test_ten_events_in_the_control_can_tell():
    told = lift(shares(1_500, 10_000, 10, 204), "has_ordered")
    assert (told.verdict, told.doubts) == ("more", ())
    assert told.p_value < 0.001
    assert told.is_shown
    same = lift(shares(600, 10_000, 12, 204), "has_ordered")
    assert same.verdict == "no difference shown"
    assert not same.is_shown


@pytest.mark.parametrize("arm", ["treatment", "control"])
@pytest.mark.parametrize("sign", [1, -1])
def test_one_large_amount_or_return_cannot_tell(arm, sign):
    frame = shop(5_000, 500)
    frame.loc[frame.index[frame["arm"] == arm][0], "spend"] = sign * 1e6
    told = lift(frame, covariate="spend_before")
    assert told.verdict == "cannot tell"
    assert "one customer makes 9" in str(told)
    assert told.p_value > 0.05, "the cap holds"
    assert abs(told.raw_estimate) > 100 * abs(told.estimate), "the raw figure stands beside"
    assert "without it" in str(told)


def test_a_cap_declared_beforehand_is_kept_on_both_sides_of_zero():
    frame = shop(900, 100)
    frame.loc[frame.index[:2], "spend"] = (-800.0, 800.0)
    told = lift(frame, cap_amount=50)
    values = frame["spend"].clip(-50, 50).groupby(frame["arm"]).mean()
    assert told.cap_amount == 50
    assert told.estimate == pytest.approx(values["treatment"] - values["control"])
    uncut = lift(frame, cap_amount=math.inf)
    assert math.isnan(uncut.cap_amount)
    assert uncut.estimate == pytest.approx(uncut.raw_estimate)
    own = lift(frame)
    assert own.cap_amount in set(frame["spend"]), "a quantile of amounts that are not zero"
    assert (frame["spend"].abs() > own.cap_amount).sum() == int((frame["spend"] != 0).sum() * 0.01)


@pytest.mark.parametrize("cap", [0, -1, math.nan])
def test_a_cap_that_cuts_everything_is_refused(cap):
    with pytest.raises(BadInput, match="cap_amount"):
        lift(shop(90, 20), cap_amount=cap)


@pytest.mark.parametrize("covariate", ["as_spend", "noise", "one", "huge", "flag"])
@pytest.mark.parametrize(
    ("treated", "control"),
    [
        ([1, 2], [3, 4]),
        (range(300), [0, 0]),
        (range(300), range(5)),
        ([5, 9], range(300)),
        ([2] * 50, [1] * 50),
        ([0] * 60, [-3] * 20 + [0] * 40),
        (np.arange(90) * 1e305, np.arange(40) * 1e305),
        (np.arange(90) * 1e-300, np.arange(40) * 1e-300),
        (np.arange(90) + 1e9, np.arange(40) + 1e9),
        ([1e12, *range(90)], [1e12, *range(40)]),
    ],
)
def test_whatever_was_spent_the_figures_agree(treated, control, covariate):
    spend = np.array([*treated, *control], dtype=float)
    n, noise = len(spend), np.random.default_rng(2).normal(size=len(spend))
    beside = {"as_spend": spend, "noise": noise, "one": 1, "huge": noise * 1e300, "flag": noise > 0}
    frame = pd.DataFrame(
        {
            "customer_id": range(n),
            "arm": ["treatment"] * len(treated) + ["control"] * len(control),
            "spend": spend,
        }
    ).assign(**beside)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "lift-covariate: ", XenorecWarning)
        told = lift(frame, covariate=covariate)
    assert told.ci_low <= told.estimate <= told.ci_high
    assert 0 < told.p_value <= 1
    assert (told.p_value < 0.05) == (not told.ci_low <= 0 <= told.ci_high)
    assert str(told)
    assert json.loads(told.to_json())["verdict"] == told.verdict


# -- the same answer ------------------------------------------------------------------------------


@pytest.mark.parametrize("metric", ["spend", "has_ordered"])
@pytest.mark.parametrize("covariate", [None, "spend_before"])
@pytest.mark.parametrize("n_control", [40, 300])
def test_rows_in_any_order_give_the_same_answer(metric, covariate, n_control):
    frame = shop(300, n_control).assign(has_ordered=lambda f: f["spend"] > 0)
    told = lift(frame, metric, covariate)
    assert lift(frame.sample(frac=1, random_state=3), metric, covariate) == told
    assert lift(frame, metric, covariate) == told
    other = lift(frame, metric, covariate, seed="other")
    assert other.estimate == told.estimate
    assert other.p_value == pytest.approx(told.p_value, abs=0.05)


@pytest.mark.parametrize("metric", ["spend", "has_ordered"])
@pytest.mark.parametrize("covariate", [None, "spend_before"])
@pytest.mark.parametrize("n_control", [40, 300])
def test_arms_that_change_places_change_the_sign_alone(metric, covariate, n_control):
    frame = shop(300, n_control).assign(has_ordered=lambda f: f["spend"] > 0)
    told = lift(frame, metric, covariate)
    other = lift(frame, metric, covariate, treatment="control", control="treatment")
    assert other.estimate == pytest.approx(-told.estimate)
    assert (other.ci_low, other.ci_high) == pytest.approx((-told.ci_high, -told.ci_low))
    assert other.p_value == pytest.approx(told.p_value)


def test_an_amount_in_another_unit_is_the_same_amount():
    frame = shop(300, 60)
    cents = frame.assign(spend=frame["spend"] * 1e200, spend_before=frame["spend_before"] * 100)
    told, other = lift(frame, covariate="spend_before"), lift(cents, covariate="spend_before")
    assert other.p_value == pytest.approx(told.p_value)
    assert other.ci_high / 1e200 == pytest.approx(told.ci_high)


@pytest.mark.parametrize("n_control", [5, 30, 250])
@pytest.mark.parametrize("covariate", [None, "spend_before"])
@pytest.mark.parametrize("is_whole", [True, False])
def test_the_interval_excludes_zero_where_the_p_value_is_small(n_control, covariate, is_whole):
    for seed in (0, 4, 12):
        frame = shop(500 - n_control, n_control, seed=seed)
        if is_whole:
            frame["spend"] = (frame["spend"] > 0) + (frame["spend"] > 60)
        frame["spend"] += (frame["arm"] == "treatment") * seed * frame["spend"].std() / 40
        for level in (0.5, 0.95, 0.9999):
            told = lift(frame, covariate=covariate, level=level)
            assert (told.p_value < 1 - level) == (not told.ci_low <= 0 <= told.ci_high)
            assert told.ci_low <= told.estimate <= told.ci_high


@pytest.mark.parametrize("n", [4, 7, 60])
@pytest.mark.parametrize("alpha", [0.05, 0.3, 0.9])
def test_a_statistic_is_kept_where_its_p_value_is_not_small(n, alpha):
    drawn = np.random.default_rng(n).integers(0, n // 2, n) / 2
    ranked = RankedStatistics.of(drawn)
    low, high = ranked.kept(alpha)
    for seen in np.linspace(-1, n / 4 + 1, 8 * n + 17):
        assert (ranked.p_value(seen) >= alpha) == (low <= seen <= high), seen


@pytest.mark.parametrize("size", [0.5, 3.0])
def test_the_limit_of_large_arms_is_what_draws_give(size):
    rng = np.random.default_rng(5)
    values = rng.lognormal(0, size / 5, 2_400)
    is_treated = np.arange(2_400) < 1_500
    columns = ((values - values.mean()) / values.std())[:, None]
    limit = LimitDistribution.of(columns[:, 0], is_treated)
    drawn = Rerandomisation(columns, is_treated, "s")
    ranked = RankedStatistics.of(_statistics(drawn))
    assert limit is not None
    assert limit.kept(0.05) == pytest.approx(ranked.kept(0.05), abs=0.15)
    for seen in (-2.5, -1.0, 0.3, 2.0):
        assert limit.p_value(seen) == pytest.approx(ranked.p_value(seen), abs=0.03)
    for alpha in (0.01, 0.2):
        assert [limit.p_value(edge) for edge in limit.kept(alpha)] == pytest.approx([alpha] * 2)


def _statistics(drawn: Rerandomisation) -> np.ndarray:
    n, rest = 900, 1_500
    sums = drawn._drawn
    means = sums[:, 0] / n, -sums[:, 0] / rest
    squares = sums[:, 1], float((drawn._centred**2).sum()) - sums[:, 1]
    variances = [
        (square - size * mean**2) / size / (size - 1)
        for square, mean, size in zip(squares, means, (n, rest), strict=True)
    ]
    return (means[1] - means[0]) / np.sqrt(sum(variances))


def test_a_small_or_uneven_arm_has_no_limit():
    rng = np.random.default_rng(5)
    even, heavy = rng.normal(size=2_400), rng.lognormal(0, 2, 2_400)
    is_treated = np.arange(2_400) < 1_500
    assert LimitDistribution.of(heavy, is_treated) is None
    assert LimitDistribution.of(even, np.arange(2_400) < 2_000) is None
    assert LimitDistribution.of(np.where(is_treated, even, 0), is_treated) is None


def test_of_a_hundred_splits_without_an_effect_about_five_look_like_one():
    frame, up, false = shop(380, 20), 0, 0
    for seed in range(100):
        arm = np.random.default_rng(seed).permutation(frame["arm"])
        told = lift(frame.assign(arm=arm), covariate="spend_before")
        false += told.p_value < 0.05
        up += told.p_value < 0.05 and told.estimate > 0
    assert 1 <= false <= 14  # 1 in 10,000 above at 5 %
    assert 0 < up < false


# -- the covariate --------------------------------------------------------------------------------


def test_a_covariate_that_the_treatment_moved_is_found_and_left_out():
    frame = shop(2_000, 400)
    moved = frame["spend"] + 15 * (frame["arm"] == "treatment")
    frame = frame.assign(visits_since=moved)
    with pytest.warns(XenorecWarning, match="^lift-covariate: 'visits_since' differs"):
        told = lift(frame, covariate="visits_since")
    plain = lift(frame)
    assert told.p_balance < 0.001
    assert told.verdict == "cannot tell"
    assert (told.estimate, told.ci_low) == pytest.approx((plain.estimate, plain.ci_low))
    assert told.p_value == plain.p_value
    assert "differs between the arms by more than chance" in str(told)


def test_a_covariate_of_before_is_in_balance():
    told = lift(shop(2_000, 400), covariate="spend_before")
    assert told.p_balance > 0.01
    assert math.isnan(lift(shop(200, 40)).p_balance)
    assert lift(shop(200, 40).assign(spend_before=7), covariate="spend_before").p_balance == 1


def test_a_covariate_that_is_the_arm_does_not_divide_by_zero():
    frame = shop(12, 12).assign(was_written_to=lambda f: f["arm"] == "treatment")
    with pytest.warns(XenorecWarning, match="^lift-covariate: "):
        told = lift(frame, covariate="was_written_to")
    assert told.estimate == pytest.approx(told.raw_estimate)


@pytest.mark.parametrize("covariate", ["spend", "arm", "customer_id"])
def test_a_covariate_that_is_none_is_refused(covariate):
    with pytest.raises(BadInput, match="expected two different columns"):
        lift(shop(20, 20), covariate=covariate)


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
    for seed in range(40):
        told = lift(campaign(200, effect=1.0, seed=seed, share=0.8), covariate=covariate)
        covered += told.ci_low <= 1.0 <= told.ci_high
    assert 32 <= covered <= 40


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


@pytest.mark.parametrize("amount", [0.0, 1.0, -3.5, 7.0])
def test_an_all_equal_amount_warns_and_has_no_width(amount):
    with pytest.warns(XenorecWarning, match="^lift-flat: "):
        told = lift(campaign().assign(spend=amount), covariate="spend_before")
    assert (told.estimate, told.ci_low, told.ci_high, told.p_value) == (0, 0, 0, 1)
    assert told.verdict == "cannot tell"


@pytest.mark.parametrize("has_ordered", [True, False])
def test_an_all_equal_share_has_a_width(has_ordered):
    with pytest.warns(XenorecWarning, match="^lift-flat: "):
        told = lift(campaign().assign(has_ordered=has_ordered), "has_ordered")
    assert told.estimate == 0
    assert told.ci_low < 0 < told.ci_high
    assert told.verdict == "cannot tell"


def test_unknown_arms_are_refused_by_name():
    frame = campaign()
    frame.loc[3, "arm"] = "holdout"
    with pytest.raises(BadInput, match="'holdout'"):
        lift(frame)
    frame.loc[3, "arm"] = "Treatment"
    with pytest.raises(BadInput, match="Did you mean 'treatment'"):
        lift(frame)


def test_an_empty_arm_is_refused():
    with pytest.raises(BadInput, match="'control' has 0"):
        lift(campaign().assign(arm="treatment"))
    with pytest.raises(BadInput, match="'control' has 1 customer"):
        lift(campaign().assign(arm=["control"] + ["treatment"] * 399))


@pytest.mark.parametrize("name", ["spend", "arm", "customer_id", "spend_before"])
def test_empty_values_are_refused_with_their_count(name):
    frame = campaign().astype({"arm": object, "customer_id": object})
    frame.loc[:4, name] = None
    with pytest.raises(BadInput, match=f"'{name}' is empty in 5 of 400"):
        lift(frame, covariate="spend_before")


@pytest.mark.parametrize("name", ["arm", "customer_id"])
def test_a_blank_is_empty(name):
    frame = campaign()
    frame.loc[3, name] = " "
    with pytest.raises(BadInput, match=f"'{name}' is empty in 1 of 400"):
        lift(frame)


@pytest.mark.parametrize("name", ["spend", "spend_before"])
@pytest.mark.parametrize("value", [math.inf, -math.inf])
def test_infinite_values_are_refused(name, value):
    frame = campaign()
    frame.loc[3, name] = value
    with pytest.raises(BadInput, match=f"'{name}' is infinite or no number in 1 rows"):
        lift(frame, covariate="spend_before")


def test_two_columns_of_one_name_are_refused():
    frame = campaign()
    with pytest.raises(BadInput, match="2 columns 'spend'"):
        lift(pd.concat([frame, frame[["spend"]]], axis=1))


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
