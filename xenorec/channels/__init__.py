"""Channels: a contract, and a file per provider."""

from xenorec.channels.contract import Channel, Envelope, SendResult
from xenorec.channels.file import FileChannel
from xenorec.channels.registry import open_channel

__all__ = ["Channel", "Envelope", "FileChannel", "SendResult", "open_channel"]
