"""Messages: guarded templates, the context they read, finished messages, lint, MIME and money."""

from __future__ import annotations

from xenorec.messages.date_format import format_day
from xenorec.messages.html_page import page
from xenorec.messages.html_preview import preview_html
from xenorec.messages.lint import lint
from xenorec.messages.message_template import MessageTemplate
from xenorec.messages.mime import check_head, to_mime
from xenorec.messages.money_format import format_money
from xenorec.messages.render_context import MessageContext, check_context
from xenorec.messages.rendered_message import RenderedMessage
from xenorec.messages.safe_names import person_name, with_plain_names
from xenorec.messages.sms_segments import SmsLength, sms_length, to_gsm
from xenorec.messages.template_manifest import Variable

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
