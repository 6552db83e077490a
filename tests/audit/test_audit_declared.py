"""Declared rows in the audit: they are in every table, probed like all others, and each doubt is a finding."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from bff.audit.as_json import as_json
from bff.audit.page_calls import calls_by_endpoint
from bff.audit.report import Report, audit
from bff.audit.routes import OWN_FILE, AuditedRoute, Caller, Csrf
from bff.audit.storefront import doubtful
from bff.audit.text import as_text
from bff.factory import Bff
from bff.operations.cart_rows import CART_ROWS
from bff.operations.model import Credential
from bff.storefront.file import shipped_sets
from bff.storefront.model import Aspect, Doubt, Storefront, StorefrontWarning
from tests.support.audit.audit_parts import build
from tests.support.storefront import FILE, every_set, written

CALLERS = {
    (Credential.CUSTOMER,): Caller.CUSTOMER,
    (Credential.CUSTOMER, Credential.ANONYMOUS): Caller.ANYBODY,
    (Credential.ANONYMOUS,): Caller.ANYBODY,
    (Credential.CUSTOMER, Credential.SHARED): Caller.ANYBODY,
    (Credential.SHARED,): Caller.ANYBODY,
}
DOUBTFUL = """
[[route]]
name = "coupon_redeem"
summary = "Redeem a coupon"
method = "POST"
upstream = "/coupon/{tenant}/coupons/{code}/redemptions"
bearer = "customer"
path = { code = "word" }
body = "object"
answer = "object"

[[route]]
name = "checkout_again"
summary = "Place an order in another way"
method = "POST"
upstream = "/checkout/{tenant}/checkouts/again"
bearer = "visitor"
body = "object"
answer = "object"

[[route]]
name = "orders"
summary = "List orders"
method = "GET"
upstream = "/order-v2/{tenant}/orders"
bearer = "visitor"
saas_token = "if-held"
query = { everything = "bool" }
answer = "array"
answer_hide = ["nothing"]
"""


def with_file(folder: Path, text: str, **changes: str) -> Bff:
    return build(BFF_STOREFRONT=str(written(folder, text)), EMPORIX_SITE="main", **changes)


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Bff:
    return with_file(tmp_path_factory.mktemp("sets"), every_set())


@pytest.fixture(scope="module")
def report(app: Bff, tmp_path_factory: pytest.TempPathFactory) -> Report:
    return audit(app, checkouts=[tmp_path_factory.mktemp("without_tests")])


def of_row(report: Report, name: str) -> AuditedRoute:
    (found,) = [one for one in report.routes if one.operations[:1] == (name,) and one.declared_by]
    return found


def test_shipped_sets_have_no_finding_and_every_guard_holds(report: Report) -> None:
    assert report.failed == {}
    assert report.doubtful == ()
    assert report.findings == 0


def test_every_declared_row_is_in_the_table_of_routes_as_it_is_declared(app: Bff, report: Report) -> None:
    declared = [row for row in app.services.operations.values() if row.declared is not None]
    assert len(declared) == 138
    for row in declared:
        assert row.declared is not None
        one = of_row(report, row.name)
        (route,) = row.routes
        assert (one.method, one.rule, one.declared_by) == (route.method, route.path, row.declared.set_name)
        assert one.caller is (Caller.REAUTHENTICATED_CUSTOMER if row.needs_reauthentication else CALLERS[row.accepts])
        assert set(one.bearer) == {credential.value for credential in row.accepts}
        assert one.saas_token == row.saas_token.value
        assert one.is_audited is (row.audited is not None)
        assert one.own_limit.partition(" ")[0] == (row.rate.in_words if row.rate is not None else "")
        assert (one.csrf is Csrf.HEADER) is (route.method != "GET")
        assert ("public, max-age" in one.cache) is (row.cache_seconds > 0)
        assert one.cache.startswith("no-store")


def test_limits_say_what_a_route_counts_against(report: Report) -> None:
    assert of_row(report, "checkout_order").limits == ("guest", "session")
    assert of_row(report, "checkout_order").own_limit == "10/minute per session"
    assert of_row(report, "orders").limits == ("session",)
    assert of_row(report, "product").limits == ("session", "address")
    assert "address" in report.limits


def test_text_and_json_show_what_is_declared(report: Report) -> None:
    text = as_text(report)
    words = " ".join(text.split())
    assert "its own (10/minute per session)" in words
    assert "saas-token required). Declared by checkout." in words
    assert [line for line in text.splitlines() if len(line) > 100 and "::" not in line and "test_" not in line] == []
    told = json.loads(json.dumps(as_json(report)))
    (order,) = [one for one in told["routes"] if one["operations"] == ["checkout_order"]]
    assert (order["saasToken"], order["ownLimit"], order["declaredBy"]) == (
        "required",
        "10/minute per session",
        "checkout",
    )
    assert {one["name"]: one["source"] != "" for one in told["sets"]} == dict.fromkeys(shipped_sets(), True)
    assert sum(one["rows"] for one in told["sets"]) == 138


def test_tokens_say_which_declared_rows_take_them(app: Bff, report: Report) -> None:
    kinds = {kind.name: kind for kind in report.tokens}
    assert "checkout_order" in kinds["saas token"].sent_by
    assert "product" in kinds["server's own guest tokens"].sent_by
    assert "cart_create" in kinds["Emporix's session id"].sent_by
    assert {name for kind in report.tokens for name in kind.sent_by} <= set(app.services.operations)


def test_routes_that_may_merge_carts_say_so_where_that_is_on(app: Bff, tmp_path: Path) -> None:
    merging = with_file(tmp_path, f'{FILE}sets = ["cart"]\n[sign_in]\nmerge_carts = true\n')
    calls = calls_by_endpoint(merging)
    for endpoint in ("api.login_0", "pages.login_post", "oidc.callback", "api.cart_by_id_0"):
        assert set(CART_ROWS) <= set(calls[endpoint]), endpoint
    assert set(CART_ROWS).isdisjoint(calls["api.get_me_0"])
    assert all(set(CART_ROWS).isdisjoint(names) for names in calls_by_endpoint(app).values())


def test_each_doubt_is_a_finding_with_the_requirement_that_it_breaks(tmp_path: Path) -> None:
    app = with_file(tmp_path, f'{FILE}sets = ["orders"]\n{DOUBTFUL}')
    report = audit(app, checkouts=[tmp_path])
    found = [(one.name, one.row, one.breaks) for one in report.doubtful]
    assert ("coupons-without-limit", "coupon_redeem", "ASVS 5.0 2.4.1") in found
    assert ("checkout-without-audit", "checkout_again", "ASVS 5.0 16.3.3") in found
    weaker = {(row, breaks) for name, row, breaks in found if name == "weaker-than-shipped"}
    assert weaker == {
        # Its bearer, a parameter besides, a hidden property shown.
        ("orders", "ASVS 5.0 8.2.1"),
        ("orders", "ASVS 5.0 2.2.1"),
        ("orders", "ASVS 5.0 15.3.1"),
    }
    assert report.findings == len(found)
    assert of_row(report, "coupon_redeem").declared_by == OWN_FILE
    told = as_json(report)
    assert told["summary"]["findings"] == len(found)
    assert all("storefront.toml, line " in one["wrong"] for one in told["findings"] if one["kind"] == "storefront")
    text = as_text(report)
    for one in report.doubtful:
        assert f"breaks {one.breaks}" in text


def test_file_that_anybody_can_write_is_a_finding(tmp_path: Path) -> None:
    path = written(tmp_path, every_set())
    path.chmod(0o666)
    report = audit(build(BFF_STOREFRONT=str(path), EMPORIX_SITE="main"), checkouts=[tmp_path])
    assert [(one.name, one.row) for one in report.doubtful] == [("file-world-writable", None)]
    assert report.findings == 1


def test_every_doubt_and_every_way_of_being_weaker_breaks_a_requirement() -> None:
    for doubt in Doubt:
        for aspect in Aspect if doubt is Doubt.WEAKER else [None]:
            warning = StorefrontWarning(doubt=doubt, row="x", file="f", line=1, what="is weak", aspect=aspect)
            (found,) = doubtful(Storefront(warnings=(warning,)))
            assert re.fullmatch(r"(ASVS 5\.0|RFC 9700|OAuth 2\.0 for Browser-Based Applications) [0-9.]+", found.breaks)
            assert found.wrong == "f, line 1: is weak"
