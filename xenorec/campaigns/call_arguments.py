"""The Python call of a campaign as the same mapping that a YAML file holds."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from xenorec.config.campaign_record import CampaignRecord
from xenorec.config.declared_settings import declared, keys_of
from xenorec.errors import BadInput, nearest

OWN = ("where", "shelves", "items", "use", "template", "share")
"""Keys that have an argument of their own."""
SETTINGS: Mapping[str, tuple[str, str]] = {
    key: (section, key)
    for section, one, _ in declared(CampaignRecord)
    if isinstance(one.default_factory, type)
    for key in keys_of(one.default_factory)
    if key not in OWN
} | {"explore": ("recommend", "explore"), "explore_hours": ("timing", "explore")}
WHOLE = ("approval", "schedule")
"""Settings that are a section of their own, as they stand in the file."""


def mapping_of_call(
    name: str,
    where: str,
    recommend: Any,
    timing: Any,
    template: str,
    holdout: float,
    settings: Mapping[str, Any],
) -> dict[str, Any]:
    """Return the call's arguments by the sections of the YAML file.

    Rows, items, shelves of a file, the editorial list and the share that explores come from the
    recommender, quiet hours and the share that tries another hour from the timing model, where
    those were given. Raises BadInput for a setting that is not one, with the nearest name, and for
    another share than that of the timing model.
    """
    data: dict[str, Any] = {
        "campaign": name,
        "audience": {"where": where},
        "recommend": {},
        "timing": {},
        "creative": {},
        "message": {"template": template},
        "holdout": {"share": holdout},
        "outcome": {},
    }
    if recommend is not None:
        data["recommend"] = {"shelves": recommend.n_shelves, "items": recommend.n_items}
        if recommend.explore is not None:
            data["recommend"]["explore"] = recommend.explore.share
        data["recommend"] |= _of_recommender(recommend)
    if timing is not None:
        data["timing"] = _of_timing(timing, settings.get("explore_hours"))
    for key, value in settings.items():
        if key in WHOLE:
            data |= {} if value is None else {key: value}
        elif key not in SETTINGS:
            raise BadInput(
                f"campaign() has no setting {key!r}.{nearest(key, SETTINGS)} "
                f"Settings: {', '.join(sorted([*SETTINGS, *WHOLE]))}."
            )
        elif value is not None:
            section, inner = SETTINGS[key]
            data[section][inner] = _plain(value)
    return data


def _of_timing(timing: Any, explore: Any) -> dict[str, Any]:
    """Return what the timing model was made with; ``explore`` is what the call says itself."""
    from xenorec.timing import SendTime

    if not isinstance(timing, SendTime):
        raise BadInput(
            f"timing is a {type(timing).__name__}; expected a fitted SendTime, such as "
            "xr.SendTime().fit(crm.history(as_of=...)), or nothing for the shop's own. Quiet "
            "hours, cap and the like are settings by name: campaign(..., quiet='21:00-09:00')."
        )
    if explore not in (None, timing.explore):
        raise BadInput(
            f"explore_hours is {explore!r}, yet the SendTime given explores {timing.explore!r}; "
            f"leave it out, or fit SendTime(explore={explore!r})."
        )
    quiet = None if timing.quiet is None else str(timing.quiet)
    return {"quiet": quiet, "explore": timing.explore}


def _of_recommender(recommend: Any) -> dict[str, Any]:
    """Return the file of shelves and the editorial list that a recommender was made with."""
    found: dict[str, Any] = {}
    if isinstance(recommend.themes, str | Path) and Path(recommend.themes).is_file():
        found["themes"] = str(Path(recommend.themes).resolve())
    if recommend.editorial:
        found["editorial"] = list(recommend.editorial)
    return found


def _plain(value: Any) -> Any:
    if isinstance(value, Path):
        return str(value)
    return list(value) if isinstance(value, tuple) else value
