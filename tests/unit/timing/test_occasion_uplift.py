"""An invented shop that sells three times the sweets in the five days before each Eid."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from xenorec.errors import BadInput, NotFitted
from xenorec.hash_uniform import uniform
from xenorec.timing import Occasions, OccasionUplift, evaluate_occasions

SA = Occasions("SA")
EIDS = ("2024-04-10", "2025-03-30", "2026-03-20")
ONLY = ["eid_al_fitr"]


def sold(day: pd.Timestamp, category: str) -> int:
    """Lines of a day: 20 a day, 30 on Thursdays; sweets three times before Eid; a little chance."""
    mean = 30 if day.day_of_week == 3 else 20
    before = any(0 < (pd.Timestamp(eid) - day).days <= 5 for eid in EIDS)
    factor = 3 if category == "sweets" and before else 1
    chance = uniform("shop", category, day.isoformat())
    return round(mean * factor + np.sqrt(mean * factor) * (chance - 0.5) * 3.46)


def lines(first: str, last: str) -> pd.DataFrame:
    days = pd.date_range(first, last, freq="D", tz="UTC")
    rows = [
        (day + pd.Timedelta(hours=12), category)
        for day in days
        for category in ("rice", "sweets", "soap")
        for _ in range(sold(day.tz_localize(None), category))
    ]
    return pd.DataFrame(rows, columns=["ordered_at", "category"])


@pytest.fixture(scope="module")
def two_years() -> pd.DataFrame:
    return lines("2023-12-01", "2025-10-31")


def fitted(rows: pd.DataFrame, **settings: object) -> OccasionUplift:
    return OccasionUplift(only=ONLY).fit(rows, occasions=SA, **settings)  # type: ignore[arg-type]


def test_it_finds_the_sweets_and_only_them(two_years: pd.DataFrame) -> None:
    model = fitted(two_years)
    said = model.says("eid_al_fitr")
    assert len(said) <= 2
    assert said[0].startswith("Sweets sell ")
    assert said[0].endswith("times as much in the 5 days before Eid al-Fitr (seen 2 times)")
    assert 2.7 < float(said[0].split()[2]) < 3.3
    assert not any("Rice" in text or "Soap" in text for text in said)


def test_the_curve_has_every_day_and_an_interval_around_the_truth(two_years: pd.DataFrame) -> None:
    curve = fitted(two_years).curve("eid_al_fitr")
    assert curve.groupby("category").size().to_dict() == {
        "": 50,
        "rice": 50,
        "soap": 50,
        "sweets": 50,
    }
    sweets = curve[curve.category == "sweets"].set_index("day")
    assert (sweets.loc[-5:-1, "ci_low"] > 1.8).all()
    assert ((sweets.ci_low < sweets.uplift) & (sweets.uplift < sweets.ci_high)).all()
    assert sweets.loc[10:28, "uplift"].between(0.6, 1.5).all()
    assert set(sweets.n_years) == {2}
    assert set(sweets.level) == {"segment"}


def test_without_a_past_year_it_says_so() -> None:
    model = fitted(lines("2025-05-01", "2025-09-30"))
    assert "No past Eid al-Fitr" in model.says("eid_al_fitr")[0]
    assert model.notes_ == (
        "No past Eid al-Fitr lies in these sales, so what it does to them is not known: they are "
        "told as on ordinary days (uplift 1).",
    )
    curve = model.curve()
    assert (curve.uplift == 1).all()
    assert set(curve.level) == {"default"}


def test_an_occasion_whose_first_days_are_missing_teaches_nothing() -> None:
    model = fitted(lines("2025-03-20", "2025-09-30"))
    assert "No past Eid al-Fitr" in model.says("eid_al_fitr")[0]


def test_sales_without_season_say_nothing() -> None:
    rows = lines("2023-12-01", "2025-10-31")
    calm = rows[rows.category != "sweets"]
    assert fitted(calm).says("eid_al_fitr") == (
        "Around Eid al-Fitr no category sells more or less than chance explains.",
    )


def test_later_rows_change_nothing_and_a_second_fit_forgets(two_years: pd.DataFrame) -> None:
    cut = "2025-06-01"
    early = two_years[two_years.ordered_at < cut]
    model = OccasionUplift(only=ONLY)
    first = model.fit(two_years, occasions=SA, as_of=cut).curve()
    pd.testing.assert_frame_equal(first, fitted(early, as_of=cut).curve())
    again = model.fit(lines("2025-05-01", "2025-09-30"), occasions=SA).curve()
    assert (again.uplift == 1).all()


def test_a_day_that_is_not_over_does_not_count(two_years: pd.DataFrame) -> None:
    noon = fitted(two_years, as_of="2025-03-30T12:30:00Z")
    night = fitted(two_years, as_of="2025-03-30T00:00:00Z")
    pd.testing.assert_frame_equal(noon.curve(), night.curve())


@pytest.mark.parametrize("n", [0, 1, 3])
def test_a_shop_of_hardly_any_rows(n: int) -> None:
    few = lines("2025-03-28", "2025-03-28").iloc[:n]
    curve = fitted(few, as_of="2025-05-01").curve()
    assert np.isfinite(curve[["uplift", "ci_low", "ci_high"]].to_numpy()).all()
    assert (curve.uplift == 1).all()


def test_lines_without_categories_tell_of_the_whole_shop(two_years: pd.DataFrame) -> None:
    curve = fitted(two_years[["ordered_at"]]).curve()
    assert set(curve.category) == {""}
    assert set(curve.level) == {"shop"}
    assert "The whole shop sells" in fitted(two_years[["ordered_at"]]).says("eid_al_fitr")[0]


def test_mistakes_are_told(two_years: pd.DataFrame) -> None:
    with pytest.raises(NotFitted):
        OccasionUplift().curve()
    with pytest.raises(BadInput, match="was not learned"):
        fitted(two_years).says("diwali")
    with pytest.raises(BadInput, match="ordered_at"):
        fitted(pd.DataFrame({"category": ["sweets"]}))


def test_the_forecast_of_the_next_eid_beats_the_plain_level() -> None:
    rows = lines("2023-12-01", "2025-05-31")
    found = evaluate_occasions(rows, occasions=SA, as_of="2025-06-01", only=ONLY)
    last = found.by_occasion[found.by_occasion["n_years"] == 1].set_index("model")
    assert last.loc["uplift", "mae"] < last.loc["same_weekday", "mae"]
    assert last.loc["uplift", "log_loss"] < last.loc["same_weekday", "log_loss"]
    assert "no eid_al_fitr lay in the sales" in found.notes[0]
    first = found.by_occasion[found.by_occasion["n_years"] == 0].set_index("model")
    assert first.loc["uplift", "mae"] == first.loc["same_weekday", "mae"]
    assert {"table", "by_occasion", "notes"} == set(json.loads(found.to_json()))
    assert "same_weekday" in str(found)


def test_an_evaluation_without_occasions_is_told() -> None:
    with pytest.raises(BadInput, match="No occasion between"):
        evaluate_occasions(lines("2025-05-01", "2025-05-20"), occasions=SA, only=ONLY)


def test_what_was_learned_comes_back_with_its_sentences(
    two_years: pd.DataFrame, tmp_path: Path
) -> None:
    model = fitted(two_years)
    folder = model.save(tmp_path / "uplift")
    again = OccasionUplift.load(folder)
    assert again.says("eid_al_fitr") == model.says("eid_al_fitr")
    assert (again.notes_, repr(again), again.only) == (model.notes_, repr(model), ONLY)
    np.testing.assert_array_equal(again.factors("eid_al_fitr"), model.factors("eid_al_fitr"))
    said = json.loads((folder / "manifest.json").read_text())
    assert (said["kind"], said["as_of"]) == ("xenorec OccasionUplift", "2025-11-01T00:00:00+00:00")
    assert said["settings"] == {"only": ONLY, "time_zone": "UTC"}
