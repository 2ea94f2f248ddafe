"""Erase a customer from the warehouse."""

from __future__ import annotations

from xenorec.addresses import address_hash
from xenorec.engine import Session
from xenorec.errors import UnknownName

OWN = "select $id as customer_id union select customer_id from warehouse.links where into_id = $id"


def erase(session: Session, customer_id: str) -> list[tuple[str, str]]:
    """Blank what is personal and return (channel, hash) of the addresses to suppress.

    Orders stay as sales without a name on them: the account's row is kept as a tombstone so
    that a later load of the same source does not bring the person back by a newer version.
    Raises UnknownName when nobody has this id.
    """
    params = {"id": customer_id}
    known = session.value(
        f"select count(*) from warehouse.customers where customer_id in ({OWN})", params
    )
    if not known:
        raise UnknownName(f"There is no customer {customer_id!r} to erase.")
    addresses = session.rows(
        f"select kind, value from warehouse.identifiers where customer_id in ({OWN}) "
        "and kind in ('email', 'phone') order by 1, 2",
        params,
    )
    session.run(f"delete from warehouse.identifiers where customer_id in ({OWN})", params)
    session.run(
        "update warehouse.customers set first_name = null, last_name = null, birth_month = null, "
        "birth_day = null, gender = null, status = 'erased', version = 9223372036854775807 "
        f"where customer_id in ({OWN})",
        params,
    )
    return [
        ("email" if kind == "email" else "sms", address_hash(kind, value))
        for kind, value in addresses
    ]
