"""How far the learner of NextPurchase may leave the total of its probability model; a script.

``python -m tests.bench.bench_learner_bound``: on the development instants alone, the log-loss of an
order within 14 and 28 days for each bound, beside the probability model by itself. The bound in
the package is chosen from these rows.
"""

from __future__ import annotations

import math
import sys
import warnings
from datetime import timedelta
from unittest import mock

import numpy as np

from tests.bench import held_out
from tests.bench.bench_timing_scores import _instant, _loss, orders_of
from tests.bench.held_out import DEVELOPMENT, NEXT_ORDERS
from xenorec.timing import NextPurchase
from xenorec.timing.evaluation.order_baselines import ordered_within
from xenorec.timing.event_log import read_orders
from xenorec.timing.next_purchase import hazard_learner

BOUNDS = (0.0, 0.025, 0.05, 0.1, 0.2, math.inf)
WITHIN = (timedelta(days=14), timedelta(days=28))


def row(shop: str, at: str) -> None:
    """Print what every bound came to at one instant."""
    everything = read_orders(orders_of(shop))
    seen = everything.until(_instant(at))
    truths = [ordered_within(seen, everything, within) for within in WITHIN]
    models = {"member": NextPurchase(use_learner=False).fit(seen)}
    for bound in BOUNDS:
        with mock.patch.object(hazard_learner, "MOST_OFF", min(bound, 1e9)):
            models[f"{bound:g}"] = NextPurchase().fit(seen)
    for within, truth in zip(WITHIN, truths, strict=True):
        told = {
            name: _loss(model.predict(seen.ids, within=within)["p_order"].to_numpy(), truth).mean()
            for name, model in models.items()
        }
        figures = " ".join(f"{np.float64(loss):9.4f}" for loss in told.values())
        print(f"{shop:12s} {at} {within.days:3d} d {figures}", flush=True)


def main() -> int:
    """Print a row for each development instant and span."""
    warnings.simplefilter("ignore")
    heads = " ".join(f"{name:>9s}" for name in ("member", *(f"{b:g}" for b in BOUNDS)))
    print(f"{'shop':12s} {'instant':10s} {'within':>5s} {heads}")
    for part in held_out.of(NEXT_ORDERS, DEVELOPMENT, "all"):
        if orders_of(part.shop) is not None:
            for at in part.origins:
                row(part.shop, at)
    return 0


if __name__ == "__main__":
    sys.exit(main())
