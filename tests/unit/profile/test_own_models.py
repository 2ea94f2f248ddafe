"""A profile column of the retailer's own: one SQL file in their folder."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

import xenorec as xr
from tests.conftest import orders
from xenorec.config.new_project import new_project
from xenorec.errors import ConfigError, UnknownColumn
from xenorec.profile.profile_files import profile_definition
from xenorec.profile.profile_model import shipped_definition

AS_OF = "2024-03-31"
WEEKEND = """\
-- How far the customer buys at weekends.
-- grain: one row per customer with an order at as_of
-- column weekend_share DOUBLE Share of orders on Saturday or Sunday, 0 to 1
-- column last_on DATE Day of the latest order
select customer_id, avg(case when isodow(ordered_on) >= 6 then 1.0 else 0.0 end) as weekend_share,
  max(ordered_on) as last_on
from orders group by customer_id
"""
LOYAL = """\
-- column is_loyal_weekender BOOLEAN Buys at weekends, and often
select r.customer_id, w.weekend_share > 0.4 and r.n_orders > 1 as is_loyal_weekender
from profile_rfm as r join profile_weekend as w on w.customer_id = r.customer_id;
"""

Write = Callable[[str, str], Path]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    new_project(tmp_path / "shop", time_zone="Europe/Madrid")
    return tmp_path / "shop"


@pytest.fixture
def write(folder: Path) -> Write:
    def written(name: str, text: str) -> Path:
        path = folder / "profile" / "models" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
        return path

    return written


@pytest.fixture
def crm(folder: Path) -> xr.Workspace:
    """Ana buys on two Saturdays and a Monday, Bo on one Tuesday."""
    crm = xr.open(folder)
    days = ["2024-03-02", "2024-03-09", "2024-03-11"]
    rows = [(f"a{day}", "ana", f"{day}T12:00:00+00:00", "10") for day in days]
    crm.load({"orders": orders(*rows, ("b", "bo", "2024-03-12T12:00:00+00:00", "5"))})
    return crm


def mistakes(crm: xr.Workspace) -> str:
    with pytest.raises(ConfigError) as raised:
        crm.profiles(AS_OF)
    return str(raised.value)


def test_a_file_in_the_folder_is_a_column(crm: xr.Workspace, write: Write) -> None:
    write("weekend.sql", WEEKEND)
    people = crm.profiles(AS_OF)
    asked = people.columns.set_index("column").loc["weekend_share"]
    assert (asked["type"], asked["model"]) == ("DOUBLE", "weekend")
    assert asked["meaning"] == "Share of orders on Saturday or Sunday, 0 to 1"
    chosen = people.where("weekend_share > 0.5 and last_on < '2024-03-12'")
    assert chosen.to_arrow(["customer_id", "weekend_share"]).to_pylist() == [
        {"customer_id": "ana", "weekend_share": 0.666666667}
    ]
    assert people.to_pandas().columns[-1] == "last_on"


def test_it_may_be_used_in_a_campaign_file(crm: xr.Workspace, write: Write, folder: Path) -> None:
    write("weekend.sql", WEEKEND)
    path = folder / "campaigns" / "weekend.yaml"
    path.write_text(
        "campaign: weekend\naudience: {where: weekend_share > 0.5}\nmessage: {template: winback}\n"
    )
    record = crm.read_campaign(path)
    assert record.audience.where == "weekend_share > 0.5"
    crm.campaign_from(record, as_of=AS_OF)


def test_it_may_read_another_model_wherever_its_name_stands(
    crm: xr.Workspace, write: Write
) -> None:
    write("loyal.sql", LOYAL)
    write("weekend.sql", WEEKEND)
    people = crm.profiles(AS_OF)
    assert people.where("is_loyal_weekender").to_pandas()["customer_id"].tolist() == ["ana"]


def test_a_changed_file_counts_at_once(crm: xr.Workspace, write: Write) -> None:
    write("weekend.sql", WEEKEND)
    assert crm.profiles(AS_OF).where("weekend_share > 0").count() == 1
    write("weekend.sql", WEEKEND.replace(">= 6", "<= 6"))
    assert crm.profiles(AS_OF).where("weekend_share > 0").count() == 2


def test_no_file_leaves_the_columns_as_they_are(crm: xr.Workspace) -> None:
    with pytest.raises(UnknownColumn):
        crm.profiles(AS_OF).where("weekend_share > 0.5")


def test_shipped_columns_come_in_their_order() -> None:
    assert [model.name for model in shipped_definition().models] == [
        *("customer", "rfm", "cycle", "affinity", "discount", "home_store", "hours")
    ]


def test_shipped_models_would_pass_as_own_ones(folder: Path, write: Write) -> None:
    shipped = Path(xr.__file__).parent / "profile" / "models"
    for path in shipped.glob("*.sql"):
        text = path.read_text("utf-8").replace("-- column ", "-- column own_")
        inner = "\n".join(line for line in text.splitlines() if not line.startswith("--"))
        names = [line.split()[2] for line in text.splitlines() if line.startswith("-- column")]
        listed = ", ".join(f"{name.removeprefix('own_')} as {name}" for name in names)
        head = "\n".join(line for line in text.splitlines() if line.startswith("-- column"))
        write(f"own_{path.name}", f"{head}\nselect customer_id, {listed} from (\n{inner}\n)")
    assert len(profile_definition(folder).models) == 2 * len(shipped_definition().models)


CASES = {
    "no head": (
        WEEKEND.replace("-- column", "-- col"),
        "weekend.sql: declares no column; its head needs a line for each, such as '-- column",
    ),
    "half a line": (
        WEEKEND.replace("DATE Day of the latest order", ""),
        "line 4: weekend.sql: came with '-- column last_on '; expected name, type, meaning",
    ),
    "unknown type": (
        WEEKEND.replace(" DATE ", " DATES "),
        "line 4: weekend.sql: the column last_on has the type 'DATES'. Did you mean 'DATE'?",
    ),
    "does not parse": (
        WEEKEND.replace("group by", "grup by"),
        'line 7: weekend.sql: Parser Error: syntax error at or near "by"',
    ),
    "unknown column": (
        WEEKEND.replace("max(ordered_on)", "max(orderd_on)"),
        'line 6: weekend.sql: Binder Error: Referenced column "orderd_on" not found',
    ),
    "unknown table": (
        WEEKEND.replace("from orders", "from order_headers"),
        "line 7: weekend.sql: Catalog Error: Table with name order_headers does not exist!",
    ),
    "not cut": (
        WEEKEND.replace("from orders", "from warehouse.orders"),
        'line 7: weekend.sql: Catalog Error: Table with name "warehouse.orders" does not exist',
    ),
    "a file": (
        WEEKEND.replace("from orders", "from read_csv('orders.csv')"),
        "weekend.sql: Permission Error",
    ),
    "a clock": (
        WEEKEND.replace("max(ordered_on)", "current_date"),
        "line 6: weekend.sql: uses current_date; a profile is as of an instant",
    ),
    "two queries": (f"{WEEKEND};\nselect 1", "weekend.sql: holds ';' between statements"),
    "not given": (
        WEEKEND.replace("as last_on", "as lasts_on"),
        "weekend.sql: its query gives no column 'last_on'. Did you mean 'lasts_on'?",
    ),
    "not declared": (
        WEEKEND.replace("-- column last_on", "-- colum last_on"),
        "weekend.sql: its query gives 'last_on', which its head does not declare.",
    ),
    "no customer": (
        WEEKEND.replace("select customer_id,", "select"),
        "weekend.sql: its query gives no column 'customer_id'.",
    ),
    "a name that exists": (
        WEEKEND.replace("weekend_share", "n_orders"),
        "line 3: weekend.sql: the column 'n_orders' is there already, of the model rfm",
    ),
    "a fitted name": (
        WEEKEND.replace("weekend_share", "p_alive"),
        "line 3: weekend.sql: the column 'p_alive' is there already, of the model fitted",
    ),
    "unknown model": (
        "-- after cycles\n" + WEEKEND,
        "line 1: weekend.sql: after 'cycles': no such model. Did you mean 'cycle'?",
    ),
}


@pytest.mark.parametrize(("text", "told"), CASES.values(), ids=CASES)
def test_a_mistake_is_refused_by_the_files_name(
    crm: xr.Workspace, write: Write, text: str, told: str
) -> None:
    write("weekend.sql", text)
    assert told in mistakes(crm)


def test_mistakes_of_several_files_are_told_at_once(crm: xr.Workspace, write: Write) -> None:
    write("weekend.sql", WEEKEND.replace(" DATE ", " DAY "))
    write("rfm.sql", WEEKEND)
    write("Loyal-1.sql", LOYAL)
    found = mistakes(crm)
    assert "weekend.sql: the column last_on has the type 'DAY'" in found
    assert "rfm.sql: has the name of a model that is shipped" in found
    assert "Loyal-1.sql: has no usable name" in found


def test_a_circle_is_told(crm: xr.Workspace, write: Write) -> None:
    write("loyal.sql", LOYAL)
    write("weekend.sql", f"-- after loyal\n{WEEKEND}")
    assert "loyal reads weekend reads loyal: a circle" in mistakes(crm).replace(
        "weekend reads loyal reads weekend", "loyal reads weekend reads loyal"
    )


def test_a_model_with_two_rows_for_a_customer_is_told(crm: xr.Workspace, write: Write) -> None:
    write(
        "basket.sql",
        "-- column basket_amount DOUBLE Spent\nselect customer_id, net_amount as basket_amount "
        "from orders",
    )
    with pytest.raises(ConfigError, match=r"basket\.sql: gives 3 rows for one customer"):
        crm.profiles(AS_OF).count()


def test_a_value_that_does_not_fit_its_type_is_told(crm: xr.Workspace, write: Write) -> None:
    write(
        "code.sql",
        "-- column store_code INTEGER Number of the store\n"
        "select customer_id, any_value('s' || order_id) as store_code from orders group by 1",
    )
    with pytest.raises(ConfigError, match=r"code\.sql: cannot be run: Conversion Error"):
        crm.profiles(AS_OF).where("store_code > 1").count()
