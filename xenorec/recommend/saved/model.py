"""Save and load: a fitted recommender to a folder and back, answering the same byte for byte."""

from __future__ import annotations

import platform
from collections.abc import Mapping
from dataclasses import fields
from datetime import timedelta
from importlib.metadata import version
from inspect import signature
from pathlib import Path
from typing import TYPE_CHECKING, Any

from xenorec import __version__
from xenorec.errors import XenorecError
from xenorec.instants import instant_of
from xenorec.recommend.saved.decode import Decoder
from xenorec.recommend.saved.encode import Encoder
from xenorec.recommend.saved.folder import STATE, read_folder, write_folder
from xenorec.recommend.saved.manifest import Manifest, damaged
from xenorec.recommend.saved.spread import stages_of
from xenorec.recommend.themes import Theme

if TYPE_CHECKING:
    from xenorec.recommend.recommender import ShelfRecommender

MADE_AGAIN = ("_speaker",)
"""What a recommender makes from the rest when it is loaded: it holds the shipped wordings."""


def save(model: ShelfRecommender, folder: Path) -> Path:
    """Write a fitted recommender to a folder; raises NotSupported for what cannot be saved."""
    model._fitted()
    encoder = Encoder()
    held = {name: part for name, part in vars(model).items() if name not in MADE_AGAIN}
    state = {name: encoder.encode(part, name) for name, part in held.items()}
    return write_folder(folder, describe(model), state, encoder.arrays)


def load(of: type[ShelfRecommender], folder: Path) -> ShelfRecommender:
    """Return the recommender of a folder that ``save`` wrote; raises ModelFileError."""
    _, state, arrays = read_folder(folder)
    decoder = Decoder(arrays)
    try:
        held = {name: decoder.decode(part) for name, part in state.items()}
        settings = signature(of).parameters
        model = of(**{name: part for name, part in held.items() if name in settings})
        vars(model).update(held)
        model._speaker = model._speak()
        model._fitted()
    except (ValueError, LookupError, TypeError, AttributeError, XenorecError) as error:
        raise damaged(folder / STATE, error) from error
    return model


def describe(model: ShelfRecommender) -> Manifest:
    """Return what the manifest says, without its files."""
    purchases, ranker = model._shop.purchases, model.ranker_
    named = signature(type(model)).parameters
    packages = {name: version(name) for name in ("numpy", "scikit-learn")}
    return Manifest(
        versions={"xenorec": __version__, "python": platform.python_version(), **packages},
        as_of=model.as_of_.isoformat(),
        learned_as_of=model.learned_at_.isoformat(),
        first_line_at=instant_of(purchases.since).isoformat(),
        last_line_at=instant_of(purchases.orders.at.max()).isoformat(),
        n_customers=len(purchases.customers),
        n_products=len(purchases.products),
        n_orders=len(purchases.orders),
        n_lines=len(purchases.order),
        within_days=ranker.within / timedelta(days=1),
        settings={name: _readable(getattr(model, name)) for name in named},
        features={name: list(stage.model.names) for name, stage in stages_of(ranker).items()},
        scorers=[_said(scorer) for scorer in ranker.scorers],
        figures=model.figures_,
        files={},
    )


def _said(scorer: Any) -> Mapping[str, Any]:
    settings = {f.name: _readable(getattr(scorer, f.name)) for f in fields(scorer)}
    return {"kind": type(scorer).__name__, **settings}


def _readable(value: Any) -> Any:
    """Return a setting for people to read; the state has it for us."""
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, timedelta | Path):
        return str(value)
    if isinstance(value, Theme):
        return value.name
    if isinstance(value, list | tuple | set | frozenset):
        return sorted(map(str, map(_readable, value)))
    return type(value).__name__
