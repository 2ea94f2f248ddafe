"""A model of times that can be read in a minute: how often somebody came."""

from __future__ import annotations

from typing import ClassVar

import numpy as np
import pandas as pd

from xenorec.dataset.data_frames import positions
from xenorec.errors import BadInput, NotFitted
from xenorec.modeling.persistence import SavableModel
from xenorec.timing.event_log import EventLog, read_orders, requested_customers


class Toy(SavableModel):
    """Says n / (n + 1) of who came at n instants, and the mean of the shop of strangers."""

    parts: ClassVar[tuple[type, ...]] = (EventLog,)

    def __init__(self, *, pull: float = 1.0) -> None:
        self.pull = pull

    def fit(self, orders, as_of=None):
        stamps = read_orders(orders, as_of=as_of)
        visits = np.unique(np.stack([stamps.code, stamps.at]), axis=1)
        self._learn(stamps, np.bincount(visits[0], minlength=len(stamps.ids)))
        return self

    def predict(self, customer_ids=None):
        self._fitted()
        asked = requested_customers(customer_ids, self.customer_ids_)
        rows = positions(asked, self.customer_ids_)
        mean = float(self.n_.mean()) if len(self.n_) else 0.0
        n = np.append(self.n_, mean)[rows]
        stranger = "shop" if len(self.n_) else "default"
        day = pd.Series(pd.Timestamp(self.as_of_.date()), index=range(len(rows)))
        late = pd.Series(pd.to_timedelta(np.where(n > 1, 7, 0), unit="D"), index=range(len(rows)))
        return pd.DataFrame(
            {
                "customer_id": pd.array(asked, dtype="str"),
                "p": n / (n + self.pull),
                "next_on": day + late,
                "next_from": day,
                "next_to": (day + 2 * late).where(n > 1),
                "level": pd.array(np.where(rows >= 0, self.level_, stranger), dtype="str"),
            }
        )

    def _learn(self, stamps, n):
        self.as_of_, self.customer_ids_, self.n_ = stamps.as_of, stamps.ids, n
        self.level_ = "personal" if (n > 1).any() else "shop"
        self.notes_ = () if self.level_ == "personal" else ("Nobody has come twice.",)

    def _fitted(self):
        if not hasattr(self, "n_"):
            raise NotFitted("Toy has learned nothing yet; call fit(orders, as_of) first.")

    def __str__(self) -> str:
        return f"Toy of {len(self.n_)}"


class Leaks(Toy):
    def fit(self, orders, as_of=None):
        if len(orders):
            super().fit(orders, as_of=orders["ordered_at"].max())
        else:
            super().fit(orders, as_of=as_of)
        return self


class Remembers(Toy):
    def fit(self, orders, as_of=None):
        before = getattr(self, "n_", None)
        super().fit(orders, as_of)
        if before is not None:
            self.n_ = self.n_ + 1
        return self


class ReadsInOrder(Toy):
    def fit(self, orders, as_of=None):
        super().fit(orders, as_of)
        if len(orders):
            self.n_ = self.n_ + int(orders["customer_id"].iloc[0] == "weekly-00")
        return self


class CountsTwice(Toy):
    def fit(self, orders, as_of=None):
        stamps = read_orders(orders, as_of=as_of)
        self._learn(stamps, np.bincount(stamps.code, minlength=len(stamps.ids)))
        return self


class Changes(Toy):
    def fit(self, orders, as_of=None):
        super().fit(orders, as_of)
        orders["seen"] = True
        return self


class Chances(Toy):
    made: ClassVar[list[int]] = []

    def fit(self, orders, as_of=None):
        super().fit(orders, as_of)
        self.made.append(1)
        self.n_ = self.n_ + len(self.made)
        return self


class Sorts(Toy):
    def predict(self, customer_ids=None):
        told = super().predict(customer_ids)
        return told.sort_values("customer_id").reset_index(drop=True)


class LooksAround(Toy):
    def predict(self, customer_ids=None):
        told = super().predict(customer_ids)
        told["p"] = told["p"] / max(len(told), 1)
        return told


class Blocks(Toy):
    def predict(self, customer_ids=None):
        told = super().predict(customer_ids)
        told.loc[20_000:, "p"] = 0.0
        return told


class KnowsStrangers(Toy):
    def predict(self, customer_ids=None):
        return super().predict(customer_ids).assign(level="personal")


class SaysNothing(Toy):
    def fit(self, orders, as_of=None):
        super().fit(orders, as_of)
        self.notes_ = ()
        return self


class Divides(Toy):
    def predict(self, customer_ids=None):
        told = super().predict(customer_ids)
        told["p"] = told["p"].where(told["p"] > 0.5)
        return told


class Overshoots(Toy):
    def predict(self, customer_ids=None):
        told = super().predict(customer_ids)
        return told.assign(p=told["p"] * 1.5)


class Turns(Toy):
    def predict(self, customer_ids=None):
        names = {"next_from": "next_to", "next_to": "next_from"}
        return super().predict(customer_ids).rename(columns=names)


class ReadsNumbers(Toy):
    def fit(self, orders, as_of=None):
        ids = orders["customer_id"].str.replace(r"^0+", "", regex=True)
        return super().fit(orders.assign(customer_id=ids), as_of)


class Forgets(Toy):
    def save(self, folder):
        kept, self.n_ = self.n_, self.n_ * 0
        try:
            return super().save(folder)
        finally:
            self.n_ = kept


class Trusts(Toy):
    @classmethod
    def load(cls, folder):
        try:
            return super().load(folder)
        except BadInput:
            raise
        except Exception:
            model = cls()
            model.n_, model.customer_ids_ = np.zeros(0), np.empty(0, dtype=object)
            return model
