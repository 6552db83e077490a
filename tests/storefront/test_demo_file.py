"""The demo's own file has every set, and nothing is wrong with it."""

from __future__ import annotations

from bff.commands.demo import DEMO_SITE
from bff.sandbox.storefront.places import SITES
from bff.storefront.file import DEMO, shipped_sets
from bff.storefront.reader import examine


def test_the_demo_has_every_shipped_set() -> None:
    found = examine(DEMO)
    assert not found.problems
    assert not found.storefront.warnings
    assert set(found.storefront.sources) == set(shipped_sets())
    assert found.storefront.sign_in.merge_carts


def test_the_demo_sells_what_the_sandbox_has_prices_for() -> None:
    here = SITES[DEMO_SITE["EMPORIX_SITE"]]
    assert set(DEMO_SITE["EMPORIX_SITES"].split(",")) == set(SITES)
    assert DEMO_SITE["EMPORIX_CURRENCY"] in here.currencies
    assert DEMO_SITE["EMPORIX_COUNTRY"] in here.countries
