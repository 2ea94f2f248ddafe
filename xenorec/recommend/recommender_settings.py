"""Recommender settings: what a recommender was asked for, checked before anything is learned."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Any

from xenorec.errors import BadInput, nearest
from xenorec.recommend.eligibility import Rules
from xenorec.recommend.themes import SensitiveProducts, Theme, read_themes


def positive(value: object, name: str) -> None:
    """Raise BadInput for what is no whole number of at least 1."""
    if not isinstance(value, int) or isinstance(value, bool) or value < 1:
        raise BadInput(f"{name} is {value!r}; expected a whole number of at least 1.")


def check_rules(rules: Any) -> None:
    """Raise BadInput for rules that are none, or cannot be used."""
    if not isinstance(rules, Rules | None):
        kind = type(rules).__name__
        raise BadInput(f"rules came as a {kind}; expected xr.Rules(out_of_stock=True, ...).")
    (rules or Rules()).check()


def check_topics(allow: Collection[str] | None) -> None:
    """Raise BadInput for a topic that is not known, with the nearest."""
    known = SensitiveProducts.load().declared
    for topic in allow or ():
        if topic not in known:
            raise BadInput(
                f"allow names {topic!r}, which is no topic.{nearest(topic, known)} "
                f"Topics: {', '.join(known)}."
            )


def check_editorial(ids: Any) -> None:
    """Raise BadInput for an editorial list that is no list of texts."""
    if isinstance(ids, str) or not all(isinstance(one, str) for one in ids):
        raise BadInput(f"editorial is {ids!r}; expected product ids as texts: ['4711', '4712'].")


def themes_of(given: Sequence[Theme] | str | Path | None) -> tuple[Theme, ...]:
    """Return the shelves given or declared in a file; raises BadInput for anything else."""
    if given is None or isinstance(given, str | Path):
        return read_themes(given)
    if not all(isinstance(theme, Theme) for theme in given):
        raise BadInput(
            "themes came as a list of something else; expected Theme objects, such as "
            "read_themes(path) gives, or the path of a TOML file."
        )
    return tuple(given)
