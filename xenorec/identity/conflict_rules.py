"""Whether two accounts that share a key can be one person: their names and cards must not disagree.

Names disagree when both accounts have one and neither first name begins the other ("Jo", "Jon"),
or the family names differ; capitals, accents and punctuation do not count. Cards disagree when
both accounts have some and none in common, unless both have a name and the names agree: a person
may get a new card. Of an account that its source
merged into another one, name and cards are not asked.
"""

from __future__ import annotations

from dataclasses import dataclass

from xenorec.engine import Session

MOST_PAIRED = 50
"""A chain of more accounts than this is put together for none of them."""

FACTS = """
create or replace temp table account_facts as
with names as (
  select customer_id,
    max(regexp_replace(lower(strip_accents(first_name)), '[^\\p{L}]', '', 'g')) as first_name,
    max(regexp_replace(lower(strip_accents(last_name)), '[^\\p{L}]', '', 'g')) as last_name
  from warehouse.customers group by customer_id having max(merged_into) is null
),
cards as (
  select customer_id, list(key order by key) as cards from keys where kind = 'card'
    and customer_id not in (
      select customer_id from warehouse.customers where merged_into is not null)
  group by customer_id
)
select a.customer_id, nullif(n.first_name, '') as first_name, nullif(n.last_name, '') as last_name,
  coalesce(c.cards, []) as cards
from (select distinct customer_id from keys) as a
left join names as n on n.customer_id = a.customer_id
left join cards as c on c.customer_id = a.customer_id
"""

REFUSED = "create or replace temp table refused_keys (kind VARCHAR, key VARCHAR)"

SHARED = """
select a.customer_id, b.customer_id as other_id, a.kind, a.key
from keys as a join keys as b on b.kind = a.kind and b.key = a.key
  and a.customer_id < b.customer_id
join (
  select kind, key from keys group by kind, key having count(*) between 2 and {most}
) as s on s.kind = a.kind and s.key = a.key
"""

CHAINED = f"""
select a.customer_id, b.customer_id as other_id, 'chain' as kind, a.person as key
from groups as a join groups as b on b.person = a.person and a.customer_id < b.customer_id
where a.person in (select person from groups group by person having count(*) <= {MOST_PAIRED})
"""

TOO_LONG = f"""
select min(customer_id), max(customer_id), 'chain', 'more than {MOST_PAIRED} accounts'
from groups group by person having count(*) > {MOST_PAIRED}
"""

COMPARED = """
create or replace temp table compared as
select p.*,
  coalesce(a.last_name <> b.last_name, false) or coalesce(
    not starts_with(a.first_name, b.first_name) and not starts_with(b.first_name, a.first_name),
    false) as names_differ,
  coalesce(a.last_name = b.last_name, a.first_name = b.first_name, false) as names_agree,
  len(a.cards) > 0 and len(b.cards) > 0 and not list_has_any(a.cards, b.cards) as cards_differ
from ({pairs}) as p
join account_facts as a on a.customer_id = p.customer_id
join account_facts as b on b.customer_id = p.other_id
"""

APART = """
select customer_id, other_id, kind, key, case when names_differ then 'names' else 'cards' end
from compared where names_differ or (cards_differ and not names_agree)
order by 1, 2, 3
"""


@dataclass(frozen=True)
class Disagreement:
    """Two accounts that share a key, or are joined by a chain of them, and are not one person."""

    customer_id: str
    other_id: str
    shared: str
    reason: str

    def __str__(self) -> str:
        by = "a chain of accounts joins" if self.shared == "chain" else f"one {self.shared} is on"
        return f"{by} {self.customer_id} and {self.other_id}: {self.reason}."


def register_facts(session: Session) -> None:
    """Make names and cards of the accounts that have a key comparable; refuse no key yet."""
    session.run(FACTS)
    session.run(REFUSED)


def disagreements(session: Session, most: int | None) -> tuple[Disagreement, ...]:
    """Return pairs of accounts that are not one person, by shared keys or, without, by chains.

    Keys that such a pair shares are put into ``refused_keys`` and link nobody.
    """
    pairs = CHAINED if most is None else SHARED.format(most=most)
    session.run(COMPARED.format(pairs=pairs))
    rows = session.rows(APART)
    found = [_disagreement(*row) for row in rows]
    if most is None:
        return (*found, *(Disagreement(a, b, kind, why) for a, b, kind, why in _long(session)))
    session.run(
        "insert into refused_keys select distinct kind, key from compared "
        "where names_differ or (cards_differ and not names_agree)"
    )
    return tuple(found)


def _long(session: Session) -> list[tuple[str, str, str, str]]:
    return [(a, b, kind, why) for a, b, kind, why in session.rows(TOO_LONG)]


def _disagreement(customer_id: str, other_id: str, kind: str, key: str, what: str) -> Disagreement:
    reason = {
        "names": "their names differ",
        "cards": "their cards differ and no name says that they are one person",
    }[what]
    return Disagreement(customer_id, other_id, kind, reason)
