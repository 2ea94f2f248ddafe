from __future__ import annotations

import traceback
from collections.abc import Callable

import pytest

from xenorec.errors import LedgerUnreachable
from xenorec.ledger import Ledger


def test_a_login_that_the_server_refuses_is_told_without_the_password(
    server: Callable[[], str],
) -> None:
    address = server().rpartition("/")[0].replace("postgres@", "postgres:hunter2@")
    with pytest.raises(LedgerUnreachable) as caught:
        Ledger(f"{address}/no_database").create()
    assert "hunter2" not in "".join(traceback.format_exception(caught.value))
