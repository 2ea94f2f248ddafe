"""JSON Schemas of the files that people write: campaign, connector, project and template.

An editor that is shown one completes keys and marks mistakes while a file is written. What only a
shop knows (its templates, its columns) is left to the reader.
"""

from __future__ import annotations

import json

from xenorec.config.campaign_reader import NameCatalog
from xenorec.config.campaign_record import CampaignRecord
from xenorec.config.declared_settings import section_schema
from xenorec.config.project import ProjectFile

DIALECT = "http://json-schema.org/draft-07/schema#"
"""The one that editors of YAML and TOML know."""
TITLES = {
    "campaign": "A campaign of xenorec",
    "connector": "connector.toml of xenorec",
    "project": "xenorec.toml",
    "template": "template.toml of xenorec",
}


def json_schema(document: str) -> str:
    """Return the JSON Schema of a kind of file, as text."""
    from xenorec.messages.template_manifest import TemplateManifest
    from xenorec.sources.connector import Connector

    records = {
        "campaign": CampaignRecord,
        "connector": Connector,
        "project": ProjectFile,
        "template": TemplateManifest,
    }
    names = NameCatalog(occasions=())  # a shop may have its own
    body = section_schema(records[document], names)
    head = {"$schema": DIALECT, "title": TITLES[document]}
    return json.dumps({**head, **body}, indent=2, ensure_ascii=False) + "\n"
