"""Pages of our own, such as a report: trusted source, escaped values."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from xenorec.messages.jinja_environment import compile_source


def page(source: str, context: Mapping[str, Any]) -> str:
    """Render an HTML page; values are escaped unless the source says ``|safe`` (an SVG of ours).

    The language is that of message templates, plus ``safe``. Raises TemplateRefused and
    TemplateError as for messages.
    """
    return compile_source(source, "page", "page").render(context)
