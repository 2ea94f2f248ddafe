"""Message ids: which message an event names, by its key or by the token of the link."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import pyarrow as pa

from xenorec.engine import Session
from xenorec.link_tokens import message_key

NAMED = (
    "select distinct message_id from warehouse.events "
    "where message_id is not null and strpos(message_id, '/') = 0"
)
"""A key has slashes, a token has none."""


Key = Callable[[], bytes]
"""Gives the shop's secret, with which links are signed; asked for when there is a token to read."""


def register_message_keys(session: Session, key: Key | None) -> None:
    """Make the relation ``message_keys``: message_id, message_key, one row per token of events.

    What is no token of this key is not in it; without a key it is empty.
    """
    given = [] if key is None else session.arrow(NAMED).column("message_id").to_pylist()
    read = _read(given, key) if given and key is not None else {}
    columns = {"message_id": list(read), "message_key": list(read.values())}
    session.register(
        "message_keys",
        pa.table({name: pa.array(texts, pa.string()) for name, texts in columns.items()}),
    )


def _read(given: Iterable[str], key: Key) -> dict[str, str]:
    secret = key()
    found = {message_id: message_key(message_id, secret) for message_id in given}
    return {message_id: named for message_id, named in found.items() if named != message_id}
