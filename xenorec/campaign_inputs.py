"""What a workspace hands to a campaign, and the mark of all that its plan depends on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from xenorec.campaigns import CampaignContext
from xenorec.model_cache import code_mark
from xenorec.profile import Profiles, addresses_at
from xenorec.sources.warehouse_version import warehouse_mark

if TYPE_CHECKING:
    from xenorec.recommend import ShelfRecommender
    from xenorec.timing import SendTime
    from xenorec.workspace import Workspace


def campaign_room(
    crm: Workspace, people: Profiles, recommend: ShelfRecommender | None, timing: SendTime | None
) -> CampaignContext:
    """Return everything that a campaign over ``people`` needs; nothing is computed yet."""
    project, at = crm.project, people.as_of
    return CampaignContext(
        people=people,
        history=lambda: crm.history(at),
        fit=lambda model, **options: crm._moment(at).fit(model, **options),
        ledger=crm.ledger,
        brand=project.brand,
        own=project.own,
        outbox=project.outbox,
        channels=project.channels,
        report=lambda name, within: crm.report(name, within=within),
        shelves=lambda: crm._moment(at).recommender_for(people.text),
        priors=lambda: crm.row_priors(at),
        key=project.key,
        addresses=lambda now: addresses_at(crm.engine, now),
        inputs=lambda: plan_inputs(crm),
        calendar=project.calendar,
        recommender=recommend,
        send_time=timing,
    )


def plan_inputs(crm: Workspace) -> str | None:
    """Return a mark of the data, the published models, the project and the code.

    None where it cannot be told whether they have changed: a warehouse in memory.
    """
    from xenorec.recommend.model_store.model_registry import ModelRegistry

    data, path = warehouse_mark(crm.engine), crm.engine.path
    if data is None or path is None:
        return None
    project = crm.project
    told = (project.time_zone, project.currency, project.country, project.occasions)
    parts = [
        data,
        ModelRegistry.beside(path).mark(),
        code_mark(),
        *map(str, vars(project.brand).values()),
    ]
    return "\n".join([*parts, *map(str, told), repr(project.closures)])
