"""The classes that saved models may be made of, by name; a file can name no other."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, is_dataclass
from typing import Any, get_args, get_type_hints

from xenorec.errors import BadInput

SAVED_AS = {
    "BaseValue": "Base",
    "BoostedModel": "Model",
    "BoostingSettings": "Boosting",
    "CoPurchases": "Pairs",
    "CurrencyValue": "Worth",
    "CurveComponents": "Parts",
    "CustomerGroups": "Groups",
    "CustomerSelection": "Asked",
    "Customers": "People",
    "DueDateModel": "DueModel",
    "FeatureDistribution": "Spread",
    "HazardLearner": "Learner",
    "HourVisits": "Visits",
    "ItemKnn": "CustomerItems",
    "ItemLevels": "Levels",
    "ItemPurchases": "Bought",
    "ItemStatistics": "Shop",
    "LoadedDataset": "Read",
    "NearestCustomers": "Nearest",
    "OrderDays": "Visits",
    "OrderTable": "Orders",
    "PageKnowledge": "Knowledge",
    "ProbabilityCalibration": "Calibration",
    "ProductCatalog": "Catalog",
    "ProductFeatures": "Trends",
    "ProductPopularity": "Popularity",
    "PurchaseMatrix": "Purchases",
    "PurchaseSeries": "Series",
    "RankingStage": "Stage",
    "RateWeights": "Weights",
    "ReplenishmentLearner": "Learner",
    "RepurchaseHazard": "Hazard",
    "RfmPatterns": "Patterns",
    "RfmSummary": "Purchases",
    "RuleFacts": "Facts",
    "SensitiveTopics": "Topics",
    "ShelfExploration": "Explore",
    "ShelfFilter": "Filter",
    "ShopData": "Shop",
    "ShopFeatures": "View",
    "SparseTable": "Table",
    "StorePopularity": "Stores",
    "TifuKnn": "Neighbours",
    "TwoStageRanker": "Ranker",
    "UpCf": "UserPopularity",
    "ValueFactors": "Factors",
    "VarianceOverTime": "Drift",
    "WeightedVisits": "Evidence",
}
"""Names that files have for classes that were renamed since; models saved before stay readable."""


def saved_name(kind: type) -> str:
    """Return the name that files have for a class."""
    return SAVED_AS.get(kind.__name__, kind.__name__)


@dataclass(frozen=True)
class SavableClasses:
    """Classes by the name that files give them.

    A class keeps what it is made from under the same names, and what it learned as ``name_``; so do
    all dataclasses and named tuples. Those in ``self_saved`` give ``as_arrays`` and take
    ``from_arrays`` in place of that. ``home`` tells where to name another one.
    """

    classes: Mapping[str, Any] = field(default_factory=dict)
    self_saved: tuple[type, ...] = ()
    home: str = "the registry"

    @classmethod
    def of(
        cls, classes: Iterable[type], *, self_saved: tuple[type, ...] = (), home: str
    ) -> SavableClasses:
        """Return a registry of classes by their own names.

        Raises BadInput where two classes have one name.
        """
        named: dict[str, Any] = {}
        for kind in (*classes, *self_saved):
            if named.setdefault(saved_name(kind), kind) is not kind:
                raise BadInput(
                    f"{named[saved_name(kind)].__module__} and {kind.__module__} both have a class "
                    f"{saved_name(kind)}; rename one of them, as a file could not tell them apart."
                )
        return cls(named, self_saved, home)

    def knows(self, kind: type) -> bool:
        """Return whether things of exactly this class may be saved."""
        return self.classes.get(saved_name(kind)) is kind


NO_CLASSES = SavableClasses()
"""For plain values: numbers, texts, arrays and collections of them."""


def reachable_classes(roots: Iterable[type]) -> tuple[type, ...]:
    """Return the classes, and the dataclasses and named tuples that their fields name, and so on.

    A class that a field may hold and does not name (behind a Protocol) has to be given.
    """
    found: dict[type, None] = {}
    waiting = list(roots)
    while waiting:
        kind = waiting.pop(0)
        if kind not in found:
            found[kind] = None
            waiting.extend(part for part in _parts(kind) if _is_record(part))
    return tuple(found)


def _parts(kind: type) -> Iterator[type]:
    for hint in get_type_hints(kind).values() if _is_record(kind) else ():
        yield from _classes_in_hint(hint)


def _classes_in_hint(hint: Any) -> Iterator[type]:
    if isinstance(hint, type):
        yield hint
    for part in get_args(hint):
        yield from _classes_in_hint(part)


def _is_record(kind: Any) -> bool:
    is_tuple = isinstance(kind, type) and issubclass(kind, tuple) and hasattr(kind, "_fields")
    return isinstance(kind, type) and (is_dataclass(kind) or is_tuple)
