"""States of customers: lost is who is silent for long, not who is new."""

import numpy as np
import pandas as pd

from xenorec.timing import Lapse

START = pd.Timestamp("2017-01-01")


def shop_of_passers_by() -> pd.DataFrame:
    """Nine in ten come once, the others every ten days; one came yesterday for the first time."""
    rng = np.random.default_rng(4)
    once = [
        (f"once{i:03}", START + pd.Timedelta(days=float(rng.uniform(0, 380)))) for i in range(450)
    ]
    often = [
        (f"often{i:02}", START + pd.Timedelta(days=float(day)))
        for i in range(50)
        for day in np.arange(rng.uniform(0, 60), 400, 10)
    ]
    new = [("new", START + pd.Timedelta(days=399))]
    gone = [("gone", START + pd.Timedelta(days=float(day))) for day in range(0, 120, 4)]
    return pd.DataFrame([*once, *often, *new, *gone], columns=["customer_id", "ordered_at"])


def test_a_new_customer_who_will_hardly_return_is_at_risk_and_not_lost():
    told = Lapse().fit(shop_of_passers_by(), as_of=START + pd.Timedelta(days=400)).predict()
    told = told.set_index("customer_id")
    assert told.loc["new", "p_lapsed"] > 0.5
    assert told.loc["new", "state"] == "at_risk"
    assert told.loc["gone", "state"] == "lapsed"
    assert told.loc["often00", "state"] == "active"
    over = told[told["state"] == "lapsed"]
    assert (over["silent_days"] > over["usual_gap_days"]).all()
