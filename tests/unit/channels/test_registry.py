from __future__ import annotations

from pathlib import Path

import pytest

from xenorec.channels import Channel, FileChannel, SmtpChannel, open_channel
from xenorec.errors import ConfigError, UnknownName


def test_the_shipped_channels_are_found_by_name(tmp_path: Path) -> None:
    file = open_channel("file", outbox=tmp_path, settings={})
    smtp = open_channel("smtp", outbox=tmp_path, settings={"host": "mail.shop.example"})
    assert isinstance(file, FileChannel)
    assert isinstance(smtp, SmtpChannel)
    assert isinstance(file, Channel)
    assert isinstance(smtp, Channel)


def test_an_unknown_channel_is_answered_with_the_nearest(tmp_path: Path) -> None:
    with pytest.raises(UnknownName, match="Did you mean 'smtp'"):
        open_channel("smpt", outbox=tmp_path, settings={})


def test_settings_that_cannot_be_used_are_told_when_opened(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="host: is missing"):
        open_channel("smtp", outbox=tmp_path, settings={})
