"""JSON Schemas of the files that people write, and the reader they come from."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner

from tests.conftest import ROOT
from xenorec.cli import main
from xenorec.config.new_project import NEW_CAMPAIGN, new_project
from xenorec.document_schemas import DOCUMENTS, document_schema

TYPES = {
    "string": str,
    "number": int | float,
    "integer": int,
    "boolean": bool,
    "object": dict,
    "array": list,
}


def mistakes(value: Any, schema: dict[str, Any], at: str = "") -> Iterator[str]:
    """The part of JSON Schema that we write."""
    if "anyOf" in schema and all(list(mistakes(value, one, at)) for one in schema["anyOf"]):
        yield f"{at}: none of the forms"
    if "enum" in schema and value not in schema["enum"]:
        yield f"{at}: not listed"
    named = schema.get("type", [])
    types = [TYPES[name] for name in ([named] if isinstance(named, str) else named)]
    if types and not any(isinstance(value, one) for one in types):
        yield f"{at}: no {named}"
    if isinstance(value, dict):
        yield from (f"{at}.{key}: needed" for key in schema.get("required", ()) if key not in value)
        for key, one in value.items():
            rest = schema.get("additionalProperties", {})
            inner = schema.get("properties", {}).get(key, rest)
            if inner is False:
                yield f"{at}.{key}: no key"
            else:
                yield from mistakes(one, inner, f"{at}.{key}")
    if isinstance(value, list):
        for one in value:
            yield from mistakes(one, schema.get("items", {}), f"{at}[]")


def test_what_is_shipped_and_made_fits_the_schemas(tmp_path: Path) -> None:
    new_project(tmp_path, time_zone="Asia/Kolkata")
    files = {
        "connector": sorted(ROOT.glob("connectors/*/connector.toml")),
        "template": sorted(ROOT.glob("templates/*/template.toml")),
        "project": [tmp_path / "xenorec.toml"],
    }
    for document, paths in files.items():
        assert paths
        for path in paths:
            data = tomllib.loads(path.read_text("utf-8"))
            assert list(mistakes(data, json.loads(document_schema(document)))) == []
    assert (
        list(mistakes(yaml.safe_load(NEW_CAMPAIGN), json.loads(document_schema("campaign")))) == []
    )


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("message: {template: x}", ".campaign: needed"),
        ("{campaign: x, message: {templat: x}}", ".message.templat: no key"),
        ("{campaign: x, message: {template: x}, outcome: {metric: joy}}", "metric: not listed"),
        ("{campaign: x, message: {template: x}, approval: maybe}", "approval: none of the forms"),
        ("{campaign: x, message: {template: x}, holdout: {share: much}}", "share: no number"),
    ],
)
def test_a_schema_refuses_what_the_reader_does(text: str, told: str) -> None:
    found = mistakes(yaml.safe_load(text), json.loads(document_schema("campaign")))
    assert any(told in one for one in found)


@pytest.mark.parametrize("document", DOCUMENTS)
def test_the_command_writes_each(document: str) -> None:
    done = CliRunner().invoke(main, ["schema", "--json-schema", document])
    assert done.exit_code == 0
    schema = json.loads(done.output)
    assert schema["title"] == DOCUMENTS[document][1]
    assert all(one["description"] for one in schema["properties"].values())


def test_new_files_name_a_schema_that_lies_beside_them(tmp_path: Path) -> None:
    toml, campaign, *schemas = new_project(tmp_path)
    assert len(schemas) == 2
    for path, mark in ((toml, "#:schema "), (campaign, "# yaml-language-server: $schema=")):
        first = path.read_text("utf-8").splitlines()[0]
        assert first.startswith(mark)
        named = path.parent / first.removeprefix(mark)
        assert named.resolve() in [one.resolve() for one in schemas]
        assert json.loads(named.read_text("utf-8"))["properties"]
