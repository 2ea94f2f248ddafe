"""Guards: what may not be shown, each removal counted and explained."""

from xenorec.recommend.guards.caps import Caps
from xenorec.recommend.guards.facts import Facts, read_facts
from xenorec.recommend.guards.guard import Guard, nothing_closed
from xenorec.recommend.guards.make import make_guard
from xenorec.recommend.guards.rules import RULES, Rules
from xenorec.recommend.guards.tally import LEFT, Tally

__all__ = [
    "LEFT",
    "RULES",
    "Caps",
    "Facts",
    "Guard",
    "Rules",
    "Tally",
    "make_guard",
    "nothing_closed",
    "read_facts",
]
