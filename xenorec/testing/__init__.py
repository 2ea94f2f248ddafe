"""For tests of shops and of what is built on xenorec: a clock, a channel and an invented grocer."""

from xenorec.testing.channel import RecordingChannel
from xenorec.testing.clock import FrozenClock
from xenorec.testing.journey import complete_journey_layout
from xenorec.testing.scorers import ScorerSuite
from xenorec.testing.shop import InventedShop, invented_shop
from xenorec.testing.timing import TimingSuite

__all__ = [
    "FrozenClock",
    "InventedShop",
    "RecordingChannel",
    "ScorerSuite",
    "TimingSuite",
    "complete_journey_layout",
    "invented_shop",
]
