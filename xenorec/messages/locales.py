"""What a locale text such as ``en-IN`` or ``ar_SA`` says about language, land and direction.

Unicode CLDR decides, through Babel, which is imported when it is first needed.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from babel import Locale

_RIGHT_TO_LEFT_SCRIPTS = frozenset({"Adlm", "Arab", "Hebr", "Mand", "Nkoo", "Rohg", "Syrc", "Thaa"})
_LANGUAGE = re.compile(r"[a-z]{2,3}")
_AMERICAN = frozenset({"", "AS", "GU", "MP", "PH", "PR", "UM", "US", "VI"})


@lru_cache(maxsize=1024)
def cldr(locale: str) -> Locale:
    """Return the nearest locale that CLDR knows: without its land, then English.

    English of a land that CLDR does not list is that of the world (day before month).

    >>> str(cldr("pt-br")), str(cldr("de_XX.UTF-8")), str(cldr("en-SA")), str(cldr("tlh"))
    ('pt_BR', 'de', 'en_001', 'en')
    """
    from babel import Locale, UnknownLocaleError

    for name in _nearest(locale):
        try:
            return Locale.parse(name)
        except (UnknownLocaleError, ValueError):
            continue
    return Locale("en")


def language(locale: str) -> str:
    """Return the language subtag in lower case; ``en`` for an empty text."""
    return _parts(locale)[0]


def territory(locale: str) -> str:
    """Return the two-letter territory in capitals, or an empty text."""
    return next((part for part in _parts(locale)[1:] if len(part) == 2), "")


def language_tag(locale: str) -> str:
    """Return the locale as an HTML ``lang`` value (BCP 47), for instance ``en-IN``."""
    return "-".join(_parts(locale))


@lru_cache(maxsize=1024)
def direction(locale: str) -> str:
    """Return ``rtl`` for languages and scripts written from the right, else ``ltr``."""
    if any(part in _RIGHT_TO_LEFT_SCRIPTS for part in _parts(locale)[1:]):
        return "rtl"
    return str(cldr(locale).text_direction)


def _nearest(locale: str) -> list[str]:
    parts = _parts(locale)
    if parts[0] == "en" and territory(locale) not in _AMERICAN:
        return ["_".join(parts), "en_001"]
    return ["_".join(parts[:n]) for n in range(len(parts), 0, -1)]


def _parts(locale: str) -> list[str]:
    """Return language, script and territory as BCP 47 spells them; what is no language is ``en``.

    Variants and the encoding that POSIX puts behind are left out.
    """
    first, *rest = re.split(r"[.@]", locale.strip())[0].replace("_", "-").split("-")
    tongue = first.lower()
    if not _LANGUAGE.fullmatch(tongue):
        return ["en"]
    script = [part.title() for part in rest[:1] if len(part) == 4 and part.isalpha()]
    land = [part.upper() for part in rest[:2] if _is_land(part)]
    return [tongue, *script, *land[:1]]


def _is_land(part: str) -> bool:
    return (len(part) == 2 and part.isalpha()) or (len(part) == 3 and part.isdigit())
