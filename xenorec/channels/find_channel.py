"""Find a channel by name: the shipped ones, then those that other packages bring."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

from xenorec.channels.channel import Channel
from xenorec.channels.file_channel import FileChannel
from xenorec.channels.smtp_channel import SmtpChannel
from xenorec.config.secrets import is_reference, resolve
from xenorec.errors import UnknownName, nearest

GROUP = "xenorec.channels"
"""The entry points by which other packages bring channels."""
SHIPPED: Mapping[str, Callable[[Path, Mapping[str, Any]], Channel]] = {
    "file": lambda outbox, settings: FileChannel(outbox),
    "smtp": lambda outbox, settings: SmtpChannel.from_settings(settings),
}
"""How each shipped channel is made, of the folder for messages and its settings."""


def open_channel(name: str, *, outbox: Path, settings: Mapping[str, Any]) -> Channel:
    """Return a channel, ready to send.

    ``outbox`` is the folder of the channel ``file``; ``smtp`` is read from its settings. Other
    names are looked up among the entry points ``xenorec.channels``; each is called with its
    settings from ``xenorec.toml``, whose references are read at this moment.
    Raises UnknownName with the nearest name, ConfigError for settings that cannot be used.
    """
    if name in SHIPPED:
        return SHIPPED[name](outbox, settings)
    others = {point.name: point for point in entry_points(group=GROUP)}
    if name in others:
        read = {k: resolve(v) if is_reference(v) else v for k, v in settings.items()}
        channel: Channel = others[name].load()(read)
        return channel
    known = [*SHIPPED, *sorted(others)]
    raise UnknownName(
        f"There is no channel {name!r}.{nearest(name, known)} Channels: {', '.join(known)}."
    )
