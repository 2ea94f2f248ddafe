"""Files that people write and editors check: campaign, connector, project and template."""

from __future__ import annotations

from xenorec.config.campaign_record import CampaignRecord
from xenorec.config.json_schema import json_schema
from xenorec.config.project import ProjectFile
from xenorec.messages.template_manifest import TemplateManifest
from xenorec.sources.connector import Connector

DOCUMENTS = {
    "campaign": (CampaignRecord, "A campaign of xenorec"),
    "connector": (Connector, "connector.toml of xenorec"),
    "project": (ProjectFile, "xenorec.toml"),
    "template": (TemplateManifest, "template.toml of xenorec"),
}


def document_schema(document: str) -> str:
    """Return the JSON Schema of a kind of file, as text."""
    return json_schema(*DOCUMENTS[document])
