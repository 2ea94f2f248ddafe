"""Known: what names a campaign may use, from the templates and the profile's columns."""

from __future__ import annotations

from pathlib import Path

from xenorec import content
from xenorec.campaigns.reading import Known
from xenorec.messages import MessageTemplate
from xenorec.profile import condition, sql_columns
from xenorec.timing import MODEL_COLUMNS


def known_names(own: Path | None) -> Known:
    """Return the templates shipped and of the folder ``own``, their arms, and what columns are."""
    types = {column.name: column.type for column in sql_columns()}
    types.update({column.name: column.type for column in MODEL_COLUMNS})

    def arms(template: str) -> tuple[str, ...]:
        return tuple(MessageTemplate.load(template, own=own).arms)

    return Known(tuple(content.names("templates", own)), arms, lambda text: condition(text, types))
