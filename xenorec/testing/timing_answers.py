"""What must hold of the answers of any model of times."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd

LEVELS = {"personal", "segment", "shop", "default"}
FELL_BACK = {"shop", "default"}


def check_answers(told: pd.DataFrame) -> None:
    """See that a frame of answers can be used.

    Numbers are finite, but for those that are told empty by their type; columns ``p`` and ``p_...``
    lie in [0, 1]; ``level`` is one of four; ``x_from <= x_on <= x_to`` for dates, where a date that
    never comes (NaT) is the latest.
    """
    import numpy as np
    import pandas as pd

    assert told["customer_id"].notna().all()
    assert set(told["level"]) <= LEVELS, set(told["level"])
    for name in told.select_dtypes("number").columns:
        column = told[name]
        there = column.dropna() if pd.api.types.is_extension_array_dtype(column.dtype) else column
        values = there.to_numpy(np.float64)
        assert np.isfinite(values).all(), f"{name} is not finite"
        if name == "p" or name.startswith("p_"):
            assert ((values >= 0) & (values <= 1)).all(), f"{name} is no probability"
    for name in told.columns:
        if name.endswith("_on") and f"{name[:-3]}_from" in told and f"{name[:-3]}_to" in told:
            _check_dates(told, name[:-3])


def customers_of(told: pd.DataFrame) -> list[str]:
    """Return who is answered, each once, as they come; all rows of one come together."""
    names: list[str] = told["customer_id"].tolist()
    first = [name for at, name in enumerate(names) if at == 0 or names[at - 1] != name]
    assert len(set(first)) == len(first), "The rows of a customer do not come together."
    return first


def told_of(told: pd.DataFrame, customer: str) -> pd.DataFrame:
    """Return the answers of one customer, without the name."""
    rows = told[told["customer_id"] == customer]
    return rows.drop(columns="customer_id").reset_index(drop=True)


def fell_back(told: pd.DataFrame) -> bool:
    """Return whether nobody's answer is personal or of a segment."""
    return set(told["level"]) <= FELL_BACK


def same(one: pd.DataFrame, other: pd.DataFrame) -> None:
    """See that two frames are equal to the last bit."""
    from pandas.testing import assert_frame_equal

    assert_frame_equal(one, other, check_exact=True)


def _check_dates(told: pd.DataFrame, name: str) -> None:
    first, middle, last = (_days(told[f"{name}_{part}"]) for part in ("from", "on", "to"))
    assert (first <= middle).all(), f"{name}_from is after {name}_on"
    assert (middle <= last).all(), f"{name}_on is after {name}_to"


def _days(values: Any) -> Any:
    """Return instants as numbers; what never comes is infinitely late."""
    import numpy as np
    import pandas as pd

    when = pd.to_datetime(values)
    days = when.to_numpy("datetime64[us]").astype(np.int64).astype(np.float64)
    days[when.isna().to_numpy()] = np.inf
    return days
