"""What the README files show is what works: their Python, files, commands, names and links.

Every block of Python is run, all those of a file one after the other in a folder of their own, with
the names that ``given`` lists. A block right under a line that ends in a file's name in backticks
and a colon is written there first. Files of settings are read by what reads them. The commands of
the scheduled job are run; of all others it is looked whether they exist with their options.
"""

from __future__ import annotations

import json
import re
import shlex
import shutil
import tomllib
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click
import pandas as pd
import pytest
from click.testing import CliRunner

import xenorec as xr
from tests.architecture.test_imports import LAYERS
from xenorec.channels.find_channel import GROUP
from xenorec.cli import main
from xenorec.config.project import FILE, SECTIONS, read_project
from xenorec.document_schemas import document_schema
from xenorec.messages import MessageTemplate
from xenorec.recommend import read_themes
from xenorec.sources.connector import Connector

ROOT = Path(__file__).resolve().parents[2]
FOLDERS = ("connectors", "notebooks", "templates", "tests", "xenorec")
DOCS = sorted(
    [*ROOT.glob("*.md"), *(path for name in FOLDERS for path in ROOT.glob(f"{name}/**/*.md"))]
)
BLOCK = re.compile(r"(?:`([\w./-]+)`:\n\n)?^```(\w*)\n(.*?)^```$", re.S | re.M)
AS_OF = "2017-11-01"
OFFER = "for-all-days"

INSTEAD = {
    'crm.load("complete_journey")': 'crm.load("complete_journey", sample=True)',
    'store_id="436"': 'store_id="990001"',
    'card="00000900"': 'card="00900001"',
}
"""What is run on the small invented sample, and so names its store and card."""


@dataclass(frozen=True)
class Block:
    """A fenced block of a file: what language it is in, and where its text belongs."""

    doc: Path
    kind: str
    text: str
    file: str | None

    @property
    def is_project(self) -> bool:
        """Whether it is (a part of) ``xenorec.toml``."""
        return self.kind == "toml" and tomllib.loads(self.text).keys() <= set(SECTIONS)


def blocks(doc: Path, kind: str | None = None) -> list[Block]:
    """Return the blocks of a file in order, all or those of one kind."""
    found = BLOCK.findall(doc.read_text("utf-8"))
    every = [Block(doc, kind_, text, file or None) for file, kind_, text in found]
    return [block for block in every if kind in (None, block.kind)]


def called(path: Path) -> str:
    """Return a file's name from the repository's root on."""
    return path.relative_to(ROOT).as_posix()


def with_blocks(kind: str) -> list[Path]:
    """Return the files that have a block of a kind."""
    return [doc for doc in DOCS if blocks(doc, kind)]


every_doc = pytest.mark.parametrize("doc", DOCS, ids=called)


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the sample's workspace and a till that was published; it is only copied."""
    folder = tmp_path_factory.mktemp("shop")
    crm = xr.open(folder / "shop.duckdb")
    crm.load("complete_journey", sample=True)
    offer = {"offer_id": OFFER, "valid_from": "2000-01-01", "valid_to": "2100-01-01"}
    crm.load({"offers": pd.DataFrame([offer])}, id_space="complete_journey", time_zone="UTC")
    crm.link()
    crm.publish_till(folder / "shop.till", store_id="990001", as_of=AS_OF)
    return folder


@pytest.fixture
def home(
    request: pytest.FixtureRequest,
    shop: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    fitted_once: None,
) -> Path:
    """The current folder: a copy of the shop with the files that ``doc`` names."""
    folder = tmp_path / "home"
    shutil.copytree(shop, folder)
    for block in blocks(request.getfixturevalue("doc")):
        if block.file is not None:
            path = folder / block.file
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(block.text, "utf-8")
    monkeypatch.chdir(folder)
    return folder


@pytest.fixture
def crm(home: Path) -> xr.Workspace:
    return xr.open(
        home / "shop.duckdb", brand={"name": "Riverside Market", "address": "12 Mill Lane"}
    )


def given(crm: xr.Workspace) -> dict[str, Any]:
    """Return what the blocks speak of without making it: a shop's frames and two campaigns."""
    history = crm.history(as_of=AS_OF)
    lines, orders = history.lines().to_pandas(), history.orders().to_pandas()
    known = sorted(set(lines["customer_id"]))
    people = crm.profiles(as_of=AS_OF)
    arms = [
        {"customer_id": who, "arm": ("treatment", "control")[n % 2]} for n, who in enumerate(known)
    ]
    return {
        "crm": crm,
        "lines": lines,
        "orders": orders,
        "events": history.events().to_pandas(),
        "customers": orders,
        "customer_ids": known[:5],
        "today": lines.tail(3).assign(ordered_at=pd.Timestamp(AS_OF, tz="UTC"), order_id="now"),
        "frame": pd.DataFrame(arms).assign(spend=1.0, spend_before=2.0),
        "winback": crm.campaign("winback", audience=people),
        "restock": crm.campaign("restock", audience=people, template="replenish"),
        "candidates": pd.DataFrame(
            {"customer_id": "a", "campaign_id": ["eid", "milk"], "at": "2017-11-01T10:00Z"}
        ).assign(p_order=0.5, value_amount=20.0),
        "offer_id": OFFER,
    }


@pytest.mark.parametrize("doc", with_blocks("python"), ids=called)
def test_the_python_runs(doc: Path, crm: xr.Workspace) -> None:
    names = given(crm)
    for number, block in enumerate(blocks(doc, "python")):
        if "draw_" in block.text:
            pytest.importorskip("altair", reason="the extra notebooks is not installed")
        text = block.text
        for shown, run in INSTEAD.items():
            text = text.replace(shown, run)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", xr.XenorecWarning)  # a small shop learns little
            exec(compile(text, f"{called(doc)}, block {number + 1} of Python", "exec"), names)


EXPORTED = ("orders", "order_lines", "products", "customers", "identifiers", "stores")
NOW = "2017-11-02T22:00:00Z"


def export(shop: Path, folder: Path) -> None:
    """Write the files that a shop would export, named after the tables."""
    crm = xr.open(shop / "shop.duckdb")
    folder.mkdir(parents=True)
    with crm.engine.reading() as session:
        for name in EXPORTED:
            rows = session.arrow(f"select * exclude (source) from warehouse.{name}")
            rows.to_pandas().to_parquet(folder / f"{name}.parquet")
    consents = crm.ledger.snapshot("consents").to_pandas().drop(columns="source")
    consents.to_parquet(folder / "consents.parquet")


@pytest.mark.parametrize("doc", [ROOT / "README.md"], ids=called)
def test_the_commands_of_the_job_run(
    doc: Path, shop: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    export(shop, home / "myshop" / "exports")
    (job,) = [block.text for block in blocks(doc, "sh") if "xenorec new" in block.text]
    said = {}
    for line in job.replace("$(date -I)", AS_OF).splitlines():
        call, _, folder = line.split("#")[0].partition("&& cd ")
        words = shlex.split(call)[1:]
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", xr.XenorecWarning)
            done = CliRunner().invoke(main, words + (["--now", NOW] if words[0] == "run" else []))
        assert done.exit_code == 0, f"{line}: {done.output}"
        said[words[0]] = done.output
        if folder:
            monkeypatch.chdir(home / folder.strip())
    assert "0 in quarantine" in said["load"]
    assert re.search(r"[1-9]\d* sent", said["run"])
    assert "first-winback" in said["report"]


@pytest.mark.parametrize("doc", [*with_blocks("yaml"), *with_blocks("toml")], ids=called)
def test_the_files_are_read_as_they_stand(doc: Path, home: Path, crm: xr.Workspace) -> None:
    for block in blocks(doc, "yaml"):
        (home / "campaign.yaml").write_text(block.text, "utf-8")
        assert crm.read_campaign(home / "campaign.yaml").campaign in block.text
    for block in blocks(doc, "toml"):
        file = Path(block.file or "")
        if block.is_project:
            (home / FILE).write_text(block.text, "utf-8")
            assert read_project(home / FILE).folder == home
        elif file.name == "connector.toml":
            assert Connector.load(file.parent.name, home).folder == home / file.parent
        elif file.name == "template.toml":
            assert MessageTemplate.load(file.parent.name, own=home).channels
        elif file.name == "shelves.toml":
            assert len(read_themes(home / file)) > 3
        else:
            assert [*tomllib.loads(block.text)["project"]["entry-points"]] == [GROUP]


@every_doc
def test_the_sections_of_a_campaign_in_its_words_are_read(
    doc: Path, home: Path, crm: xr.Workspace
) -> None:
    said = re.findall(
        r"`((?:recommend|timing|schedule|approval): \{.*?\})`", doc.read_text("utf-8")
    )
    for section in said:
        text = f"campaign: own\nmessage: {{template: winback}}\n{section}\n"
        (home / "campaign.yaml").write_text(text, "utf-8")
        assert crm.read_campaign(home / "campaign.yaml").campaign == "own"


@every_doc
def test_every_command_exists_with_its_options(doc: Path) -> None:
    shown = "\n".join(block.text for block in blocks(doc, "sh")) + doc.read_text("utf-8")
    for line in re.findall(r"xenorec ((?:till )?[a-z-]+)([^\n`]*)", shown):
        name, rest = line
        command: click.Command = main
        for part in name.split():
            if not isinstance(command, click.Group) or part not in command.commands:
                command = main
                break
            command = command.commands[part]
        if command is main:
            continue
        known = {option for param in command.params for option in param.opts}
        assert set(re.findall(r"(?<= )--[a-z-]+", rest.split("#")[0])) <= known, line


@pytest.mark.parametrize("doc", with_blocks("sh"), ids=called)
def test_every_line_of_the_shell_calls_what_is_there(doc: Path) -> None:
    targets = re.findall(r"^(\w+):", (ROOT / "Makefile").read_text("utf-8"), re.M)
    for line in "\n".join(block.text for block in blocks(doc, "sh")).splitlines():
        words = line.split("#")[0].split()
        if not words:
            continue
        first = next(word for word in words if not re.match(r"[A-Z_]+=", word))
        if first == "make":
            assert set(words[1:]) <= set(targets), line
        elif first == "xenorec":
            assert words[1] in main.commands, line
        else:
            assert first.endswith("python"), line
            for module in re.findall(r"-m (tests\.[\w.]+)", line):
                assert (ROOT / f"{module.replace('.', '/')}.py").is_file(), line
            for path in re.findall(r" (tests/[\w/.]+)", line):
                assert (ROOT / path).exists(), line


@every_doc
def test_every_link_into_the_project_leads_somewhere(doc: Path) -> None:
    for target in re.findall(r"\]\(((?!http)[^)]+)\)", doc.read_text("utf-8")):
        name, _, heading = target.partition("#")
        path = doc.parent / name
        assert path.exists(), target
        if heading:
            assert heading in [slug(line) for line in path.read_text("utf-8").splitlines()], target


def slug(heading: str) -> str:
    """Return the anchor of a heading."""
    return re.sub(r"[^\w -]", "", heading.lstrip("# ").lower()).replace(" ", "-")


@every_doc
def test_every_path_in_its_words_is_there(doc: Path) -> None:
    for path in re.findall(
        r"`((?:tests|xenorec|connectors|templates|notebooks)/[\w./-]+)`(?!:)",
        doc.read_text("utf-8"),
    ):
        assert (ROOT / path).exists(), path


@every_doc
def test_the_names_shown_are_public(doc: Path) -> None:
    for name in re.findall(r"\bxr\.(\w+)", doc.read_text("utf-8")):
        assert hasattr(xr, name), name


def test_every_kind_of_block_is_looked_at() -> None:
    kinds = {block.kind for doc in DOCS for block in blocks(doc)}
    assert kinds <= {"", "python", "sh", "toml", "yaml", "csv", "jinja", "sql"}
    for doc in DOCS:
        for block in blocks(doc):
            assert block.file or block.kind not in ("csv", "jinja", "sql"), block.text


def properties(schema: Any) -> set[str]:
    """Return every key that a JSON Schema lets a file have, on any level."""
    parts = schema.values() if isinstance(schema, dict) else schema
    inner = [properties(part) for part in parts if isinstance(part, dict | list)]
    own = schema.get("properties", {}) if isinstance(schema, dict) else {}
    return set(own).union(*inner)


@pytest.mark.parametrize(
    ("document", "folder"),
    [
        ("campaign", "xenorec/campaigns"),
        ("connector", "connectors"),
        ("template", "templates"),
    ],
)
def test_every_key_of_a_file_is_told(document: str, folder: str) -> None:
    text = (ROOT / folder / "README.md").read_text("utf-8")
    code = " ".join(re.findall(r"`[^`\n]+`|^```\w+\n.*?^```$", text, re.S | re.M))
    missing = properties(json.loads(document_schema(document))) - set(re.findall(r"\w+", code))
    assert missing == set()


def test_the_readme_is_short() -> None:
    assert len((ROOT / "README.md").read_text("utf-8").splitlines()) <= 200


def test_the_map_shows_the_layers_that_are_tested() -> None:
    text = (ROOT / "CONTRIBUTING.md").read_text("utf-8").partition("from the top |")[2]
    rows = re.findall(r"^\| (`.*?) \|", text.partition("\n\n")[0], re.M)
    shown = [set(re.findall(r"`(\w+)`", row)) for row in reversed(rows)]
    assert shown == [set(layer) for layer in LAYERS if layer != ("__init__",)]
