from __future__ import annotations

from pathlib import Path

import pytest

from xenorec.config.secrets import is_reference, resolve
from xenorec.errors import BadInput, MissingFile, UnknownName


def test_a_secret_is_read_where_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "key").write_text("from a file\n")
    monkeypatch.setenv("SHOP_KEY", "from the environment")
    assert resolve(f"file:{tmp_path / 'key'}") == "from a file"
    assert resolve("env:SHOP_KEY") == "from the environment"


def test_a_literal_secret_is_refused_and_not_repeated() -> None:
    with pytest.raises(BadInput, match="env:NAME") as told:
        resolve("hunter2")
    assert "hunter2" not in str(told.value)


def test_a_reference_that_leads_nowhere_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NOT_SET", raising=False)
    with pytest.raises(UnknownName, match="NOT_SET"):
        resolve("env:NOT_SET")
    with pytest.raises(MissingFile, match="/not/there"):
        resolve("file:/not/there")


@pytest.mark.parametrize("value", ["", "env:", "file: ", "plain", None, 7])
def test_what_is_no_reference(value: object) -> None:
    assert not is_reference(value)
