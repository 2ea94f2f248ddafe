"""Channels: a contract, and a file per provider."""

from xenorec.channels.contract import Channel, Envelope, SendResult
from xenorec.channels.file import FileChannel
from xenorec.channels.registry import open_channel
from xenorec.channels.smtp import SmtpChannel

__all__ = ["Channel", "Envelope", "FileChannel", "SendResult", "SmtpChannel", "open_channel"]
