"""A mistake in a template is told before anything is recorded, not met by the whole audience."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from xenorec.errors import TemplateError, nearest
from xenorec.ledger import Decision
from xenorec.schema.enums import Reason

SHARE = 0.5
"""From this share of the messages on, one and the same reason is the template's, not the data's."""
_MISSING = re.compile(r"(\S+) has no value")
_OWN = re.compile(r"'[^']*'\s+is shown|(?<=in ).*", re.DOTALL)
"""What a lint rule quotes of the one message that it looked at."""


def refuse_mistake(
    template: str,
    decisions: Sequence[Decision],
    problems: Mapping[str, Sequence[str]],
    names: Iterable[str] = (),
) -> None:
    """Raise TemplateError when a template's mistake hits the audience.

    It does when every message fails its checks, or at least half of them, and two, for one and the
    same reason. The text has the reason as the template tells it: where, the line, the nearest of
    ``names``, those that the template may use. Fewer failures are of the rows; they are suppressed
    with their reason and told.
    """
    failed = [d.customer_id for d in decisions if d.reason == Reason.TEMPLATE_ERROR]
    n_made = sum(d.state == "planned" for d in decisions) + len(failed)
    if not failed:
        return
    told = {customer_id: problems[customer_id][0] for customer_id in failed}
    kind, n_alike = Counter(_kind(text) for text in told.values()).most_common(1)[0]
    if len(failed) < n_made and (n_alike < 2 or n_alike < SHARE * n_made):
        return
    why = next(text for text in told.values() if _kind(text) == kind)
    raise TemplateError(
        f"{len(failed):,} of {n_made:,} messages of the template {template!r} cannot be written; "
        f"nothing was recorded. {n_alike:,} of them: {why}{_nearest(why, names)}"
    )


def _nearest(why: str, names: Iterable[str]) -> str:
    missing = _MISSING.search(why)
    hint = "" if missing is None else nearest(missing[1], names)
    return "" if hint in why else hint


def _kind(problem: str) -> str:
    return _OWN.sub("", problem)
