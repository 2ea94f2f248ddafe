"""Message context: what a message of one customer is made of, as plain values that can be kept."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import pyarrow as pa
import pyarrow.compute as pc

from xenorec.campaigns.campaign_context import CampaignContext
from xenorec.campaigns.exclusion_rules import rules_of, shown_until
from xenorec.campaigns.rule_removals import RuleRemovals
from xenorec.campaigns.shelf_declarations import with_shelves
from xenorec.campaigns.shelf_exploration import drawn, explore_of
from xenorec.campaigns.shelf_localization import shelves_in, written_in
from xenorec.campaigns.unusable_values import unusable
from xenorec.config.brand import Brand
from xenorec.config.campaign_record import CampaignRecord
from xenorec.creative import Arm, ArmChooser, pictures
from xenorec.errors import BadInput
from xenorec.link_tokens import LinkToken, absolute, joined, sign
from xenorec.messages import (
    MessageTemplate,
    check_context,
    format_money,
    person_name,
    with_plain_names,
)
from xenorec.recommend import ShelfRecommender
from xenorec.recommend.page_request import PageRequest

if TYPE_CHECKING:
    import pandas as pd

LOCALE = "en-US"
PATHS = {"click": "m", "unsubscribe": "unsubscribe"}
"""Where below the shop's address a link leads, by what it is for; the token stands behind."""


@dataclass(frozen=True)
class ComposedMessage:
    """The message's context, the rows in it, and the picture with its propensity."""

    context: dict[str, Any]
    shelves: list[dict[str, Any]]
    creative_id: str | None
    propensity: float | None


@dataclass(frozen=True)
class MessageComposer:
    """Composes the messages of one campaign."""

    record: CampaignRecord
    template: MessageTemplate
    brand: Brand
    chooser: ArmChooser | None
    arms: Mapping[str, Arm]
    rows: Mapping[str, list[dict[str, Any]]]
    removed: RuleRemovals
    key: bytes
    notes: tuple[str, ...] = ()
    """What of the shop's data could not be used, in words."""

    @classmethod
    def fitted(
        cls,
        record: CampaignRecord,
        room: CampaignContext,
        template: MessageTemplate,
        people: Sequence[Mapping[str, Any]],
    ) -> MessageComposer:
        """Return a composer that knows the rows of these customers."""
        model = fitted_recommender(room)
        asked = page_request(model, record, room)
        pages = model.pages(replace(asked, exploration=None))  # ``drawn`` moves the shelves
        locales = {row["customer_id"]: _locale(record, row) for row in people}
        frame = shelves_in(pages, locales, template.languages, tally := pages.tally())
        products = _products(room.snapshot.history.products(), frame, room)
        arms = chosen_arms(record, template)
        return cls(
            record,
            template,
            room.brand,
            ArmChooser(list(arms.values()), exploration=record.creative.exploration)
            if arms
            else None,
            arms,
            drawn(_rows(frame, products), explore_of(record, asked.exploration), record.campaign),
            RuleRemovals(pages, tally),
            room.resources.project.key(),
            unusable(products.values(), people),
        )

    def compose(self, person: Mapping[str, Any], channel: str, step: str) -> ComposedMessage | None:
        """Return one customer's message, or None when there is nothing to recommend.

        Raises BadInput when what is known of this customer makes no message.
        """
        shelves = self.rows.get(person["customer_id"])
        if not shelves:
            return None
        hero, creative_id, propensity = self._hero(person)
        locale = _locale(self.record, person)
        links = self._links(person["customer_id"], channel, step)
        context = {
            "customer": {"first_name": person_name(person.get("first_name"))},
            "brand": {
                "name": self.brand.name,
                "url": self.brand.url,
                "address": self.brand.address,
                "color": self.brand.color,
            },
            "locale": written_in(locale, self.template.languages),
            "campaign_id": self.record.campaign,
            "shelves": [_localised(shelf, locale, links["click"]) for shelf in shelves],
            "hero": hero,
            "button_url": links["click"],
            "unsubscribe_url": links["unsubscribe"],
        }
        context = with_plain_names(context)
        check_context(context)
        return ComposedMessage(
            context, [_shelf_facts(shelf) for shelf in shelves], creative_id, propensity
        )

    def _links(self, customer_id: str, channel: str, step: str) -> dict[str, str]:
        """Return the links of one message by what they are for, each with its own token."""
        purpose = self.record.audience.purpose
        facts = (self.record.campaign, step, customer_id, channel, purpose)
        return {
            action: joined(self.brand.url, path, sign(LinkToken(*facts, action), self.key))
            for action, path in PATHS.items()
        }

    def _hero(
        self, person: Mapping[str, Any]
    ) -> tuple[dict[str, Any] | None, str | None, float | None]:
        if self.chooser is None:
            return None, None, None
        shares = dict(
            zip(
                person.get("top_categories") or (),
                person.get("top_category_shares") or (),
                strict=True,
            )
        )
        choice = self.chooser.choose(
            person["customer_id"],
            category_shares=shares,
            seed=f"{self.record.campaign}/{self.record.holdout.salt}",
        )
        arm = self.arms[choice.creative_id]
        hero = None
        if arm.image is not None:
            hero = {"creative_id": arm.arm_id, "image": arm.image, "alt": arm.alt}
        return hero, choice.creative_id, choice.propensity


def _locale(record: CampaignRecord, person: Mapping[str, Any]) -> str:
    asked = record.message.locale
    return str(person.get("locale") or "").strip() or LOCALE if asked == "customer" else asked


def fitted_recommender(room: CampaignContext) -> ShelfRecommender:
    """Return the given recommender, or the shipped one.

    Raises BadInput when the given one has seen rows later than the audience's instant.
    """
    if room.recommender is None:
        return room.snapshot.recommender()
    seen = getattr(room.recommender, "as_of_", None)
    if seen is not None and seen > room.people.as_of:
        raise BadInput(
            f"The recommender has seen data up to {seen.isoformat()}, later than the audience's "
            f"as_of {room.people.as_of.isoformat()}. Fit it on crm.history(as_of=...) of the "
            "same instant."
        )
    return room.recommender


def page_request(
    model: ShelfRecommender, record: CampaignRecord, room: CampaignContext
) -> PageRequest:
    """Return what a campaign asks of its recommender: nothing that the record says never to show.

    The page of the shipped one is the record's, and its rows follow what was clicked and bought up
    to the audience's instant.
    """
    asked, as_of = model.request, room.people.as_of
    if room.recommender is None:
        page = record.recommend
        layout = replace(asked.layout, n_shelves=page.shelves, n_items=page.items)
        due, priors = room.snapshot.due_for(room.people.text), room.row_priors()
        asked = replace(asked, layout=layout, due=due, priors=priors)
    rules = rules_of(record, asked.rules, lambda: shown_until(room.ledger, as_of))
    return with_shelves(replace(asked, rules=rules), model, record, room.own)


def chosen_arms(record: CampaignRecord, template: MessageTemplate) -> dict[str, Arm]:
    """Return the arms the record names, or all of the template's."""
    if not record.creative.arms:
        return _as_arms(template.arms)
    return _as_arms({name: template.arms[name] for name in record.creative.arms})


def _as_arms(arms: Mapping[str, Mapping[str, Any]]) -> dict[str, Arm]:
    return {
        name: Arm(name, arm["image"], arm["alt"], tuple(arm["tags"])) for name, arm in arms.items()
    }


def _products(
    products: pa.Table, frame: pd.DataFrame, room: CampaignContext
) -> dict[str, Mapping[str, Any]]:
    """Return what is known of the products on the pages, by their id."""
    wanted = pa.array(frame["product_id"].unique(), products["product_id"].type)
    rows = products.filter(pc.is_in(products["product_id"], value_set=wanted)).to_pylist()
    shelf = pictures(room.own)
    return {
        row["product_id"]: {**row, "picture": shelf.pick(row["category_path"] or [])}
        for row in rows
    }


def _rows(
    frame: pd.DataFrame, products: Mapping[str, Mapping[str, Any]]
) -> dict[str, list[dict[str, Any]]]:
    rows: dict[str, list[dict[str, Any]]] = {}
    records: list[dict[str, Any]] = pa.Table.from_pandas(frame).to_pylist()
    for record in records:
        shelves = rows.setdefault(record["customer_id"], [])
        if not shelves or shelves[-1]["name"] != record["shelf"]:
            shelves.append(_shelf(record))
        shelves[-1]["items"].append(_item(record, products[record["product_id"]]))
    return rows


def _shelf(record: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "name": record["shelf"],
        "title": record["shelf_title"],
        "reason": record["shelf_title"],
        "level": record["level"],
        "segment": record["segment"],
        "items": [],
    }


def _item(record: Mapping[str, Any], product: Mapping[str, Any]) -> dict[str, Any]:
    picture = product["picture"]
    return {
        "product_id": record["product_id"],
        "title": product["title"] or record["product_id"],
        "brand": product["brand"],
        "price_amount": product["price_amount"],
        "currency": product["currency"],
        "was_price": None,
        "reason": record["reason"],
        "score": float(record["score"]),
        "image": absolute(product["image_url"]) or picture.image,
        "alt": picture.alt,
        "url": absolute(product["url"]),
    }


def _localised(shelf: Mapping[str, Any], locale: str, link: str) -> dict[str, Any]:
    kept = {key: value for key, value in shelf.items() if key not in ("segment", "propensity")}
    return {**kept, "items": [_priced(item, locale, link) for item in shelf["items"]]}


def _priced(item: Mapping[str, Any], locale: str, link: str) -> dict[str, Any]:
    left_out = ("price_amount", "currency", "score")
    kept = {key: value for key, value in item.items() if key not in left_out}
    amount, currency = item["price_amount"], item["currency"]
    price = format_money(amount, currency, locale) if amount and currency else None
    url = item["url"] or f"{link}#{quote(item['product_id'], safe='')}"
    return {**kept, "price": price, "url": url}


def _shelf_facts(shelf: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "shelf": shelf["name"],
        "level": shelf["level"],
        "segment": shelf["segment"],
        "propensity": shelf["propensity"],
        "items": [
            {"product_id": item["product_id"], "score": item["score"]} for item in shelf["items"]
        ],
    }
