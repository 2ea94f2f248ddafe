"""A circuit breaker per channel: a fault of the whole channel ends its calls for this run.

Nygard, Release It! (2007). It is closed again with the next run, whose first message tries the
channel; each message waits by an exponential back-off of its own, with jitter (Brooker, 2015).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from xenorec.channels import SendResult
from xenorec.errors import XenorecError
from xenorec.hash_uniform import uniform
from xenorec.ledger import Decision
from xenorec.schema.enums import DeliveryState

REFUSALS = 10
"""Recipients refused one after the other, and none taken in this run: it is not the recipients."""
ERRORS = 2
"""Messages in a row at which a channel raised an error that is none of its provider's."""
PAUSE = timedelta(minutes=15)
"""The longest wait after the first try that did not get through; twice as long after the next."""
LONGEST = timedelta(minutes=45)
"""No wait is longer, so that an hourly job tries every message in each of its runs."""


@dataclass
class CircuitBreaker:
    """Whether a channel is still called in this run; ``why`` not, once it is open."""

    why: str | None = None
    n_taken: int = 0
    n_refused: int = 0
    n_errors: int = 0

    @property
    def is_open(self) -> bool:
        """Whether the channel is not called any more."""
        return self.why is not None

    def open(self, why: str) -> None:
        """End the calls of this run; the first reason stays."""
        self.why = self.why or why

    def heard(self, found: SendResult) -> None:
        """Take note of an answer."""
        self.n_errors = 0
        if found.is_channel_fault:
            self.open(f"the provider did not answer as it should ({found.detail or 'no word'})")
        elif found.state in (DeliveryState.SENT, DeliveryState.DELIVERED):
            self.n_taken, self.n_refused = self.n_taken + 1, 0
        elif found.is_worth_retrying or found.state == DeliveryState.FAILED:
            self.n_refused += 1
            if self.n_refused >= REFUSALS and not self.n_taken:
                last = f", the last with {found.detail}" if found.detail else ""
                self.open(f"it refused {self.n_refused} recipients and took none{last}")

    def failed(self, error: Exception) -> None:
        """Take note of an error that the channel raised instead of an answer.

        One of the system or of ours (no connection, no room, no credentials) is the channel's; any
        other may be the message's, until the next one meets an error too.
        """
        self.n_errors += 1
        if isinstance(error, OSError | XenorecError) or self.n_errors >= ERRORS:
            self.open(safe_error_text(error))


def safe_error_text(error: Exception) -> str:
    """Return what to say of an error: our own words, else its kind; never a stranger's text."""
    return str(error).rstrip(".") if isinstance(error, XenorecError) else type(error).__name__


def next_try(decision: Decision, n: int, now: datetime) -> datetime:
    """Return when a message is tried again after its ``n``-th try without success.

    Between half and all of 15, 30, 45 minutes, by a hash of its key; at most half of the time that
    is left to it, so that its last moment does not pass unused.
    """
    longest: timedelta = min(PAUSE * 2 ** min(n - 1, 10), LONGEST)
    wait = longest * (0.5 + 0.5 * uniform("next try", decision.key, str(n)))
    return now + max(min(wait, (decision.not_after - now) / 2), timedelta(0))
