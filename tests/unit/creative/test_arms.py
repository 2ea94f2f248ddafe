from __future__ import annotations

from collections import Counter

import pytest

from xenorec.creative import Arm, ArmChooser
from xenorec.errors import BadInput

ARMS = [
    Arm("sweets", "a.png", "Sweets", ("candy", "bak")),
    Arm("family", "b.png", "A table", ("beef", "chicken")),
    Arm("plain", "c.png", "Nothing much"),
]
BAKER = {"BAKED BREAD": 0.3, "CANDY - PACKAGED": 0.2, "BEEF": 0.4}


def test_the_arm_that_covers_most_of_the_spend_is_best() -> None:
    choice = ArmChooser(ARMS, exploration=0).choose("c", category_shares=BAKER, seed="s")
    assert (choice.creative_id, choice.propensity) == ("sweets", 1.0)


def test_without_a_fit_the_first_by_id_is_taken_in_any_order_of_arms() -> None:
    for arms in (ARMS, ARMS[::-1]):
        choice = ArmChooser(arms, exploration=0).choose("c", category_shares={}, seed="s")
        assert choice.creative_id == "family"


def test_the_same_customer_gets_the_same_arm() -> None:
    chooser = ArmChooser(ARMS)
    first = [chooser.choose(f"c{n}", category_shares=BAKER, seed="s") for n in range(50)]
    assert first == [chooser.choose(f"c{n}", category_shares=BAKER, seed="s") for n in range(50)]


def test_the_propensities_are_the_shares_that_are_really_shown() -> None:
    chooser, n = ArmChooser(ARMS, exploration=0.3), 20_000
    choices = [chooser.choose(f"c{i}", category_shares=BAKER, seed="s") for i in range(n)]
    shown = Counter(choice.creative_id for choice in choices)
    told = {choice.creative_id: choice.propensity for choice in choices}
    assert told == {"sweets": 0.8, "family": 0.1, "plain": 0.1}
    for name, propensity in told.items():
        assert shown[name] / n == pytest.approx(propensity, abs=0.01)


@pytest.mark.parametrize(
    ("arms", "exploration", "told"),
    [([], 0.1, "no arm"), ([ARMS[0], ARMS[0]], 0.1, "same id"), (ARMS, 1.5, "0 to 1")],
)
def test_wrong_settings_are_explained(arms: list[Arm], exploration: float, told: str) -> None:
    with pytest.raises(BadInput, match=told):
        ArmChooser(arms, exploration=exploration).choose("c", category_shares={}, seed="s")
