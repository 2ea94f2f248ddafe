"""What the invented grocer sells: invented names, prices and makers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache

MILK = "WHOLE MILK"
TEA = "BLACK TEA BAGS"
BISCUITS = "TEA BISCUITS"
LAUNCHED = "OAT DRINK"
"""The product that appears ``LAUNCH_DAY`` days after the shop's first day."""
LAUNCH_DAY = 246

GOES_WITH = {
    TEA: (BISCUITS, 0.75),
    "SPAGHETTI": ("TOMATO SAUCE", 0.6),
    "CORN CHIPS": ("SALSA", 0.5),
}
"""What follows a product into the basket, and how often."""

# department | category | product | size | price in cents | own brand or maker
ROWS = """
GROCERY|MILK|WHOLE MILK|1 GA|279|own
GROCERY|BREAD|SANDWICH BREAD|20 OZ|189|own
PRODUCE|BANANAS|BANANAS YELLOW|1 LB|59|11
GROCERY|EGGS|LARGE EGGS|12 CT|199|own
GROCERY|CHEESE|SLICED CHEDDAR|8 OZ|329|12
MEAT|CHICKEN|CHICKEN BREAST|2 LB|699|13
GROCERY|COFFEE|GROUND COFFEE|12 OZ|599|14
GROCERY|TEAS|BLACK TEA BAGS|40 CT|349|15
GROCERY|COOKIES|TEA BISCUITS|10 OZ|229|15
GROCERY|SOFT DRINKS|COLA|2 L|149|16
GROCERY|YOGURT|PLAIN YOGURT|32 OZ|299|own
PRODUCE|APPLES|RED APPLES|3 LB|399|11
PRODUCE|POTATOES|RUSSET POTATOES|5 LB|349|11
GROCERY|PASTA|SPAGHETTI|16 OZ|129|17
GROCERY|PASTA SAUCE|TOMATO SAUCE|24 OZ|219|17
GROCERY|RICE|LONG GRAIN RICE|5 LB|449|own
GROCERY|BUTTER|SALTED BUTTER|1 LB|399|12
GROCERY|COLD CEREAL|CORN FLAKES|18 OZ|319|18
GROCERY|BAG SNACKS|CORN CHIPS|13 OZ|299|19
GROCERY|BAG SNACKS|POTATO CRISPS|10 OZ|279|19
GROCERY|HISPANIC|SALSA|16 OZ|269|20
GROCERY|CANNED FISH|TUNA IN WATER|5 OZ|99|21
GROCERY|SOUP|LENTIL SOUP|19 OZ|189|own
GROCERY|JUICES|ORANGE JUICE|64 OZ|349|22
GROCERY|FROZEN PIZZA|CHEESE PIZZA|20 OZ|499|23
GROCERY|FROZEN VEGETABLES|GREEN PEAS|16 OZ|149|own
GROCERY|ICE CREAM|VANILLA ICE CREAM|48 OZ|399|24
MEAT|BEEF|GROUND BEEF|1 LB|449|13
MEAT|PORK|PORK CHOPS|2 LB|599|13
MEAT-PCKGD|LUNCHMEAT|SMOKED HAM|9 OZ|379|25
SEAFOOD|FISH|SALMON FILLET|1 LB|899|21
PRODUCE|TOMATOES|VINE TOMATOES|1 LB|199|11
PRODUCE|ONIONS|YELLOW ONIONS|3 LB|249|11
PRODUCE|SALAD|ROMAINE HEARTS|3 CT|299|11
PRODUCE|CITRUS|LEMONS|2 LB|329|11
PRODUCE|CARROTS|CARROTS|2 LB|179|11
DELI|DELI SALADS|POTATO SALAD|1 LB|349|own
DELI|HUMMUS|HUMMUS|10 OZ|329|20
PASTRY|BAKERY BREAD|SOURDOUGH LOAF|24 OZ|399|own
PASTRY|CAKES|CARROT CAKE|28 OZ|899|own
GROCERY|SPREADS|PEANUT BUTTER|16 OZ|249|18
GROCERY|SPREADS|STRAWBERRY JAM|18 OZ|279|18
GROCERY|BAKING|WHEAT FLOUR|5 LB|229|own
GROCERY|BAKING|CANE SUGAR|4 LB|219|own
GROCERY|OILS|OLIVE OIL|17 OZ|699|26
GROCERY|CONDIMENTS|MUSTARD|8 OZ|149|26
GROCERY|SPICES|GROUND CINNAMON|2 OZ|299|27
GROCERY|BEANS|CHICK PEAS|15 OZ|89|own
GROCERY|CRACKERS|WHEAT CRACKERS|9 OZ|259|19
GROCERY|WATER|STILL WATER|24 CT|399|own
GROCERY|TEAS|MINT TEA BAGS|20 CT|299|15
GROCERY|COFFEE|WHOLE BEAN COFFEE|16 OZ|1099|14
GROCERY|CHOCOLATE|DARK CHOCOLATE|4 OZ|249|28
GROCERY|PET FOOD|CAT FOOD CHICKEN|16 LB|1499|29
GROCERY|PET FOOD|DOG FOOD BEEF|30 LB|2299|29
DRUG GM|SOAP|HAND SOAP|8 OZ|199|30
DRUG GM|HAIR CARE|SHAMPOO|13 OZ|499|30
DRUG GM|ORAL HYGIENE|TOOTHPASTE|6 OZ|279|30
GROCERY|PAPER TOWELS|PAPER TOWELS|6 CT|699|31
GROCERY|BATH TISSUES|BATH TISSUE|12 CT|799|31
GROCERY|LAUNDRY|LIQUID DETERGENT|50 OZ|749|32
GROCERY|DISHWASH|DISH SOAP|24 OZ|259|32
DRUG GM|BATTERIES|AA BATTERIES|8 CT|699|33
FLORAL|FLOWERS|MIXED BOUQUET|1 CT|999|34
GROCERY|BEERS/ALES|PALE ALE|6 CT|899|35
NUTRITION|BREAKFAST|MUESLI|16 OZ|449|18
NUTRITION|DRIED FRUIT|RAISINS|15 OZ|329|36
GROCERY|MILK|OAT DRINK|32 OZ|319|37
"""
NOT_PROMOTED = ("BEERS/ALES",)


@dataclass(frozen=True)
class SampleProduct:
    """One product: ids count from 1, the price is in cents."""

    number: int
    department: str
    category: str
    name: str
    size: str
    cents: int
    maker: str

    @property
    def product_id(self) -> str:
        """Return the id in canonical tables, such as ``p08``."""
        return f"p{self.number:02d}"

    @property
    def title(self) -> str:
        """Return the name a customer would read."""
        size = self.size.replace("GA", "gal").replace("CT", "count").lower()
        return f"{self.name.title()}, {size}"

    @property
    def brand(self) -> str:
        """Return the brand a customer would read."""
        return "Store brand" if self.maker == "own" else f"Maker {self.maker}"

    def is_sold_on(self, day: date, first: date) -> bool:
        """Return whether the shop has it on that day; ``first`` is the shop's first day."""
        return self.name != LAUNCHED or day >= first + timedelta(days=LAUNCH_DAY)

    def discount_cents(self, day: date) -> int:
        """Return what is taken off: one week in nine each product is a fifth cheaper."""
        return self.cents // 5 if (day.toordinal() // 7 + self.number) % 9 == 0 else 0


@cache
def goods() -> tuple[SampleProduct, ...]:
    """Return everything the shop sells, the most popular first."""
    rows = [line.split("|") for line in ROWS.strip().splitlines()]
    return tuple(
        SampleProduct(number, department, category, name, size, int(cents), maker)
        for number, (department, category, name, size, cents, maker) in enumerate(rows, 1)
    )


@cache
def good(name: str) -> SampleProduct:
    """Return one product by its name."""
    return next(item for item in goods() if item.name == name)
