"""A channel that delivers to a list."""

from __future__ import annotations

from collections.abc import Collection

from xenorec.channels import Envelope, SendResult
from xenorec.schema.enums import DeliveryState, Reason


class RecordingChannel:
    """A channel for tests: it keeps each envelope once in ``sent``, in the order they came.

    ``refuses`` are addresses that it turns down for good; ``n_outages`` is how many calls it
    answers as unreachable before it works.
    """

    def __init__(
        self,
        name: str = "recording",
        *,
        refuses: Collection[str] = (),
        n_outages: int = 0,
    ) -> None:
        self.name = name
        self.refuses = frozenset(refuses)
        self.sent: list[Envelope] = []
        self.n_calls = 0
        self._n_outages = n_outages
        self._results: dict[str, SendResult] = {}

    def send(self, envelope: Envelope) -> SendResult:
        """Keep the envelope; the same key again gives the first answer and keeps nothing."""
        self.n_calls += 1
        if envelope.key in self._results:
            return self._results[envelope.key]
        if self.n_calls <= self._n_outages:
            return self._answer(DeliveryState.HELD, Reason.PROVIDER_UNREACHABLE)
        refused = envelope.to in self.refuses
        result = (
            self._answer(DeliveryState.FAILED, Reason.PROVIDER_REFUSED)
            if refused
            else SendResult(DeliveryState.SENT, self.name, f"{self.name}-{len(self.sent) + 1}")
        )
        if not refused:
            self.sent.append(envelope)
        self._results[envelope.key] = result
        return result

    def lookup(self, key: str) -> SendResult | None:
        """Return what became of a key, or None when it never went out."""
        return self._results.get(key)

    def sent_to(self, address: str) -> list[Envelope]:
        """Return the envelopes that went to one address, the first one first."""
        return [envelope for envelope in self.sent if envelope.to == address]

    def __repr__(self) -> str:
        return f"RecordingChannel({self.name!r}, {len(self.sent)} sent)"

    def _answer(self, state: DeliveryState, reason: Reason) -> SendResult:
        return SendResult(
            state, self.name, reason=reason, is_worth_retrying=state is DeliveryState.HELD
        )
