"""Channels: a contract, and a file per provider."""

from xenorec.channels.channel import Channel, Envelope, SendResult
from xenorec.channels.file_channel import FileChannel
from xenorec.channels.find_channel import open_channel
from xenorec.channels.smtp_channel import SmtpChannel

__all__ = ["Channel", "Envelope", "FileChannel", "SendResult", "SmtpChannel", "open_channel"]
