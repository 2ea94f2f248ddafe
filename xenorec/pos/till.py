"""The till: who is this, what to offer, what was sold. Standard library only, no network."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any, NamedTuple

from xenorec.errors import BadInput, UnknownName
from xenorec.pos.journal import Journal
from xenorec.pos.keys import keyed_hash, normalise
from xenorec.pos.serving import NAME, open_serving


class Customer(NamedTuple):
    """A reference to a known customer; what it stands for is not shown."""

    ref: str

    def __repr__(self) -> str:
        return "Customer(known)"


class Offer(NamedTuple):
    """One product to offer, and why."""

    product_id: str
    title: str
    reason: str
    price: str | None
    shelf: str
    rank: int
    image: str | None = None


class Till:
    """One till of one store, over the folder that was published for it.

    Reads ``serving.sqlite`` and writes ``journal.sqlite``. One Till belongs to one thread.
    """

    def __init__(self, folder: Path, store_id: str | None) -> None:
        self.folder = folder
        self._serving, self._meta = open_serving(folder / NAME)
        self._seen = _mark(folder / NAME)
        self.store_id = store_id or self._meta["store_id"]
        if self.store_id != self._meta["store_id"]:
            published = self._meta["store_id"]
            self._serving.close()
            raise BadInput(
                f"{folder} was published for store {published!r}, not {store_id!r}. Publish one "
                "folder for each store."
            )
        self._journal = Journal(folder)

    @classmethod
    def open(cls, path: str | os.PathLike[str], store_id: str | None = None) -> Till:
        """Open the till's folder.

        Raises MissingFile when nothing was published there, BadInput when it was published for
        another store or by a newer version.
        """
        return cls(Path(path), store_id)

    def identify(
        self, *, phone: str | None = None, email: str | None = None, card: str | None = None
    ) -> Customer | None:
        """Return a reference to the customer with this phone, e-mail or card, or None."""
        given = {"phone": phone, "email": email, "card": card}
        asked = {kind: value for kind, value in given.items() if value is not None}
        if len(asked) != 1:
            raise BadInput("identify() takes exactly one of phone=, email= and card=.")
        ((kind, value),) = asked.items()
        wanted = keyed_hash(kind, normalise(kind, value), self._meta_now()["salt"])
        row = self._serving.execute("select ref from keys where hash = ?", (wanted,)).fetchone()
        return Customer(row[0]) if row else None

    def offers(
        self, who: Customer | None = None, *, basket: Iterable[str] = (), limit: int = 3
    ) -> list[Offer]:
        """Return up to ``limit`` products to offer, the best first.

        A known customer's own come first, then what goes with the basket, then what is popular in
        this store. Nothing that is in the basket, and no product twice.
        """
        self._refresh()
        taken = list(dict.fromkeys(str(product_id) for product_id in basket))
        seen, found = set(taken), list[Offer]()
        for source in (self._own(who), self._with(taken), self._popular()):
            for product_id, title, shelf, reason, price, image in source:
                if len(found) >= limit:
                    return found
                if product_id not in seen:
                    seen.add(product_id)
                    rank = len(found) + 1
                    found.append(Offer(product_id, title, reason, price, shelf, rank, image))
        return found

    def record_order(
        self,
        order_id: str,
        *,
        customer: Customer | None = None,
        lines: Sequence[tuple[str, Any, Any]],
        ordered_at: datetime | None = None,
    ) -> bool:
        """Keep a sale: lines are (product_id, quantity, what was paid for the line).

        Amounts are text or Decimal in the store's currency, never float. Returns False when this
        very order was recorded before; the same id with other content raises BadInput.
        """
        if not order_id or not lines:
            raise BadInput("record_order() needs an order id and at least one line.")
        rows = [
            [str(product_id), _number(quantity, "quantity"), _number(amount, "amount")]
            for product_id, quantity, amount in lines
        ]
        at = _instant(ordered_at)
        body = {
            "order_id": order_id,
            "ref": customer.ref if customer else None,
            "currency": self._meta["currency"],
            "lines": rows,
        }
        if ordered_at is not None:
            body["ordered_at"] = at
        return self._add("order", f"order/{order_id}", body, at)

    def redeem(self, offer_id: str, *, order_id: str, customer: Customer | None = None) -> bool:
        """Keep that an offer was redeemed in an order; False when it was kept before.

        Raises UnknownName for an offer that was not published and BadInput for one not valid now.
        """
        at = _instant(None)
        row = self._serving.execute(
            "select valid_from, valid_to from coupons where offer_id = ?", (offer_id,)
        ).fetchone()
        if row is None:
            raise UnknownName(f"The offer {offer_id!r} was not published for this till.")
        if (row[0] and at < row[0]) or (row[1] and at >= row[1]):
            raise BadInput(f"The offer {offer_id!r} is valid from {row[0]} until {row[1]}.")
        body = {
            "offer_id": offer_id,
            "order_id": order_id,
            "ref": customer.ref if customer else None,
        }
        return self._add("redemption", f"redemption/{offer_id}/{order_id}", body, at)

    def record_consent(
        self, customer: Customer, *, channel: str, status: str, key: str, purpose: str = "marketing"
    ) -> bool:
        """Keep that a customer granted or withdrew consent; ``key`` names the statement once."""
        if status not in ("granted", "withdrawn"):
            raise BadInput(f"status came as {status!r}; expected granted or withdrawn.")
        body = {"ref": customer.ref, "channel": channel, "purpose": purpose, "status": status}
        return self._add("consent", f"consent/{key}", body, _instant(None))

    def add_points(
        self,
        account_id: str,
        points: Any,
        *,
        key: str,
        kind: str = "earn",
        order_id: str | None = None,
    ) -> bool:
        """Keep a movement of points; ``key`` names it once, whoever sends it again."""
        if kind not in ("earn", "redeem", "adjust", "reverse"):
            raise BadInput(f"kind came as {kind!r}; expected earn, redeem, adjust or reverse.")
        body = {
            "account_id": account_id,
            "points": _number(points, "points"),
            "kind": kind,
            "order_id": order_id,
        }
        return self._add("points", f"points/{key}", body, _instant(None))

    def close(self) -> None:
        """Close both files."""
        self._serving.close()
        self._journal.close()

    def __enter__(self) -> Till:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"Till(store {self.store_id}, published {self._meta.get('published_at')})"

    def _add(self, kind: str, key: str, body: dict[str, Any], at: str) -> bool:
        return self._journal.add(kind, key, body, at=at, store_id=self.store_id)

    def _own(self, who: Customer | None) -> Iterable[Any]:
        if who is None:
            return ()
        return self._rows(
            "select product_id, title, shelf, reason, price, image from offers where ref = ? "
            "order by rank",
            (who.ref,),
        )

    def _with(self, basket: Sequence[str]) -> Iterable[Any]:
        for product_id in basket:
            yield from self._rows(
                "select other_id, title, 'goes_with_basket', reason, price, null from pairs "
                "where product_id = ? order by rank",
                (product_id,),
            )

    def _popular(self) -> Iterable[Any]:
        return self._rows(
            "select product_id, title, 'popular_in_store', reason, price, image from popular "
            "order by rank",
            (),
        )

    def _rows(self, sql: str, values: tuple[str, ...]) -> list[Any]:
        try:
            return self._serving.execute(sql, values).fetchall()
        except sqlite3.ProgrammingError as error:
            raise BadInput(
                f"A till was used from two threads ({error}). Open one Till for each thread."
            ) from error

    def _meta_now(self) -> dict[str, str]:
        self._refresh()
        return self._meta

    def _refresh(self) -> None:
        """Open the serving file anew when another was put in its place."""
        now = _mark(self.folder / NAME)
        if now is None or now == self._seen:
            return
        serving, meta = open_serving(self.folder / NAME)
        self._serving.close()
        self._serving, self._meta, self._seen = serving, meta, now


def _mark(path: Path) -> tuple[int, int] | None:
    try:
        stat = path.stat()
    except FileNotFoundError:
        return None
    return stat.st_ino, stat.st_mtime_ns


def _instant(value: datetime | None) -> str:
    if value is None:
        value = datetime.now(UTC)
    if value.tzinfo is None:
        raise BadInput(
            "ordered_at came without a zone; give an aware time such as datetime.now(timezone.utc)."
        )
    return value.astimezone(UTC).isoformat(timespec="microseconds")


def _number(value: Any, name: str) -> str:
    if isinstance(value, float | bool):
        raise BadInput(f"{name} came as {value!r}; expected text or Decimal, such as '58.00'.")
    try:
        number = Decimal(value)
    except (InvalidOperation, TypeError, ValueError) as error:
        raise BadInput(f"{name} came as {value!r}; expected a number such as '58.00'.") from error
    if not number.is_finite():
        raise BadInput(f"{name} came as {value!r}; expected a finite number.")
    return format(number, "f")
