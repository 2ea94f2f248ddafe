from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import numpy as np
import pandas as pd
import pytest

from xenorec.errors import BadInput
from xenorec.modeling.backtest import Backtest, Evaluation, OriginRows, bin_table, score_table
from xenorec.modeling.metrics.probability_metrics import (
    adaptive_calibration_error,
    calibration,
    expected_calibration_error,
)

WEEK = timedelta(days=7)
FIRST, END = datetime(2017, 1, 1, tzinfo=UTC), datetime(2017, 3, 1, tzinfo=UTC)


def backtest(*origins: str) -> Backtest:
    return Backtest.of(as_of=None, origins=origins, within=WEEK, first=FIRST, end=END)


def scored(origin: datetime, within: timedelta) -> OriginRows:
    frame = pd.DataFrame({"model": ["a", "b", "a"], "p": [0.1, 0.9, 0.3], "ordered": [0, 1, 1]})
    return OriginRows({"p": frame}, ("Few orders.", f"{within.days} days"))


def test_each_origin_is_scored_in_order_of_time_and_a_note_comes_once():
    found = backtest("2017-02-01", "2017-01-15", "2017-02-01")
    rows = found.run(scored)
    assert [at.day for at in found.origins] == [15, 1]
    assert rows["p"]["origin"].tolist() == [found.origins[0]] * 3 + [found.origins[1]] * 3
    assert rows.notes == ("Few orders.", "7 days")


def test_an_origin_too_early_or_too_late_is_refused():
    with pytest.raises(BadInput, match="Nobody had ordered"):
        backtest("2016-12-01")
    with pytest.raises(BadInput, match="the latest origin is 2017-02-22"):
        backtest("2017-02-23")


def test_scores_and_bins_are_of_each_group_as_they_come():
    rows = backtest("2017-01-15").run(scored)["p"]
    table = score_table(rows, ["model"], lambda group: {"mean": float(group["p"].mean())})
    assert table.to_dict("list") == {"model": ["a", "b"], "n": [2, 1], "mean": [0.2, 0.9]}
    bins = bin_table(rows, ["model"], lambda g: calibration(g["p"].to_numpy(), g["ordered"]))
    assert bins.columns.tolist() == ["model", "bin", "predicted", "observed", "n"]
    assert bins["model"].tolist() == ["a", "a", "b"]


def test_an_evaluation_is_plain_json():
    @dataclass(frozen=True, eq=False)
    class Found(Evaluation):
        within: timedelta
        origins: tuple[datetime, ...]
        table: pd.DataFrame
        error: float
        notes: tuple[str, ...]

    found = Found(WEEK, (FIRST,), pd.DataFrame({"n": [1], "p": [np.nan]}), float("nan"), ("Few.",))
    assert json.loads(found.to_json()) == {
        "within_days": 7.0,
        "origins": ["2017-01-01T00:00:00+00:00"],
        "table": [{"n": 1, "p": None}],
        "error": None,
        "notes": ["Few."],
    }


def test_the_two_calibration_errors_are_of_bins_of_equal_width_and_of_equal_size():
    # given small chances, half of them too low and half too high by as much
    p = np.repeat([0.01, 0.05], 1000)
    happened = np.concatenate([np.arange(1000) < 30, np.arange(1000) < 30]).astype(float)
    # then one bin of equal width holds them all and sees nothing, two of equal size see it
    assert expected_calibration_error(p, happened) == pytest.approx(0.0, abs=1e-12)
    assert adaptive_calibration_error(p, happened, n_bins=2) == pytest.approx(0.02)
