"""MJML to HTML by mrml (an extra), once per template and before Jinja."""

from __future__ import annotations

from functools import lru_cache

from xenorec.errors import MissingPackage, TemplateRefused


@lru_cache(maxsize=64)
def mjml_to_html(source: str, name: str) -> str:
    """Compile MJML, in which Jinja's tags may stand in attributes, texts and ``mj-raw``.

    Raises MissingPackage without mrml, TemplateRefused when the MJML does not parse.
    """
    try:
        import mrml
    except ImportError as error:
        raise MissingPackage(
            f"{name} is written in MJML, which needs the package mrml. "
            "Install it: pip install 'xenorec[mjml]'. Or give email.html.j2 instead."
        ) from error
    try:
        return str(mrml.to_html(source).content)
    except OSError as error:
        raise TemplateRefused(f"{name}: the MJML does not parse: {error}") from error
