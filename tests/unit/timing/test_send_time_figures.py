import pytest

from xenorec.errors import BadInput
from xenorec.timing import SendTime
from xenorec.timing.send_time.week_chart import draw_week

from .shops import weekly

pytest.importorskip("altair")


@pytest.fixture(scope="module")
def model():
    return SendTime().fit(weekly("ann", first="2017-01-06 10:05", zone="UTC", n=60))


def test_a_week_is_seven_rows_of_twenty_four(model):
    for week, value in (
        (model.shop_curve_, "p"),
        (model.curve(["ann"]), "p"),
        (model.audience(), "n_people"),
    ):
        drawn = draw_week(week).to_dict()
        (rows,) = drawn["datasets"].values()
        assert len(rows) == 168
        assert {row["day"] for row in rows} == {"Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"}
        best = max(rows, key=lambda row: row[value])
        assert (best["day"], best["hour"]) == ("Fri", 10)


def test_two_customers_at_once_are_refused(model):
    with pytest.raises(BadInput, match="one customer"):
        draw_week(model.curve(["ann", "bob"]))
