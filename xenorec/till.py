"""Between the workspace and a till: publish what it serves, take back what it recorded."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from xenorec.errors import BadInput

if TYPE_CHECKING:
    import pandas as pd

    from xenorec.sources import LoadReport
    from xenorec.sources.loading import Intake
    from xenorec.workspace import Workspace

OFFERS_EACH = 8
