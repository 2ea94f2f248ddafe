"""What a newcomer's first calls meet: frames of ids, mistyped names, catalogs that do not match."""

from __future__ import annotations

import pandas as pd
import pytest

from xenorec.errors import BadInput, XenorecWarning
from xenorec.recommend import Rules, ShelfRecommender


def lines(**columns: object) -> pd.DataFrame:
    """Two customers who buy tea and rusks of two brands every week."""
    days = pd.date_range("2024-01-01", periods=12, freq="7D", tz="UTC")
    rows = [
        (who, f"{who}/{n}", day, product)
        for who in ("ann", "ben")
        for n, day in enumerate(days)
        for product in ("tea", "rusk", "jam")
    ]
    names = ["customer_id", "order_id", "ordered_at", "product_id"]
    return pd.DataFrame(rows, columns=names).assign(**columns)


def products() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "product_id": ["tea", "rusk", "jam"],
            "title": ["Green tea", "Rusks", "Jam"],
            "brand": ["Acme", "Zed", None],
            "category": ["drinks", "bakery", "spreads"],
        }
    )


def theme_file(folder, where: str) -> str:
    path = folder / "shelves.toml"
    path.write_text(
        f'[[shelf]]\nname = "pick"\nsource = "own"\ntitle = {{ en = "Picked" }}\n'
        f"min_items = 1\nwhere = {{ {where} }}\n"
    )
    return str(path)


@pytest.mark.parametrize(("brand", "product"), [("Acme", "tea"), ("Zed", "rusk")])
def test_a_shelf_of_one_brand_holds_that_brand_alone(tmp_path, brand: str, product: str) -> None:
    themes = theme_file(tmp_path, f'brands = ["{brand}"]')
    rows = ShelfRecommender(themes=themes).fit(lines(), products()).shelves(["ann"])
    assert rows["product_id"].tolist() == [product]


@pytest.mark.parametrize(
    "where", ['brands = ["Acmee"]', 'categories = ["drink"]', 'products = ["te"]']
)
def test_a_name_that_nothing_has_is_told(tmp_path, where: str) -> None:
    with pytest.warns(XenorecWarning, match=r"shelf-unknown-name.*Did you mean"):
        ShelfRecommender(themes=theme_file(tmp_path, where)).fit(lines(), products())


def test_a_frame_of_customers_is_read_by_its_column() -> None:
    model = ShelfRecommender().fit(lines())
    asked = model.recommend(pd.DataFrame({"customer_id": ["ben"]}), n=1)
    assert asked["customer_id"].tolist() == ["ben"]
    with pytest.raises(BadInput, match="customer_id"):
        model.recommend(pd.DataFrame({"name": ["ben"]}))


def test_products_of_other_ids_are_told() -> None:
    with pytest.warns(XenorecWarning, match="products-unmatched"):
        ShelfRecommender().fit(lines(), products().assign(product_id=["001", "002", "003"]))


def test_wrong_settings_are_refused_by_name() -> None:
    with pytest.raises(BadInput, match=r"babies.*Did you mean 'baby'"):
        ShelfRecommender(allow=["babies"]).fit(lines())
    with pytest.raises(BadInput, match="rules came as a dict"):
        ShelfRecommender(rules={"out_of_stock": True}).fit(lines())  # type: ignore[arg-type]
    with pytest.raises(BadInput, match="themes came as"):
        ShelfRecommender(themes=["buy_again"]).fit(lines())  # type: ignore[list-item]
    with pytest.raises(BadInput, match=r"quantity.*no number"):
        ShelfRecommender().fit(lines(quantity="two"))
    assert ShelfRecommender(rules=Rules()).fit(lines()).recommend(["ann"], n=1).shape[0] == 1


def test_what_was_not_sold_of_late_is_not_called_popular_of_late() -> None:
    old = pd.DataFrame(
        {
            "customer_id": ["cat"],
            "order_id": ["cat/1"],
            "ordered_at": [pd.Timestamp("2023-06-01", tz="UTC")],
            "product_id": ["mug"],
        }
    )
    model = ShelfRecommender().fit(pd.concat([lines(), old]))
    rows = model.recommend(["nobody"], n=4).set_index("product_id")
    assert rows.loc["mug", "level"] == "default"
    assert rows.loc["mug", "reason"] == "A favourite of our shoppers"
    assert "four weeks" in rows.loc["tea", "reason"]
