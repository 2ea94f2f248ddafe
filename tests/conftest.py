from __future__ import annotations

import os
from pathlib import Path

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")  # before scikit-learn: two workers share cores

import pandas as pd
import pytest

import xenorec as xr

ROOT = Path(__file__).resolve().parents[1]
SHARED = ROOT.parent / "shared" / "data"


@pytest.fixture
def crm(tmp_path: Path) -> xr.Workspace:
    """A workspace with a file of its own and nothing in it."""
    return xr.open(tmp_path / "shop.duckdb", wait=0.5)


def orders(*rows: tuple[str, str | None, str, str], currency: str = "EUR") -> pd.DataFrame:
    """Orders from (order_id, customer_id, ordered_at with offset, net_amount)."""
    frame = pd.DataFrame(rows, columns=["order_id", "customer_id", "ordered_at", "net_amount"])
    frame["currency"] = currency
    return frame
