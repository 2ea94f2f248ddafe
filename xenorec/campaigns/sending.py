"""Sending: a stored decision becomes an envelope, and the worker delivers what is due."""

from __future__ import annotations

import json
import warnings
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from urllib.parse import urlsplit

from xenorec.campaigns.approved_templates import ApprovedTemplates
from xenorec.campaigns.campaign_context import CampaignContext
from xenorec.campaigns.channel_eligibility import ADDRESS
from xenorec.campaigns.circuit_breaker import safe_error_text
from xenorec.campaigns.decisioning import STEP
from xenorec.campaigns.delivery_report import DeliveryReport
from xenorec.campaigns.not_due import NotYet
from xenorec.campaigns.outbox_worker import OutboxWorker
from xenorec.channels import Channel, Envelope, open_channel
from xenorec.config.campaign_record import CampaignRecord
from xenorec.errors import BadInput, TemplateError, XenorecError, XenorecWarning
from xenorec.identity import address_hash
from xenorec.ledger import Decision
from xenorec.messages import RenderedMessage, to_mime
from xenorec.profile import addresses_at
from xenorec.schema.enums import Reason

UNSET = ("Your shop", "Postal address of the shop")
"""What a brand says of itself when nobody has set it."""


def send_due(
    room: CampaignContext,
    record: CampaignRecord,
    *,
    now: datetime,
    stopped: Mapping[str, str] | None = None,
    is_settling: bool = False,
) -> DeliveryReport:
    """Deliver what is due at ``now`` of every approved plan; run again it goes on where it stopped.

    ``stopped``: channels that are not to be called, and why. ``is_settling``: what is left over
    expires without a warning, as meant.
    """
    if not is_settling:
        _warn_of_late(room, record, now)
    channels, shut = _channels(room, record)
    renderer = _Renderer(room, now, ApprovedTemplates(room.ledger, room.own))
    worker = OutboxWorker(room.ledger, channels, renderer, record.campaign, STEP)
    worker.stopped = {**shut, **(stopped or {})}
    try:
        return worker.deliver(now)
    finally:
        renderer.templates.close()
        for channel in channels.values():
            getattr(channel, "close", _nothing)()


def _warn_of_late(room: CampaignContext, record: CampaignRecord, now: datetime) -> None:
    """Warn where the plans' time ended before anything of them went out: all of it expires.

    That is not for good: a run of an earlier ``now`` judges them again, and so does ``retry``.
    """
    standing = room.ledger.states(record.campaign, STEP)
    n_planned = standing.get(("planned", None), 0)
    has_begun = any(state not in ("planned", "suppressed") for state, _ in standing)
    last = None if has_begun or not n_planned else room.ledger.last_moment(record.campaign, STEP)
    if last is None or now <= last:
        return
    warnings.warn(
        f"plan-expired: the time of this plan ended on {last:%Y-%m-%d %H:%M} UTC, and it is "
        f"{now:%Y-%m-%d %H:%M}. None of {n_planned:,} messages was sent; they expire. Open them "
        f"with 'xenorec retry {record.campaign} --reason expired' and plan with a later as_of, or "
        "go through those days with send(now=...).",
        XenorecWarning,
        stacklevel=4,
    )


def _nothing() -> None:
    """Channels without a connection have nothing to close."""


def _channels(
    room: CampaignContext, record: CampaignRecord
) -> tuple[dict[str, Channel], dict[str, str]]:
    """Return the open channels, and those that cannot be used now, each with the reason.

    A channel that only earlier plans had is opened as long as messages of theirs are to go.
    """
    earlier = room.ledger.open_channels(record.campaign, STEP)
    channels: dict[str, Channel] = {}
    shut: dict[str, str] = {}
    for name in dict.fromkeys((*record.message.channels, *sorted(earlier))):
        channels[name] = _open_channel(room, name)
        try:
            getattr(channels[name], "check", _nothing)()
        except (XenorecError, OSError) as error:
            shut[name] = safe_error_text(error)
    return channels, shut


def _open_channel(room: CampaignContext, name: str) -> Channel:
    provider = str(room.channels.get(name, "file"))
    if provider != "file" and {room.brand.name, room.brand.address} & set(UNSET):
        raise BadInput(
            "The shop has no name or postal address yet; set [brand] in xenorec.toml, or "
            "xr.open(brand={...}), before messages leave the house."
        )
    settings = room.channels.get(provider, {})
    return open_channel(provider, outbox=room.outbox, settings=settings)


@dataclass
class _Renderer:
    """Renders decisions as they were stored and approved; addresses are looked up now."""

    room: CampaignContext
    now: datetime
    templates: ApprovedTemplates
    _addresses: Mapping[str, Mapping[str, str | None]] | None = field(default=None)

    def __call__(self, decision: Decision) -> tuple[Envelope, str]:
        context = json.loads(decision.context)
        rendered = self.templates.of(decision).render(context, channel=decision.channel)
        to, hashed = self._address(decision)
        raw = None
        if rendered.html is not None:
            raw = self._written(decision, rendered, to, context["unsubscribe_url"])
        envelope = Envelope(
            key=decision.key,
            channel=decision.channel,
            to=to,
            subject=rendered.subject,
            text=rendered.text or "",
            raw=raw,
            facts={"campaign_id": decision.campaign_id, "sent_at": self.now.isoformat()},
            address_hash=hashed,
        )
        return envelope, rendered.body_hash

    def _written(self, decision: Decision, rendered: RenderedMessage, to: str, link: str) -> bytes:
        """Return the e-mail's bytes; one that cannot be written fails alone."""
        brand = self.room.brand
        try:
            return to_mime(
                rendered,
                sender=brand.sender,
                to=to,
                message_id=_message_id(decision, brand.url),
                date=self.now,
                unsubscribe_url=link,
            )
        except BadInput as error:
            raise TemplateError(f"{decision.key}: {error}") from error

    def _address(self, decision: Decision) -> tuple[str, str]:
        """Return the newest address and its hash, which the gates judge in place of the old one.

        Raises NotYet where there is none now: it may come back with the next load.
        """
        if self._addresses is None:
            self._addresses = addresses_at(
                self.room.resources.engine, max(self.now, self.room.people.as_of)
            )
        kind = ADDRESS.get(decision.channel, "email")
        found = self._addresses.get(decision.customer_id, {}).get(kind)
        if not found:
            raise NotYet(Reason.INVALID_ADDRESS)
        return found, address_hash(kind, found)


def _message_id(decision: Decision, url: str) -> str:
    host = urlsplit(url).hostname
    return f"<{address_hash('key', decision.key)[:32]}@{host}>"
