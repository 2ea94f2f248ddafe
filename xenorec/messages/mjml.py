"""MJML to HTML by mrml (an extra), once per template and before Jinja."""

from __future__ import annotations

import re
from functools import lru_cache

from xenorec.errors import MissingPackage, TemplateRefused

MAX_NESTING = 60
"""Elements inside each other; mrml ends the whole process where they are some hundreds."""
_TAG = re.compile(r"<(/?)([a-zA-Z][\w:-]*+)((?:[^\"'>]++|\"[^\"]*+\"|'[^']*+')*+)>")
_COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)
_VOID = frozenset({"area", "base", "br", "col", "hr", "img", "input", "link", "meta", "wbr"})


@lru_cache(maxsize=64)
def mjml_to_html(source: str, name: str) -> str:
    """Compile MJML, in which Jinja's tags may stand in attributes, texts and ``mj-raw``.

    Raises MissingPackage without mrml, TemplateRefused when the MJML does not parse or is nested
    too deep.
    """
    if nesting(source) > MAX_NESTING:
        raise TemplateRefused(
            f"{name}: the MJML has more than {MAX_NESTING} elements inside each other."
        )
    try:
        import mrml
    except ImportError as error:
        raise MissingPackage(
            f"{name} is written in MJML, which needs the package mrml. "
            "Install it: pip install 'xenorec[mjml]'. Or give email.html.j2 instead."
        ) from error
    try:
        return str(mrml.to_html(source).content)
    except Exception as error:  # an OSError where it does not parse
        raise TemplateRefused(f"{name}: the MJML does not parse: {error}") from error


def nesting(source: str) -> int:
    """Return how many elements stand inside each other at most, as far as tags tell.

    >>> nesting("<mjml><mj-body><br>a<mj-raw/></mj-body></mjml>")
    2
    """
    depth = deepest = 0
    for match in _TAG.finditer(_COMMENT.sub("", source)):
        if match[1]:
            depth = max(depth - 1, 0)
        elif match[2].lower() not in _VOID and not match[3].endswith("/"):
            depth += 1
            deepest = max(deepest, depth)
    return deepest
