"""The fitters of ``lifetimes``: asked for a fit, read, and made from what was fitted here.

The package is loaded at the first fit only. It warns while it is loaded, changes the filters of
warnings for the whole process, and prints where it does not converge; all three stay inside.
"""

from __future__ import annotations

import io
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from dataclasses import asdict, fields
from types import ModuleType
from typing import Any

import numpy as np
import pandas as pd

from xenorec.array_types import Floats, Texts
from xenorec.dataset.data_frames import ids
from xenorec.errors import BadInput
from xenorec.timing.next_purchase.bgnbd import BgNbd, MbgNbd
from xenorec.timing.next_purchase.members import Member
from xenorec.timing.next_purchase.pareto_nbd import ParetoNbd
from xenorec.timing.next_purchase.rfm_summary import RfmPatterns, RfmSummary

FITTERS: dict[type[Member], str] = {
    BgNbd: "BetaGeoFitter",
    MbgNbd: "ModifiedBetaGeoFitter",
    ParetoNbd: "ParetoNBDFitter",
}
NO_FIT = (ArithmeticError, ValueError, np.linalg.LinAlgError)
"""What a fitter raises that does not converge (its ConvergenceError is a ValueError)."""


@contextmanager
def quiet() -> Iterator[None]:
    """Keep warnings, their filters and what is printed inside."""
    with warnings.catch_warnings(), redirect_stdout(io.StringIO()), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        yield


def lifetimes() -> ModuleType:
    """Return the package; to be asked for within ``quiet``."""
    import lifetimes

    module: ModuleType = lifetimes
    return module


def fit_by_lifetimes(past: RfmPatterns, kind: type[Member]) -> Member | None:
    """Return the parameters that a fitter finds for weighted patterns, in days; None without any.

    Pareto/NBD starts from ones, as its own start is drawn by chance.
    """
    start = {"initial_params": np.ones(4)} if kind is ParetoNbd else {}
    with quiet():
        fitter = getattr(lifetimes(), FITTERS[kind])()
        try:
            fitter.fit(past.frequency, past.recency, past.age, weights=past.weight, **start)
        except NO_FIT:
            return None
        return kind(*(float(fitter.params_[name]) for name in _names(kind)))


def read_fitter(fitter: Any, days: float) -> Member:
    """Return the parameters of a fitted fitter whose unit of time is ``days``, in days.

    Raises BadInput for what is no fitter of these three kinds, or is not fitted.
    """
    found = type(fitter).__name__
    kinds = {name: kind for kind, name in FITTERS.items()}
    if found not in kinds:
        raise BadInput(
            f"Expected a fitter of lifetimes ({', '.join(kinds)}), got {found}; fit one of these."
        )
    if not hasattr(fitter, "params_"):
        raise BadInput(f"The {found} is not fitted; call its fit(frequency, recency, T) first.")
    names = _names(kinds[found])
    values = {name: float(fitter.params_[name]) for name in names}
    scaled = {
        name: value * (days if name in ("alpha", "beta") else 1.0) for name, value in values.items()
    }
    if not all(np.isfinite(value) and value > 0 for value in scaled.values()):
        raise BadInput(f"The {found} has parameters that are no numbers above 0: {values}.")
    return kinds[found](**scaled)


def read_customers(fitter: Any, days: float) -> RfmSummary:
    """Return the customers in the ``data`` of a fitter whose unit of time is ``days``.

    Raises BadInput where its rows are no single customers with an id each.
    """
    data = getattr(fitter, "data", None)
    if data is None:
        raise BadInput("The fitter holds no data; give the orders of the customers to answer for.")
    if (data["weights"] != 1).any():
        raise BadInput(
            "The fitter's data are weighted patterns, not customers; give the orders of the "
            "customers to answer for: from_lifetimes(fitter, orders, as_of=...)."
        )
    known = ids(data.index, "index")
    if len(known) < len(data):
        raise BadInput("The index of the fitter's data names a customer twice; expected ids.")
    frequency, recency, age = (data[name].to_numpy() for name in ("frequency", "recency", "T"))
    zone = np.full(len(known), -1, dtype=np.int64)
    return RfmSummary(known, frequency, recency * days, age * days, zone, ())


def make_fitter(model: Member, past: RfmPatterns, customer_ids: Texts) -> Any:
    """Return a fitter of ``lifetimes`` with these parameters and customers, as if fitted, in days.

    Its ``data`` has a row per customer, whose id is the index.
    """
    names = _names(type(model))
    with quiet():
        fitter = getattr(lifetimes(), FITTERS[type(model)])()
        fitter.params_ = pd.Series(asdict(model))[list(names)]
        fitter.predict = fitter.conditional_expected_number_of_purchases_up_to_time
        columns = {
            "frequency": past.frequency.astype(np.int64),
            "recency": past.recency,
            "T": past.age,
            "weights": np.ones(len(customer_ids), dtype=np.int64),
        }
        fitter.data = pd.DataFrame(
            columns, index=pd.Index(customer_ids, dtype="str", name="customer_id")
        )
        fitter._scale = (
            lifetimes().utils._scale_time(past.age) if past.age.max(initial=0) > 0 else 1.0
        )
        if len(customer_ids) and not isinstance(model, ParetoNbd):
            _describe(fitter, past)
    return fitter


def _describe(fitter: Any, past: RfmPatterns) -> None:
    """Give a fitter its likelihood and standard errors, where the likelihood is curved."""
    scaled = fitter.params_.to_numpy(dtype=np.float64) * np.array([1, fitter._scale, 1, 1])
    days = (past.recency * fitter._scale, past.age * fitter._scale)
    told = (past.frequency, *days, past.weight, fitter.penalizer_coef)
    logs: Floats = np.log(scaled)
    fitter._negative_log_likelihood_ = float(fitter._negative_log_likelihood(logs, *told))
    fitter._hessian_ = lifetimes().fitters.hessian(fitter._negative_log_likelihood)(logs, *told)
    try:
        fitter.variance_matrix_ = fitter._compute_variance_matrix()
    except np.linalg.LinAlgError:
        return
    fitter.standard_errors_ = fitter._compute_standard_errors()
    fitter.confidence_intervals_ = fitter._compute_confidence_intervals()


def _names(kind: type[Member]) -> tuple[str, ...]:
    return tuple(field.name for field in fields(kind))
