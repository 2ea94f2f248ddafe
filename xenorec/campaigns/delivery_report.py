"""What a run of the worker did, for people and for machines."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

Counts = Mapping[tuple[str, str | None], int]
"""How many messages by state and reason."""


@dataclass(frozen=True)
class DeliveryReport:
    """What one run of the worker did, and how the whole campaign stands now.

    ``stopped`` says, by channel, why it was not called any more in this run; its messages wait.
    ``notes``: sentences on what a job planned, such as a plan that waits for its approval.
    """

    campaign_id: str
    now: datetime
    run: Counts
    standing: Counts
    stopped: Mapping[str, str] = field(default_factory=dict, kw_only=True)
    notes: tuple[str, ...] = field(default=(), kw_only=True)

    @property
    def n_sent(self) -> int:
        """Messages that a channel took in this run."""
        return self._count("sent") + self._count("delivered")

    @property
    def n_failed(self) -> int:
        """Messages that failed for good in this run."""
        return self._count("failed")

    @property
    def n_in_doubt(self) -> int:
        """Messages of this run of which nobody knows whether they went out."""
        return self._count("in_doubt")

    @property
    def n_unreachable(self) -> int:
        """Messages of this run that wait because their channel could not be reached."""
        return self.run.get(("held", "provider_unreachable"), 0)

    @property
    def n_expired(self) -> int:
        """Messages of this run whose last moment had passed."""
        return self.run.get(("suppressed", "expired"), 0)

    @property
    def n_waiting(self) -> int:
        """Messages of the campaign that are not due yet."""
        return sum(n for (state, _), n in self.standing.items() if state in ("planned", "held"))

    @property
    def is_clean(self) -> bool:
        """Whether nothing failed, expired, is in doubt, or waits for a silent channel."""
        unmade = self.run.get(("held", "template_error"), 0)
        bad = self.n_failed or self.n_in_doubt or self.n_unreachable or self.n_expired or unmade
        return not (bad or (self.stopped and self.n_waiting))

    def and_then(self, later: DeliveryReport) -> DeliveryReport:
        """Return one report of two runs of the same job, one after the other."""
        run = {
            key: self.run.get(key, 0) + later.run.get(key, 0) for key in {**self.run, **later.run}
        }
        return replace(
            later,
            now=self.now,
            run=run,
            stopped={**self.stopped, **later.stopped},
            notes=(*self.notes, *later.notes),
        )

    def to_mapping(self) -> dict[str, Any]:
        """Return plain values for a machine."""
        told = {
            "campaign": self.campaign_id,
            "now": self.now.isoformat(),
            "sent": self.n_sent,
            "run": _count_by_label(self.run),
            "standing": _count_by_label(self.standing),
        }
        more = {"stopped": dict(self.stopped), "notes": list(self.notes)}
        return {**told, **{name: value for name, value in more.items() if value}}

    def __str__(self) -> str:
        head = f"{self.campaign_id} at {self.now:%Y-%m-%d %H:%M} UTC: {self.n_sent:,} sent"
        if not self.n_sent:
            head += f" ({self._why_none()})"
        lines = [f"  {name:<32}{n:>8,}" for name, n in _count_by_label(self.standing).items()]
        if self.n_unreachable:
            head += f"; {self.n_unreachable:,} could not be delivered and are tried again later"
        if self.n_expired:
            head += (
                f"; {self.n_expired:,} expired, their last moment had passed (xenorec retry "
                f"{self.campaign_id} --reason expired opens them for a new plan)"
            )
        stops = [
            f"{channel} was not called any more in this run: {why}. Its messages wait."
            for channel, why in self.stopped.items()
        ]
        return "\n".join([head, *stops, *self.notes, "The campaign stands at:", *lines])

    __repr__ = __str__

    def _why_none(self) -> str:
        sent = sum(n for (state, _), n in self.standing.items() if state in ("sent", "delivered"))
        n_held = sum(n for (state, _), n in self.standing.items() if state == "held")
        if self.n_waiting > n_held:
            return f"{self.n_waiting - n_held:,} are not due yet, {sent:,} went out before"
        if n_held:
            return f"{n_held:,} wait, {sent:,} went out before"
        return f"nothing is left to send, {sent:,} went out before"

    def _count(self, state: str) -> int:
        return sum(n for (found, _), n in self.run.items() if found == state)


def _count_by_label(counts: Counts) -> dict[str, int]:
    ordered = sorted(counts.items(), key=lambda item: (-item[1], item[0][0], item[0][1] or ""))
    return {f"{state}: {reason}" if reason else state: n for (state, reason), n in ordered}
