"""Shelves as a retailer declares them."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest

from xenorec.errors import BadInput, ConfigError
from xenorec.recommend.themes import SOURCES, Theme, read_themes

SHIPPED = {
    "time_to_restock": "due",
    "buy_again": "own",
    "from_recent_visits": "own",
    "it_has_been_a_while": "own",
    "goes_with_last_basket": "last_basket",
    "on_offer": "on_offer",
    "new_in_category": "new_in_category",
    "because_you_buy": "because",
    "a_year_ago": "year_ago",
    "popular_in_store": "popular_in_store",
    "popular_in_shop": "popular_in_shop",
    "trending": "trending",
    "try_something_new": "discovery",
    "for_the_occasion": "occasion",
}
LANGUAGES = ("en", "es", "hi", "ar")
TITLES = """
time_to_restock: Time to restock | Hora de reponer | फिर से लेने का समय | حان وقت إعادة الشراء
buy_again: Buy again | Vuelve a comprar | फिर से खरीदें | للشراء مرة أخرى
from_recent_visits: From your recent visits | De tus últimas visitas \
| आपकी हाल की खरीदारी से | من زياراتك الأخيرة
it_has_been_a_while: It has been a while | Hace tiempo que no lo compras \
| काफ़ी समय से नहीं लिया | مرّ وقت منذ آخر شراء
goes_with_last_basket: Goes well with your last basket | Combina con tu última compra \
| आपकी पिछली खरीदारी के साथ | يتماشى مع سلتك الأخيرة
on_offer: On offer for you | Ofertas para ti | आपके लिए ऑफ़र | عروض لك
new_in_category: New in Fruit | Novedades en Fruit | Fruit में नया | جديد في Fruit
because_you_buy: Because you buy Tea | Porque compras Tea \
| क्योंकि आप Tea खरीदते हैं | لأنك اشتريت Tea
a_year_ago: What you bought a year ago | Lo que compraste hace un año \
| जो आपने एक साल पहले खरीदा था | ما اشتريته قبل عام
popular_in_store: Popular in your store | Lo más popular de tu tienda \
| आपके स्टोर में लोकप्रिय | الأكثر رواجًا في متجرك
popular_in_shop: Popular with our shoppers | Lo más popular entre nuestros clientes \
| हमारे ग्राहकों में लोकप्रिय | الأكثر رواجًا بين عملائنا
trending: Trending now | En tendencia | इन दिनों चलन में | الرائج الآن
try_something_new: Try something new | Prueba algo nuevo | कुछ नया आज़माएँ | شيء جديد للتجربة
for_the_occasion: For Diwali | Para Diwali | Diwali के लिए | بمناسبة Diwali
"""
TEA = '[[shelf]]\nname = "tea_time"\nsource = "own"\ntitle = { en = "Tea time" }\n'


@pytest.fixture
def read(tmp_path):
    def read_text(text):
        (tmp_path / "shelves.toml").write_text(text, "utf-8")
        return read_themes(tmp_path / "shelves.toml")

    return read_text


@pytest.fixture
def mistakes(read):
    def mistakes_of(text):
        with pytest.raises(ConfigError) as caught:
            read(text)
        return [str(problem) for problem in caught.value.problems]

    return mistakes_of


def test_the_shipped_shelves_stand_in_their_order():
    assert {theme.name: theme.source for theme in read_themes()} == SHIPPED
    assert [theme.name for theme in read_themes()] == list(SHIPPED)


def test_the_shipped_titles_in_four_languages():
    facts = {"product": "Tea", "category": "Fruit", "occasion": "Diwali"}
    rows = [
        f"{theme.name}: {' | '.join(theme.title(locale, **facts) for locale in LANGUAGES)}"
        for theme in read_themes()
    ]
    assert rows == TITLES.strip().splitlines()


@pytest.mark.parametrize("locale", LANGUAGES)
def test_a_shipped_title_without_its_facts_has_no_gap(locale):
    for theme in read_themes():
        assert "None" not in theme.title(locale)
        assert "{" not in theme.title(locale)


@pytest.mark.parametrize(
    ("locale", "title"),
    [("hi-IN", "चाय"), ("hi_in", "चाय"), ("es-MX", "Té"), ("es-ES", "Infusión"), ("fr", "Tea")],
)
def test_a_title_comes_in_the_nearest_language(read, locale, title):
    words = '{ en = "Tea", es = "Té", es-ES = "Infusión", hi = "चाय" }'
    assert read(TEA.replace('{ en = "Tea time" }', words))[0].title(locale) == title


def test_braces_in_a_name_stay_as_they_are():
    theme = Theme("new", "discovery", {"en": "New in {category}"})
    assert theme.title("en", category="{product}") == "New in {product}"


def test_a_theme_made_in_code_without_plain_titles_says_so():
    with pytest.raises(BadInput, match="plain titles"):
        Theme("new", "discovery", {"en": "New in {category}"}).title("en")


def test_a_shelf_takes_a_few_lines(read):
    (theme,) = read(TEA)
    assert (theme.name, theme.source, theme.title(), theme.min_items) == (
        *("tea_time", "own", "Tea time"),
        3,
    )


def test_every_filter_is_read(read):
    (theme,) = read(
        TEA
        + """
        [shelf.where]
        min_orders = 2
        bought_within = "8w"
        not_bought_within = "14d"
        categories = ["Tea", "Coffee"]
        not_categories = ["Milk"]
        brands = ["Own"]
        max_price = 4.10
        min_discount = 0.2
        products = ["p2", "p1"]
        occasion = "Diwali"
        """
    )
    where = theme.where
    assert where.bought_within == timedelta(weeks=8)
    assert where.not_bought_within == timedelta(days=14)
    assert where.max_price == Decimal("4.10")
    assert (where.min_orders, where.min_discount, where.occasion) == (2, 0.2, "Diwali")
    assert (where.categories, where.not_categories) == (("Tea", "Coffee"), ("Milk",))
    assert (where.brands, where.products) == (("Own",), ("p2", "p1"))


def test_a_file_that_extends_adds_replaces_and_drops(read):
    own = TEA.replace("tea_time", "buy_again")
    themes = read('extends = true\ndrop = ["trending"]\n' + TEA + own)
    kept = [name for name in SHIPPED if name != "trending"]
    assert [theme.name for theme in themes] == [*kept, "tea_time"]
    assert {theme.name: theme.title() for theme in themes}["buy_again"] == "Tea time"


def test_a_file_that_does_not_extend_stands_alone(read):
    assert [theme.name for theme in read(TEA)] == ["tea_time"]


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ('"own"', '"trendin"', "Did you mean 'trending'?"),
        ("source", "sorce", "Did you mean 'source'?"),
        ("tea_time", "Tea time", "small letters"),
        ("en =", "es =", "title.en: is needed"),
        ("en =", "english =", "title.english: is no language"),
        ('"Tea time"', '""', "expected a text"),
        ("Tea time", "In {categry}", "Did you mean 'category'?"),
        ("Tea time", "In {product.title}", "names {product.title}"),
        ("Tea time", "In {category}", "plain.en: is needed"),
        ("Tea time", "In {category", "a brace is not closed"),
    ],
)
def test_a_mistake_in_a_shelf_is_told(mistakes, old, new, told):
    assert any(told in mistake for mistake in mistakes(TEA.replace(old, new)))


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("min_items = 0", "line 5: shelf 1 (tea_time), min_items: came as 0"),
        ('where = { brnds = ["Own"] }', "Did you mean 'brands'?"),
        ('where = { bought_within = "8 weeks" }', 'such as "56d"'),
        ("where = { min_orders = true }", "came as true"),
        ("where = { min_discount = 20 }", "a share from 0 to 1"),
        ('where = { max_price = "cheap" }', "a price above 0"),
        ("where = { products = [1] }", "a list of texts"),
        ('where = { bought_within = "7d", not_bought_within = "7d" }', "nothing is left"),
        ('where = { categories = ["a"], not_categories = ["a"] }', "nothing is left"),
    ],
)
def test_a_mistake_in_a_number_or_a_filter_is_told(mistakes, line, told):
    (mistake,) = mistakes(TEA + line)
    assert told in mistake


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "declare at least one [[shelf]]"),
        ("[shelf]\n", "write [[shelf]]"),
        ("colour = 1\n" + TEA, "colour: is not a key here"),
        ('drop = ["trending"]\n' + TEA, "it needs extends = true"),
        ('extends = true\ndrop = ["trendin"]', "Did you mean 'trending'?"),
        (TEA + TEA, "'tea_time' is the name of shelf 1 already"),
        (TEA.replace("own", "editorial"), "where.products: is needed"),
        (TEA + "[[shelf]\n", "line 5: TOML"),
    ],
)
def test_a_mistake_in_the_file_is_told(mistakes, text, told):
    (mistake,) = mistakes(text)
    assert told in mistake


def test_all_mistakes_are_told_at_once_in_the_order_of_the_file(mistakes):
    found = mistakes(TEA.replace("own", "owned") + "min_items = 0\n" + TEA + "where = 3")
    assert [text.split(": ")[0] for text in found] == ["line 3", "line 5", "line 7", "line 10"]


def test_a_file_that_is_not_there_is_told(tmp_path):
    with pytest.raises(ConfigError, match="is not there"):
        read_themes(tmp_path / "none.toml")


def test_every_source_but_the_editorial_one_is_shipped():
    assert {theme.source for theme in read_themes()} == {*SOURCES} - {"editorial"}
