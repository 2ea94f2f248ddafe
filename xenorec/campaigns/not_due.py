"""A message that has to wait for something else than its hour."""

from __future__ import annotations

from xenorec.errors import XenorecError
from xenorec.schema.enums import Reason


class NotYet(XenorecError):
    """A message that cannot be made now and may be made later; ``reason`` says what is missing."""

    def __init__(self, reason: Reason) -> None:
        self.reason = reason
        super().__init__(f"The message cannot be made now: {reason}.")
