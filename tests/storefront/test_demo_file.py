"""The demo's own file has every set, and nothing is wrong with it."""

from __future__ import annotations

from bff.storefront.file import DEMO, shipped_sets
from bff.storefront.reader import examine


def test_the_demo_has_every_shipped_set() -> None:
    found = examine(DEMO)
    assert not found.problems
    assert not found.storefront.warnings
    assert set(found.storefront.sources) == set(shipped_sets())
    assert found.storefront.sign_in.merge_carts
