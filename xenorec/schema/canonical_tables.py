"""The canonical tables of the warehouse and of the ledger's landed half."""

from __future__ import annotations

from xenorec.errors import UnknownName, nearest
from xenorec.schema.instant_sql import known_zone
from xenorec.schema.table_definition import (
    DAY,
    FLAG,
    INSTANT,
    INTEGER,
    JSON,
    MONEY,
    QUANTITY,
    REAL,
    TEXT,
    TEXTS,
    Column,
    Table,
)

CHANNELS = ("email", "sms", "whatsapp", "push", "webhook", "any")
EVENT_NAMES = (
    "product_viewed",
    "product_list_viewed",
    "product_added",
    "product_removed",
    "cart_viewed",
    "checkout_started",
    "order_completed",
    "order_refunded",
    "coupon_applied",
    "coupon_redeemed",
    "offer_received",
    "message_opened",
    "message_clicked",
    "page_viewed",
)


def _zone(name: str = "time_zone") -> Column:
    return Column(
        name,
        TEXT,
        "IANA zone, such as Asia/Kolkata",
        check=known_zone(name),
        rule="an IANA zone such as Asia/Kolkata",
    )


def _currency(*, required: bool = False) -> Column:
    return Column(
        "currency",
        TEXT,
        "ISO 4217 code",
        required=required,
        check="regexp_full_match(currency, '[A-Z]{3}')",
        rule="three capital letters (ISO 4217)",
    )


def _month_or_day(name: str, most: int) -> Column:
    return Column(
        name,
        INTEGER,
        name.replace("_", " ").capitalize() + ", without the year",
        check=f"{name} between 1 and {most}",
        rule=f"between 1 and {most}",
    )


def _money(name: str, meaning: str, *, required: bool = False) -> Column:
    return Column(name, MONEY, meaning, required=required)


CUSTOMERS = Table(
    "customers",
    "one row per customer account of a source",
    ("customer_id",),
    (
        Column("customer_id", TEXT, "The customer", required=True),
        Column("created_at", INSTANT, "When the account began", clock="fact"),
        Column("first_name", TEXT, "Given name, as the customer wrote it"),
        Column("last_name", TEXT, "Family name"),
        Column("locale", TEXT, "BCP 47 language and region, such as en-US"),
        _zone(),
        Column("country", TEXT, "ISO 3166 code of two letters"),
        Column("home_store_id", TEXT, "The store the customer named"),
        _month_or_day("birth_month", 12),
        _month_or_day("birth_day", 31),
        Column("gender", TEXT, "As stated by the customer"),
        Column("is_minor", FLAG, "Under age where the customer lives"),
        Column("status", TEXT, "State", one_of=("active", "erased", "merged")),
        Column("merged_into", TEXT, "The customer this account was merged into"),
    ),
    instant="created_at",
)

IDENTIFIERS = Table(
    "identifiers",
    "one row per customer, kind and value",
    ("customer_id", "kind", "value"),
    (
        Column("customer_id", TEXT, "The customer", required=True),
        Column(
            "kind",
            TEXT,
            "What the value is",
            required=True,
            one_of=("phone", "email", "card", "external", "device", "whatsapp_user"),
        ),
        Column("value", TEXT, "Phone in E.164, e-mail, card number", required=True),
        Column("value_hash", TEXT, "Hash of the normalised value"),
        Column("verified_at", INSTANT, "When the customer proved to hold it"),
        Column("first_seen_at", INSTANT, "First time it came with this customer"),
        Column("last_seen_at", INSTANT, "Last time"),
        Column("is_blocked", FLAG, "Known to be wrong or shared; links nobody"),
    ),
    instant="first_seen_at",
)

STORES = Table(
    "stores",
    "one row per store",
    ("store_id",),
    (
        Column("store_id", TEXT, "The store", required=True),
        Column("name", TEXT, "What customers call it"),
        _zone(),
        Column("country", TEXT, "ISO 3166 code of two letters"),
        Column("city", TEXT, "City"),
        Column("lat", REAL, "Latitude, degrees", check="lat between -90 and 90", rule="-90 to 90"),
        Column(
            "lon", REAL, "Longitude, degrees", check="lon between -180 and 180", rule="-180 to 180"
        ),
    ),
)

ORDERS = Table(
    "orders",
    "one row per order or till receipt",
    ("order_id",),
    (
        Column("order_id", TEXT, "The order", required=True),
        Column("customer_id", TEXT, "Who bought; empty for an unknown shopper"),
        Column("store_id", TEXT, "Where"),
        Column("channel", TEXT, "Through what", one_of=("pos", "web", "app")),
        Column("ordered_at", INSTANT, "When", required=True, clock="fact"),
        _money("gross_amount", "Before discounts"),
        _money("discount_amount", "Discounts, as a positive amount"),
        _money("tax_amount", "Tax"),
        _money("shipping_amount", "Shipping"),
        _money("net_amount", "What the shop received for the goods"),
        _currency(required=True),
        Column(
            "status",
            TEXT,
            "State",
            one_of=("completed", "pending", "cancelled", "returned"),
        ),
        Column("coupon_codes", TEXTS, "Coupons used"),
        Column("device", TEXT, "Till or device"),
        Column("staff_id", TEXT, "Who served"),
    ),
    instant="ordered_at",
)

ORDER_LINES = Table(
    "order_lines",
    "one row per order and line",
    ("order_id", "line_no"),
    (
        Column("order_id", TEXT, "The order", required=True),
        Column("line_no", INTEGER, "Number of the line in the order", required=True),
        Column("product_id", TEXT, "What", required=True),
        Column("quantity", QUANTITY, "How many, or the weight", required=True),
        _money("unit_price_amount", "Price of one before discounts"),
        _money("discount_amount", "Discount on the line, as a positive amount"),
        _money("net_amount", "What the shop received for the line", required=True),
        Column("refunded_quantity", QUANTITY, "Returned later"),
        _money("refunded_amount", "Paid back later"),
    ),
)

PRODUCTS = Table(
    "products",
    "one row per product",
    ("product_id",),
    (
        Column("product_id", TEXT, "The product", required=True),
        Column("gtin", TEXT, "GS1 number on the bar code"),
        Column("sku", TEXT, "Stock-keeping unit"),
        Column("title", TEXT, "Name a customer would read"),
        Column("brand", TEXT, "Brand"),
        Column("category_path", TEXTS, "Categories from the widest to the narrowest"),
        _money("price_amount", "Price now"),
        _money("list_price_amount", "Price before a reduction"),
        _currency(),
        Column("stock", QUANTITY, "Units at hand"),
        Column("active_from", INSTANT, "On sale from"),
        Column("active_to", INSTANT, "On sale until; a bare day is the last", clock="end"),
        Column("url", TEXT, "Page of the product"),
        Column("image_url", TEXT, "Picture of the product"),
        Column("attributes", JSON, "Whatever else, as an object; promotable=false is never shown"),
    ),
    instant="active_from",
)

EVENTS = Table(
    "events",
    "one row per thing a customer did or was shown",
    ("event_id",),
    (
        Column("event_id", TEXT, "The event", required=True),
        Column("customer_id", TEXT, "Who"),
        Column(
            "name", TEXT, "What, in Segment's e-commerce words", required=True, one_of=EVENT_NAMES
        ),
        Column("at", INSTANT, "When", required=True, clock="fact"),
        Column("product_id", TEXT, "Product"),
        Column("campaign_id", TEXT, "Campaign"),
        Column("message_id", TEXT, "Message"),
        Column("shelf", TEXT, "Row of the page"),
        Column("position", INTEGER, "Place in the row, from 1"),
        Column("creative_id", TEXT, "Picture"),
        Column("device", TEXT, "Device"),
        Column("props", JSON, "Whatever else, as an object"),
    ),
    instant="at",
)

OFFERS = Table(
    "offers",
    "one row per offer",
    ("offer_id",),
    (
        Column("offer_id", TEXT, "The offer", required=True),
        Column("product_ids", TEXTS, "Products it is for"),
        Column("category", TEXT, "Or the category it is for"),
        Column("discount", TEXT, "Such as 20% or 1.50"),
        Column("coupon_code", TEXT, "Code"),
        Column("valid_from", INSTANT, "From"),
        Column("valid_to", INSTANT, "Until; a bare day is the last", clock="end"),
        Column("valid_until_on", DAY, "Last day, of each store's clock", last_day_of="valid_to"),
        Column("funding", TEXT, "Who pays: shop or supplier", one_of=("shop", "supplier")),
    ),
    instant="valid_from",
)

LOYALTY_ACCOUNTS = Table(
    "loyalty_accounts",
    "one row per loyalty account",
    ("account_id",),
    (
        Column("account_id", TEXT, "The account", required=True),
        Column("customer_id", TEXT, "The customer", required=True),
        Column("tier", TEXT, "Tier"),
        Column("tier_until", DAY, "Last day of the tier"),
        Column("enrolled_at", INSTANT, "When it began"),
        Column("status", TEXT, "State", one_of=("active", "closed", "frozen")),
    ),
    instant="enrolled_at",
)

CONSENTS = Table(
    "consents",
    "one row per statement of a customer; append-only",
    ("customer_id", "channel", "purpose", "at"),
    (
        Column("customer_id", TEXT, "The customer", required=True),
        Column("channel", TEXT, "Channel", required=True, one_of=CHANNELS),
        Column(
            "purpose",
            TEXT,
            "What for",
            required=True,
            one_of=("marketing", "service", "profiling"),
        ),
        Column("status", TEXT, "Said", required=True, one_of=("granted", "withdrawn")),
        Column("basis", TEXT, "Legal basis"),
        Column("notice_version", TEXT, "Text the customer saw"),
        Column("evidence", TEXT, "Where the statement can be seen"),
        Column("at", INSTANT, "When", required=True, clock="refusal"),
        Column("expires_at", INSTANT, "Until"),
    ),
    home="ledger",
    instant="at",
)

SUPPRESSIONS = Table(
    "suppressions",
    "one row per address that may not be written to",
    ("channel", "value_hash"),
    (
        Column("channel", TEXT, "Channel", required=True, one_of=CHANNELS),
        Column(
            "value_hash",
            TEXT,
            "The address, or our hash of it; only the hash is kept",
            required=True,
            check="regexp_full_match(value_hash, '[0-9a-f]{64}')",
            rule="an e-mail address, a phone with its country, or our hash of one (SHA-256)",
        ),
        Column(
            "reason",
            TEXT,
            "Why",
            required=True,
            one_of=("bounce", "complaint", "dnd", "erased", "manual"),
        ),
        Column("at", INSTANT, "From", required=True, clock="refusal"),
        Column("until", INSTANT, "Until; empty for good", clock="end"),
    ),
    home="ledger",
    instant="at",
)

LOYALTY_LEDGER = Table(
    "loyalty_ledger",
    "one row per movement of points; append-only, a balance is the sum",
    ("entry_id",),
    (
        Column("entry_id", TEXT, "The movement", required=True),
        Column("account_id", TEXT, "The account", required=True),
        Column(
            "kind",
            TEXT,
            "What happened",
            required=True,
            one_of=("earn", "redeem", "expire", "adjust", "reverse"),
        ),
        Column("points", QUANTITY, "Points, negative when they leave", required=True),
        Column("order_id", TEXT, "Order"),
        Column("idempotency_key", TEXT, "Unique: the same movement counts once", required=True),
        Column("expires_at", INSTANT, "Points lapse"),
        Column("at", INSTANT, "When", required=True),
        Column("store_id", TEXT, "Store"),
    ),
    home="ledger",
    instant="at",
)

TABLES: dict[str, Table] = {
    table.name: table
    for table in (
        CUSTOMERS,
        IDENTIFIERS,
        STORES,
        PRODUCTS,
        ORDERS,
        ORDER_LINES,
        EVENTS,
        OFFERS,
        LOYALTY_ACCOUNTS,
        CONSENTS,
        SUPPRESSIONS,
        LOYALTY_LEDGER,
    )
}
"""All canonical tables that can be loaded, stores before orders so that zones are known."""


def table(name: str) -> Table:
    """Return one canonical table by name; an unknown one is answered with the nearest."""
    if name not in TABLES:
        raise UnknownName(
            f"There is no canonical table {name!r}.{nearest(name, TABLES)} "
            f"Tables: {', '.join(TABLES)}."
        )
    return TABLES[name]
