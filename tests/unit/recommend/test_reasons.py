"""Reasons, in four languages, as a shopper reads them."""

from __future__ import annotations

from datetime import date

import pytest
from babel.numbers import format_decimal

from xenorec.errors import UnknownName
from xenorec.recommend.themes import KINDS, ReasonTemplates

TODAY = date(2017, 12, 12)
FACTS = {
    "bought_every": {"days": 12, "on": date(2017, 10, 3)},
    "bought_often": {"n": 7, "on": date(2017, 10, 3)},
    "bought_once": {"on": date(2016, 3, 1)},
    "due": {"on": date(2017, 10, 3)},
    "with_basket": {"product": "Tata Tea", "on": date(2017, 12, 8)},
    "because": {"product": "Tata Tea"},
    "new_in_category": {"category": "Fruit"},
    "popular_store": {"n": 12345},
    "popular_shop": {"n": 123456},
    "trending": {},
    "on_offer": {"percent": 20},
    "try_new": {"category": "Fruit"},
    "occasion": {"occasion": "Diwali"},
    "year_ago": {"on": date(2016, 12, 10)},
    "editorial": {},
}
SAID = """
bought_every
  You buy this about every 12 days, last on 3 October
  Lo compras más o menos cada 12 días, la última vez el 3 de octubre
  आप इसे लगभग हर 12 दिन में खरीदते हैं, पिछली बार 3 अक्टूबर को
  اعتدت شراءه كل 12 يومًا تقريبًا، آخر مرة في 3 أكتوبر
  - You buy this now and then
  - Lo compras de vez en cuando
  - आप इसे कभी-कभी खरीदते हैं
  - اعتدت شراءه من حين لآخر
bought_often
  You bought this 7 times, last on 3 October
  Lo compraste 7 veces, la última el 3 de octubre
  आपने इसे 7 बार खरीदा है, पिछली बार 3 अक्टूबर को
  اشتريته 7 مرات، آخر مرة في 3 أكتوبر
  - You buy this now and then
  - Lo compras de vez en cuando
  - आप इसे कभी-कभी खरीदते हैं
  - اعتدت شراءه من حين لآخر
bought_once
  You bought this once, on 1 March 2016
  Lo compraste una vez, el 1 de marzo de 2016
  आपने इसे एक बार, 1 मार्च 2016 को, खरीदा था
  اشتريته مرة واحدة، في 1 مارس 2016
  - You bought this before
  - Ya lo compraste antes
  - आपने इसे पहले खरीदा है
  - اشتريته من قبل
due
  Last bought on 3 October, due about now
  Lo compraste por última vez el 3 de octubre, toca reponerlo por estas fechas
  आपने इसे पिछली बार 3 अक्टूबर को खरीदा था, अब इसे फिर से लेने का समय है
  اشتريته آخر مرة في 3 أكتوبر، وحان وقت شرائه تقريبًا
  - Due about now
  - Toca reponerlo por estas fechas
  - अब इसे फिर से लेने का समय है
  - حان وقت شرائه تقريبًا
with_basket
  Often bought with Tata Tea, which you took on Friday
  Suele comprarse con Tata Tea, que llevaste el viernes
  अक्सर Tata Tea के साथ खरीदा जाता है, जो आपने शुक्रवार को लिया था
  كثيرًا ما يُشترى مع Tata Tea، من مشترياتك يوم الجمعة
  - Often bought with what you took last time
  - Suele comprarse con lo que llevaste la última vez
  - अक्सर उसके साथ खरीदा जाता है जो आपने पिछली बार लिया था
  - كثيرًا ما يُشترى مع مشترياتك الأخيرة
because
  Because you buy Tata Tea
  Porque compras Tata Tea
  क्योंकि आप Tata Tea खरीदते हैं
  لأنك اشتريت Tata Tea
  - Because of what you buy
  - Por lo que sueles comprar
  - आपकी खरीदारी के आधार पर
  - بناءً على مشترياتك
new_in_category
  New in Fruit, where you often shop
  Novedad en Fruit, donde compras a menudo
  Fruit में नया, जहाँ से आप अक्सर खरीदते हैं
  جديد في Fruit، من أقسامك المفضلة
  - New in your store
  - Novedad en tu tienda
  - आपके स्टोर में नया
  - جديد في متجرك
popular_store
  Bought by 12,345 shoppers in your store in the last four weeks
  Comprado por 12,345 clientes de tu tienda en las últimas cuatro semanas
  पिछले चार हफ़्तों में आपके स्टोर के 12,345 ग्राहकों ने इसे खरीदा
  اشتراه 12,345 من عملاء متجرك في الأسابيع الأربعة الماضية
  - Popular in your store in the last four weeks
  - Popular en tu tienda en las últimas cuatro semanas
  - पिछले चार हफ़्तों में आपके स्टोर में लोकप्रिय
  - رائج في متجرك في الأسابيع الأربعة الماضية
popular_shop
  Bought by 123,456 shoppers in the last four weeks
  Comprado por 123,456 clientes en las últimas cuatro semanas
  पिछले चार हफ़्तों में 1,23,456 ग्राहकों ने इसे खरीदा
  اشتراه 123,456 من عملائنا في الأسابيع الأربعة الماضية
  - Popular in the last four weeks
  - Popular en las últimas cuatro semanas
  - पिछले चार हफ़्तों में लोकप्रिय
  - رائج في الأسابيع الأربعة الماضية
popular_ever
  A favourite of our shoppers
  De los favoritos de nuestros clientes
  हमारे ग्राहकों की पसंद
  من المفضلات لدى عملائنا
  - A favourite of our shoppers
  - De los favoritos de nuestros clientes
  - हमारे ग्राहकों की पसंद
  - من المفضلات لدى عملائنا
trending
  Bought more and more these days
  Se vende cada vez más
  इन दिनों इसकी माँग बढ़ रही है
  يزداد الإقبال عليه هذه الأيام
  - Bought more and more these days
  - Se vende cada vez más
  - इन दिनों इसकी माँग बढ़ रही है
  - يزداد الإقبال عليه هذه الأيام
on_offer
  Sold at 20% off this past week
  Esta semana se vendió con un 20\u00a0% de descuento
  इस हफ़्ते 20% की छूट पर बिका
  بيع هذا الأسبوع بخصم 20\u200e%\u200e
  - On offer this past week
  - En oferta esta semana
  - इस हफ़्ते ऑफ़र में
  - ضمن عروض هذا الأسبوع
try_new
  Something new for you in Fruit
  Algo nuevo para ti en Fruit
  Fruit में आपके लिए कुछ नया
  شيء جديد لك في Fruit
  - Something new for you
  - Algo nuevo para ti
  - आपके लिए कुछ नया
  - شيء جديد لك
occasion
  For Diwali
  Para Diwali
  Diwali के लिए
  بمناسبة Diwali
  - For the days ahead
  - Para los próximos días
  - आने वाले दिनों के लिए
  - للأيام القادمة
year_ago
  You bought this about a year ago, on 10 December 2016
  Lo compraste hace cerca de un año, el 10 de diciembre de 2016
  आपने इसे लगभग एक साल पहले, 10 दिसंबर 2016 को, खरीदा था
  اشتريته قبل عام تقريبًا، في 10 ديسمبر 2016
  - You bought this about a year ago
  - Lo compraste hace cerca de un año
  - आपने इसे लगभग एक साल पहले खरीदा था
  - اشتريته قبل عام تقريبًا
editorial
  Picked by our team
  Elegido por nuestro equipo
  हमारी टीम की पसंद
  من اختيار فريقنا
  - Picked by our team
  - Elegido por nuestro equipo
  - हमारी टीम की पसंद
  - من اختيار فريقنا
"""


@pytest.fixture(scope="module")
def reasons():
    return ReasonTemplates.load()


def written(reasons):
    for kind in KINDS:
        yield kind
        for private, mark in ((False, "  "), (True, "  - ")):
            for locale in ("en-US", "es-MX", "hi-IN", "ar-SA"):
                said = reasons.say(
                    kind, locale, is_private=private, today=TODAY, **FACTS.get(kind, {})
                )
                yield f"{mark}{said}"


def test_every_kind_in_four_languages_and_below_it_what_is_said_in_private(reasons):
    assert list(written(reasons)) == SAID.strip().splitlines()


@pytest.mark.parametrize("locale", ["en", "es", "hi", "ar"])
def test_every_kind_can_be_said_without_any_fact(reasons, locale):
    for kind in KINDS:
        said = reasons.say(kind, locale)
        assert said == reasons.say(kind, locale, is_private=True)
        assert "None" not in said
        assert "{" not in said


@pytest.mark.parametrize("kind", KINDS)
def test_a_private_reason_names_nothing(reasons, kind):
    facts = {"product": "Condoms", "category": "Intimate", "occasion": "Lent", "n": 99, "days": 9}
    said = reasons.say(kind, "en", is_private=True, percent=9, on=date(2017, 12, 9), **facts)
    assert not [name for name in ("Condoms", "Intimate", "Lent", "9") if name in said]


@pytest.mark.parametrize(
    ("on", "said"),
    [
        (date(2017, 12, 12), "You bought this once, today"),
        (date(2017, 12, 11), "You bought this once, on Monday"),
        (date(2017, 12, 6), "You bought this once, on Wednesday"),
        (date(2017, 12, 5), "You bought this once, on 5 December"),
        (date(2017, 12, 13), "You bought this once, on 13 December"),
        (date(2016, 12, 31), "You bought this once, on 31 December 2016"),
    ],
)
def test_a_day_of_the_last_six_is_named_by_its_weekday(reasons, on, said):
    assert reasons.say("bought_once", "en", on=on, today=TODAY) == said


def test_a_weekday_stands_also_over_the_turn_of_the_year(reasons):
    said = reasons.say("bought_once", "en", on=date(2016, 12, 30), today=date(2017, 1, 2))
    assert said == "You bought this once, on Friday"


def test_without_today_the_year_is_said(reasons):
    assert reasons.say("bought_once", "es", on=TODAY).endswith("el 12 de diciembre de 2017")


@pytest.mark.parametrize(
    ("locale", "once", "twice", "daily"),
    [
        ("en", "You bought this before", "You bought this twice", "about every day"),
        ("es", "Ya lo compraste antes", "Lo compraste dos veces", "más o menos cada día"),
        ("hi", "आपने इसे पहले खरीदा है", "आपने इसे दो बार खरीदा है", "लगभग हर दिन खरीदते हैं"),
        ("ar", "اشتريته من قبل", "اشتريته مرتين", "كل يوم"),
    ],
)
def test_plural_forms(reasons, locale, once, twice, daily):
    assert reasons.say("bought_often", locale, n=1) == once
    assert reasons.say("bought_often", locale, n=2) == twice
    assert daily in reasons.say("bought_every", locale, days=0.8)


@pytest.mark.parametrize(
    ("locale", "weekday", "today"),
    [
        ("en", "Last bought on Friday, due", "Last bought today, due"),
        ("es", "Lo compraste por última vez el viernes,", "Lo compraste por última vez hoy,"),
        ("hi", "पिछली बार शुक्रवार को खरीदा था", "पिछली बार आज खरीदा था"),
        ("ar", "اشتريته آخر مرة يوم الجمعة،", "اشتريته آخر مرة اليوم،"),
    ],
)
def test_what_is_due_names_the_day_and_no_gap_that_could_deny_it(reasons, locale, weekday, today):
    facts = {"today": TODAY, "days": 42, "n": 3}
    assert weekday in reasons.say("due", locale, on=date(2017, 12, 8), **facts)
    assert today in reasons.say("due", locale, on=TODAY, **facts)
    assert "42" not in reasons.say("due", locale, on=TODAY, **facts)


@pytest.mark.parametrize(
    ("n", "every", "times"),
    [
        (3, "كل 3 أيام", "3 مرات"),
        (10, "كل 10 أيام", "10 مرات"),
        (11, "كل 11 يومًا", "11 مرة"),
        (99, "كل 99 يومًا", "99 مرة"),
        (100, "كل 100 يوم", "100 مرة"),
        (103, "كل 103 أيام", "103 مرات"),
        (1_011, "كل 1,011 يومًا", "1,011 مرة"),
    ],
)
def test_arabic_has_its_plurals(reasons, n, every, times):
    assert reasons.say("bought_every", "ar", days=n) == f"اعتدت شراءه {every} تقريبًا"
    assert reasons.say("bought_often", "ar", n=n) == f"اشتريته {times}"


@pytest.mark.parametrize("kind", ["popular_store", "popular_shop"])
def test_fewer_than_five_shoppers_are_never_counted(reasons, kind):
    assert reasons.say(kind, "en", n=4) == reasons.say(kind, "en")
    assert "5 shoppers" in reasons.say(kind, "en", n=5)


def test_a_basket_is_told_with_what_is_known_of_it(reasons):
    said = [
        reasons.say("with_basket", "en", product="Tea"),
        reasons.say("with_basket", "en", on=date(2017, 12, 8), today=TODAY),
    ]
    assert said == [
        "Often bought with Tea from your last basket",
        "Often bought with what you took on Friday",
    ]


def test_a_discount_is_rounded_down_and_none_below_one_percent(reasons):
    assert reasons.say("on_offer", "en", percent=19.9) == "Sold at 19% off this past week"
    assert reasons.say("on_offer", "en", percent=0.29 * 100) == "Sold at 29% off this past week"
    assert reasons.say("on_offer", "en", percent=0.4) == "On offer this past week"


@pytest.mark.parametrize(
    "locale",
    ["en-US", "en-IN", "en-ZA", "es-SV", "es_mx", "es-419", "es-CR", "hi-IN", "ar-SA", "ar-MA"],
)
def test_counts_are_grouped_as_the_land_of_the_shopper_does(reasons, locale):
    language, land = locale.replace("_", "-").split("-")
    for n in (1234, 12_345, 1_234_567):
        said = reasons.say("popular_shop", locale, n=n)
        assert format_decimal(n, locale=f"{language}_{land.upper()}") in said


def test_a_title_stands_as_it_is(reasons):
    assert reasons.say("because", "en", product="{on} 50% Tea") == "Because you buy {on} 50% Tea"


def test_a_language_that_is_not_there_reads_english(reasons):
    assert reasons.say("editorial", "fr-FR") == reasons.say("editorial", None)


def test_an_unknown_kind_is_told_with_the_nearest(reasons):
    with pytest.raises(UnknownName, match="Did you mean 'bought_often'"):
        reasons.say("bought_oftn", "en")
