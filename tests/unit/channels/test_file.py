from __future__ import annotations

import errno
import json
import os
import threading
from pathlib import Path

import pytest

from xenorec.channels import Envelope, FileChannel
from xenorec.channels.file_channel import file_stem
from xenorec.email_headers import unstructured
from xenorec.errors import DiskFull

MAIL = b"To: ann@shop.example\r\nSubject: Hello\r\n\r\nHello"


def mail(key: str, raw: bytes | None = MAIL) -> Envelope:
    return Envelope(key, "email" if raw else "sms", "ann@shop.example", "Hello", "Hello", raw)


def index(folder: Path) -> list[dict[str, str]]:
    return [json.loads(line) for line in (folder / "messages.jsonl").read_text().splitlines()]


def test_a_key_is_delivered_once(tmp_path: Path) -> None:
    channel = FileChannel(tmp_path)
    first = channel.send(mail("c/1/a"))
    second = channel.send(mail("c/1/a", MAIL + b" again"))
    assert first == second == channel.lookup("c/1/a")
    (file,) = tmp_path.glob("*.eml")
    assert file.read_bytes() == MAIL
    assert [row["key"] for row in index(tmp_path)] == ["c/1/a"]


def test_a_short_message_is_a_line_and_a_file(tmp_path: Path) -> None:
    channel = FileChannel(tmp_path)
    channel.send(mail("c/1/a", None))
    assert index(tmp_path)[0]["text"] == "Hello"
    assert channel.lookup("c/1/a") is not None


def test_a_key_that_never_came_is_not_found(tmp_path: Path) -> None:
    assert FileChannel(tmp_path / "not there").lookup("c/1/a") is None


@pytest.mark.parametrize("lost", [b"", b'{"key": "c/1/a", "chan'])
def test_a_line_that_a_crash_lost_or_cut_is_written_again(tmp_path: Path, lost: bytes) -> None:
    channel = FileChannel(tmp_path)
    channel.send(mail("c/1/a"))
    (tmp_path / "messages.jsonl").write_bytes(lost)
    assert channel.lookup("c/1/a") is not None
    (row,) = index(tmp_path)
    assert (row["key"], row["to"], row["subject"]) == ("c/1/a", "ann@shop.example", "Hello")


def test_a_lost_line_is_written_from_headers_as_they_stand(tmp_path: Path) -> None:
    subject = "Käse =?utf-8?q?=0d=0aBcc:_x?= und" + " Brot" * 30
    line = unstructured(subject, name="Subject")
    raw = f"To: a=41@b.example\r\nSubject: {line}\r\n\r\n"
    channel = FileChannel(tmp_path)
    channel.send(mail("c/1/a", raw.encode()))
    (tmp_path / "messages.jsonl").write_bytes(b"")
    assert channel.lookup("c/1/a") is not None
    (row,) = index(tmp_path)
    assert (row["to"], row["subject"]) == ("a=41@b.example", subject)


def test_a_value_never_breaks_a_line_of_the_list(tmp_path: Path) -> None:
    text = "a\u2028b\x85c\nd\ud800"
    FileChannel(tmp_path).send(Envelope("c/1/a", "sms", "+491", None, text))
    (row,) = (tmp_path / "messages.jsonl").read_text("utf-8").splitlines()
    assert json.loads(row)["text"] == text


def test_threads_at_once_leave_one_file_and_one_line_a_key(tmp_path: Path) -> None:
    keys = [f"c/1/{n}" for n in range(10)]

    def work() -> None:
        for key in keys:
            FileChannel(tmp_path).send(mail(key))

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(list(tmp_path.glob("*.eml"))) == 10
    assert sorted(row["key"] for row in index(tmp_path)) == sorted(keys)


def test_names_are_safe_and_different() -> None:
    keys = ["../../etc/passwd", "A", "a", "..", "é" * 300, "x" * 300, "a/b", "a_b"]
    stems = [file_stem(key) for key in keys]
    assert len({stem.lower() for stem in stems}) == len(keys)
    assert all(len(stem) < 120 and "/" not in stem and not stem.startswith(".") for stem in stems)


def test_a_full_disk_is_told_and_leaves_no_message(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_handle: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    channel = FileChannel(tmp_path)
    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(DiskFull, match="Make room"):
        channel.send(mail("c/1/a"))
    monkeypatch.undo()
    assert channel.lookup("c/1/a") is None
    assert [path.name for path in tmp_path.iterdir()] == ["messages.jsonl"]
    assert index(tmp_path) == []


def test_an_address_is_not_in_the_name_of_an_error() -> None:
    assert "ann@" not in repr(mail("c/1/a"))
