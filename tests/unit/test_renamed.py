"""What was renamed is still found by its old name, with a warning that says the new one."""

from __future__ import annotations

from importlib import import_module

import pytest

PACKAGES = (
    "campaigns",
    "creative",
    "ledger",
    "recommend",
    "recommend.evaluation_metrics",
    "recommend.feedback",
    "recommend.scorers",
    "recommend.themes",
)
OLD = [
    (f"xenorec.{name}", old, new)
    for name in PACKAGES
    for old, new in import_module(f"xenorec.{name}")._RENAMED.items()
]


@pytest.mark.parametrize(("package", "old", "new"), OLD)
def test_an_old_name_gives_the_new_thing_and_says_so(package: str, old: str, new: str) -> None:
    loaded = import_module(package)
    with pytest.warns(DeprecationWarning, match=rf"{package}\.{old} is called {new} now"):
        found = getattr(loaded, old)
    assert found is getattr(loaded, new)
    assert old not in loaded.__all__
    assert new in loaded.__all__


@pytest.mark.parametrize("package", PACKAGES)
def test_a_name_that_never_was_is_an_attribute_error(package: str) -> None:
    with pytest.raises(AttributeError, match="has no attribute 'Nothing'"):
        _ = import_module(f"xenorec.{package}").Nothing
