"""What a locale text such as ``en-IN`` or ``ar_SA`` says about language, land and direction."""

from __future__ import annotations

_RIGHT_TO_LEFT = frozenset({"ar", "fa", "he", "ps", "ur", "yi"})


def language(locale: str) -> str:
    """Return the language subtag in lower case; ``en`` for an empty text."""
    return locale.replace("_", "-").split("-")[0].lower() or "en"


def territory(locale: str) -> str:
    """Return the two-letter territory in capitals, or an empty text."""
    parts = locale.replace("_", "-").split("-")[1:]
    return next((part.upper() for part in parts if len(part) == 2), "")


def language_tag(locale: str) -> str:
    """Return the locale as an HTML ``lang`` value (BCP 47), for instance ``en-IN``."""
    land = territory(locale)
    return f"{language(locale)}-{land}" if land else language(locale)


def direction(locale: str) -> str:
    """Return ``rtl`` for languages written from the right, else ``ltr``."""
    return "rtl" if language(locale) in _RIGHT_TO_LEFT else "ltr"
