"""What the zone of a customer tells about the week and the year there.

Weekends are those of the package ``holidays`` 0.109 (``weekend`` of each country), by the zones
of each country in the IANA database's ``zone.tab``. Standard library only.
"""

from __future__ import annotations

from collections.abc import Iterable

from xenorec.errors import BadInput, nearest

Weekend = tuple[int, ...]

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
SATURDAY_SUNDAY: Weekend = (5, 6)
FRIDAY_SATURDAY: Weekend = (4, 5)

_FRIDAY_SATURDAY = (
    "Asia/Kabul Africa/Algiers Asia/Bahrain Asia/Dhaka Africa/Djibouti Africa/Cairo Asia/Amman "
    "Asia/Baghdad Asia/Jerusalem Asia/Kuwait Indian/Maldives Africa/Nouakchott Asia/Muscat "
    "Asia/Qatar Asia/Riyadh Africa/Khartoum Asia/Damascus Asia/Aden Africa/Tripoli Asia/Gaza "
    "Asia/Hebron"
)
_WEEKENDS: dict[str, Weekend] = {
    **dict.fromkeys(_FRIDAY_SATURDAY.split(), FRIDAY_SATURDAY),
    "Asia/Brunei": (4, 6),
    "Asia/Tehran": (4,),
    "Asia/Kathmandu": (5,),
}
_MOSTLY_MUSLIM = (
    "Asia/Kabul Asia/Dubai Asia/Baku Asia/Dhaka Asia/Bahrain Asia/Brunei Africa/Djibouti "
    "Africa/Algiers Africa/Cairo Africa/El_Aaiun Africa/Banjul Africa/Conakry Asia/Jakarta "
    "Asia/Pontianak Asia/Makassar Asia/Baghdad Asia/Tehran Asia/Amman Indian/Comoro "
    "Asia/Kuwait Asia/Bishkek Asia/Almaty Africa/Tripoli Africa/Casablanca Africa/Bamako "
    "Africa/Nouakchott Indian/Maldives Asia/Kuala_Lumpur Asia/Kuching Africa/Niamey "
    "Asia/Muscat Asia/Karachi Asia/Gaza Asia/Hebron Asia/Qatar Asia/Riyadh Africa/Khartoum "
    "Africa/Dakar Africa/Mogadishu Asia/Damascus Africa/Ndjamena Asia/Dushanbe Asia/Ashgabat "
    "Africa/Tunis Europe/Istanbul Asia/Samarkand Asia/Tashkent Asia/Aden"
)
_RAMADAN = frozenset(_MOSTLY_MUSLIM.split())


def weekend_of(zone: str) -> Weekend:
    """Return the days off of a zone, 0 = Monday; Saturday and Sunday where nothing else is known.

    >>> weekend_of("Asia/Riyadh")
    (4, 5)
    """
    return _WEEKENDS.get(zone, SATURDAY_SUNDAY)


def keeps_ramadan(zone: str) -> bool:
    """Return whether most people in a zone are Muslim, so that Ramadan moves the shop's hours."""
    return zone in _RAMADAN


def weekend_days(names: Iterable[str]) -> Weekend:
    """Return days such as ("fri", "sat") as numbers; raises BadInput for another word."""
    given = (names,) if isinstance(names, str) else tuple(names)
    short = [str(name).lower()[:3] for name in given]
    for name, day in zip(given, short, strict=True):
        if day not in DAYS:
            raise BadInput(
                f"weekend has the day {name!r}.{nearest(str(name), DAYS)} "
                f"Expected names such as ('fri', 'sat')."
            )
    return tuple(sorted({DAYS.index(day) for day in short}))
