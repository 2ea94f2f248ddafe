from __future__ import annotations

from decimal import Decimal

import pytest

from xenorec.errors import ConditionRefused, UnknownColumn
from xenorec.profile import condition

COLUMNS = {"days_since_order": "INTEGER", "p_alive": "DOUBLE", "rfm_cell": "VARCHAR"}


def test_literals_become_parameters() -> None:
    found = condition("days_since_order between 30 and 120 and p_alive < 0.6", COLUMNS)
    assert found.sql == '(("days_since_order" between $p0 and $p1) and ("p_alive" < $p2))'
    assert dict(found.params) == {"p0": 30, "p1": 120, "p2": Decimal("0.6")}
    assert found.columns == {"days_since_order", "p_alive"}


@pytest.mark.parametrize(
    "text",
    [
        "rfm_cell in ('lost', 'at_risk') and not p_alive is null",
        "lower(rfm_cell) like 'l%' or days_since_order * 2 - 1 >= 7",
        "coalesce(p_alive, 0) <> 1",
        "DAYS_SINCE_ORDER > 3",
        "-days_since_order < -3",
    ],
)
def test_the_language_is_wide_enough(text: str) -> None:
    assert condition(text, COLUMNS).columns


def test_a_mistyped_column_is_answered_with_the_nearest() -> None:
    with pytest.raises(UnknownColumn, match="'days_since_order'"):
        condition("days_since_orders > 3", COLUMNS)


def test_of_many_columns_only_the_nearest_are_told_and_where_all_are() -> None:
    many = {f"n_things_{n}": "INTEGER" for n in range(50)} | {"n_orders": "INTEGER"}
    with pytest.raises(UnknownColumn) as caught:
        condition("n_order > 3", many)
    assert str(caught.value).count("n_things_") < 3
    assert "'n_orders'" in str(caught.value)
    assert "crm.profiles().columns (xenorec profile --columns) tells all 51" in str(caught.value)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "days_since_order > 3; drop table customers",
        "days_since_order > (select 1)",
        "days_since_order in (select customer_id from customers)",
        "exists(select 1)",
        "read_csv('/etc/passwd') is null",
        "getenv('HOME') = 'x'",
        "pragma_version() = 1",
        "days_since_order > 3 -- and more\n union select 1",
        "case when p_alive > 1 then true else false end",
        "cast(rfm_cell as INTEGER) = 1",
        "rfm_cell::INTEGER = 1",
        "p_alive > random()",
        "sum(p_alive) over () > 1",
        "customers.p_alive > 1",
        "p_alive[1] > 1",
        "list_transform([1], lambda x: x) is null",
        "* is null",
        "$p0 = 1",
        "rfm_cell similar to 'x'",
        "repeat(rfm_cell, 1000000000) = 'x'",
        "copy customers to 'x'",
        "((((",
        "p_alive > 1 limit 3",
        "with x as (select 1) select * from x",
        "x -> 1",
        "rfm_cell || rfm_cell = 'x'",
    ],
)
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises((ConditionRefused, UnknownColumn)):
        condition(text, COLUMNS)


def test_a_text_that_looks_like_sql_stays_a_text() -> None:
    found = condition("rfm_cell = 'x'' or 1=1 --'", COLUMNS)
    assert found.params == {"p0": "x' or 1=1 --"}


def test_a_very_long_condition_is_refused() -> None:
    with pytest.raises(ConditionRefused, match="4000 is the most"):
        condition(" or ".join(["p_alive > 1"] * 1000), COLUMNS)


def test_text_in_double_quotes_is_told_to_use_single_ones() -> None:
    with pytest.raises(UnknownColumn, match="single quotes"):
        condition('rfm_cell = "Lost"', COLUMNS)


def test_looking_into_a_list_column_is_shown_how() -> None:
    columns = {"top_categories": "VARCHAR[]"}
    with pytest.raises(ConditionRefused, match="list_contains"):
        condition("'tea' in top_categories", columns)
    assert condition("list_contains(top_categories, 'tea')", columns).params == {"p0": "tea"}
