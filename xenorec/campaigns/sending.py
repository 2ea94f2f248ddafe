"""Sending: a stored decision becomes an envelope, and the worker delivers what is due."""

from __future__ import annotations

import json
import warnings
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from urllib.parse import urlsplit

from xenorec.campaigns.decide import STEP
from xenorec.campaigns.eligibility import ADDRESS
from xenorec.campaigns.record import CampaignRecord
from xenorec.campaigns.room import Room
from xenorec.campaigns.worker import DeliveryReport, Worker
from xenorec.channels import Channel, Envelope, open_channel
from xenorec.errors import BadInput, TemplateError, XenorecWarning
from xenorec.identity import address_hash
from xenorec.ledger import Decision
from xenorec.messages import MessageTemplate, RenderedMessage, to_mime
from xenorec.spans import span

UNSET = ("Your shop", "Postal address of the shop")
"""What a brand says of itself when nobody has set it."""


def send_due(room: Room, record: CampaignRecord, *, now: datetime) -> DeliveryReport:
    """Deliver what is due at ``now``; run again it goes on where it stopped."""
    if _is_over(room, record, now):
        standing = room.ledger.states(record.campaign, STEP)
        return DeliveryReport(record.campaign, now, {}, dict(standing))
    channels = _channels(room, record)
    for channel in channels.values():
        getattr(channel, "check", _nothing)()
    worker = Worker(room.ledger, channels, _Renderer(room, now), record.campaign, STEP)
    try:
        return worker.deliver(now)
    finally:
        for channel in channels.values():
            getattr(channel, "close", _nothing)()


def _is_over(room: Room, record: CampaignRecord, now: datetime) -> bool:
    """Whether the plan's time ended before anything of it went out; then a warning says so."""
    last = room.people.as_of + span(record.timing.expires)
    standing = room.ledger.states(record.campaign, STEP)
    n_planned = standing.get(("planned", None), 0)
    has_begun = any(state not in ("planned", "suppressed") for state, _ in standing)
    if now <= last or has_begun or not n_planned:
        return False
    warnings.warn(
        f"plan-expired: the time of this plan ended on {last:%Y-%m-%d %H:%M} UTC, and it is "
        f"{now:%Y-%m-%d %H:%M}. None of {n_planned:,} messages was sent; all stay planned. Plan "
        "with a later as_of, or go through those days with send(now=...).",
        XenorecWarning,
        stacklevel=4,
    )
    return True


def _nothing() -> None:
    """Channels without a connection have nothing to close."""


def _channels(room: Room, record: CampaignRecord) -> dict[str, Channel]:
    channels = {}
    for name in record.message.channels:
        provider = str(room.channels.get(name, "file"))
        if provider != "file" and {room.brand.name, room.brand.address} & set(UNSET):
            raise BadInput(
                "The shop has no name or postal address yet; set [brand] in xenorec.toml, or "
                "xr.open(brand={...}), before messages leave the house."
            )
        settings = room.channels.get(provider, {})
        channels[name] = open_channel(provider, outbox=room.outbox, settings=settings)
    return channels


@dataclass
class _Renderer:
    """Renders decisions as they were stored; addresses are looked up now."""

    room: Room
    now: datetime
    _templates: dict[str, MessageTemplate] = field(default_factory=dict)
    _addresses: dict[str, Mapping[str, str | None]] | None = None

    def __call__(self, decision: Decision) -> tuple[Envelope, str]:
        template = self._template(decision.template)
        context = json.loads(decision.context)
        rendered = template.render(context, channel=decision.channel)
        to = self._address(decision)
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

    def _template(self, name: str) -> MessageTemplate:
        if name not in self._templates:
            self._templates[name] = MessageTemplate.load(name, own=self.room.own)
        return self._templates[name]

    def _address(self, decision: Decision) -> str:
        if self._addresses is None:
            rows = self.room.people.to_arrow(["customer_id", "email", "phone"]).to_pylist()
            self._addresses = {row["customer_id"]: row for row in rows}
        kind = ADDRESS.get(decision.channel, "email")
        found = self._addresses.get(decision.customer_id, {}).get(kind)
        if not found or address_hash(kind, found) != decision.address_hash:
            raise TemplateError(
                f"The address of {decision.key} is not the one it was planned for; plan again."
            )
        return found


def _message_id(decision: Decision, url: str) -> str:
    host = urlsplit(url).hostname
    return f"<{address_hash('key', decision.key)[:32]}@{host}>"
