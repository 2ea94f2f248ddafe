"""For tests of shops and of what is built on xenorec: a clock, a channel and an invented grocer."""

from xenorec.testing.frozen_clock import FrozenClock
from xenorec.testing.recording_channel import RecordingChannel
from xenorec.testing.sample_journey import complete_journey_layout
from xenorec.testing.scorer_suite import ScorerSuite
from xenorec.testing.small_shop import InventedShop, invented_shop
from xenorec.testing.timing_suite import TimingSuite

__all__ = [
    "FrozenClock",
    "InventedShop",
    "RecordingChannel",
    "ScorerSuite",
    "TimingSuite",
    "complete_journey_layout",
    "invented_shop",
]
