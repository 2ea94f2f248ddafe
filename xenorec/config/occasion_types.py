"""The occasions that are known by name, and what each is called."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches

from xenorec.errors import did_you_mean


@dataclass(frozen=True)
class OccasionType:
    """One occasion: its titles by language, how many days it lasts, how far its sales reach.

    ``listed`` are the words by which ``holidays`` lists it. ``is_lunar``: its day depends on the
    sighting of the moon. ``is_monthly``: it comes every month, so it is looked at a few days only.
    """

    title: Mapping[str, str]
    n_days: int = 1
    listed: str = ""
    is_lunar: bool = False
    is_monthly: bool = False


KINDS: Mapping[str, OccasionType] = {
    "black_friday": OccasionType(
        {"en": "Black Friday", "es": "Black Friday", "hi": "ब्लैक फ्राइडे", "ar": "الجمعة البيضاء"}
    ),
    "christmas": OccasionType(
        {"en": "Christmas", "es": "Navidad", "hi": "क्रिसमस", "ar": "عيد الميلاد"},
        listed="Christmas",
    ),
    "diwali": OccasionType(
        {"en": "Diwali", "es": "Diwali", "hi": "दिवाली", "ar": "ديوالي"}, listed="Diwali"
    ),
    "eid_al_adha": OccasionType(
        {"en": "Eid al-Adha", "es": "Eid al-Adha", "hi": "ईद-उल-अज़हा", "ar": "عيد الأضحى"},
        n_days=4,
        listed="Eid al-Adha",
        is_lunar=True,
    ),
    "eid_al_fitr": OccasionType(
        {"en": "Eid al-Fitr", "es": "Eid al-Fitr", "hi": "ईद-उल-फ़ित्र", "ar": "عيد الفطر"},
        n_days=3,
        listed="Eid al-Fitr",
        is_lunar=True,
    ),
    "onam": OccasionType({"en": "Onam", "es": "Onam", "hi": "ओणम", "ar": "أونام"}, listed="Onam"),
    "payday": OccasionType(
        {"en": "Payday", "es": "Día de pago", "hi": "वेतन का दिन", "ar": "يوم الراتب"},
        is_monthly=True,
    ),
    "ramadan": OccasionType(
        {"en": "Ramadan", "es": "Ramadán", "hi": "रमज़ान", "ar": "رمضان"},
        listed="Eid al-Fitr",
        is_lunar=True,
    ),
}
NAMES = tuple(KINDS)
SHORTEST = 3
"""A part of a name has at least so many letters."""
ALIASES: Mapping[str, tuple[str, ...]] = {
    "bakr_eid": ("eid_al_adha",),
    "bakrid": ("eid_al_adha",),
    "blackfriday": ("black_friday",),
    "deepavali": ("diwali",),
    "eid": ("eid_al_fitr", "eid_al_adha"),
    "eid_ul_adha": ("eid_al_adha",),
    "eid_ul_azha": ("eid_al_adha",),
    "eid_ul_fitr": ("eid_al_fitr",),
    "end_of_ramadan": ("eid_al_fitr",),
    "festival_of_lights": ("diwali",),
    "kurban_bayrami": ("eid_al_adha",),
    "lebaran": ("eid_al_fitr",),
    "natal": ("christmas",),
    "noel": ("christmas",),
    "pay_day": ("payday",),
    "ramzan": ("ramadan",),
    "salary": ("payday",),
    "thiruvonam": ("onam",),
    "weihnachten": ("christmas",),
    "white_friday": ("black_friday",),
    "xmas": ("christmas",),
}
"""What occasions are called besides: it is no name, and answered with the names that are."""


def meant(name: str, names: Iterable[str] = NAMES) -> str:
    """Return `` Did you mean 'x'?`` for an occasion that is none of ``names``, or an empty text.

    By what it is called besides and in other languages, a part of the name, then by spelling.

    >>> meant("Eid"), meant("diwalli")
    (" Did you mean 'eid_al_fitr' or 'eid_al_adha'?", " Did you mean 'diwali'?")
    """
    known, plain = tuple(names), "_".join(re.findall(r"\w+", name.casefold()))
    titles = {text.casefold(): (of,) for of, kind in KINDS.items() for text in kind.title.values()}
    called = {**titles, **ALIASES, **{one: (one,) for one in known}}
    found = called.get(name.strip().casefold()) or called.get(plain)
    if not found and len(plain) >= SHORTEST:
        found = tuple(one for one in known if plain in one or one in plain)
    if not found:
        close = get_close_matches(plain, called, n=1, cutoff=0.6)
        found = called[close[0]] if close else ()
    return did_you_mean([one for one in found if one in known])


def title_of(name: str, language: str = "en") -> str:
    """Return what an occasion is called; an own one by its name, in plain words."""
    kind = KINDS.get(name)
    if kind is None:
        return name.replace("_", " ").capitalize()
    return kind.title.get(language, kind.title["en"])


def is_monthly(name: str) -> bool:
    """Whether the occasion comes every month."""
    return name in KINDS and KINDS[name].is_monthly
