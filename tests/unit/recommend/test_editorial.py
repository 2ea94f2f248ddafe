"""The editorial list: what people picked, shown where nothing sold of late is left."""

from __future__ import annotations

import pandas as pd
import pytest

from tests.unit.recommend.shops import catalogue, lines
from xenorec.errors import BadInput, XenorecWarning
from xenorec.recommend import ShelfRecommender

LATELY = [(f"x{n}", 60.0 + n, "bread milk") for n in range(4)]
LONG_AGO = [(f"y{n}", float(n), "jam honey figs dates") for n in range(3)]
ALL = lines(*LATELY, *LONG_AGO)


def told(model: ShelfRecommender, customer: str = "nobody") -> list[tuple[str, str]]:
    found = model.recommend(customer)
    return list(zip(found["product_id"], found["level"], strict=True))


def test_the_list_comes_last_in_its_own_order_and_nothing_after_it() -> None:
    assert told(ShelfRecommender(editorial=["honey", "bread", "dates", "honey"]).fit(ALL)) == [
        ("bread", "shop"),
        ("milk", "shop"),
        ("honey", "editorial"),
        ("dates", "editorial"),
    ]
    assert [level for _, level in told(ShelfRecommender().fit(ALL))] == [
        *("shop", "shop", "default", "default", "default", "default"),
    ]


def test_what_a_customer_buys_stands_before_the_list() -> None:
    found = told(ShelfRecommender(editorial=["figs", "jam"]).fit(ALL), "y1")
    assert ("figs", "personal") in found
    assert all(level != "editorial" for _, level in found)


def test_its_products_say_who_picked_them() -> None:
    found = ShelfRecommender(editorial=["honey"], min_items=1).fit(ALL).shelves("nobody")
    reason = found.set_index("product_id")["reason"]
    assert reason["honey"] == "Picked by our team"
    assert reason["bread"] != "Picked by our team"


def test_what_cannot_be_shown_is_dropped_and_counted() -> None:
    products = catalogue(
        bread="Bread", milk="Milk", jam="Jam", honey="Honey", figs=None, dates="Dates"
    ).assign(stock=[1, 1, 0, 1, 1, 0])
    model = ShelfRecommender(editorial=["caviar", "jam", "honey", "figs", "dates"])
    with pytest.warns(XenorecWarning) as caught:
        model.fit(ALL, products)
    assert str(caught[0].message).startswith(
        "editorial-dropped: of 5 products on the editorial list 1 can be shown; "
        "1 never sold ('caviar'), 1 closed by the rule not_promotable, "
        "2 closed by the rule out_of_stock."
    )
    assert told(model)[2:] == [("honey", "editorial")]


def test_it_is_saved_and_kept_when_the_shop_is_read_anew(tmp_path: object) -> None:
    model = ShelfRecommender(editorial=["honey"]).fit(ALL)
    model.save(tmp_path / "m")  # type: ignore[operator]
    again = ShelfRecommender.load(tmp_path / "m")  # type: ignore[operator]
    assert told(again) == told(model)
    more = pd.concat([ALL, lines(("z", 70.0, "milk"))])
    assert told(again.update(more))[-1] == ("honey", "editorial")


def test_a_single_text_is_refused() -> None:
    with pytest.raises(BadInput, match="product ids as texts"):
        ShelfRecommender(editorial="honey").fit(ALL)
