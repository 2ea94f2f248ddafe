"""Artwork choice: the pictures a campaign may show, and which one a customer gets.

The arm that fits the customer best is shown, but for a known share that is drawn at random. The
probability with which each was shown is kept, so that outcomes can teach which picture works
(inverse propensity scoring: Horvitz and Thompson 1952; Li et al. 2011).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from xenorec.errors import BadInput
from xenorec.hash_uniform import uniform


@dataclass(frozen=True)
class Arm:
    """One picture: its id, file or address, what it shows in words, and category words.

    ``image`` is None for the arm that shows no picture.
    """

    arm_id: str
    image: str | None
    alt: str
    tags: tuple[str, ...] = ()


@dataclass(frozen=True)
class ArtworkChoice:
    """The arm one customer gets, how likely that was, and why."""

    creative_id: str
    propensity: float
    reason: str


class ArmChooser:
    """Chooses among arms by a customer's categories, with a share of exploration.

    The best arm is the one whose tags cover most of the customer's spend; ties go to the first by
    id. With probability ``exploration`` an arm is drawn evenly from all. The propensity of an arm
    is therefore (1 - exploration) if it is the best, plus exploration / number of arms.
    """

    def __init__(self, arms: Sequence[Arm], *, exploration: float = 0.1) -> None:
        self.arms = arms
        self.exploration = exploration

    def choose(
        self, customer_id: str, *, category_shares: Mapping[str, float], seed: str
    ) -> ArtworkChoice:
        """Return the arm of one customer: the same for the same seed, id and shares.

        ``category_shares`` maps category texts to shares of spend, 0 to 1. Raises BadInput when
        there is no arm, two have the same id, or the share of exploration is not in [0, 1].
        """
        arms = self._checked()
        best, share = _best(arms, category_shares)
        chosen, reason = (
            best,
            f"{share:.0%} of spend fits its tags" if share else "the first of those that fit",
        )
        if uniform(seed, customer_id, "explore") < self.exploration:
            place = int(uniform(seed, customer_id, "arm") * len(arms))
            chosen, reason = arms[place], "drawn at random, to learn"
        propensity = self.exploration / len(arms)
        if chosen.arm_id == best.arm_id:
            propensity += 1 - self.exploration
        return ArtworkChoice(chosen.arm_id, round(propensity, 9), reason)

    def _checked(self) -> list[Arm]:
        arms = sorted(self.arms, key=lambda arm: arm.arm_id)
        if not arms:
            raise BadInput("There is no arm to choose from; give at least one Arm.")
        if len({arm.arm_id for arm in arms}) < len(arms):
            raise BadInput("Two arms have the same id; every arm needs one of its own.")
        if not 0 <= self.exploration <= 1:
            raise BadInput(f"exploration came as {self.exploration!r}; expected 0 to 1.")
        return arms


def _best(arms: Sequence[Arm], shares: Mapping[str, float]) -> tuple[Arm, float]:
    scored = [(round(_fit(arm, shares), 9), arm) for arm in arms]
    top = max(score for score, _ in scored)
    return next(arm for score, arm in scored if score == top), top


def _fit(arm: Arm, shares: Mapping[str, float]) -> float:
    return sum(share for text, share in shares.items() if _matches(arm.tags, text))


def _matches(tags: Sequence[str], text: str) -> bool:
    small = text.lower()
    return any(tag.lower() in small for tag in tags)
