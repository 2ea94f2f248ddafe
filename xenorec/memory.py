"""What was computed once for an instant, and holds as long as the warehouse stays as it is."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING

from xenorec.engine import DuckEngine, query_frames
from xenorec.profile import History, cut_sql, profile_select, sql_columns

if TYPE_CHECKING:
    import pyarrow as pa

    from xenorec.recommend import ShelfRecommender
    from xenorec.timing import NextPurchase

log = logging.getLogger("xenorec")


class Moment:
    """The profile, history and default models of one instant; each is made when first asked for."""

    def __init__(self, engine: DuckEngine, as_of: datetime) -> None:
        self.history = History(engine, as_of)
        self.as_of = as_of
        self._engine = engine
        self._base: pa.Table | None = None
        self._whole: pa.Table | None = None
        self._model: NextPurchase | None = None
        self._shelves: ShelfRecommender | None = None

    def recommender(self) -> ShelfRecommender:
        """Return the shelves as shipped: the published model that fits, else fitted; once."""
        if self._shelves is None:
            self._shelves = self._shelves_now()
        return self._shelves

    def keep(self, shelves: ShelfRecommender) -> None:
        """Use these shelves, which were trained for this instant."""
        self._shelves = shelves

    def profile(self, columns: Iterable[str]) -> pa.Table:
        """Return one row per customer with at least ``columns``, ordered by customer_id."""
        if self._base is None:
            with self._engine.reading() as session:
                self._base = session.arrow(cut_sql(profile_select()), {"as_of": self.as_of})
        asked = set(columns) - {column.name for column in sql_columns()}
        return self._with_model_columns(self._base) if asked else self._base

    def notes(self) -> list[str]:
        """Return what to say of the model that was fitted without being asked for."""
        if self._model is None:
            return []
        said = " ".join(str(note) for note in self._model.notes_)
        return [f"p_alive and the like are from NextPurchase, fitted on the data so far. {said}"]

    def _shelves_now(self) -> ShelfRecommender:
        from xenorec.recommend import ShelfRecommender
        from xenorec.recommend.saved.published import Choice, Published

        path, at = self._engine.path, self.as_of.isoformat()
        chosen = Choice(None, "the workspace is in memory")
        if path is not None:
            chosen = Published.beside(path).choose(self.history)
        if chosen.model is not None:
            log.info("action=update model=ShelfRecommender as_of=%s why=%s", at, chosen.why)
            return chosen.model
        log.info("action=fit model=ShelfRecommender as_of=%s why=%s", at, chosen.why)
        return ShelfRecommender().fit(self.history)

    def _with_model_columns(self, base: pa.Table) -> pa.Table:
        if self._whole is None:
            scores = self._fitted().profile_columns(base.column("customer_id").to_pylist())
            names = ", ".join(f"m.{name}" for name in scores.column_names if name != "customer_id")
            self._whole = query_frames(
                f"select p.*, {names} from p left join m on m.customer_id = p.customer_id "
                "order by p.customer_id",
                {"p": base, "m": scores},
            )
        return self._whole

    def _fitted(self) -> NextPurchase:
        if self._model is None:
            from xenorec.timing import NextPurchase

            self._model = NextPurchase().fit(self.history)
            log.info("action=fit model=NextPurchase as_of=%s", self.as_of.isoformat())
        return self._model


class Memory:
    """The latest moment that was asked for; a change of the warehouse forgets it."""

    def __init__(self, engine: DuckEngine) -> None:
        self._engine = engine
        self._key: tuple[datetime, tuple[int, ...]] | None = None
        self._moment: Moment | None = None

    def at(self, as_of: datetime) -> Moment:
        """Return the moment of an instant."""
        key = (as_of, self._engine.token())
        if self._moment is None or key != self._key:
            self._key, self._moment = key, Moment(self._engine, as_of)
        return self._moment
