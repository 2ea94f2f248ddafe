"""Messages: guarded templates, the context they read, finished messages, lint, MIME and money."""

from __future__ import annotations

from xenorec.messages.context import MessageContext, check_context
from xenorec.messages.dates import format_day
from xenorec.messages.lint import lint
from xenorec.messages.manifest import Variable
from xenorec.messages.mime import check_head, to_mime
from xenorec.messages.money import format_money
from xenorec.messages.names import person_name, with_plain_names
from xenorec.messages.page import page
from xenorec.messages.preview import preview_html
from xenorec.messages.rendered import RenderedMessage
from xenorec.messages.sms import SmsLength, sms_length, to_gsm
from xenorec.messages.template import MessageTemplate

__all__ = [
    "MessageContext",
    "MessageTemplate",
    "RenderedMessage",
    "SmsLength",
    "Variable",
    "check_context",
    "check_head",
    "format_day",
    "format_money",
    "lint",
    "page",
    "person_name",
    "preview_html",
    "sms_length",
    "to_gsm",
    "to_mime",
    "with_plain_names",
]
