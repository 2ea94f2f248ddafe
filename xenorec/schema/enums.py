"""Closed lists: states of a delivery, reasons, and outcomes. Nothing else is ever written."""

from __future__ import annotations

from enum import StrEnum


class DeliveryState(StrEnum):
    """Where a message is on its way."""

    PLANNED = "planned"
    """Decided, and not due yet."""
    HELD = "held"
    """Due, and waiting: quiet hours, or a provider that did not answer."""
    CLAIMED = "claimed"
    """A worker is about to send it: the intent, written before the call."""
    SENT = "sent"
    """A channel took it."""
    DELIVERED = "delivered"
    """The channel says that it arrived."""
    FAILED = "failed"
    """The channel refused it, or could not be reached often enough."""
    SUPPRESSED = "suppressed"
    """It is not sent, on purpose."""
    IN_DOUBT = "in_doubt"
    """A worker ended after its intent, and the channel cannot tell; it is never sent again."""


class Reason(StrEnum):
    """Why a message is not, or not yet, sent."""

    NO_CONSENT = "no_consent"
    """No consent that was valid at that instant."""
    SUPPRESSED_ADDRESS = "suppressed_address"
    """The address bounced, complained, or was put on a list."""
    INVALID_ADDRESS = "invalid_address"
    """There is no address for the channel."""
    QUIET_HOURS = "quiet_hours"
    """It is night where the customer is, or no legal hour lies in the window."""
    CAPPED = "capped"
    """The customer has had as many messages as the cap allows."""
    CONTROL = "control"
    """Held out for comparison."""
    NO_RECOMMENDATION = "no_recommendation"
    """There is nothing to recommend."""
    TEMPLATE_ERROR = "template_error"
    """The message did not pass its checks."""
    EXPIRED = "expired"
    """It was not sent before its last moment."""
    DUPLICATE = "duplicate"
    """The customer had this message before."""
    ERASED = "erased"
    """The customer was erased."""
    PROVIDER_REFUSED = "provider_refused"
    """The channel refused it for good."""
    PROVIDER_UNREACHABLE = "provider_unreachable"
    """The channel could not be reached."""


class OutcomeKind(StrEnum):
    """What happened to a message, or because of it."""

    QUEUED = "queued"
    SENT = "sent"
    DELIVERED = "delivered"
    DEFERRED = "deferred"
    BOUNCED = "bounced"
    REJECTED = "rejected"
    OPENED = "opened"
    CLICKED = "clicked"
    COMPLAINED = "complained"
    UNSUBSCRIBED = "unsubscribed"
    VISITED = "visited"
    ORDERED = "ordered"
    REDEEMED = "redeemed"
    UNKNOWN = "unknown"
    """A channel said something that is not in this list; the raw words are kept."""


NEEDS_REASON = frozenset({DeliveryState.SUPPRESSED, DeliveryState.FAILED, DeliveryState.HELD})
"""States that are never written without a reason."""

FINAL = frozenset(
    {
        DeliveryState.SENT,
        DeliveryState.DELIVERED,
        DeliveryState.FAILED,
        DeliveryState.SUPPRESSED,
        DeliveryState.IN_DOUBT,
    }
)
"""States in which a message is at its end."""
