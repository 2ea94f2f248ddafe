"""The occasions that are known by name, and what each is called. Standard library only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Kind:
    """One occasion: its titles by language, how many days it lasts, how far its sales reach.

    ``listed`` are the words by which ``holidays`` lists it. ``is_lunar``: its day depends on the
    sighting of the moon. ``is_monthly``: it comes every month, so it is looked at a few days only.
    """

    title: Mapping[str, str]
    n_days: int = 1
    listed: str = ""
    is_lunar: bool = False
    is_monthly: bool = False


KINDS: Mapping[str, Kind] = {
    "black_friday": Kind(
        {"en": "Black Friday", "es": "Black Friday", "hi": "ब्लैक फ्राइडे", "ar": "الجمعة البيضاء"}
    ),
    "christmas": Kind(
        {"en": "Christmas", "es": "Navidad", "hi": "क्रिसमस", "ar": "عيد الميلاد"},
        listed="Christmas",
    ),
    "diwali": Kind(
        {"en": "Diwali", "es": "Diwali", "hi": "दिवाली", "ar": "ديوالي"}, listed="Diwali"
    ),
    "eid_al_adha": Kind(
        {"en": "Eid al-Adha", "es": "Eid al-Adha", "hi": "ईद-उल-अज़हा", "ar": "عيد الأضحى"},
        n_days=4,
        listed="Eid al-Adha",
        is_lunar=True,
    ),
    "eid_al_fitr": Kind(
        {"en": "Eid al-Fitr", "es": "Eid al-Fitr", "hi": "ईद-उल-फ़ित्र", "ar": "عيد الفطر"},
        n_days=3,
        listed="Eid al-Fitr",
        is_lunar=True,
    ),
    "onam": Kind({"en": "Onam", "es": "Onam", "hi": "ओणम", "ar": "أونام"}, listed="Onam"),
    "payday": Kind(
        {"en": "Payday", "es": "Día de pago", "hi": "वेतन का दिन", "ar": "يوم الراتب"},
        is_monthly=True,
    ),
    "ramadan": Kind(
        {"en": "Ramadan", "es": "Ramadán", "hi": "रमज़ान", "ar": "رمضان"},
        listed="Eid al-Fitr",
        is_lunar=True,
    ),
}
NAMES = tuple(KINDS)


def title_of(name: str, language: str = "en") -> str:
    """Return what an occasion is called; an own one by its name, in plain words."""
    kind = KINDS.get(name)
    if kind is None:
        return name.replace("_", " ").capitalize()
    return kind.title.get(language, kind.title["en"])


def is_monthly(name: str) -> bool:
    """Whether the occasion comes every month."""
    return name in KINDS and KINDS[name].is_monthly
