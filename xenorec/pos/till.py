"""The till: who is this, what to offer, what was sold. Standard library only, no network."""

from __future__ import annotations

import os
import warnings
from _thread import get_ident
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

from xenorec.errors import BadInput, UnknownName, XenorecError, XenorecWarning
from xenorec.pos import value_checks
from xenorec.pos.entry_checks import checked
from xenorec.pos.file_errors import readable
from xenorec.pos.identifier_hashes import keyed_hash, lookup_key, normalise, read_secret
from xenorec.pos.journal import Journal, JournalOwner
from xenorec.pos.revocations import Revocations
from xenorec.pos.serving_store import NAME, content_hash, open_serving

OWN = """
select product_id, title, shelf, reason, price, image from offers where ref = ? order by rank
"""
WITH_BASKET = """
select other_id, title, 'goes_with_basket', reason, price, null from pairs
where product_id = ? order by rank
"""
POPULAR = """
select product_id, title, 'popular_in_store', reason, price, image from popular order by rank
"""
COUPON = """
select c.offer_id from coupon_products as p join coupons as c on c.offer_id = p.offer_id
where p.product_id = ?1 and (c.valid_from is null or c.valid_from <= ?2)
  and (c.valid_to is null or c.valid_to > ?2)
order by c.valid_to is null, c.valid_to, c.offer_id limit 1
"""


class Customer(NamedTuple):
    """A reference to a known customer; what it stands for is not shown."""

    ref: str

    def __repr__(self) -> str:
        return "Customer(known)"


class Offer(NamedTuple):
    """One product to offer, and why; ``offer_id`` is a coupon that runs for it, to redeem."""

    product_id: str
    title: str
    reason: str
    price: str | None
    shelf: str
    rank: int
    image: str | None = None
    offer_id: str | None = None


class Till:
    """One till of one store, over the folder that was published for it.

    Reads ``serving.sqlite`` and writes ``journal.sqlite``, which says whose it is: ``till_id`` is
    drawn at the first opening. Prices and amounts are in the store's ``currency``. What is
    published, and who is erased, while it is open is seen at the next call; when what was published
    cannot be read, the till warns and goes on with what it has. One Till belongs to the thread that
    opened it; several may share the folder.
    """

    def __init__(
        self,
        folder: Path,
        store_id: str | None,
        *,
        clock: Callable[[], datetime] = value_checks.now_utc,
    ) -> None:
        self.folder = folder
        self._clock = clock
        self._thread = get_ident()
        self._seen = _mark(folder / NAME)
        self._serving, self._meta = open_serving(folder / NAME, store_id)
        self.store_id = self._meta["store_id"]
        self._lookup = _lookup(folder, self._meta)
        self._revoked = Revocations(folder)
        try:
            self._journal = Journal(folder, _owner(self._meta))
        except XenorecError:
            self._serving.close()
            raise
        self.till_id = self._journal.facts.till_id
        self.currency = self._meta["currency"]
        self._is_open = True

    @classmethod
    def open(
        cls,
        path: str | os.PathLike[str],
        store_id: str | None = None,
        *,
        clock: Callable[[], datetime] = value_checks.now_utc,
    ) -> Till:
        """Open the till's folder; ``clock`` gives the aware time of what happens at the till.

        Raises MissingFile when nothing was published there, BadInput when it was published for
        another store or by another version, when its journal is another shop's or store's, or when
        a file cannot be read.
        """
        return cls(Path(path), store_id, clock=clock)

    def identify(
        self, *, phone: str | None = None, email: str | None = None, card: str | None = None
    ) -> Customer | None:
        """Return a reference to the customer with this phone, e-mail or card, or None.

        A phone without country code is read as dialled in the store's country. Raises BadInput
        for a value that cannot be one.
        """
        given = {"phone": phone, "email": email, "card": card}
        asked = {kind: value for kind, value in given.items() if value is not None}
        if len(asked) != 1:
            raise BadInput("identify() takes exactly one of phone=, email= and card=.")
        self._refresh()
        ((kind, value),) = asked.items()
        spelled = normalise(kind, value, self._meta.get("country") or None)
        if self._lookup is None:
            return None
        wanted = keyed_hash(kind, spelled, self._lookup)
        rows = self._rows("select ref from keys where hash = ?", wanted)
        return Customer(rows[0][0]) if rows and not self._revoked.holds(rows[0][0]) else None

    def offers(
        self, who: Customer | None = None, *, basket: Iterable[str] = (), limit: int = 3
    ) -> list[Offer]:
        """Return up to ``limit`` products to offer, the best first.

        A known customer's own come first, then what goes with the basket, then what is popular in
        this store. Nothing that is in the basket, and no product twice.
        """
        self._refresh()
        ref, most = _ref(who), value_checks.count(limit, "limit")
        taken = value_checks.identifiers(basket, "basket")
        now = value_checks.instant(self._clock(), "clock")
        found: dict[str, Offer] = {}
        for rows in self._sources(ref, taken):
            for row in rows:
                if len(found) >= most:
                    return list(found.values())
                if row[0] not in found and row[0] not in taken:
                    found[row[0]] = self._offer(row, len(found) + 1, now)
        return list(found.values())

    def record_order(
        self,
        order_id: str,
        *,
        customer: Customer | None = None,
        lines: Sequence[tuple[str, Any, Any]],
        ordered_at: datetime | None = None,
    ) -> bool:
        """Keep a sale: lines are (product_id, quantity, what was paid for the line).

        Amounts are text or Decimal in the store's currency, never float; a return has negative
        ones. Returns False when this very order was recorded before; the same id with other
        content raises BadInput and the first one stays.
        """
        body = {
            "order_id": value_checks.identifier(order_id, "order_id"),
            "ref": _ref(customer),
            "currency": self.currency,
            "lines": lines,
        }
        if ordered_at is not None:
            body["ordered_at"] = value_checks.instant(ordered_at, "ordered_at")
        return self._add("order", f"order/{order_id}", body)

    def redeem(self, offer_id: str, *, order_id: str, customer: Customer | None = None) -> bool:
        """Keep that an offer was redeemed in an order; False when it was kept before.

        Raises UnknownName for an offer that was not published and BadInput for one not valid now.
        """
        given = {"offer_id": offer_id, "order_id": order_id, "ref": _ref(customer)}
        body = checked("redemption", given)
        self._refresh()
        offer = str(offer_id).replace("%", "%25").replace("/", "%2F")
        key = f"redemption/{offer}/{order_id}"
        if not self._journal.has(key):
            self._check_offer(str(offer_id))
        return self._add("redemption", key, body)

    def record_consent(
        self, customer: Customer, *, channel: str, status: str, key: str, purpose: str = "marketing"
    ) -> bool:
        """Keep that a customer granted or withdrew consent; ``key`` names the statement once."""
        if customer is None:
            raise BadInput("record_consent() needs a customer from identify().")
        words = {"channel": channel, "purpose": purpose, "status": status}
        body = {"ref": _ref(customer), **words}
        return self._add("consent", f"consent/{value_checks.identifier(key, 'key')}", body)

    def add_points(
        self,
        account_id: str,
        points: Any,
        *,
        key: str,
        kind: str = "earn",
        order_id: str | None = None,
    ) -> bool:
        """Keep a movement of points; ``key`` names it once, whoever sends it again.

        Points are positive when they are earned and negative when they are redeemed, so that a
        balance is the sum.
        """
        given = {"account_id": account_id, "points": points, "kind": kind}
        body = {**given, "order_id": order_id}
        return self._add("points", f"points/{value_checks.identifier(key, 'key')}", body)

    def check(self) -> None:
        """Read all that was published and compare it with its hash; takes seconds when large.

        Raises BadInput when the file is not as it was published.
        """
        self._refresh()
        with readable(self.folder / NAME):
            found = content_hash(self._serving)
        if found != self._meta.get("content_hash"):
            raise BadInput(f"{self.folder / NAME} is not as it was published. Publish it again.")

    def close(self) -> None:
        """Close both files."""
        if self._is_open:
            self._check_use()
            self._is_open = False
            for part in (self._serving, self._journal, self._revoked):
                part.close()

    def __enter__(self) -> Till:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"Till(store {self.store_id}, published {self._meta.get('published_at')})"

    def _add(self, kind: str, key: str, body: dict[str, Any]) -> bool:
        self._check_use()
        kept = checked(kind, body)
        at = value_checks.instant(self._clock(), "clock")
        return self._journal.add(kind, key, kept, at=at, store_id=self.store_id)

    def _sources(self, ref: str | None, basket: Sequence[str]) -> Iterable[list[Any]]:
        if ref is not None and not self._revoked.holds(ref):
            yield self._rows(OWN, ref)
        for product_id in basket:
            yield self._rows(WITH_BASKET, product_id)
        yield self._rows(POPULAR)

    def _offer(self, row: tuple[Any, ...], rank: int, now: str) -> Offer:
        product_id, title, shelf, reason, price, image = row
        coupons = self._rows(COUPON, product_id, now)
        offer_id = coupons[0][0] if coupons else None
        return Offer(product_id, title, reason, price, shelf, rank, image, offer_id)

    def _check_offer(self, offer_id: str) -> None:
        rows = self._rows("select valid_from, valid_to from coupons where offer_id = ?", offer_id)
        if not rows:
            raise UnknownName(
                f"The offer {offer_id!r} was not published for this till. If it is new, publish "
                "the till again."
            )
        start, end = rows[0]
        now = value_checks.instant(self._clock(), "clock")
        if (start and now < start) or (end and now >= end):
            raise BadInput(f"The offer {offer_id!r} is valid from {start} until {end}; not now.")

    def _rows(self, sql: str, *given: str) -> list[Any]:
        with readable(self.folder / NAME):
            return self._serving.execute(sql, given).fetchall()

    def _check_use(self) -> None:
        if not self._is_open:
            raise BadInput("This till was closed. Open it again: Till.open(path).")
        if get_ident() != self._thread:
            raise BadInput("A till was used from two threads. Open one Till for each thread.")

    def _refresh(self) -> None:
        """Open the serving file anew when another was put in its place."""
        self._check_use()
        path = self.folder / NAME
        now = _mark(path)
        if now is None or now == self._seen:
            return
        self._seen = now
        try:
            serving, meta = open_serving(path, self.store_id)
            self._journal.accept(_owner(meta))
        except XenorecError as error:
            text = f"till-keeps-old: {error} Until then the till goes on with what it read before."
            warnings.warn(text, XenorecWarning, stacklevel=3)
            return
        self._serving.close()
        self._serving, self._meta = serving, meta
        self.currency = meta["currency"]
        self._lookup = _lookup(self.folder, meta)


def _mark(path: Path) -> tuple[int, int] | None:
    try:
        stat = path.stat()
    except OSError:
        return None
    return stat.st_ino, stat.st_mtime_ns


def _ref(customer: Customer | None) -> str | None:
    if customer is not None and not isinstance(customer, Customer):
        raise BadInput(
            "A customer came that is not from identify(); pass what identify() returned."
        )
    return None if customer is None else value_checks.reference(customer.ref)


def _owner(meta: dict[str, str]) -> JournalOwner:
    former = tuple(meta.get("former_shops", "").split())
    return JournalOwner(meta.get("shop_id", ""), meta["store_id"], meta["currency"], former)


def _lookup(folder: Path, meta: dict[str, str]) -> str | bytes | None:
    """Return what hashes the keys of a serving file; None, with a warning, when it is not there."""
    if not meta.get("key_id"):
        return meta["salt"]
    try:
        return lookup_key(read_secret(folder, meta["key_id"]), meta["salt"])
    except BadInput as error:
        text = f"till-key-missing: {error} Until then the till knows nobody."
        warnings.warn(text, XenorecWarning, stacklevel=4)
        return None
