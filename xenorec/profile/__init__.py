"""The unified profile of a customer at one instant, and the cut that models see."""

from xenorec.profile.addresses import addresses_at
from xenorec.profile.cut import cut_sql, instant
from xenorec.profile.early import latest_order, reach, warn_of_early
from xenorec.profile.history import History
from xenorec.profile.model import ProfileColumn, profile_select, sql_columns
from xenorec.profile.profiles import Profiles, ProfileSource
from xenorec.profile.where import Condition, condition

__all__ = [
    "Condition",
    "History",
    "ProfileColumn",
    "ProfileSource",
    "Profiles",
    "addresses_at",
    "condition",
    "cut_sql",
    "instant",
    "latest_order",
    "profile_select",
    "reach",
    "sql_columns",
    "warn_of_early",
]
