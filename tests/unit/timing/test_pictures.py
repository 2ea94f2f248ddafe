"""Every back-test of times has a picture."""

from __future__ import annotations

import pandas as pd
import pytest

from xenorec.timing import Occasions, evaluate_occasions, evaluate_send_time, evaluate_value
from xenorec.timing.evaluation.evaluate_replenishment import evaluate_replenishment

from .shops import START, bgnbd_shop

pytest.importorskip("vl_convert", reason="the extra notebooks is not installed")
AS_OF = START + pd.Timedelta(days=150)


@pytest.fixture(scope="module")
def orders() -> pd.DataFrame:
    frame = bgnbd_shop(300, 300)
    ids = [f"o{at}" for at in range(len(frame))]
    items = [f"p{at % 3}" for at in range(len(frame))]
    return frame.assign(net_amount=10.0, order_id=ids, product_id=items, category="milk")


def test_each_is_drawn_with_every_answer_in_it(orders: pd.DataFrame) -> None:
    events = orders.rename(columns={"ordered_at": "at"}).assign(time_zone="Asia/Riyadh")
    paydays = Occasions("SA")
    found = {
        "value": evaluate_value(orders, as_of=AS_OF, within="60d"),
        "replenish": evaluate_replenishment(orders, as_of=AS_OF),
        "send_time": evaluate_send_time(events, as_of=AS_OF),
        "occasions": evaluate_occasions(orders, occasions=paydays, only=["payday"]),
    }
    charts = {name: told.figures() for name, told in found.items()}
    assert {name: list(drawn) for name, drawn in charts.items()} == {
        "value": ["orders", "spend"],
        "replenish": ["calibration"],
        "send_time": ["best_hours"],
        "occasions": ["error"],
    }
    for drawn in charts.values():
        for chart in drawn.values():
            assert len(chart.to_dict()["datasets"]) >= 1
    shown = str(charts["send_time"]["best_hours"].to_dict()["datasets"])
    assert all(model in shown for model in ("send_time", "counts", "shop", "uniform"))
