"""Registry: the classes a saved model is made of, by name; a file can name no other."""

from __future__ import annotations

from xenorec.boosting import Boosting, Model, Trees
from xenorec.recommend.catalog import Catalog
from xenorec.recommend.feedback import Explore, RowPriors
from xenorec.recommend.guards import Facts, Rules
from xenorec.recommend.guards.facts import Topics
from xenorec.recommend.guards.returns import Returns
from xenorec.recommend.next_order.lessons import OrderRanker
from xenorec.recommend.page.baskets import LastBasket
from xenorec.recommend.page.build import Knowledge
from xenorec.recommend.page.stores import Stores
from xenorec.recommend.pairs import Pairs
from xenorec.recommend.people import Asked, People
from xenorec.recommend.popularity import Popularity
from xenorec.recommend.purchases import Orders, Purchases
from xenorec.recommend.ranker.calibration import Calibration
from xenorec.recommend.ranker.hazard import Hazard
from xenorec.recommend.ranker.ranker import Ranker, Stage, View
from xenorec.recommend.ranker.training import Sampling
from xenorec.recommend.ranker.trends import Levels, Trends
from xenorec.recommend.reading import Read
from xenorec.recommend.saved.spread import Spread
from xenorec.recommend.scorers import (
    BasketItems,
    Content,
    CustomerItems,
    Ease,
    Neighbours,
    Popular,
    Trending,
    UserPopularity,
)
from xenorec.recommend.scorers.nearest import Nearest
from xenorec.recommend.scorers.table import Table
from xenorec.recommend.shop import Shop
from xenorec.recommend.themes.theme import Filter, Theme
from xenorec.saved import Registry

DATA = (
    *(Purchases, Orders, Catalog, Popularity, Shop, Asked, People),
    *(Stage, Model, Trees, Boosting, Calibration, Spread, View, Levels, Trends, Hazard),
    *(Ranker, OrderRanker, Sampling, Knowledge, Stores, LastBasket, Pairs, Theme, Filter, Explore),
    *(BasketItems, Content, CustomerItems, Ease, Neighbours, Popular, Trending, UserPopularity),
    *(Table, Nearest),
    *(Facts, Topics, Returns, Read),
)

REGISTRY = Registry.of(
    DATA, self_saved=(RowPriors, Rules), home="xenorec/recommend/saved/registry.py"
)
