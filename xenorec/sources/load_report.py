"""What a load did, table by table."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class TableLoad:
    """The counts of one table in one load; rows in = accepted + quarantined."""

    table: str
    n_in: int
    n_accepted: int
    n_quarantined: int
    n_new: int
    n_changed: int
    n_unchanged: int
    ignored_columns: tuple[str, ...] = ()
    n_cleaned: int = 0
    """Texts in which control characters were replaced by a blank."""

    def __str__(self) -> str:
        text = (
            f"{self.table}: {self.n_in:,} rows in, {self.n_new:,} new, {self.n_changed:,} changed, "
            f"{self.n_unchanged:,} unchanged, {self.n_quarantined:,} in quarantine"
        )
        if self.ignored_columns:
            text += f"; columns left out: {', '.join(self.ignored_columns)}"
        if self.n_cleaned:
            text += f"; control characters taken out of {self.n_cleaned:,} texts"
        return text


@dataclass(frozen=True)
class LoadReport:
    """The counts of one load; ``quarantined`` rows are kept with their reasons."""

    source: str
    tables: tuple[TableLoad, ...]
    left_out: tuple[str, ...] = ()
    """Files of the folder that are not named after a table."""
    notes: tuple[str, ...] = ()
    """What is to be known besides, each ``code: sentence``."""

    @property
    def n_in(self) -> int:
        """Rows that came."""
        return sum(load.n_in for load in self.tables)

    @property
    def n_quarantined(self) -> int:
        """Rows that were put aside with a reason."""
        return sum(load.n_quarantined for load in self.tables)

    @property
    def n_written(self) -> int:
        """Rows that are new or changed."""
        return sum(load.n_new + load.n_changed for load in self.tables)

    def __str__(self) -> str:
        lines = [f"Loaded {self.source}:", *(f"  {load}" for load in self.tables)]
        if self.left_out:
            lines.append(f"  left out, not named after a table: {', '.join(self.left_out)}")
        lines += [f"  {note}" for note in self.notes]
        if self.n_quarantined:
            lines.append("  See the rows put aside: crm.quarantine(), or xenorec quarantine")
        return "\n".join(lines)

    __repr__ = __str__
