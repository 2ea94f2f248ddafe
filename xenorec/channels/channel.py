"""What every channel is: it takes an envelope once and says what became of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol, runtime_checkable

from xenorec.schema.enums import DeliveryState, Reason


@dataclass(frozen=True)
class Envelope:
    """One rendered message on its way: ``key`` names it, ``raw`` is the whole e-mail.

    ``address_hash`` is of the address in ``to``, where it is known.
    """

    key: str
    channel: str
    to: str
    subject: str | None
    text: str
    raw: bytes | None = None
    facts: Mapping[str, str] = field(default_factory=dict)
    address_hash: str | None = None

    def __repr__(self) -> str:
        return f"Envelope({self.key!r}, {self.channel})"


@dataclass(frozen=True)
class SendResult:
    """What a channel answered.

    ``is_worth_retrying``: nothing was taken, and a later try may succeed; others may be taken now.
    ``is_channel_fault``: it would be the same with any other message now (no connection, no log-in,
    the sender refused). ``detail``: the provider's code, without anything personal.
    """

    state: DeliveryState
    provider: str
    provider_id: str | None = None
    reason: Reason | None = None
    is_worth_retrying: bool = False
    is_channel_fault: bool = False
    detail: str | None = None


@runtime_checkable
class Channel(Protocol):
    """A way to deliver.

    A channel may also say ``is_keyed = True``: it delivers a key once however often it is called,
    and ``lookup`` always answers. Its intents are then written by the group, not one by one.
    An outcome of one message is a ``SendResult``. An error that ``send`` raises is the channel's
    own: the message is looked up, and the channel is left alone for the rest of the run. ``check``,
    if there is one, raises what is known to be wrong before anything is claimed.
    """

    @property
    def name(self) -> str:
        """The provider's name, as it is kept with each delivery."""
        ...

    def send(self, envelope: Envelope) -> SendResult:
        """Deliver one message; the same key again must not deliver it again where possible."""
        ...

    def lookup(self, key: str) -> SendResult | None:
        """Return what became of a key, or None when it never went out.

        Raises NotSupported when the channel cannot tell.
        """
        ...
