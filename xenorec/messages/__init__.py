"""Messages: guarded templates, formats per channel, and what must never be sent."""

from xenorec.messages.context import MessageContext, check_context
from xenorec.messages.lint import lint
from xenorec.messages.mime import to_mime
from xenorec.messages.money import format_money
from xenorec.messages.rendered import RenderedMessage
from xenorec.messages.template import MessageTemplate

__all__ = [
    "MessageContext",
    "MessageTemplate",
    "RenderedMessage",
    "check_context",
    "format_money",
    "lint",
    "to_mime",
]
