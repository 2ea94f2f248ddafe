"""Eligibility: what may not be shown, each removal counted and explained."""

from xenorec.recommend.eligibility.build_filter import make_guard
from xenorec.recommend.eligibility.category_caps import Caps
from xenorec.recommend.eligibility.eligibility_filter import EligibilityFilter, nothing_closed
from xenorec.recommend.eligibility.removal_counts import LEFT, RemovalCounts
from xenorec.recommend.eligibility.rule_facts import RuleFacts, read_facts
from xenorec.recommend.eligibility.rules import RULES, Rules

__all__ = [
    "LEFT",
    "RULES",
    "Caps",
    "EligibilityFilter",
    "RemovalCounts",
    "RuleFacts",
    "Rules",
    "make_guard",
    "nothing_closed",
    "read_facts",
]
