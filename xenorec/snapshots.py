"""What was computed once for an instant, and holds as long as the warehouse stays as it is.

What was fitted for it lies beside the workspace too, so that the next command needs not fit it.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from xenorec.engine import DuckEngine, query_frames
from xenorec.model_cache import ModelCache
from xenorec.profile import (
    History,
    ProfileColumn,
    ProfileDefinition,
    condition,
    profile_definition,
    read_profile,
)

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

    from xenorec.recommend import ShelfRecommender
    from xenorec.recommend.model_store.shelf_registry import ShelfRegistry
    from xenorec.timing.closures import Closure
    from xenorec.timing.profile_columns import ColumnModel

Model = TypeVar("Model")

log = logging.getLogger("xenorec")


def columns(own: Path | None = None) -> tuple[ProfileColumn, ...]:
    """Return all that a profile can be asked for: what SQL gives, and what models do.

    ``own`` is the retailer's folder, whose ``profile/models/*.sql`` add columns.
    """
    return (*definition(own).columns, *_fitted_columns())


def definition(own: Path | None) -> ProfileDefinition:
    """Return the SQL models of a profile, shipped and of the folder ``own``."""
    return profile_definition(own, {column.name: column.model for column in _fitted_columns()})


def _fitted_columns() -> tuple[ProfileColumn, ...]:
    from xenorec.timing.profile_columns import profile_models

    return tuple(
        ProfileColumn(column.name, column.type, column.meaning, f"fitted {_name(model)}")
        for model in profile_models()
        for column in model.columns
    )


class Snapshot:
    """The profile, history and default models of one instant; each is made when first asked for."""

    def __init__(
        self,
        engine: DuckEngine,
        as_of: datetime,
        profile: ProfileDefinition,
        closures: tuple[Closure, ...] = (),
    ) -> None:
        self.history = History(engine, as_of)
        self.as_of = as_of
        self._engine = engine
        self._definition = profile
        self._closures = tuple(c for c in closures if c.first <= as_of.date())
        self._table: pa.Table | None = None
        self._models = ModelCache(engine, engine.token())
        self._fitted: list[ColumnModel] = []
        self._shelves: ShelfRecommender | None = None
        self._due: pd.DataFrame | None = None

    def fit(self, model: Model, **options: Any) -> Model:
        """Return a model fitted to the history, by this command or, with the same rows, an earlier.

        ``options`` of its ``fit``.
        """
        return self._models.fit(model, self.history, **options)

    def recommender(self) -> ShelfRecommender:
        """Return the shelves as shipped: the published model that fits, else fitted; once."""
        if self._shelves is None:
            self._shelves = self._shelves_now()
        return self._shelves

    def due_for(self, where: str) -> pd.DataFrame | None:
        """Return what is due to the customers that a condition names, None where it asks for none.

        Where it asks for any column of what is due or overdue, the shelf of that shows what the
        same model says: what falls due within a week, and what is overdue and still wanted.
        """
        from xenorec.timing.replenishment.due_columns import DUE_COLUMNS

        types = {c.name: c.type for c in (*self._definition.columns, *_fitted_columns())}
        asked = condition(where, types).columns if where else frozenset()
        if not asked & {column.name for column in DUE_COLUMNS}:
            return None
        return self._due_now()

    def keep(self, shelves: ShelfRecommender) -> None:
        """Use these shelves, which were trained for this instant."""
        self._shelves = shelves

    def profile(self, columns: Iterable[str]) -> pa.Table:
        """Return one row per customer with at least ``columns``, ordered by customer_id.

        A model is fitted when the first of its columns is asked for, and not before.
        """
        table = self._base() if self._table is None else self._table
        missing = set(columns) - set(table.column_names)
        for model in self._of(missing) if missing else ():
            table = _joined(table, self._fit(model))
        self._table = table
        return table

    def notes(self) -> list[str]:
        """Return what to say of the models that were fitted without being asked for."""
        return [
            f"{model.columns[0].name} and the like are from {_name(model)}, fitted on the data so "
            f"far. {' '.join(model.notes_)}".rstrip()
            for model in self._fitted
        ]

    def _shelves_now(self) -> ShelfRecommender:
        from xenorec.recommend import ShelfRecommender
        from xenorec.recommend.model_store.shelf_registry import ShelfRegistry

        path = self._engine.path
        if path is None:
            return _shelves(self.history, None)
        published = ShelfRegistry.beside(path)
        return self._models.made(
            ShelfRecommender(),
            self.history,
            lambda history: _shelves(history, published),
            published=published.mark(),
        )

    def _due_now(self) -> pd.DataFrame:
        from xenorec.timing import Replenishment
        from xenorec.timing.replenishment.due_columns import DUE_COLUMNS, SOON_DAYS

        if self._due is None:
            self.profile(column.name for column in DUE_COLUMNS)
            model = next(one for one in self._fitted if isinstance(one, Replenishment))
            self._due = model.due(within=f"{SOON_DAYS + 1}d", overdue=True)
        return self._due

    def _base(self) -> pa.Table:
        return read_profile(self._engine, self._definition, self.as_of)

    def _of(self, names: set[str]) -> list[ColumnModel]:
        """Return the models, not fitted, that give these columns."""
        from xenorec.timing.profile_columns import profile_models

        every = profile_models(self._closures)
        return [model for model in every if names & {column.name for column in model.columns}]

    def _fit(self, model: ColumnModel) -> ColumnModel:
        fitted = self.fit(model)
        self._fitted.append(fitted)
        return fitted


def _shelves(history: Any, published: ShelfRegistry | None) -> ShelfRecommender:
    """Return the published model that fits, else one fitted to the history."""
    from xenorec.modeling.model_registry import ModelChoice
    from xenorec.recommend import ShelfRecommender

    at = history.as_of.isoformat()
    chosen = ModelChoice[ShelfRecommender](None, "the workspace is in memory")
    if published is not None:
        chosen = published.fitting(history)
    if chosen.model is not None:
        log.info("action=update model=ShelfRecommender as_of=%s why=%s", at, chosen.why)
        return chosen.model
    log.info("action=fit model=ShelfRecommender as_of=%s why=%s", at, chosen.why)
    return ShelfRecommender().fit(history)


def _joined(table: pa.Table, model: ColumnModel) -> pa.Table:
    scores = model.profile_columns(table.column("customer_id").to_pylist())
    names = ", ".join(f"m.{column.name}" for column in model.columns)
    return query_frames(
        f"select p.*, {names} from p left join m on m.customer_id = p.customer_id "
        "order by p.customer_id",
        {"p": table, "m": scores},
    )


def _name(model: ColumnModel) -> str:
    return type(model).__name__


class SnapshotCache:
    """The latest moment that was asked for; a change of the warehouse forgets it.

    So does a change of the profile models in the retailer's folder ``own``.
    """

    def __init__(
        self, engine: DuckEngine, closures: tuple[Closure, ...] = (), own: Path | None = None
    ) -> None:
        self._engine = engine
        self._closures = closures
        self._own = own
        self._key: tuple[datetime, tuple[int, ...], ProfileDefinition] | None = None
        self._moment: Snapshot | None = None

    def at(self, as_of: datetime) -> Snapshot:
        """Return the moment of an instant."""
        profile = definition(self._own)
        key = (as_of, self._engine.token(), profile)
        if self._moment is None or key != self._key:
            self._key, self._moment = key, Snapshot(self._engine, as_of, profile, self._closures)
        return self._moment
