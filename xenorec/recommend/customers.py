"""Customers: every customer that is known, with the store they go to and their time zone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from xenorec.array_types import Bools, Ints, Texts
from xenorec.dataset.coded_table import CodedTable
from xenorec.dataset.data_frames import flags, positions, texts
from xenorec.recommend.grouped_arrays import names_at
from xenorec.recommend.purchase_matrix import PurchaseMatrix

MAY = ("home_store_id", "time_zone", "is_minor")


@dataclass(frozen=True)
class CustomerSelection:
    """Customers asked about: position in the purchases' customers and stores (-1 if not known).

    ``is_adult``: the shop knows them, and does not know them to be a minor.
    """

    ids: Texts
    customer: Ints
    store: Ints
    zone: Texts
    is_adult: Bools

    def __len__(self) -> int:
        return len(self.ids)

    def take(self, rows: Ints) -> CustomerSelection:
        """Return some of them."""
        return CustomerSelection(
            self.ids[rows],
            self.customer[rows],
            self.store[rows],
            self.zone[rows],
            self.is_adult[rows],
        )


@dataclass(frozen=True)
class Customers:
    """Every known customer by id: those who bought, and those only the customers table has."""

    known: CustomerSelection

    def ask(self, ids: Texts) -> CustomerSelection:
        """Return what is known of ``ids``; an unknown one has no customer, store or zone."""
        row = positions(ids, self.known.ids)
        return CustomerSelection(
            ids,
            np.append(self.known.customer, -1)[row],
            np.append(self.known.store, -1)[row],
            names_at(self.known.zone, row),
            np.append(self.known.is_adult, False)[row],
        )


def nobody_of(store: int) -> CustomerSelection:
    """Return a person of whom only the store is known."""
    return CustomerSelection(
        np.array([""], dtype=object),
        np.array([-1]),
        np.array([store]),
        np.array([None], dtype=object),
        np.zeros(1, dtype=bool),
    )


def know_people(purchases: PurchaseMatrix, customers: Any | None) -> Customers:
    """Return the people of the purchases and of a customers table.

    The home store is where most orders were (the latest on a tie, then the lower id); that of
    the table counts for somebody who has not bought.
    """
    if customers is None:
        customers = pa.table({"customer_id": pa.array([], pa.string())})
    listed = CodedTable.of(customers).require("customer_id", may=MAY)
    table_ids = texts(listed["customer_id"])
    ids = np.array(sorted({*purchases.customers, *table_ids} - {None}), dtype=object)
    row, code = positions(ids, table_ids), positions(ids, purchases.customers)
    named = positions(listed.texts_at("home_store_id", row), purchases.stores)
    usual = np.append(home_store(purchases), -1)[code]
    store = np.where(usual >= 0, usual, named)
    is_adult = ~np.append(_minors(listed), False)[row]
    return Customers(
        CustomerSelection(ids, code, store, listed.texts_at("time_zone", row), is_adult)
    )


def home_store(purchases: PurchaseMatrix) -> Ints:
    """Return the store of most orders of each customer, -1 without any."""
    orders, n_stores = purchases.orders, max(len(purchases.stores), 1)
    inside = orders.store >= 0
    key = orders.customer[inside] * n_stores + orders.store[inside]
    pairs, line, n = np.unique(key, return_inverse=True, return_counts=True)
    latest = np.zeros(len(pairs), dtype=np.int64)
    np.maximum.at(latest, line, orders.at[inside])
    customer, store = pairs // n_stores, pairs % n_stores
    home = np.full(len(purchases.customers), -1, dtype=np.int64)
    ranked = np.lexsort((-store, latest, n, customer))  # the best of a customer comes last
    home[customer[ranked]] = store[ranked]
    return home


def _minors(table: Any) -> Bools:
    if "is_minor" not in table.column_names:
        return np.zeros(table.num_rows, dtype=bool)
    return flags(table["is_minor"], "is_minor", missing=False)
