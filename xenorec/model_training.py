"""Model training: fit the models of a workspace, measure them, and publish what is good enough."""

from __future__ import annotations

import json
import logging
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from xenorec.errors import BadInput, NotPublished, nearest

if TYPE_CHECKING:
    from xenorec.recommend import ShelfRecommender
    from xenorec.recommend.model_store.walk_forward import WalkForward
    from xenorec.snapshots import Snapshot

WHAT = ("shelves",)
PLAIN = "Plain rules are published until there is something to measure."

log = logging.getLogger("xenorec")


@dataclass(frozen=True)
class Trained:
    """What was trained and how it did; ``folder`` is None for a workspace in memory."""

    what: str
    as_of: datetime
    folder: Path | None
    stages: tuple[str, ...]
    walk: WalkForward

    def to_mapping(self) -> dict[str, Any]:
        """Return everything as plain JSON."""
        return {
            "what": self.what,
            "as_of": self.as_of.isoformat(),
            "folder": None if self.folder is None else str(self.folder),
            "stages": list(self.stages),
            "walk": self.walk.to_mapping(),
        }

    def to_json(self) -> str:
        """Return everything as one JSON text."""
        return json.dumps(self.to_mapping())

    def __str__(self) -> str:
        walk = self.walk
        head = f"{self.what}, learned from rows up to {self.as_of:%Y-%m-%d %H:%M} UTC"
        where = "kept in memory" if self.folder is None else f"published in {self.folder}"
        lines = [f"{head}; {where}"]
        if walk.figures:
            lines.append(
                f"Learned up to {walk.from_at:%Y-%m-%d} and measured on what {walk.n_customers:,} "
                f"customers bought until {walk.until_at:%Y-%m-%d}, beside own frequency:"
            )
            lines += [
                f"  {figure}, difference {figure.ci_low:+.3f} to {figure.ci_high:+.3f}"
                for figure in walk.figures
            ]
        if walk.note is not None:
            lines.append(walk.note)
        if not self.stages:
            lines.append(PLAIN)
        return "\n".join(lines)


def train(snapshot: Snapshot, what: str, path: Path | None) -> Trained:
    """Train ``shelves`` at an instant, publish them beside the workspace's file, and return how.

    ``path``: the workspace's file, None for one in memory.

    First it learns up to ``within`` (14 days) before and is measured on what was bought since.
    Boosted models that could not be measured are left out: plain rules take their place. Raises
    NotPublished, and leaves the current model as it is, when ours is worse than own frequency.
    """
    from xenorec.recommend import ShelfRecommender
    from xenorec.recommend.line_log import read_lines
    from xenorec.recommend.model_store.candidate_features import stages_of
    from xenorec.recommend.model_store.shelf_registry import ShelfRegistry
    from xenorec.recommend.model_store.walk_forward import walk_forward

    if what not in WHAT:
        raise BadInput(f"Cannot train {what!r}.{nearest(what, WHAT)} Known: {', '.join(WHAT)}.")
    history, as_of, model = snapshot.history, snapshot.as_of, ShelfRecommender()
    walk = walk_forward(read_lines(history), history.products(), as_of, model.within)
    _check(walk, as_of)
    model.fit(history)
    _leave_out(model, walk.stages)
    model.figures_ = walk.to_mapping()
    folder = None if path is None else ShelfRegistry.beside(path).publish(model)
    snapshot.keep(model)
    stages = tuple(stages_of(model.ranker_))
    log.info(
        "action=train model=ShelfRecommender as_of=%s n_customers=%d stages=%s folder=%s",
        as_of.isoformat(),
        walk.n_customers,
        ",".join(stages) or "none",
        folder,
    )
    return Trained(what, as_of, folder, stages, walk)


def _check(walk: WalkForward, as_of: datetime) -> None:
    """Raise where a boosted model is worse than what it must beat; plain rules may be."""
    from xenorec.recommend.model_store.walk_forward import worse

    found = worse(walk.figures) if walk.stages else ()
    if found:
        raise NotPublished(
            f"The shelves of {as_of:%Y-%m-%d} are worse than own frequency for the "
            f"{walk.n_customers:,} customers who bought since {walk.from_at:%Y-%m-%d}: "
            f"{'; '.join(map(str, found))}. Nothing was published and the current model stays. "
            "See that the latest rows are whole, look at 'xenorec evaluate shelves --as-of "
            f"{walk.from_at:%Y-%m-%d}', or train as of another day."
        )


def _leave_out(model: ShelfRecommender, measured: tuple[str, ...]) -> None:
    """Put the plain rule in the place of each stage that was not measured."""
    from xenorec.recommend.model_store.candidate_features import STAGES

    for name in STAGES:
        if name not in measured:
            setattr(model.ranker_, f"{name}_", None)
            model.spread_.pop(name, None)
