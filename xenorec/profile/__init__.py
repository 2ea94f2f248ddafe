"""The unified profile of a customer at one instant, and the cut that models see."""

from xenorec.profile.as_of_cut import cut_sql, instant
from xenorec.profile.data_span import latest_order, reach, warn_of_early
from xenorec.profile.history import History
from xenorec.profile.profile_files import profile_definition, read_profile
from xenorec.profile.profile_model import (
    ProfileColumn,
    ProfileDefinition,
    profile_select,
    sql_columns,
)
from xenorec.profile.profiles import Profiles, ProfileSource
from xenorec.profile.reachable_addresses import addresses_at
from xenorec.profile.where_condition import Condition, condition

__all__ = [
    "Condition",
    "History",
    "ProfileColumn",
    "ProfileDefinition",
    "ProfileSource",
    "Profiles",
    "addresses_at",
    "condition",
    "cut_sql",
    "instant",
    "latest_order",
    "profile_definition",
    "profile_select",
    "reach",
    "read_profile",
    "sql_columns",
    "warn_of_early",
]
