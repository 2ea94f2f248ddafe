"""What boosting reads of scikit-learn beside its public interface, pinned."""

from __future__ import annotations

import numpy as np
from sklearn.ensemble import HistGradientBoostingClassifier

from tests.unit.modeling.trees import walked
from xenorec.modeling.boosting import trees_of

FIELDS = {
    *("value", "feature_idx", "num_threshold", "missing_go_to_left", "left", "right", "gain"),
    "is_leaf",
}
WHAT_TO_DO = (
    "scikit-learn has moved what xenorec.modeling.boosting.trees_of reads of a fitted "
    "HistGradientBoostingClassifier: `_predictors` (per iteration one TreePredictor with the "
    "structured array `nodes`) and `_baseline_prediction`. Find their new names in "
    "sklearn/ensemble/_hist_gradient_boosting/ (gradient_boosting.py, predictor.py), read them in "
    "trees_of, and keep the old ones for releases that have them. Saved models stay readable: "
    "they hold our own arrays."
)


def test_the_private_parts_of_a_fitted_boosting_are_where_they_were():
    block = np.random.default_rng(0).normal(size=(3_000, 6))
    block[::7, 2] = np.nan
    bought = np.nan_to_num(block[:, 0] + block[:, 2]) > block[:, 1]
    fitted = HistGradientBoostingClassifier(max_iter=30, early_stopping=False).fit(block, bought)
    assert hasattr(fitted, "_predictors"), WHAT_TO_DO
    assert hasattr(fitted, "_baseline_prediction"), WHAT_TO_DO
    assert set(fitted._predictors[0][0].nodes.dtype.names) >= FIELDS, WHAT_TO_DO
    found = walked(trees_of(fitted), block)
    assert np.array_equal(found, fitted.decision_function(block)), WHAT_TO_DO
