"""JSON Schema of a file that people write: an editor completes its keys and marks mistakes."""

from __future__ import annotations

import json
from typing import Any

from xenorec.config.campaign_reader import NameCatalog
from xenorec.config.declared_settings import section_schema

DIALECT = "http://json-schema.org/draft-07/schema#"
"""The one that editors of YAML and TOML know; it is a name, and nothing is fetched."""


def json_schema(of: Any, title: str) -> str:
    """Return the JSON Schema of a declared file, as text.

    What only a shop knows (its templates, columns and own occasions) is left to the reader.
    """
    head = {"$schema": DIALECT, "title": title}
    body = section_schema(of, NameCatalog(occasions=()))
    return json.dumps({**head, **body}, indent=2, ensure_ascii=False) + "\n"
