"""References in xenorec.toml lead to their values, and no text shows a secret."""

from __future__ import annotations

import logging
import stat
import traceback
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner

import xenorec as xr
from xenorec.channels import SmtpChannel, open_channel
from xenorec.cli import main
from xenorec.config.project import lone_project, read_project
from xenorec.config.secrets import without_secrets
from xenorec.errors import BadInput, ConfigError, LedgerUnreachable, XenorecError
from xenorec.ledger import Ledger
from xenorec.ledger.connection import open_engine

ODD = ["p@ss", "p:ss", "pa/ss", "p@s:s/w?rd", "p%40ss", "w#rd%zz", "a@b@c", "p?ss", "p&ss=x"]


def written(folder: Path, text: str) -> Path:
    path = folder / "xenorec.toml"
    path.write_text(text, "utf-8")
    return path


def url(password: str, host: str = "127.0.0.1:1") -> str:
    return f"postgresql://ana:{password}@{host}/shop"


def leaked(text: str, password: str) -> bool:
    """Whether a text holds a password, or what follows a sign that cuts it."""
    return any(part in text for part in (password, password.rpartition("@")[2] + "@"))


def test_every_value_may_be_a_reference(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LEDGER_URL", url("hunter2"))
    monkeypatch.setenv("BRAND", "Ours")
    monkeypatch.setenv("FIRST", "2020-03-25")
    (tmp_path / "zone").write_text("Asia/Kolkata\n")
    text = (
        '[workspace]\npath = "shop.duckdb"\nledger = "env:LEDGER_URL"\ntime_zone = "file:zone"\n'
        '[brand]\nname = "env:BRAND"\n[[closures]]\nfrom = "env:FIRST"\nto = "2020-05-10"\n'
    )
    project = read_project(written(tmp_path, text))
    assert project.ledger == url("hunter2")
    assert (project.time_zone, project.brand.name) == ("Asia/Kolkata", "Ours")
    assert str(project.closures[0].first) == "2020-03-25"
    assert list(tmp_path.glob("env*")) == []


def test_a_reference_of_xr_open_and_of_the_command_line_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LEDGER_URL", f"sqlite:///{tmp_path / 'kept.sqlite'}")
    monkeypatch.chdir(tmp_path)
    (tmp_path / "where").write_text("other.sqlite")
    assert xr.open(tmp_path / "shop.duckdb", ledger="env:LEDGER_URL").project.ledger.endswith(
        "kept.sqlite"
    )
    named = xr.open(tmp_path / "shop.duckdb", ledger="file:where").project.ledger
    assert named == f"sqlite:///{tmp_path / 'other.sqlite'}"
    words = ["-w", "shop.duckdb", "--ledger", "env:LEDGER_URL", "load", "complete_journey"]
    done = CliRunner().invoke(main, [*words, "--sample"])
    assert done.exit_code == 0, done.output
    assert (tmp_path / "kept.sqlite").exists()
    assert [one.name for one in tmp_path.iterdir() if "env" in one.name] == []


def test_references_that_lead_nowhere_are_told_at_once_with_their_lines(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("NOT_SET", raising=False)
    text = '[workspace]\nledger = "env:NOT_SET"\n[brand]\nname = "file:gone"\ncolour = "x"\n'
    with pytest.raises(ConfigError) as told:
        read_project(written(tmp_path, text))
    found = {(problem.where, problem.line) for problem in told.value.problems}
    assert found == {("workspace.ledger", 2), ("brand.name", 4), ("brand.colour", 5)}


def test_settings_of_a_channel_are_read_when_it_is_opened(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in {"HOST": "mail.shop.example", "PORT": "2525", "USER_": "ana"}.items():
        monkeypatch.setenv(f"MAIL_{name}", value)
    text = (
        '[channels]\nemail = "smtp"\n[channels.smtp]\nhost = "env:MAIL_HOST"\n'
        'port = "env:MAIL_PORT"\nuser = "env:MAIL_USER_"\npassword = "file:secret/mail"\n'
    )
    project = read_project(written(tmp_path, text))  # nothing needs the password yet
    channel = open_channel("smtp", outbox=tmp_path, settings=project.channels["smtp"])
    assert isinstance(channel, SmtpChannel)
    assert (channel.host, channel.port) == ("mail.shop.example", 2525)
    with pytest.raises(XenorecError, match=str(tmp_path / "secret" / "mail")):
        channel.check()
    (tmp_path / "secret").mkdir()
    (tmp_path / "secret" / "mail").write_text("hunter2")
    monkeypatch.chdir("/")
    channel.check()


@pytest.mark.parametrize("password", ODD)
def test_no_repr_and_no_error_shows_a_password(tmp_path: Path, password: str) -> None:
    project = lone_project(tmp_path / "shop.duckdb", url(password), {})
    crm = xr.open(tmp_path / "shop.duckdb", ledger=url(password))
    told = [repr(project), repr(crm.project), repr(crm)]
    with pytest.raises(LedgerUnreachable) as caught:
        Ledger(url(password)).create()
    told += [repr(Ledger(url(password))), repr(Ledger(url(password))._database)]
    told += ["".join(traceback.format_exception(caught.value))]
    assert not any(leaked(text, password) for text in told), told
    assert "ana:***@127.0.0.1" in told[0]


@pytest.mark.parametrize("password", ODD)
def test_a_password_reaches_the_driver_as_it_was_meant(password: str) -> None:
    from urllib.parse import unquote

    _, kept = open_engine(url(password)).dialect.create_connect_args(open_engine(url(password)).url)
    assert (kept["host"], kept["password"]) == ("127.0.0.1", unquote(password))


@pytest.mark.parametrize(
    "ledger",
    [
        "postgresql://127.0.0.1:1/shop?user=ana&password=hunter2",
        "postgresql://127.0.0.1:1/shop?user=ana&password=hu@nter2&sslmode=disable",
        "postgresql://ana:hunter2@127.0.0.1:1/shop?sslpassword=hunter2",
        "postgresql://ana:hunter2@127.0.0.1:port/shop",
        "postgresql://ana:hunter2@[::1/shop",
        "nothing://ana:hunter2@host/shop",
        "host=127.0.0.1 user=ana password=hunter2 dbname=shop",
        "password='hunter2' host=127.0.0.1",
        "postgresql:ana:hunter2@host/shop",
    ],
)
def test_no_way_to_write_a_password_shows_it(
    tmp_path: Path, ledger: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    with pytest.raises(XenorecError) as caught:
        xr.open(tmp_path / "shop.duckdb", ledger=ledger).ledger.create()
    told = "".join(traceback.format_exception(caught.value)) + caplog.text
    source = [line for line in told.splitlines() if "nter2" in line]
    assert source == []
    assert [one.name for one in tmp_path.iterdir()] == []


def test_a_secret_of_a_configuration_is_not_shown_by_what_holds_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NAME", "hunter2")
    monkeypatch.setenv("LONG", "hunter2" * 5)
    text = '[workspace]\ncurrency = "env:NAME"\nkey = "env:LONG"\n[brand]\naddress = "env:NAME"\n'
    project = read_project(written(tmp_path, text))
    assert "hunter2" not in repr(project) + repr(project.brand) + repr([project.currency])
    assert project.key() == b"hunter2" * 5
    channel = SmtpChannel("mail.shop.example", user="env:NAME", password="env:LONG")
    assert "LONG" not in repr(channel)


@pytest.mark.parametrize("line", ['key = "hunter2"', "key = 7", 'ledger = ["hunter2"]'])
def test_a_key_that_was_written_itself_is_refused_and_not_repeated(
    tmp_path: Path, line: str
) -> None:
    with pytest.raises(ConfigError) as told:
        read_project(written(tmp_path, f"[workspace]\n{line}\n"))
    assert "key = " not in str(told.value)
    assert "hunter2" not in str(told.value)


def test_a_secret_file_that_is_no_text_is_not_repeated(tmp_path: Path) -> None:
    (tmp_path / "secret").write_bytes(b"hunter2\xff\xfe")
    with pytest.raises(BadInput) as told:
        xr.open(tmp_path / "shop.duckdb", ledger=f"file:{tmp_path / 'secret'}")
    assert "hunter2" not in "".join(traceback.format_exception(told.value))


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ("postgresql://ana@h/d", "postgresql://ana@h/d"),
        ("postgresql://h/d?sslmode=require", "postgresql://h/d?sslmode=require"),
        ("postgresql://:x@h/d", "postgresql://:***@h/d"),
        ("sqlite:////tmp/a.sqlite", "sqlite:////tmp/a.sqlite"),
        ("postgresql://a:p@s?s@h/d?sslmode=require", "postgresql://a:***@h/d?sslmode=require"),
        ("password = 'a b' host=h", "password = *** host=h"),
    ],
)
def test_what_is_shown_of_a_url(given: str, shown: str) -> None:
    assert without_secrets(given) == shown


def test_a_key_is_made_once_for_its_owner_alone(tmp_path: Path) -> None:
    project = lone_project(tmp_path / "shop.duckdb", None, {})
    with ThreadPoolExecutor(8) as pool:
        keys = set(pool.map(lambda _: project.key(), range(16)))
    assert len(keys) == 1
    assert len(keys.pop()) >= 32
    assert stat.S_IMODE((tmp_path / "shop.key").stat().st_mode) == 0o600
    assert sorted(one.name for one in tmp_path.iterdir()) == ["shop.key"]


def test_a_key_in_memory_stays_the_same_in_a_process(tmp_path: Path) -> None:
    project = lone_project(None, None, {})
    assert project.key() == replace(project, time_zone="UTC").key()
    assert len(project.key()) >= 32


def test_a_key_that_is_too_short_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SHORT", "hunter2")
    (tmp_path / "shop.key").write_text("")
    named = read_project(written(tmp_path, '[workspace]\nkey = "env:SHORT"\n'))
    monkeypatch.setattr("xenorec.config.project_key.PATIENCE", 0.0)
    for project in (named, replace(named, key_reference=None)):
        with pytest.raises(BadInput, match="at least 32") as told:
            project.key()
        assert "hunter2" not in str(told.value)
