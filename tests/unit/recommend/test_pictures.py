"""Pictures of a back-test: what they hold, that files are written, and what stands in the way."""

from __future__ import annotations

import json
import struct
import sys
import zlib
from functools import lru_cache
from pathlib import Path

import pandas as pd
import pytest
from click.testing import CliRunner

import xenorec as xr
from tests.unit.recommend.shops import on
from tests.unit.recommend.test_evaluate import shop
from tests.unit.recommend.trained import grocer
from xenorec.cli import main
from xenorec.errors import MissingPackage
from xenorec.recommend import ShelfEvaluation, evaluate_next_order, evaluate_shelves
from xenorec.recommend import evaluation_metrics as m

NAMES = ["methods", "calibration", "shelves", "page"]


@lru_cache(maxsize=1)
def evaluated() -> ShelfEvaluation:
    return evaluate_shelves(shop(), as_of=on(60), k=1)


def rows_of(chart) -> list[dict]:
    return [row for data in json.loads(chart.to_json())["datasets"].values() for row in data]


def colors_of(path: Path) -> int:
    """How many different rows of pixels a PNG has: a blank one has one."""
    data = path.read_bytes()
    assert data.startswith(b"\x89PNG\r\n\x1a\n")
    width, height = struct.unpack(">II", data[16:24])
    at, packed = 8, b""
    while at < len(data):
        (size,) = struct.unpack(">I", data[at : at + 4])
        if data[at + 4 : at + 8] == b"IDAT":
            packed += data[at + 8 : at + 8 + size]
        at += 12 + size
    raw = zlib.decompress(packed)
    assert width > 400
    stride = len(raw) // height
    return len({raw[i * stride : (i + 1) * stride] for i in range(height)})


def test_each_cell_of_the_page_has_its_rates():
    cells = evaluated().cells
    assert cells.columns.tolist() == ["row", "column", "n", "hit_rate", "predicted_rate"]
    assert not cells.duplicated(["row", "column"]).any()
    assert cells["row"].between(1, 5).all()
    assert cells["column"].between(1, 10).all()
    assert cells["n"].max() <= 7  # as many pages as there were customers
    told = evaluated().by_shelf
    hits = (cells["n"] * cells["hit_rate"]).sum()
    assert hits == pytest.approx((told["n_cells"] * told["hit_rate"]).sum())
    assert cells["n"].sum() == told["n_cells"].sum()
    first = cells.set_index(["row", "column"]).loc[(1, 1)]
    assert first["hit_rate"] == pytest.approx(1 / 7)  # ann's milk
    assert [row["column"] for row in json.loads(evaluated().to_json())["cells"]][:1] == [1]


def test_a_mean_stands_inside_its_interval():
    found = evaluated().intervals
    assert found["metric"].unique().tolist() == ["recall@1", "ndcg@1", "phr@1"]
    assert (found["ci_low"] <= found["estimate"]).all()
    assert (found["estimate"] <= found["ci_high"]).all()
    table = evaluated().table.set_index("method")["recall@1"]
    recall = found[found["metric"] == "recall@1"].set_index("method")["estimate"]
    pd.testing.assert_series_equal(recall, table, check_names=False)


def test_pictures_hold_the_figures_of_the_evaluation():
    pytest.importorskip("altair", reason="the extra notebooks is not installed")
    drawn = evaluated().figures()
    assert list(drawn) == NAMES
    methods = rows_of(drawn["methods"])
    assert {row["method"] for row in methods} == set(evaluated().table["method"])
    assert {row["metric"] for row in methods} == {"recall@1", "ndcg@1", "phr@1"}
    cells = [(row["shelf_rank"], row["item_rank"]) for row in rows_of(drawn["page"])]
    assert cells == list(zip(evaluated().cells["row"], evaluated().cells["column"], strict=True))
    shelves = rows_of(drawn["shelves"])
    kinds = {row["kind"] for row in shelves if "kind" in row}
    assert kinds == {"bought", "predicted"}
    assert any(row["name"].startswith("time_to_restock") for row in shelves)


def test_the_best_method_and_the_best_shelf_stand_on_top():
    pytest.importorskip("altair", reason="the extra notebooks is not installed")
    means = pd.DataFrame(
        {
            "method": ["low", "high", "low", "high"],
            "metric": ["a", "a", "b", "b"],
            "estimate": [0.1, 0.2, 0.4, 0.3],
            "ci_low": 0.1,
            "ci_high": 0.4,
        }
    )

    def orders(chart):
        panels = json.loads(chart.to_json())["vconcat"]
        return [panel["layer"][0]["encoding"]["y"]["sort"] for panel in panels]

    assert orders(m.draw_methods(means, by_figure=True)) == [["high", "low"], ["low", "high"]]
    assert orders(m.draw_methods(means)) == [["low", "high"], ["low", "high"]]
    shelves = pd.DataFrame(
        {
            "shelf": ["a", "b"],
            "n_cells": [1200, 5],
            "hit_rate": [0.1, 0.2],
            "predicted_rate": [0.1, 0.1],
        }
    )
    drawn = json.loads(m.draw_shelves(shelves).to_json())
    assert drawn["layer"][0]["encoding"]["y"]["sort"] == ["b  (5)", "a  (1,200)"]


def test_pictures_are_written_and_not_blank(tmp_path):
    pytest.importorskip("vl_convert", reason="the extra notebooks is not installed")
    paths = m.write_figures(evaluated().figures(), tmp_path / "new" / "folder")
    assert [path.name for path in paths] == [f"{name}.png" for name in NAMES]
    assert all(colors_of(path) > 50 for path in paths)


def test_the_next_order_has_a_picture_too(tmp_path):
    pytest.importorskip("vl_convert", reason="the extra notebooks is not installed")
    found = evaluate_next_order(shop(), since=on(60), k=1)
    (path,) = m.write_figures(found.figures(), tmp_path)
    assert path.name == "methods.png"
    assert colors_of(path) > 50


def test_a_missing_extra_is_named(monkeypatch, tmp_path):
    monkeypatch.setitem(sys.modules, "altair", None)
    with pytest.raises(MissingPackage, match=r"pip install 'xenorec\[notebooks\]'"):
        evaluated().figures()
    monkeypatch.undo()
    pytest.importorskip("altair", reason="the extra notebooks is not installed")
    monkeypatch.setattr("xenorec.modeling.charts.find_spec", lambda name: None)
    with pytest.raises(MissingPackage, match=r"pip install 'xenorec\[notebooks\]'"):
        m.write_figures({}, tmp_path / "none")
    assert not (tmp_path / "none").exists()
    done = CliRunner().invoke(main, ["evaluate", "shelves", "--pictures", str(tmp_path / "none")])
    assert done.exit_code == 1  # told before anything is loaded or learned
    assert "xenorec[notebooks]" in done.stderr


def test_the_command_writes_pictures(tmp_path):
    pytest.importorskip("vl_convert", reason="the extra notebooks is not installed")
    xr.open(tmp_path / "shop.duckdb").load(dict(grocer().frames))
    folder = tmp_path / "pictures"
    done = CliRunner().invoke(
        main,
        [
            *("-w", str(tmp_path / "shop.duckdb"), "evaluate", "shelves", "--as-of", "2017-08-01"),
            *("--pictures", str(folder), "--json"),
        ],
    )
    assert done.exit_code == 0, done.output
    assert "cells" in json.loads(done.stdout)
    assert sorted(path.stem for path in folder.iterdir()) == sorted(NAMES)
    assert str(folder / "page.png") in done.stderr
