"""One customer's page, or the reasons for one product, as a person would look at it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from xenorec.dataset.data_frames import positions
from xenorec.errors import BadInput
from xenorec.recommend.eligibility.removal_text import length
from xenorec.recommend.grouped_arrays import names_at
from xenorec.recommend.page.explanations import Explanation, percent
from xenorec.recommend.page.replace_themes import themes_in
from xenorec.recommend.page.shelf_pages import ShelfPages
from xenorec.recommend.themes import Theme

if TYPE_CHECKING:
    from xenorec.recommend.shelf_recommender import ShelfRecommender

STYLE = """
div.xr-page{--ink:#1d2a26;--soft:#5d6b66;--line:#dfe5e2;--bar:#2f8f6b;--paper:#fff;--tint:#f3f7f5;
 font:15px/1.4 system-ui,-apple-system,"Segoe UI",Roboto,sans-serif;color:var(--ink);
 background:var(--paper);max-width:1000px;padding:16px 18px 18px;border:1px solid var(--line);
 border-radius:14px;box-sizing:border-box}
div.xr-page h3{font-weight:600;font-size:20px;margin:0}
div.xr-page h4{font-weight:600;font-size:17px;font-style:normal;margin:20px 0 6px}
div.xr-page p{margin:4px 0;color:var(--ink)}div.xr-page p.soft{color:var(--soft);font-size:14px}
div.xr-page div.row{overflow-x:auto}
div.xr-page div.row table{border-collapse:separate;border-spacing:0;margin:0;border:0}
div.xr-page div.row tr{background:none}
div.xr-page div.row td{color:var(--ink);background:var(--tint);border:0;
 border-right:8px solid var(--paper);border-radius:10px 18px 18px 10px;padding:10px 12px;
 width:150px;min-width:126px;max-width:none;text-align:left;vertical-align:top;
 white-space:normal;line-height:1.3}
div.xr-page td b{display:block;font-size:15px}div.xr-page td span{display:block}
div.xr-page td .brand{color:var(--soft);font-size:12px}
div.xr-page td .why{margin-top:6px;font-size:13px}
div.xr-page td .chance{margin-top:8px;font-size:13px;font-weight:600}
div.xr-page td .track{height:5px;border-radius:3px;background:var(--line);margin-top:3px}
div.xr-page td .fill{height:5px;border-radius:3px;background:var(--bar)}
@media (prefers-color-scheme:dark){div.xr-page{--ink:#e6eeea;--soft:#9fb0a9;--line:#2c3a35;
 --bar:#4fc497;--paper:#131a18;--tint:#1c2623}}
"""
LEVEL_WORDS = {
    "personal": "worked out for this customer",
    "segment": "from the sales of their store",
    "shop": "from the sales of the whole shop",
    "default": "with nothing to go by",
    "editorial": "from the list of the shop's team",
}
SEGMENT_WORDS = {
    "frequent": "shops about weekly or more often",
    "regular": "shops regularly",
    "lapsing": "has not come for much longer than usual",
    "newcomer": "has come once or twice",
    "unknown": "has not bought yet, or is not known",
}


@dataclass(frozen=True, repr=False)
class DisplayedPage:
    """Something to look at: a notebook shows ``html``, ``print`` the ``text``."""

    html: str
    text: str

    def _repr_html_(self) -> str:
        return self.html

    def __str__(self) -> str:
        return self.text

    def __repr__(self) -> str:
        return f"<Shown: {len(self.text.splitlines())} lines; print() shows them>"


def show_page(
    recommender: ShelfRecommender,
    customer_id: str,
    *,
    exclude: Any | None = None,
    themes: Sequence[Theme] | str | Path | None = None,
) -> DisplayedPage:
    """Return the page of one customer as it would look: rows of cards with reason and chance.

    ``exclude`` as for ``shelves``. ``themes`` takes the place of the recommender's own for this
    look: themes, or a TOML file that declares them; nothing is learned anew. All text is escaped.
    Raises NotFitted, and ConfigError for a file with mistakes.
    """
    asked = recommender.request
    if themes is not None:
        asked = replace(asked, themes=themes_in(recommender.shop, themes))
    pages = recommender.pages(asked)
    rows = pages.shelves([customer_id], exclude=exclude)
    rows = rows.assign(**_names(pages, rows["product_id"]))
    head = _head(recommender, customer_id, rows)
    shelves = [shelf for _, shelf in rows.groupby("shelf_rank", sort=True)]
    return DisplayedPage(
        _html(head, "".join(map(_row, shelves))), "\n".join([*head, *_lines(shelves)])
    )


def show_reason(
    recommender: ShelfRecommender,
    customer_id: str,
    product_id: str,
    *,
    exclude: Any | None = None,
) -> DisplayedPage:
    """Return in a few words why a product stands on the customer's page, or why it does not.

    ``explain`` has the same with every figure it was judged by. Raises as ``explain`` does.
    """
    found = recommender.explain(customer_id, product_id, exclude=exclude)
    names = _names(recommender.pages(), [product_id])
    head = [names["name"][0], f"Product {product_id} and customer {customer_id}"]
    told = _describe(recommender, found)
    body = "".join(f"<p>{escape(line)}</p>" for line in told)
    return DisplayedPage(_html(head, body), "\n".join([*head, *told]))


def _names(pages: ShelfPages, products: Any) -> dict[str, list[str]]:
    """Return name and brand of products: the id where there is no title, empty for no brand."""
    ids, facts = np.asarray(products, dtype=object), pages.facts
    place = positions(ids, pages.shop.purchases.products)
    titles = pages.shop.catalog.title[place]
    brands = names_at(facts.brands, facts.brand[place])
    return {
        "name": [
            str(one if title is None else title) for one, title in zip(ids, titles, strict=True)
        ],
        "brand": [str(brand or "") for brand in brands],
    }


def _head(model: ShelfRecommender, customer_id: str, rows: pd.DataFrame) -> list[str]:
    on, within = model.as_of_, length(model.ranker_.within)
    first = f"Customer {customer_id}, {on.day} {on:%B %Y}"
    if rows.empty:
        return [first, "There is nothing that may be shown to this customer."]
    segment = str(rows["segment"].iloc[0])
    said = [f"{level} ({LEVEL_WORDS[level]})" for level in dict.fromkeys(rows["level"])]
    return [
        first,
        f"Kind of shopper: {segment} ({SEGMENT_WORDS[segment]}). Level: {', '.join(said)}.",
        f"The bar is the chance that the customer buys the product within {within}.",
    ]


def _html(head: Sequence[str], body: str) -> str:
    first, *rest = map(escape, head)
    soft = "".join(f'<p class="soft">{line}</p>' for line in rest)
    return f'<style>{STYLE}</style><div class="xr-page"><h3>{first}</h3>{soft}{body}</div>'


def _row(shelf: pd.DataFrame) -> str:
    title = escape(str(shelf["shelf_title"].iloc[0]))
    cards = "".join(map(_card, shelf.itertuples()))
    return f'<h4>{title}</h4><div class="row"><table><tr>{cards}</tr></table></div>'


def _card(item: Any) -> str:
    brand = f'<span class="brand">{escape(item.brand)}</span>' if item.brand else ""
    width = f"{100 * min(max(item.score, 0.0), 1.0):.1f}"
    return (
        f'<td><b>{escape(item.name)}</b>{brand}<span class="why">{escape(item.reason)}</span>'
        f'<span class="chance">{escape(percent(item.score))}</span>'
        f'<span class="track"><span class="fill" style="width:{width}%"></span></span></td>'
    )


def _lines(shelves: Sequence[pd.DataFrame]) -> list[str]:
    lines: list[str] = []
    for shelf in shelves:
        lines.append(f"\n{shelf['shelf_title'].iloc[0]}")
        lines += map(_line, shelf.itertuples())
    return lines


def _line(item: Any) -> str:
    return f"{percent(item.score):>10}  {item.name}: {item.reason}"


def _describe(model: ShelfRecommender, found: Explanation) -> list[str]:
    if found.removed is not None:
        return [f"Not shown: {found.removed}", f"Rule: {found.rule}"]
    if found.p_buy is None:
        return ["Not shown: nothing that this customer did points to it."]
    titles = {theme.name: _title(theme, model.locale) for theme in model.themes_}
    places = ", ".join(titles[name] for name in found.shelves) or "no shelf"
    return [
        f"{found.reason}.",
        f"Chance of a purchase within {length(model.ranker_.within)}: {percent(found.p_buy)}, "
        f"number {found.rank} of this customer's list.",
        f"It may stand on: {places}.",
    ]


def _title(theme: Theme, locale: str | None) -> str:
    """Return a shelf's heading where no category or product is at hand."""
    try:
        return theme.title(locale, occasion=theme.where.occasion)
    except BadInput:
        return theme.name
