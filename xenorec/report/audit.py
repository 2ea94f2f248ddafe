"""The audit: every promise as a query over the ledger; each must return no row."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa

from xenorec.engine import DuckEngine, query_frames
from xenorec.ledger import Ledger
from xenorec.ledger.audit import checks

if TYPE_CHECKING:
    import pandas as pd

FRAMES = (
    "assignments",
    "audit_log",
    "campaign_runs",
    "consents",
    "decisions",
    "deliveries",
    "outcomes",
    "suppressions",
)

LANDED = """
select source, table_name, loaded_at, n_in, n_accepted, n_quarantined
from warehouse.load_log
where n_in <> n_accepted + n_quarantined or n_accepted <> n_new + n_changed + n_unchanged
"""
LANDED_PROMISE = "Rows in = accepted + quarantined, and accepted = new + changed + unchanged."


def audit(ledger: Ledger, engine: DuckEngine) -> pd.DataFrame:
    """Return one row per promise: check, promise, n_rows (0 when it holds)."""
    import pandas as pd

    frames = {name: ledger.snapshot(name) for name in FRAMES}
    rows = [("rows_in_are_accepted_or_quarantined", LANDED_PROMISE, _landed(engine))]
    for check in checks():
        found: pa.Table = query_frames(check.sql, frames)
        rows.append((check.name, check.promise, found.num_rows))
    return pd.DataFrame(rows, columns=["check", "promise", "n_rows"])


def _landed(engine: DuckEngine) -> int:
    if not engine.exists():
        return 0
    with engine.reading() as session:
        if "load_log" not in session.tables():
            return 0
        return len(session.rows(LANDED))
