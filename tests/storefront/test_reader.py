"""A file becomes operations like the built-in ones, and all that is wrong with it is told at once."""

from __future__ import annotations

from pathlib import Path

import pytest

from bff.config.settings import Rate
from bff.errors import ConfigurationError
from bff.operations.declared import BodyKind, Declared, SaasToken, SessionValue
from bff.operations.model import Credential, Parameter, Place, ResponseShape, Supplier
from bff.storefront.model import SignInRules, Storefront
from bff.storefront.reader import examine, read_storefront
from tests.support.storefront import FILE, ROW, changed, written

EXAMPLES = """
format = 1
source = "the vendor's documents, of 2026-08"

[[route]]
name = "cart_item_add"
summary = "Add a product to the cart"
method = "POST"
upstream = "/cart/{tenant}/carts/{cartId}/items"
bearer = "visitor"
path = { cartId = "id" }
query = { siteCode = { type = "site", required = true } }
body = "object"
body_max_kib = 128
body_forbid = ["externalFees", "externalDiscounts"]
language = "browser"
success = [201]
answer = "object"
limit = "120/minute"

[[route]]
name = "company_orders"
summary = "List the company's orders"
method = "GET"
upstream = "/order-v2/{tenant}/legal-entity-orders/{legalEntityId}"
bearer = "customer"
saas_token = "if-held"
total_count = true
answer = "array"
read_timeout = 30
[route.path]
legalEntityId = { from = "legal_entity" }
[route.query]
pageSize = { type = "count", max = 100 }
"""


def test_without_a_file_there_are_no_further_operations() -> None:
    assert read_storefront(None) == Storefront()


def test_rows_become_operations(tmp_path: Path) -> None:
    storefront = read_storefront(written(tmp_path, EXAMPLES))
    add, orders = storefront.operations.values()
    assert (add.name, add.method, add.path) == ("cart_item_add", "POST", "/cart/{tenant}/carts/{cartId}/items")
    assert add.accepts == (Credential.CUSTOMER, Credential.ANONYMOUS)
    (route,) = add.routes
    assert (route.method, route.path, route.client_name) == ("POST", "/api/cart/carts/<cartId>/items", "cartItemAdd")
    assert add.free_body is not None
    assert (add.free_body.kind, add.free_body.max_bytes) == (BodyKind.OBJECT, 128 * 1024)
    assert add.free_body.forbids == {"externalFees", "externalDiscounts"}
    assert add.success == {201}
    assert add.answer is ResponseShape.OBJECT
    assert add.hidden == {"sessionId"}
    assert add.rate == Rate(count=120, window_seconds=60)
    assert (add.mutates, add.repeatable, add.language) == (True, False, "browser")
    assert add.parameter("siteCode").is_site
    assert add.declared == Declared(set_name=None, source="the vendor's documents, of 2026-08")

    assert orders.accepts == (Credential.CUSTOMER,)
    assert orders.saas_token is SaasToken.IF_HELD
    assert [one.path for one in orders.routes] == ["/api/order-v2/legal-entity-orders"]
    whose = orders.parameter("legalEntityId")
    assert (whose.source, whose.supplier, whose.required) == (SessionValue.LEGAL_ENTITY, Supplier.SERVER, True)
    assert orders.parameter("pageSize").most == 100
    assert (orders.only_asks, orders.repeatable, orders.language) == (True, True, "none")
    assert orders.total_from == "X-Total-Count"
    assert orders.read_timeout_seconds == 30


def test_a_get_that_writes_is_our_post(tmp_path: Path) -> None:
    text = changed(method='"POST"', upstream_method='"GET"')
    (operation,) = read_storefront(written(tmp_path, text)).operations.values()
    assert operation.method == "GET"
    assert [route.method for route in operation.routes] == ["POST"]
    assert operation.mutates
    assert not operation.repeatable


def test_a_post_that_reads_may_be_sent_again_if_the_row_says_so(tmp_path: Path) -> None:
    said = changed(method='"POST"', body='"object"', reads="true", repeat="true")
    (operation,) = read_storefront(written(tmp_path, said)).operations.values()
    assert (operation.mutates, operation.repeatable) == (False, True)
    unsaid = changed(method='"POST"', body='"object"', reads="true")
    (operation,) = read_storefront(written(tmp_path, unsaid)).operations.values()
    assert not operation.repeatable


def test_what_a_sign_in_does_is_read(tmp_path: Path) -> None:
    text = FILE + '[sign_in]\nsite = "main"\n'
    assert read_storefront(written(tmp_path, text)).sign_in == SignInRules(site="main")


def test_all_problems_are_told_at_once_each_with_its_line(tmp_path: Path) -> None:
    path = written(tmp_path, changed(bearer='""', colour='"red"') + "\n[other]\n")
    with pytest.raises(ConfigurationError) as caught:
        read_storefront(path)
    told = [(problem.variable, problem.what) for problem in caught.value.problems]
    assert [variable for variable, _ in told] == ["BFF_STOREFRONT"] * len(told)
    assert len(told) == len(examine(path).problems) == 3
    assert all(what.startswith(f"{path}, line ") for _, what in told)


def test_parameters_of_every_place_are_read(tmp_path: Path) -> None:
    text = changed(query='{ ids = { type = "id", repeat = 20 } }', header='{ "session-id" = { from = "session.id" } }')
    (operation,) = read_storefront(written(tmp_path, text)).operations.values()
    ids = operation.parameter("ids")
    assert (ids.place, ids.most_values, ids.required, ids.supplier) == (Place.QUERY, 20, False, Supplier.CLIENT)
    session = operation.parameter("session-id")
    assert (session.place, session.source, session.secret) == (Place.HEADER, SessionValue.SESSION_ID, True)
    assert isinstance(session, Parameter)
    assert ROW["method"] == '"GET"'
