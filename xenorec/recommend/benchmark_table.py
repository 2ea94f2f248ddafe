"""Benchmark table: the figures of several methods side by side, and how much better ours are."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from xenorec.array_types import Floats, Ints, Texts
from xenorec.dataset.data_frames import positions
from xenorec.modeling.bootstrap import mean_interval
from xenorec.recommend.baselines import HALF_LIFE, NEIGHBOURS, OWN
from xenorec.recommend.evaluation_metrics import METRICS, summarize

OURS = "xenorec"


def list_table(recommended: pd.DataFrame, who: Texts, names: Texts, k: int) -> Ints:
    """Return customers x k of a frame customer_id, product_id, rank: positions in ``names``, or -1.

    Customers in the order of ``who``.
    """
    table = np.full((len(who), k), -1, dtype=np.int64)
    row = positions(recommended["customer_id"].to_numpy(object), who)
    product = positions(recommended["product_id"].to_numpy(object), names)
    table[row, recommended["rank"].to_numpy() - 1] = product
    return table


def method_table(scores: Mapping[str, Floats], k: int) -> pd.DataFrame:
    """Return one row per method: method, the mean of each metric, n_customers."""
    means = [np.nanmean(values, axis=0) for values in scores.values()]
    frame = pd.DataFrame(means, columns=_metric_names(k))
    frame.insert(0, "method", list(scores))
    return frame.assign(n_customers=[int((~np.isnan(v[:, 0])).sum()) for v in scores.values()])


def interval_table(scores: Mapping[str, Floats], k: int, seed: str) -> pd.DataFrame:
    """Return recall, NDCG and share with a hit of each method, with 95 % interval.

    Columns as of ``summarize``.
    """
    shown = {name: values[:, :3] for name, values in scores.items()}
    return summarize(shown, _metric_names(k)[:3], seed=seed)


def gains(scores: Mapping[str, Floats], k: int, seed: str) -> pd.DataFrame:
    """Return ours minus each strong method, with 95 % interval, customers drawn again in pairs.

    One row per other method and metric: against, metric, estimate, ci_low, ci_high.
    """
    parts = []
    for name in (OWN, HALF_LIFE, NEIGHBOURS):
        values = scores[OURS] - scores[name]
        low, high = mean_interval(values, seed=seed)
        columns = {
            "against": name,
            "metric": _metric_names(k),
            "estimate": values.mean(axis=0),
            "ci_low": low,
            "ci_high": high,
        }
        parts.append(pd.DataFrame(columns))
    return pd.concat(parts, ignore_index=True)


def _metric_names(k: int) -> list[str]:
    return [f"{metric}@{k}" for metric in METRICS]
