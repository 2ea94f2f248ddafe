"""The ledger's tables, in one place, for SQLite and PostgreSQL alike."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import sqlalchemy as sa

from xenorec.errors import BadInput
from xenorec.schema import TABLES
from xenorec.schema import table_definition as types
from xenorec.schema.table_definition import Column as Canonical

FORMAT = "%Y-%m-%dT%H:%M:%S.%fZ"


class Instant(sa.TypeDecorator[datetime]):
    """An aware UTC instant: ``timestamptz`` on PostgreSQL, sortable text elsewhere."""

    impl = sa.String(32)
    cache_ok = True

    def load_dialect_impl(self, dialect: sa.Dialect) -> Any:
        """Return the type the database stores."""
        if dialect.name == "postgresql":
            return dialect.type_descriptor(sa.DateTime(timezone=True))
        return dialect.type_descriptor(sa.String(32))

    def process_bind_param(self, value: datetime | None, dialect: sa.Dialect) -> Any:
        """Turn an aware instant into what is stored."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise BadInput(f"The ledger takes aware instants only; {value} has no time zone.")
        at = value.astimezone(UTC)
        return at if dialect.name == "postgresql" else at.strftime(FORMAT)

    def process_result_value(self, value: Any, dialect: sa.Dialect) -> datetime | None:
        """Turn what is stored into an aware UTC instant."""
        if value is None:
            return None
        if isinstance(value, str):
            return datetime.fromisoformat(value)
        at: datetime = value.astimezone(UTC)
        return at


class Exact(sa.TypeDecorator[Decimal]):
    """A decimal number that loses no digit: ``numeric`` on PostgreSQL, text elsewhere."""

    impl = sa.String(32)
    cache_ok = True

    def __init__(self, precision: int, scale: int) -> None:
        super().__init__(32)
        self.precision = precision
        self.scale = scale

    def load_dialect_impl(self, dialect: sa.Dialect) -> Any:
        """Return the type the database stores."""
        if dialect.name == "postgresql":
            return dialect.type_descriptor(sa.Numeric(self.precision, self.scale))
        return dialect.type_descriptor(sa.String(32))

    def process_bind_param(self, value: Any, dialect: sa.Dialect) -> Any:
        """Turn a number or its text into what is stored, with all decimal places."""
        if value is None:
            return None
        number = Decimal(str(value)).quantize(Decimal(1).scaleb(-self.scale))
        return number if dialect.name == "postgresql" else str(number)

    def process_result_value(self, value: Any, dialect: sa.Dialect) -> Decimal | None:
        """Turn what is stored into a decimal."""
        return None if value is None else Decimal(str(value))


METADATA = sa.MetaData()

_TYPES: dict[str, Any] = {
    types.TEXT: sa.Text,
    types.INSTANT: Instant,
    types.BIGINT: sa.BigInteger,
    types.INTEGER: sa.Integer,
    types.REAL: sa.Float,
    types.FLAG: sa.Boolean,
    types.QUANTITY: Exact(12, 3),
    types.MONEY: Exact(18, 4),
}


def _landed(name: str) -> sa.Table:
    columns = [_column(column) for column in TABLES[name].columns]
    extra: list[Any] = [sa.UniqueConstraint("source", "source_id", name=f"uq_{name}_source")]
    if name == "consents":
        extra.append(sa.Index("ix_consents_customer", "customer_id", "purpose", "at"))
    if name == "suppressions":
        extra.append(sa.Index("ix_suppressions_hash", "value_hash"))
    if name == "loyalty_ledger":
        extra.append(sa.UniqueConstraint("idempotency_key", name="uq_loyalty_key"))
    return sa.Table(name, METADATA, *columns, *extra)


def _column(column: Canonical) -> sa.Column[Any]:
    return sa.Column(column.name, _TYPES[column.type], nullable=not column.required)


CONSENTS = _landed("consents")
SUPPRESSIONS = _landed("suppressions")
LOYALTY_LEDGER = _landed("loyalty_ledger")

RUNS = sa.Table(
    "campaign_runs",
    METADATA,
    sa.Column("campaign_id", sa.Text, nullable=False),
    sa.Column("step", sa.Text, nullable=False),
    sa.Column("as_of", Instant, nullable=False),
    sa.Column("plan_hash", sa.Text, nullable=False),
    sa.Column("n_audience", sa.Integer, nullable=False),
    sa.Column("n_decisions", sa.Integer, nullable=False),
    sa.Column("n_new", sa.Integer, nullable=False),
    sa.Column("n_existing", sa.Integer, nullable=False),
    sa.Column("seed", sa.Text, nullable=False),
    sa.Column("record", sa.Text, nullable=False),
    sa.Column("created_at", Instant, nullable=False),
    sa.Column("approved_by", sa.Text),
    sa.Column("approved_at", Instant),
    sa.PrimaryKeyConstraint("campaign_id", "step", "plan_hash"),
)

ASSIGNMENTS = sa.Table(
    "assignments",
    METADATA,
    sa.Column("campaign_id", sa.Text, primary_key=True),
    sa.Column("customer_id", sa.Text, primary_key=True),
    sa.Column("arm", sa.Text, nullable=False),
    sa.Column("propensity", sa.Float, nullable=False),
    sa.Column("assigned_at", Instant, nullable=False),
)

DECISIONS = sa.Table(
    "decisions",
    METADATA,
    sa.Column("key", sa.Text, primary_key=True),
    sa.Column("campaign_id", sa.Text, nullable=False),
    sa.Column("step", sa.Text, nullable=False),
    sa.Column("customer_id", sa.Text, nullable=False, index=True),
    sa.Column("arm", sa.Text, nullable=False),
    sa.Column("channel", sa.Text, nullable=False),
    sa.Column("template", sa.Text, nullable=False),
    sa.Column("template_version", sa.Text, nullable=False),
    sa.Column("shelves", sa.Text, nullable=False),
    sa.Column("context", sa.Text, nullable=False),
    sa.Column("creative_id", sa.Text),
    sa.Column("creative_propensity", sa.Float),
    sa.Column("body_hash", sa.Text),
    sa.Column("address_hash", sa.Text),
    sa.Column("planned_at", Instant, nullable=False),
    sa.Column("not_after", Instant, nullable=False),
    sa.Column("time_zone", sa.Text, nullable=False),
    sa.Column("quiet", sa.Text, nullable=False),
    sa.Column("cap_n", sa.Integer),
    sa.Column("cap_days", sa.Float),
    sa.Column("purpose", sa.Text, nullable=False),
    sa.Column("seed", sa.Text, nullable=False),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("reason", sa.Text),
    sa.Column("plan_hash", sa.Text, nullable=False),
    sa.Column("created_at", Instant, nullable=False),
    sa.Column("send_propensity", sa.Float),
    sa.Column("is_hour_explored", sa.Boolean),
    sa.Column("why", sa.Text),
    sa.Column("retry", sa.Integer, nullable=False, server_default="0"),
    sa.UniqueConstraint("campaign_id", "step", "customer_id", "retry", name="uq_decision"),
    sa.Index("ix_decisions_address", "address_hash", "campaign_id", "step"),
)

DELIVERIES = sa.Table(
    "deliveries",
    METADATA,
    sa.Column("seq", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True),
    sa.Column("key", sa.Text, nullable=False),
    sa.Column("attempt", sa.Integer, nullable=False),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("reason", sa.Text),
    sa.Column("due_at", Instant),
    sa.Column("provider", sa.Text),
    sa.Column("provider_id", sa.Text),
    sa.Column("body_hash", sa.Text),
    sa.Column("worker", sa.Text),
    sa.Column("fault", sa.Text),
    sa.Column("detail", sa.Text),
    sa.Column("address_hash", sa.Text),
    sa.Column("at", Instant, nullable=False),
    sa.Column("written_at", Instant, nullable=False, default=lambda: datetime.now(UTC)),
    sa.UniqueConstraint("key", "attempt", "state", name="uq_delivery"),
    sa.Index("ix_deliveries_latest", "key", "attempt", "seq"),
    sa.Index("ix_deliveries_address", "address_hash"),
)

EXPOSURES = sa.Table(
    "exposures",
    METADATA,
    sa.Column("key", sa.Text, primary_key=True),
    sa.Column("shelf", sa.Text, primary_key=True),
    sa.Column("position", sa.Integer, primary_key=True),
    sa.Column("product_id", sa.Text, nullable=False),
    sa.Column("creative_id", sa.Text),
    sa.Column("score", sa.Float),
    sa.Column("propensity", sa.Float),
    sa.Column("policy_version", sa.Text),
    sa.Column("at", Instant, nullable=False),
    sa.Column("customer_id", sa.Text),
    sa.Column("shelf_rank", sa.Integer),
    sa.Column("segment", sa.Text),
    sa.Column("shelf_propensity", sa.Float),
)

OUTCOMES = sa.Table(
    "outcomes",
    METADATA,
    sa.Column("outcome_id", sa.Text, primary_key=True),
    sa.Column("key", sa.Text),
    sa.Column("campaign_id", sa.Text),
    sa.Column("customer_id", sa.Text),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("value_amount", Exact(18, 4)),
    sa.Column("order_id", sa.Text),
    sa.Column("raw", sa.Text),
    sa.Column("at", Instant, nullable=False),
)

CURSORS = sa.Table(
    "cursors",
    METADATA,
    sa.Column("source", sa.Text, primary_key=True),
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("value", sa.Text, nullable=False),
    sa.Column("at", Instant, nullable=False),
)

MERGES = sa.Table(
    "merge_log",
    METADATA,
    sa.Column("customer_id", sa.Text, primary_key=True),
    sa.Column("into_id", sa.Text, primary_key=True),
    sa.Column("at", Instant, primary_key=True),
    sa.Column("action", sa.Text, nullable=False),
)

ID_PREFIXES = sa.Table(
    "id_prefixes",
    METADATA,
    sa.Column("kind", sa.Text, primary_key=True),
    sa.Column("space", sa.Text, primary_key=True),
    sa.Column("prefix", sa.Text, nullable=False),
)

ACCOUNT_LINKS = sa.Table(
    "account_links",
    METADATA,
    sa.Column("customer_id", sa.Text, primary_key=True),
    sa.Column("person_id", sa.Text, nullable=False, index=True),
    sa.Column("since", Instant, primary_key=True),
    sa.Column("until", Instant),
)

ACCOUNT_ADDRESSES = sa.Table(
    "account_addresses",
    METADATA,
    sa.Column("customer_id", sa.Text, primary_key=True),
    sa.Column("value_hash", sa.Text, primary_key=True, index=True),
    sa.Column("since", Instant, primary_key=True),
    sa.Column("until", Instant),
)

AUDIT_LOG = sa.Table(
    "audit_log",
    METADATA,
    sa.Column("seq", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True),
    sa.Column("action", sa.Text, nullable=False),
    sa.Column("subject", sa.Text, nullable=False),
    sa.Column("detail", sa.Text),
    sa.Column("at", Instant, nullable=False),
    sa.Index("ix_audit_subject", "subject"),
)

RETRIES = sa.Table(
    "retries",
    METADATA,
    sa.Column("campaign_id", sa.Text, primary_key=True),
    sa.Column("step", sa.Text, primary_key=True),
    sa.Column("customer_id", sa.Text, primary_key=True),
    sa.Column("retry", sa.Integer, primary_key=True),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("at", Instant, nullable=False),
)

TEMPLATE_FILES = sa.Table(
    "template_files",
    METADATA,
    sa.Column("template", sa.Text, primary_key=True),
    sa.Column("version", sa.Text, primary_key=True),
    sa.Column("path", sa.Text, primary_key=True),
    sa.Column("content", sa.LargeBinary, nullable=False),
)

PLANNED_INPUTS = sa.Table(
    "planned_inputs",
    METADATA,
    sa.Column("campaign_id", sa.Text, primary_key=True),
    sa.Column("step", sa.Text, primary_key=True),
    sa.Column("inputs_hash", sa.Text, primary_key=True),
    sa.Column("as_of", Instant, nullable=False),
    sa.Column("plan_hash", sa.Text, nullable=False),
    sa.Column("n_new", sa.Integer, nullable=False),
    sa.Column("at", Instant, nullable=False),
)

VERSION = sa.Table(
    "ledger_version",
    METADATA,
    sa.Column("version", sa.Integer, primary_key=True),
    sa.Column("name", sa.Text, nullable=False),
)
