from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")  # before scikit-learn: two workers share cores

import pandas as pd
import pytest
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings

import xenorec as xr

ROOT = Path(__file__).resolve().parents[1]
SHARED = ROOT.parent / "shared" / "data"
HANGING = 3_600
"""Seconds after which a test that hangs ends; no test comes near, however slow the machine."""

hypothesis_settings.register_profile(
    "any machine", deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
hypothesis_settings.load_profile("any machine")


@pytest.fixture(scope="session")
def fitted_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("fitted")


@pytest.fixture(scope="module")
def fitted_once(fitted_folder: Path) -> Iterator[None]:
    """Let all workspaces keep fitted models in one place: of equal shops each is fitted once."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("xenorec.model_cache.folder_of", lambda path: fitted_folder)
        yield


@pytest.fixture
def crm(tmp_path: Path) -> xr.Workspace:
    """A workspace with a file of its own and nothing in it."""
    return xr.open(tmp_path / "shop.duckdb", wait=0.5)


def orders(*rows: tuple[str, str | None, str, str], currency: str = "EUR") -> pd.DataFrame:
    """Orders from (order_id, customer_id, ordered_at with offset, net_amount)."""
    frame = pd.DataFrame(rows, columns=["order_id", "customer_id", "ordered_at", "net_amount"])
    frame["currency"] = currency
    return frame
