"""What is not wrong with a file, and may not be meant, is told beside the problems."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bff.config.settings import Rate
from bff.operations.declared import BodyKind, FreeBody, SaasToken
from bff.operations.model import JSON, Credential, Limit, Limited, Operation, Parameter, Place, ResponseShape
from bff.storefront.file import shipped_sets
from bff.storefront.model import Doubt, StorefrontWarning
from bff.storefront.reader import examine
from bff.storefront.weaker import ways_in_which
from tests.support.storefront import FILE, changed, row, written


def doubts(folder: Path, text: str) -> list[StorefrontWarning]:
    found = examine(written(folder, text))
    assert not found.problems
    return list(found.storefront.warnings)


def test_a_plain_row_is_nothing_to_warn_of(tmp_path: Path) -> None:
    assert doubts(tmp_path, changed()) == []


COUPONS: dict[str, str | None] = {"upstream": '"/coupon/{tenant}/coupons/{code}"', "path": '{ code = "word" }'}
DISCOUNTS: dict[str, str | None] = {
    "upstream": '"/cart/{tenant}/carts/{cartId}/discounts"',
    "path": '{ cartId = "id" }',
    "method": '"POST"',
    "body": '"object"',
}
CHECKOUT: dict[str, str | None] = {
    "upstream": '"/checkout/{tenant}/checkouts/order"',
    "method": '"POST"',
    "body": '"object"',
}


@pytest.mark.parametrize(
    ("changes", "mend", "doubt"),
    [
        (COUPONS, {"limit": '"20/minute"'}, Doubt.UNLIMITED_COUPONS),
        (DISCOUNTS, {"limit": '"20/minute"'}, Doubt.UNLIMITED_COUPONS),
        (CHECKOUT, {"audit": "true"}, Doubt.UNAUDITED_CHECKOUT),
    ],
    ids=["coupons", "discounts", "checkout"],
)
def test_a_row_that_lacks_what_it_should_have_is_warned_of(
    changes: dict[str, str | None], mend: dict[str, str | None], doubt: Doubt, tmp_path: Path
) -> None:
    (found,) = doubts(tmp_path, changed(**changes))
    assert (found.doubt, found.row, found.line) == (doubt, "delivery_windows", 2)
    assert doubts(tmp_path, changed(**{**changes, **mend})) == []


def test_what_shows_or_takes_away_a_carts_discounts_takes_no_code(tmp_path: Path) -> None:
    shown = {**DISCOUNTS, "method": '"GET"', "body": None}
    assert doubts(tmp_path, changed(**shown)) == []


def test_a_file_that_everybody_may_write_to_is_warned_of(tmp_path: Path) -> None:
    path = written(tmp_path, FILE)
    path.chmod(0o646)
    (found,) = examine(path).storefront.warnings
    assert (found.doubt, found.row, found.line, found.file) == (Doubt.WORLD_WRITABLE, None, None, str(path))


def test_a_row_that_replaces_a_shipped_one_is_warned_of_once_for_each_way_in_which_it_is_weaker(
    tmp_path: Path,
) -> None:
    text = 'sets = ["checkout"]\n' + row(**{**CHECKOUT, "name": '"checkout_order"', "success": "[200]"})
    found = doubts(tmp_path, FILE + text)
    ways = {one.what.partition(", and ")[2] for one in found if one.doubt is Doubt.WEAKER}
    assert {"is not audited", "has a wider limit, or none"} <= ways
    assert {(one.row, one.line) for one in found} == {("checkout_order", 3)}


def test_a_replaced_row_is_gone_and_the_others_of_its_set_stay(tmp_path: Path) -> None:
    text = 'sets = ["cart"]\n' + row(name='"cart_item_add"')
    operations = examine(written(tmp_path, FILE + text)).storefront.operations
    assert operations["cart_item_add"].path == "/shipping/{tenant}/windows"
    assert len(operations) == 24


def test_nothing_is_warned_of_in_what_is_shipped(tmp_path: Path) -> None:
    assert doubts(tmp_path, FILE + f"sets = {list(shipped_sets())}\n") == []


SITE = Parameter(name="siteCode", place=Place.QUERY, pattern="[a-z]+", is_site=True)
COUNT = Parameter(name="pageSize", place=Place.QUERY, pattern="[0-9]+", most=100)
STRONG = Operation(
    name="strong",
    contract_id="strong",
    summary="What has everything",
    method="PATCH",
    path="/cart/{tenant}/carts",
    accepts=(Credential.CUSTOMER,),
    answer=ResponseShape.OBJECT,
    parameters=(SITE, COUNT),
    media_types=(JSON,),
    needs_reauthentication=True,
    versioned=True,
    limits=(Limited(kind=Limit.MAIL, email="email"),),
    free_body=FreeBody(
        kind=BodyKind.OBJECT, forbids=frozenset({"customerId"}), secrets=frozenset({"card"}), site="site"
    ),
    hidden=frozenset({"sessionId"}),
    rate=Rate(count=10, window_seconds=60),
)
FREE = STRONG.free_body
assert FREE is not None

WAYS: dict[str, dict[str, Any]] = {
    "asks upstream for something else: its verb or its path is another one": {"path": "/cart/{tenant}/other"},
    "needs less of a session: its bearer is another one": {"accepts": (Credential.CUSTOMER, Credential.ANONYMOUS)},
    "sends the saas-token, which that one does not": {"saas_token": SaasToken.IF_HELD},
    "needs no recent proof of who it is": {"needs_reauthentication": False},
    "has a wider limit, or none": {"rate": Rate(count=601, window_seconds=3600)},
    "does not count as a mail": {"limits": ()},
    "may be sent twice": {"repeatable": True},
    "counts as a question, although that one changes something": {"only_asks": True},
    "has no version that If-Match could guard": {"versioned": False},
    "is kept in caches": {"cache_seconds": 1},
    "takes page besides": {"parameters": (SITE, COUNT, replace(COUNT, name="page"))},
    "takes any site as siteCode": {"parameters": (replace(SITE, is_site=False), COUNT)},
    "takes more values of pageSize": {"parameters": (SITE, replace(COUNT, most=None))},
    "takes customerId in its body": {"free_body": replace(FREE, forbids=frozenset())},
    "may show card in an error's text": {"free_body": replace(FREE, secrets=frozenset())},
    "takes any site as site": {"free_body": replace(FREE, site=None)},
    "takes a longer body": {"free_body": replace(FREE, max_bytes=FREE.max_bytes + 1)},
    "takes another kind of body": {"free_body": replace(FREE, kind=BodyKind.ANY)},
    "shows sessionId": {"hidden": frozenset()},
    "passes a longer answer on": {"max_answer_bytes": STRONG.max_answer_bytes + 1},
}


@pytest.mark.parametrize("way", WAYS)
def test_each_way_of_being_weaker_is_told_by_itself(way: str) -> None:
    assert [one.what for one in ways_in_which(replace(STRONG, **WAYS[way]), STRONG)] == [way]


def test_what_is_as_strong_or_stronger_is_not_weaker() -> None:
    assert list(ways_in_which(STRONG, STRONG)) == []
    stronger = replace(STRONG, rate=Rate(count=5, window_seconds=60), answer=ResponseShape.NOTHING, parameters=(SITE,))
    assert list(ways_in_which(stronger, STRONG)) == []
