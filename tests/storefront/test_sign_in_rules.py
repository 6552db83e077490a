"""Whose carts a sign-in merges, and what the start says where nobody can tell."""

from __future__ import annotations

from pathlib import Path

import pytest

from bff.commands.checks.finding import Status
from bff.commands.checks.storefront import check_storefront
from bff.commands.files import read_files
from bff.config.settings import Settings
from bff.errors import ConfigurationError
from bff.operations.cart_rows import CART_ROWS
from bff.operations.model import Exposure
from bff.operations.table import OPERATIONS
from bff.storefront.model import SignInRules, Storefront
from bff.storefront.reader import examine
from bff.wiring import build_services
from tests.support.shop import ShopMaker
from tests.support.storefront import changed, written

MERGES = Storefront(sign_in=SignInRules(merge_carts=True))


@pytest.fixture
def settings(make_shop: ShopMaker, tmp_path: Path) -> Settings:
    file = written(tmp_path, 'format = 1\nsets = ["cart"]\n[sign_in]\nmerge_carts = true\n')
    return Settings.from_env({**make_shop.environment("http://127.0.0.1:9"), "BFF_STOREFRONT": str(file)})


@pytest.mark.parametrize(
    ("rules", "usual", "site"),
    [
        (SignInRules(), None, None),
        (SignInRules(site="de"), "main", None),
        (SignInRules(merge_carts=True), "main", "main"),
        (SignInRules(merge_carts=True, site="de"), "main", "de"),
        (SignInRules(merge_carts=True, site="de"), None, "de"),
    ],
)
def test_carts_are_those_of_the_named_site_else_of_the_default_one(
    rules: SignInRules, usual: str | None, site: str | None
) -> None:
    assert rules.merge_site(usual) == site


def test_server_does_not_start_where_nobody_says_whose_carts(settings: Settings) -> None:
    for start in (lambda: read_files(settings), lambda: build_services(settings)):
        with pytest.raises(ConfigurationError) as caught:
            start()
        (problem,) = caught.value.problems
        assert problem.variable == "EMPORIX_SITE"
        assert "site in [sign_in]" in problem.what


def test_check_says_so_too(settings: Settings) -> None:
    found = [finding for finding in check_storefront(settings) if finding.status is Status.FAILED]
    assert ["EMPORIX_SITE" in finding.what for finding in found] == [True]


def test_what_a_merge_asks_for_is_in_the_table_only_where_it_is_done() -> None:
    assert set(CART_ROWS) & set(Storefront().with_built_in()) == set()
    assert set(MERGES.with_built_in()) == {*OPERATIONS, *CART_ROWS}
    assert {row.exposure for row in CART_ROWS.values()} == {Exposure.INTERNAL}
    assert [route for row in CART_ROWS.values() for route in row.routes] == []


@pytest.mark.parametrize("name", CART_ROWS)
def test_row_cannot_take_the_name_of_what_a_merge_asks_for(tmp_path: Path, name: str) -> None:
    (problem,) = examine(written(tmp_path, changed(name=f'"{name}"'))).problems
    assert "a built-in operation's" in problem.what
